"""create_table.py creates the tables that a template declares. test_create_table.py runs this file in a service."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import create_table
import pytest
from moto import mock_aws

TEMPLATE = """
Parameters:
  Name: {Type: String, Default: things}
Resources:
  Things:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: !Ref Name
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      TimeToLiveSpecification: {AttributeName: expires_at, Enabled: true}
      ProvisionedThroughput: !If [IsProd, {ReadCapacityUnits: 1}, !Ref AWS::NoValue]
      DeletionProtectionEnabled: !If [IsProd, true, false]"""
INDEX = """
      GlobalSecondaryIndexes:
        - IndexName: by-id
          KeySchema: [{AttributeName: id, KeyType: HASH}]
          Projection: {ProjectionType: ALL}"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "template.yaml"
    file.write_text(TEMPLATE + INDEX, encoding="utf-8")
    return file


@pytest.fixture
def client() -> Iterator[Any]:
    with mock_aws():
        yield create_table.connect("https://dynamodb.us-east-1.amazonaws.com", "us-east-1")


def test_creates_the_table_with_its_index_and_expiry(client: Any, file: Path) -> None:
    create_table.create_tables(client, file)

    assert client.scan(TableName="things", IndexName="by-id")["Count"] == 0
    expiry = client.describe_time_to_live(TableName="things")["TimeToLiveDescription"]
    assert expiry == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}


def test_keeps_an_existing_table(client: Any, file: Path) -> None:
    create_table.create_tables(client, file)
    client.put_item(TableName="things", Item={"id": {"S": "kept"}})

    create_table.create_tables(client, file)

    assert client.scan(TableName="things")["Count"] == 1


def test_reports_an_index_that_an_existing_table_lacks(
    client: Any, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(TEMPLATE, encoding="utf-8")
    create_table.create_tables(client, file)
    file.write_text(TEMPLATE + INDEX, encoding="utf-8")

    create_table.create_tables(client, file)

    assert "Table things has no index by-id" in capsys.readouterr().out


def test_names_the_line_of_an_invalid_template(file: Path) -> None:
    file.write_text("Resources:\n  Things: {", encoding="utf-8")

    with pytest.raises(ValueError, match=r"template\.yaml is not valid YAML, line 2"):
        create_table.read_template(file)
