
API, EVENT, CORS = "AWS::Serverless::Api", "Api", "Cors"
SECONDS = 29  # quota: integration timeout
HAS_BINARY_TYPES = False  # unless the API lists BinaryMediaTypes, base64 is sent as it is
# What a REST API returns without calling a function, or if the function fails.
NO_ROUTE = 403, "Missing Authentication Token"
TOO_LARGE = 413, "Request Too Long"
TIMEOUT = 504, "Endpoint request timed out"
FAILURE = 502, "Internal server error"
RESULT_FIELDS = {"body", "headers", "isBase64Encoded", "multiValueHeaders", "statusCode"}

# Of an authenticated caller: null on this machine.
IDENTITY = {
    "accessKey": None,
    "accountId": None,
    "apiKey": None,
    "apiKeyId": None,
    "caller": None,
    "clientCert": None,
    "cognitoAuthenticationProvider": None,
    "cognitoAuthenticationType": None,
    "cognitoIdentityId": None,
    "cognitoIdentityPoolId": None,
    "principalOrgId": None,
    "user": None,
    "userArn": None,
}


def read_path(request: Request) -> str:
    """Return the path as it is in the URL, without a slash at its end."""
    return read_raw_path(request).removesuffix("/") or "/"


def find_match(gateway: Gateway, method: str, path: str) -> Match | None:
    """Return the route that a REST API takes: it matches the path first, then the method."""
    patterns = {route.path for route in gateway.routes if match_path(route.path, path) is not None}
    pattern = min(patterns, key=rank, default="")
    routes = [route for route in gateway.routes if route.path == pattern and route.method in (method, "ANY")]
    routes.sort(key=lambda route: route.method == "ANY")
    return Match(routes[0], match_path(pattern, path) or {}) if routes else None


def preflight_response(gateway: Gateway, request: Request, path: str) -> Response | None:
    """Return the response to a preflight, if it is one: SAM adds OPTIONS to each path that has no route for it."""
    methods = {route.method for route in gateway.routes if match_path(route.path, path) is not None}
    if not gateway.cors or request.method != "OPTIONS" or not methods or "OPTIONS" in methods:
        return None
    methods = {"DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"} if "ANY" in methods else methods
    return Response("", 200, {"Access-Control-Allow-Methods": ",".join(sorted(methods | {"OPTIONS"}))} | gateway.cors)


def make_event(gateway: Gateway, request: Request, match: Match, path: str) -> dict[str, Any]:
    """Return the event of a REST API, payload format 1.0. Path parameters are as they are in the URL."""
    headers: dict[str, list[str]] = {}
    for name, value in list_headers(request):
        headers.setdefault(name, []).append(value)
    queries = request.args.to_dict(flat=False)
    return {
        "resource": match.route.path,
        "path": unquote(path),
        "httpMethod": request.method,
        "headers": {name: values[-1] for name, values in headers.items()},
        "multiValueHeaders": headers,
        "queryStringParameters": {name: values[-1] for name, values in queries.items()} or None,
        "multiValueQueryStringParameters": queries or None,
        "pathParameters": match.parameters or None,
        "stageVariables": None,
        "requestContext": make_common_context(request, gateway.stage)
        | {
            "authorizer": None,
            "extendedRequestId": uuid.uuid4().hex[:16],
            "httpMethod": request.method,
            "identity": IDENTITY | {"sourceIp": request.remote_addr, "userAgent": request.headers.get("User-Agent")},
            "path": path,
            "protocol": request.environ["SERVER_PROTOCOL"],
            "requestTime": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime()),
            "requestTimeEpoch": int(time.time() * 1000),
            "resourceId": None,
            "resourcePath": match.route.path,
        },
        "body": request.get_data().decode(errors="replace") or None,
        "isBase64Encoded": False,
    }


def to_response(gateway: Gateway, result: Any) -> Response:
    """Return the response that a handler's result describes. Raises ResultError where a REST API would."""
    if not isinstance(result, dict):
        raise ResultError(f"it is {shorten(result)}, not an object")
    if unknown := result.keys() - RESULT_FIELDS:
        raise ResultError(f"{', '.join(sorted(unknown))} is not one of {', '.join(sorted(RESULT_FIELDS))}")
    pairs = list(list_result_headers(result, "multiValueHeaders"))
    pairs += [pair for pair in list_result_headers(result) if pair not in pairs]
    body = read_body(result, decodes_base64=gateway.decodes_base64)
    return make_response(body, read_status(result), pairs, "application/json")
