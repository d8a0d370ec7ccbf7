"""create_table.py creates the tables that a template declares. test_create_table.py runs this file in a service."""

import re
from collections.abc import Iterator
from typing import Any

import create_table
import pytest
from cloudformation import Template, TemplateError
from moto import mock_aws

TEMPLATE = """
Parameters:
  Name: {Type: String, Default: things}
Conditions:
  IsProd: !Equals [!Ref Name, prod]
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


def read(text: str) -> Template:
    return Template(text, "us-east-1")


@pytest.fixture
def client() -> Iterator[Any]:
    with mock_aws():
        yield create_table.connect("https://dynamodb.us-east-1.amazonaws.com", "us-east-1")


def test_creates_the_table_with_its_index_and_expiry(client: Any) -> None:
    create_table.create_tables(client, read(TEMPLATE + INDEX))

    assert client.scan(TableName="things", IndexName="by-id")["Count"] == 0
    expiry = client.describe_time_to_live(TableName="things")["TimeToLiveDescription"]
    assert expiry == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}


def test_keeps_an_existing_table(client: Any) -> None:
    create_table.create_tables(client, read(TEMPLATE + INDEX))
    client.put_item(TableName="things", Item={"id": {"S": "kept"}})

    create_table.create_tables(client, read(TEMPLATE + INDEX))

    assert client.scan(TableName="things")["Count"] == 1


def test_reports_an_index_that_an_existing_table_lacks(client: Any) -> None:
    assert create_table.create_tables(client, read(TEMPLATE)) == []

    assert create_table.create_tables(client, read(TEMPLATE + INDEX)) == ["Table things has no index by-id"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[{AttributeName: id, KeyType: HASH}]", "[{AttributeName: other, KeyType: HASH}]", "Things: .*"),
        ("KeySchema:", "KeySchem:", "Things has no KeySchema"),
        ("Type: AWS::DynamoDB::Table", "Type: AWS::DynamoDB::Tabel", "no AWS::DynamoDB::Table is declared"),
        ("!Ref Name", "!Ref Nam", "!Ref Nam has no value on this machine"),
        ("Resources:", "Resources: []\nOthers:", "Resources must hold names with settings"),
        ("Resources:", "Resources: {", "not valid YAML, line \\d+: .*"),
    ],
)
def test_names_what_is_wrong_in_a_template_in_one_line(client: Any, old: str, new: str, message: str) -> None:
    text = TEMPLATE + INDEX
    assert old in text

    with pytest.raises(TemplateError) as raised:
        create_table.create_tables(client, read(text.replace(old, new, 1)))

    assert re.fullmatch(message, str(raised.value)), raised.value
