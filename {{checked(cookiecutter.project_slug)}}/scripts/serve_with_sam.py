"""Serves the API with `sam local start-api` until it is stopped, and leaves none of its containers behind.

It first runs the make targets that it is given. With --watch it builds again after a change of the source or of
template.yaml, and restarts sam, which may have read half of the new template during the build.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import sources
from ports import end_at_first_signal, is_listening, read_port
from write_docs import PAGE

PROJECT = Path(__file__).resolve().parent.parent
TEMPLATE = PROJECT / "template.yaml"
{%- if not service.is_python %}
TARGET = sources.find_target_directory()
{%- endif %}


def main() -> int:
    arguments = parse_arguments()
    refuse_broken_variables()
    end_at_first_signal()
    sam = None
    try:
        for target in arguments.targets:
            if status := make(target):
                return status
        read_port("PORT", str(arguments.port))
        if PAGE.exists():
            print(f"The API's page: {PAGE.as_uri()}", flush=True)
        sam = start_sam(arguments)
        for changed in watch_sources():
            if sam.poll() is not None:
                return sam.returncode or 1
            if changed and arguments.watch and rebuild(changed):
                stop_sam(sam, arguments.network)
                sam = start_sam(arguments)
                if wait_until_listening(sam, arguments.port):
                    print("Built; the next request gets it.", flush=True)
    except KeyboardInterrupt:
        return 130
    finally:
        if sam:
            stop_sam(sam, arguments.network)
    return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Serve the API with `sam local start-api`.")
    parser.add_argument("--port", type=partial(read_port, "PORT"), required=True, help="port of the API")
    parser.add_argument("--network", required=True, help="the emulator's Docker network")
    parser.add_argument("--watch", action="store_true", help="build and serve what changes")
    parser.add_argument("targets", nargs="*", help="what to make first")
    return parser.parse_args()


def refuse_broken_variables() -> None:
    """Exit if env.json is not JSON: sam would ignore it, and the functions would look for the table in AWS."""
    try:
        json.loads((PROJECT / "env.json").read_text(encoding="utf-8"))
    except ValueError as error:
        sys.exit(f"env.json is not valid JSON: {error}")


def make(target: str) -> int:
    process = start("make", "--no-print-directory", target)
    try:
        return process.wait()
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()


def start(*command: str) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own, so that Ctrl-C does not reach it: sam would print tracebacks."""
    return subprocess.Popen(command, cwd=PROJECT, start_new_session=True)


def start_sam(arguments: argparse.Namespace) -> subprocess.Popen[bytes]:
    command = [".venv/bin/sam", "local", "start-api", "--port", str(arguments.port)]
{%- if service.cors_origin %}
    if origin := os.environ.get("CORS_ORIGIN"):  # from make's command line
        command += ["--parameter-overrides", f"CorsOrigin={origin}"]
{%- endif %}
    return start(*command, "--docker-network", arguments.network)


def stop_sam(sam: subprocess.Popen[bytes], network: str) -> None:
    """Kill sam, which has nothing to keep, and remove its containers. One that it was creating is in no network yet."""
    if sam.poll() is None:
        os.killpg(sam.pid, signal.SIGKILL)
        sam.wait()
    command = ["docker", "ps", "--all", "--no-trunc", "--filter", "label=sam.cli.container.type=lambda"]
    form = "{% raw %}{{.ID}}\t{{.Networks}}\t{{.Mounts}}{% endraw %}"
    found = subprocess.run([*command, "--format", form], stdout=subprocess.PIPE, text=True)
    containers = []
    for container, networks, mounts in (line.split("\t") for line in found.stdout.splitlines()):
        if network in networks.split(",") or mounts.startswith(f"{PROJECT}/.aws-sam/"):
            containers.append(container)
    if containers:
        subprocess.run(["docker", "rm", "--force", *containers], stdout=subprocess.DEVNULL)


def wait_until_listening(sam: subprocess.Popen[bytes], port: int) -> bool:
    """Wait until sam serves the API, and return whether it does; it may have ended."""
    while sam.poll() is None and not is_listening(port):
        time.sleep(0.2)
    return sam.poll() is None


def watch_sources() -> Iterator[list[str]]:
    """Yield, five times a second, the names of the files that have changed."""
    before = read_times()
    while True:
        times = read_times()
        changed = times.items() ^ before.items()
        yield sorted({os.path.relpath(file, PROJECT) for file, _ in changed})
        # After a build, files may have joined; an edit during the build still counts.
        before = {file: times.get(file, time) for file, time in read_times().items()} if changed else times
        time.sleep(0.2)


def read_times() -> dict[Path, int]:
{%- if service.is_python %}
    return sources.read_times([TEMPLATE, *sources.list_files(PROJECT / "src")])
{%- else %}
    programs = TARGET.glob("*/release/*.d")
    return sources.read_times([TEMPLATE, *sources.list_files(program.with_suffix("") for program in programs)])
{%- endif %}


def rebuild(changed: list[str]) -> bool:
    """Build, and return whether that worked."""
    print(f"Changed: {', '.join(changed)}. Building…", flush=True)
    if make("build"):
        print("The build failed. The API still runs the last one that worked.", flush=True)
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
