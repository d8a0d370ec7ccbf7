"""AWS's quotas and names, and the other limits on answers, each with its source."""

from __future__ import annotations

import builtins
import keyword

# Every region of every partition; a test compares the list with botocore's.
REGIONS = (
    *("af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3"),
    *("ap-south-1", "ap-south-2", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3"),
    *("ap-southeast-4", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7"),
    *("ca-central-1", "ca-west-1", "eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1"),
    *("eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3", "il-central-1", "me-central-1"),
    *("me-south-1", "mx-central-1", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2"),
    *("cn-north-1", "cn-northwest-1", "us-gov-east-1", "us-gov-west-1", "eusc-de-east-1"),
    *("us-iso-east-1", "us-iso-west-1", "us-isob-east-1", "us-isob-west-1"),
    *("eu-isoe-west-1", "us-isof-east-1", "us-isof-south-1"),
)

SLUG_LENGTH = 40
DOCKER_NETWORKS = ("bridge", "default", "host", "none")  # Docker's own; the slug is the name of the service's
TABLE_NAME_LENGTH = 255  # DynamoDB: naming rules
# With these three, no line of the rendered source is too long because of a name or a path.
ATTRIBUTE_NAME_LENGTH = 64
INDEX_NAME_LENGTH = 96
PATH_LENGTH = 120
MAX_PARTITION_KEY_BYTES = 2048  # DynamoDB quota: partition key length
MAX_SORT_KEY_BYTES = 1024  # DynamoDB quota: sort key length
INDEXES_PER_TABLE = 20  # DynamoDB quota: global secondary indexes per table
ATTRIBUTES = 100  # what the contract changes at once in a PATCH stays below DynamoDB's 300 operands
ENUM_VALUE_LENGTH = 64
HANDLER_NAME_LENGTH = 64
FUNCTION_NAME_LENGTH = 64  # Lambda: CreateFunction
TEMPLATE_DESCRIPTION_BYTES = 1024  # CloudFormation quota: template description
ROUTES_PER_FUNCTIONS = {
    "per-route": 150,  # CloudFormation quota: 500 resources, of which a route takes three
    "single": 45,  # Lambda quota: 20,480 bytes of resource policy, of which a route takes a permission
}
PATH_RESOURCES = 300  # API Gateway quota: resources of a REST API, routes of an HTTP API

PYTHON_NAMES = {*keyword.kwlist, *keyword.softkwlist, *dir(builtins)}
# The Rust Reference: strict, reserved and weak keywords; then the primitive types and the prelude's functions.
RUST_NAMES = set(
    """
    as async await break const continue crate dyn else enum extern false fn for if impl in let loop match
    mod move mut pub ref return self static struct super trait true type unsafe use where while
    abstract become box do final gen macro override priv try typeof unsized virtual yield
    macro_rules raw safe union
    bool char f32 f64 i8 i16 i32 i64 i128 isize str u8 u16 u32 u64 u128 usize drop
    """.split()
)
# Names that the rendered modules give to something else; a test compares the list with the render.
SERVICE_NAMES = {
    "annotations",
    "app",
    "errors",
    "handle",
    "handler",
    "http",
    "items",
    "json_values",
    "key",
    "main",
    "pages",
    "ref_",  # its event in template.yaml would be the function Ref
    "request",
    "responses",
    "routes",
    "service",
    "table",
}
