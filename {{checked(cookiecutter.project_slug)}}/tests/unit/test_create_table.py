"""The table that LocalStack makes is the one that template.yaml declares."""

from __future__ import annotations

from typing import TYPE_CHECKING

{% if service.is_python -%}
import boto3
{% endif -%}
import project
{%- if service.is_python %}
from moto import mock_aws
{%- endif %}

if TYPE_CHECKING:
    from pathlib import Path

TEMPLATE = """
Parameters:
  Name: {Type: String, Default: things}
Resources:
  Things:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: !Ref Name
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}, {AttributeName: at, AttributeType: N}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      GlobalSecondaryIndexes:
        - IndexName: by-time
          KeySchema: [{AttributeName: at, KeyType: HASH}]
          Projection: {ProjectionType: ALL}
      TimeToLiveSpecification: {AttributeName: expires_at, Enabled: true}
      StreamSpecification: {StreamViewType: NEW_AND_OLD_IMAGES}
      ProvisionedThroughput: !If [IsProd, {ReadCapacityUnits: 1}, !Ref AWS::NoValue]
      SSESpecification: !If [IsProd, {SSEEnabled: true}, !Ref AWS::NoValue]
      PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: !If [IsProd, true, false]}
      DeletionProtectionEnabled: !If [IsProd, true, false]
  Role: {Type: AWS::IAM::Role}
"""


def test_resolves_parameters_and_leaves_out_what_it_cannot_resolve(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(TEMPLATE)

    (table,) = project.CREATE_TABLE.read_tables(tmp_path / "template.yaml")

    assert table["TableName"] == "things"
    assert table["GlobalSecondaryIndexes"][0]["IndexName"] == "by-time"
    assert table.keys() == {
        "AttributeDefinitions",
        "BillingMode",
        "GlobalSecondaryIndexes",
        "KeySchema",
        "TableName",
        "TimeToLiveSpecification",
    }
{%- if service.is_python %}


def test_creates_a_table_with_its_index_and_leaves_it_when_run_again(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")

        project.CREATE_TABLE.create_tables(client, tmp_path / "template.yaml")
        client.put_item(TableName="things", Item={"id": {"S": "kept"}})
        project.CREATE_TABLE.create_tables(client, tmp_path / "template.yaml")

        assert client.scan(TableName="things", IndexName="by-time")["Count"] == 0
        assert client.scan(TableName="things")["Count"] == 1


def test_sets_the_attribute_by_which_items_expire(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")

        project.CREATE_TABLE.create_tables(client, tmp_path / "template.yaml")

        ttl = client.describe_time_to_live(TableName="things")["TimeToLiveDescription"]
        assert ttl == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}
{%- endif %}
