"""Measures a function: its cold start, its own time per request, and its size. Writes results/functions.md."""

from __future__ import annotations

import json
import re
import shutil
import statistics
import tempfile
from pathlib import Path

import requests

from measuring import (
    BASELINES,
    FUNCTION_SETTINGS,
    RATIO_HEADER,
    RUNTIMES,
    Ratio,
    draw_ratios,
    emulate_function,
    make,
    make_table,
    measure_seconds,
    refuse_excess,
    render,
    run,
    write_report,
)
from template_copy import TEMPLATE

STARTS = 15
INIT_LIMIT = 1.1
NO_ROUTE = {
    "httpMethod": "GET",
    "resource": "/no-such-route",
    "requestContext": {"path": "/no-such-route"},
    "pathParameters": None,
    "queryStringParameters": None,
}
HANDLER_LIMITS = {
    "read": 1.5,
    "create": 1.5,
    "list of 100": 2.5,
    "create with a revision": 1.5,
    "update with a revision": 1.5,
}
# Of a second service, for the requests of the kind "written".
WRITTEN = "created_at:created, updated_at:updated, revision:revision, expires_at:expiry?, ..."
HANDLER_TIMES = "/benchmarks/handler_times.py"
IMPORT = re.compile(r"import time: +(\d+) \| +\d+ \| +(\S+)")


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        python, source = build_python(directory)
        binaries = build_rust(directory)
        ratios = [
            compare_inits("python", python, BASELINES, _HANDLER="client_only.handler"),
            compare_inits("rust", binaries["the service"], binaries["a client"]),
            *compare_handler_times("Python", run_in_runtime(source, HANDLER_TIMES, "plain")),
            *compare_handler_times("Rust", time_handlers_in_rust(directory / "bench-rust", "plain")),
            *compare_written_attributes(directory),
        ]
        imports = compare_imports(source)
        sizes = {name: measure_size(artifact) for name, artifact in {"Python": python, **binaries}.items()}
    draw_ratios(ratios, "functions")
    write_report(
        "functions",
        make_table(RATIO_HEADER, [ratio.row for ratio in ratios]),
        "![Ratios](functions.svg)",
        describe_imports(imports),
        describe_sizes(sizes),
    )
    refuse_excess(ratios)


def build_python(directory: Path) -> tuple[Path, Path]:
    """Return the artifact of a service in Python, and its source."""
    service = render(directory, project_slug="bench-python")
    make(service, "build")
    return service / ".aws-sam" / "build" / "ApiFunction", service / "src"


def build_rust(directory: Path) -> dict[str, Path]:
    """Return the artifacts of a service in Rust and of functions that do less, built with the same settings."""
    service = render(directory, project_slug="bench-rust", language="rust")
    program = service / "src" / "main.rs"
    sources = {"the service": program.read_text(encoding="utf-8")}
    sources |= {
        name: (BASELINES / file).read_text(encoding="utf-8")
        for name, file in (("a client", "client_only.rs"), ("nothing", "nothing.rs"))
    }
    binaries = {}
    for name, source in sources.items():
        program.write_text(source, encoding="utf-8")
        make(service, "build")
        binaries[name] = directory / name
        shutil.copytree(service / ".aws-sam" / "build" / "ApiFunction", binaries[name])
    return binaries


def compare_inits(language: str, artifact: Path, baseline: Path, **settings: str) -> Ratio:
    """Return the time of a cold start compared with that of a baseline, which gets the settings."""
    pairs = [
        (measure_init(language, artifact), measure_init(language, baseline, **settings)) for _ in range(STARTS + 1)
    ]
    times, floor = zip(*pairs[1:], strict=True)
    return Ratio(f"Cold init, {language.capitalize()}", "only making the SDK's client", times, floor, INIT_LIMIT)


def measure_init(language: str, artifact: Path, **settings: str) -> float:
    """Return how many seconds longer a function's first response takes than later ones.

    It runs in Lambda's image, and gets requests for a route that does not exist, so that no table is involved.
    """
    with emulate_function(language, artifact, **settings) as url:
        times = [measure_seconds(lambda: invoke(url)) for _ in range(20)]
    return times[0] - statistics.median(times[1:])


def invoke(url: str) -> None:
    response = requests.post(url, json=NO_ROUTE, timeout=60)
    if response.json()["statusCode"] != 404:
        raise RuntimeError(f"The function must return 404: {response.text}")


def compare_handler_times(language: str, printed: str) -> list[Ratio]:
    """Return the times of requests through the app, compared with the SDK's calls that they make."""
    return [
        Ratio(f"Handler, {language}, {name}", "the SDK's call that it makes", times, floor, HANDLER_LIMITS[name])
        for name, (times, floor) in json.loads(printed.splitlines()[-1]).items()
    ]


def compare_written_attributes(directory: Path) -> list[Ratio]:
    """Return the times of requests to services that write times and revisions."""
    python = render(directory, project_slug="written-python", attributes=WRITTEN)
    rust = render(directory, project_slug="written-rust", attributes=WRITTEN, language="rust")
    (rust / "target").symlink_to(directory / "bench-rust" / "target")  # the SDK is compiled
    return [
        *compare_handler_times("Python", run_in_runtime(python / "src", HANDLER_TIMES, "written")),
        *compare_handler_times("Rust", time_handlers_in_rust(rust, "written")),
    ]


def time_handlers_in_rust(service: Path, kind: str) -> str:
    examples = service / "examples"
    examples.mkdir()
    for file in ("handler_times.rs", "handler_cases.json"):
        shutil.copy(TEMPLATE / "benchmarks" / file, examples)
    run("cargo", "add", "--quiet", "--dev", "aws-smithy-http-client", "--features=test-util", directory=service)
    run("cargo", "add", "--quiet", "--dev", "http@1", directory=service)
    # The log is written as in Lambda, and discarded, as in Python.
    command = "AWS_LAMBDA_LOG_FORMAT=JSON cargo run --quiet --release --example handler_times"
    return run("sh", "-c", f"{command} {kind} >/dev/null", directory=service)


def compare_imports(source: Path) -> dict[str, int]:
    """Return the modules that the service imports and a bare client does not, each with its own microseconds."""
    command = ("-X", "importtime", "-c")
    service = IMPORT.findall(run_in_runtime(source, *command, "import service.app"))
    client = IMPORT.findall(run_in_runtime(source, *command, "import boto3; boto3.client('dynamodb')"))
    known = {module for _, module in client}
    # It makes the client, so its time is in both.
    known.add("service.table")
    return {module: int(microseconds) for microseconds, module in service if module not in known}


def run_in_runtime(source: Path, *arguments: str) -> str:
    settings = {**FUNCTION_SETTINGS, "PYTHONPATH": "/var/task:/var/runtime"}
    return run(
        *("docker", "run", "--rm", "--volume", f"{source}:/var/task:ro"),
        *("--volume", f"{TEMPLATE / 'benchmarks'}:/benchmarks:ro"),
        *(word for name, value in settings.items() for word in ("--env", f"{name}={value}")),
        *("--entrypoint", "python3", RUNTIMES["python"], *arguments),
    )


def measure_size(artifact: Path) -> int:
    return sum(file.stat().st_size for file in artifact.rglob("*") if file.is_file())


def describe_imports(imports: dict[str, int]) -> str:
    longest = sorted(imports.items(), key=lambda item: -item[1])[:5]
    named = ", ".join(f"`{module}` {microseconds / 1000:.1f} ms" for module, microseconds in longest)
    return (
        f"In addition to the client and the module that makes it, the service imports {len(imports)} modules in "
        f"{sum(imports.values()) / 1000:.1f} ms, according to `python -X importtime`. The slowest: {named}."
    )


def describe_sizes(sizes: dict[str, int]) -> str:
    rows = [
        ("Python: the service's source; Lambda's runtime has boto3", "Python", None),
        ("Rust: a function that does nothing", "nothing", None),
        ("Rust: with the SDK's client", "a client", "nothing"),
        ("Rust: the service", "the service", "a client"),
    ]
    return make_table(
        ("Deployed, before compression", "bytes", "more than the line above"),
        [(text, f"{sizes[name]:,}", f"{sizes[name] - sizes[less]:,}" if less else "") for text, name, less in rows],
    )


if __name__ == "__main__":
    main()
