{% set service = cookiecutter | service -%}
"""Serves the API with `sam local start-api` until told to stop, and leaves none of its containers behind.

With --watch, a change under src/{{ "" if service.is_python else ", of Cargo.toml" }} or of template.yaml is built and served.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from watchfiles import watch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

PROJECT = Path(__file__).resolve().parent.parent
TEMPLATE = PROJECT / "template.yaml"
SAM = str(Path(sys.executable).parent / "sam")
SECONDS_TO_STOP = 10
MILLISECONDS_BETWEEN_LOOKS = 200


def main() -> int:
    arguments = parse_arguments()
    if is_listening(arguments.port):
        sys.exit(f"Port {arguments.port} is taken: stop what listens there, or choose another with PORT=…")
    stop = StopSignal()
    api = LocalApi(arguments.port, arguments.network)
    try:
        for changed in watch_sources(stop):
            if api.has_ended():
                return api.process.returncode or 1
            if changed and arguments.watch:
                rebuild(api, changed)
        return stop.exit_status
    finally:
        api.stop()


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="where the API answers on 127.0.0.1")
    parser.add_argument("--network", required=True, help="the Docker network that LocalStack is on")
    parser.add_argument("--watch", action="store_true", help="build and serve what changes")
    return parser.parse_args()


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class StopSignal:
    """Remembers the first signal to stop; those that follow do not disturb the clearing up."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self.exit_status = 0
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.receive)

    def receive(self, number: int, _frame: FrameType | None) -> None:
        self.exit_status = self.exit_status or 128 + number
        self.event.set()


class LocalApi:
    """A running `sam local start-api`, and the containers that it starts."""

    def __init__(self, port: int, network: str) -> None:
        self.port = port
        self.network = network
        self.process = self.start()

    def start(self) -> subprocess.Popen[bytes]:
        command = [SAM, "local", "start-api", "--port", str(self.port), "--docker-network", self.network]
        # In a session of its own: Ctrl-C reaches this process alone, which then stops sam in order.
        return subprocess.Popen(command, cwd=PROJECT, start_new_session=True)

    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def restart(self) -> None:
        """Start sam anew, and return when it listens or has ended."""
        self.stop()
        self.process = self.start()
        while not self.has_ended() and not is_listening(self.port):
            time.sleep(MILLISECONDS_BETWEEN_LOOKS / 1000)

    def stop(self) -> None:
        self.remove_containers()  # before sam ends, which complains of those whose output it still reads
        self.process.terminate()
        try:
            self.process.wait(SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.remove_containers()

    def remove_containers(self) -> None:
        filters = ["--filter", "label=sam.cli.container.type=lambda", "--filter", f"network={self.network}"]
        command = ["docker", "ps", "--all", "--quiet", *filters]
        found = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        if containers := found.stdout.split():
            subprocess.run(["docker", "rm", "--force", *containers], stdout=subprocess.DEVNULL, check=False)


def watch_sources(stop: StopSignal) -> Iterator[list[str]]:
    """Yield, several times a second until told to stop, the files that have changed since."""
    looks = watch(
        PROJECT / "src",
{%- if not service.is_python %}
        PROJECT / "Cargo.toml",
{%- endif %}
        stop_event=stop.event,
        rust_timeout=MILLISECONDS_BETWEEN_LOOKS,
        yield_on_timeout=True,
        raise_interrupt=False,
    )
    template = stamp(TEMPLATE)
    for changes in looks:
        changed = {os.path.relpath(path, PROJECT) for _, path in changes}
        # Looked at by its name: what watches a file loses sight of it when an editor puts another in its place.
        if template != (template := stamp(TEMPLATE)):
            changed.add(TEMPLATE.name)
        yield sorted(changed)


def stamp(file: Path) -> tuple[int, int] | None:
    """Return what is another after each change of a file; None while it is not there."""
    try:
        status = file.stat()
    except FileNotFoundError:
        return None
    return status.st_mtime_ns, status.st_ino


def rebuild(api: LocalApi, changed: list[str]) -> None:
    """Build again; sam serves new code by itself, and a new template when it is started anew."""
    print(f"Changed: {', '.join(changed)}. Building…", flush=True)
    started = time.monotonic()
    if subprocess.run(["make", "--no-print-directory", "build"], cwd=PROJECT, check=False).returncode:
        print("The build failed. The API goes on with the last one that worked.", flush=True)
        return
    if TEMPLATE.name in changed:
        api.restart()
    print(f"Built in {time.monotonic() - started:.1f} s; the next request is served by it.", flush=True)


if __name__ == "__main__":
    sys.exit(main())
