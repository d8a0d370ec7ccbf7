
API, EVENT, CORS = "AWS::Serverless::HttpApi", "HttpApi", "CorsConfiguration"
SECONDS = 30  # quota: integration timeout
HAS_BINARY_TYPES = True
# What an HTTP API returns without calling a function, or if the function fails.
NO_ROUTE = 404, "Not Found"
TOO_LARGE = 413, "Request Too Long"
TIMEOUT = 503, "Service Unavailable"
FAILURE = 500, "Internal Server Error"


def read_path(request: Request) -> str:
    """Return the path as it is in the URL."""
    return read_raw_path(request)


def find_match(gateway: Gateway, method: str, path: str) -> Match | None:
    """Return the route that an HTTP API takes: the most specific one of those for the method."""
    routes = [route for route in gateway.routes if route.method in (method, "ANY")]
    matches = [(route, match_path(route.path, path)) for route in routes]
    found = [Match(route, parameters) for route, parameters in matches if parameters is not None]
    return min(found, key=lambda match: (rank(match.route.path), match.route.method == "ANY"), default=None)


def preflight_response(gateway: Gateway, request: Request, _path: str) -> Response | None:
    """Return the response to a preflight, if it is one, whatever the routes are."""
    if gateway.cors and request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
        return Response("", 204, gateway.cors)
    return None


{% if service.is_jwt -%}
def needs_token(api: dict[str, Any], settings: dict[str, Any]) -> bool:
    """Return whether a route has an authorizer: its event's, or that of the API, from which SAM exempts OPTIONS."""
    inherited = {} if settings["Method"].upper() == "OPTIONS" else api.get("Auth") or {}
    authorizer = (settings.get("Auth") or {}).get("Authorizer") or inherited.get("DefaultAuthorizer", "NONE")
    return bool(authorizer != "NONE")


def unauthorized_response(gateway: Gateway, request: Request, match: Match) -> Response | None:
    """Return the response to a request whose route needs a token, if it has no valid one."""
    try:
        if match.route.needs_token:
            tokens.check_times(tokens.read_claims(request.headers.get("Authorization", "")))
    except tokens.TokenError as error:
        response = gateway_response(gateway, 401, "Unauthorized")
        response.headers["WWW-Authenticate"] = f'Bearer scope="" error="invalid_token" error_description="{error}"'
        return response
    return None


{% endif -%}
def make_event(gateway: Gateway, request: Request, match: Match, path: str) -> dict[str, Any]:
    """Return the event of an HTTP API, payload format 2.0. Path parameters are decoded; what is empty is left out."""
    route_key = f"{match.route.method} {match.route.path}"
    headers: dict[str, str] = {}
    for name, value in list_headers(request):
        headers[name.lower()] = f"{headers[name.lower()]},{value}" if name.lower() in headers else value
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": unquote(path),
        "rawQueryString": request.query_string.decode(),
        "headers": headers,
        "requestContext": make_common_context(request, gateway.stage)
        | {
            "http": {
                "method": request.method,
                "path": unquote(path),
                "protocol": request.environ["SERVER_PROTOCOL"],
                "sourceIp": request.remote_addr,
                "userAgent": request.headers.get("User-Agent", ""),
            },
            "routeKey": route_key,
            "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime()),
            "timeEpoch": int(time.time() * 1000),
        },
        "isBase64Encoded": False,
    }
    if cookies := headers.pop("cookie", None):
        event["cookies"] = re.split(r"; *|,", cookies)
{%- if service.is_jwt %}
    if match.route.needs_token:
        claims = tokens.read_claims(headers["authorization"])
        formatted = {name: tokens.format_claim(claim) for name, claim in claims.items() if claim is not None}
        event["requestContext"]["authorizer"] = {"jwt": {"claims": formatted, "scopes": None}}
{%- endif %}
    if match.parameters:
        event["pathParameters"] = {name: unquote(value) for name, value in match.parameters.items()}
    if request.args:
        event["queryStringParameters"] = {name: ",".join(values) for name, values in request.args.lists()}
    if body := request.get_data():
        try:
            event["body"] = body.decode()
        except UnicodeDecodeError:
            event |= {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
    return event


def to_response(gateway: Gateway, result: Any) -> Response:
    """Return the response that a handler's result describes. Raises ResultError where an HTTP API would."""
    if not isinstance(result, dict) or "statusCode" not in result:  # all of it is the body
        result = {"statusCode": 200, "body": result if isinstance(result, str) else json.dumps(result)}
        content_type = "application/json"
    else:
        content_type = "text/plain; charset=utf-8"
    cookies = result.get("cookies") or []
    if not isinstance(cookies, list) or not all(isinstance(cookie, str) for cookie in cookies):
        raise ResultError(f"cookies is {shorten(cookies)}, not a list of text")
    pairs = [*list_result_headers(result), *(("Set-Cookie", cookie) for cookie in cookies)]
    body = read_body(result, decodes_base64=gateway.decodes_base64)
    response = make_response(body, read_status(result), pairs, content_type)
    response.headers.update(cors_headers(gateway))
    return response
