"""Serves the API with `sam local start-api` until told to stop, and leaves nothing of it behind.

Before that it makes the targets of the Makefile that it is given. With --watch, a change under src/{{ "" if service.is_python else ", of Cargo.toml" }} or of
template.yaml is built and served. With --stop it ends the one that serves, or what is left of one that was killed.
"""

# ruff: noqa: E402 - so that Ctrl-C shows no traceback while the rest is imported

from __future__ import annotations

import signal

signal.signal(signal.SIGINT, signal.SIG_DFL)

import argparse
import contextlib
import fcntl
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from watchfiles import watch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

PROJECT = Path(__file__).resolve().parent.parent
TEMPLATE = PROJECT / "template.yaml"
VARIABLES = PROJECT / "env.json"
SAM = str(PROJECT / ".venv" / "bin" / "sam")
# Looked at by their names: what watches a file loses sight of it when an editor puts another in its place.
FILES = (TEMPLATE,{% if not service.is_python %} PROJECT / "Cargo.toml"{% endif %})
MAX_PORT = 65535
SECONDS_TO_END = 10
SECONDS_BETWEEN_LOOKS = 0.2


def main() -> int:
    arguments = parse_arguments()
    if shutil.which("docker") is None:
        sys.exit("Docker is not installed: `make doctor` says what is missing")
    stop = StopSignal()
    try:
        lock = Lock(arguments.network, arguments.port)
    except OSError as error:
        sys.exit(f"build/{arguments.network}.lock cannot be written: {error.strerror}")
    if arguments.stop:
        lock.take_over()
        remove_containers(arguments.network)
        return 0
    if not lock.acquire():
        sys.exit(f"This project is being served already{lock.describe_holder()}: use that, or end it with `make down`")
    refuse_taken_port(arguments.port)
    refuse_broken_variables()
    processes = Processes(lock)
    for target in arguments.targets:
        if status := processes.make(target, stop):
            return stop.exit_status or status
    refuse_taken_port(arguments.port)
    return serve(LocalApi(processes, arguments.port, arguments.network), stop, watches=arguments.watch)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=read_port, default=3000, help="where the API answers on 127.0.0.1")
    parser.add_argument("--network", required=True, help="the Docker network that LocalStack is on")
    parser.add_argument("--watch", action="store_true", help="build and serve what changes")
    parser.add_argument("--stop", action="store_true", help="end what serves the API on this network")
    parser.add_argument("targets", nargs="*", help="what to make before")
    return parser.parse_args()


def read_port(text: str) -> int:
    """Return the port that make was given. Exits where it is none."""
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 0 < int(text) <= MAX_PORT:
        sys.exit(f"PORT={text} is no port: choose one from 1 to {MAX_PORT}")
    return int(text)


def refuse_taken_port(port: int) -> None:
    if is_listening(port):
        sys.exit(f"Port {port} is taken: stop what listens there, or choose another with PORT=…")


def refuse_broken_variables() -> None:
    """Exit where env.json is broken: sam would say nothing, and the functions look for the table in AWS."""
    try:
        variables = json.loads(VARIABLES.read_text(encoding="utf-8"))
    except OSError as error:
        sys.exit(f"env.json cannot be read: {error.strerror}")
    except ValueError as error:
        sys.exit(f"env.json is not JSON: {error}")
    if not isinstance(variables, dict) or not all(isinstance(value, dict) for value in variables.values()):
        sys.exit('env.json must be a JSON object of objects, as in {"Parameters": {"TABLE_NAME": "…"}}')


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def serve(api: LocalApi, stop: StopSignal, *, watches: bool) -> int:
    """Serve the API until told to stop or `sam` ends, and return the exit status."""
    try:
        for changed in watch_sources(stop):
            if api.has_ended() and not api.awaits_change:
                return api.process.returncode or 1
            if changed and watches:
                rebuild(api, changed, stop)
        return stop.exit_status
    finally:
        api.stop()


class StopSignal:
    """Remembers the first signal to stop; those that follow do not disturb the clearing up."""

    def __init__(self) -> None:
        self.exit_status = 0  # and no threading.Event: a second signal while the first sets it would wait for ever
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            signal.signal(number, self.receive)

    def receive(self, number: int, _frame: FrameType | None) -> None:
        self.exit_status = self.exit_status or 128 + number

    def is_set(self) -> bool:
        return self.exit_status != 0


class Lock:
    """Lets one process at a time serve this project on a network.

    The system lets go of it when its holder ends, however that ends. The file tells who that is, and what it has
    started: all that is needed to end either.
    """

    def __init__(self, network: str, port: int) -> None:
        self.network = network
        self.port = port
        path = PROJECT / "build" / f"{network}.lock"
        path.parent.mkdir(exist_ok=True)
        self.file = path.open("ab+", buffering=0)

    def acquire(self) -> bool:
        """Take the lock, unless another process holds it, and end what a killed one has left behind."""
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        left_behind = self.read().get("started", [])
        self.record(left_behind)
        if left_behind:
            for process in filter(is_of_project, left_behind):
                signal_group(process, signal.SIGKILL)
            remove_containers(self.network)
        self.record([])
        return True

    def take_over(self) -> None:
        """Take the lock; whoever holds it is told to end, and killed where that takes too long."""
        patience = time.monotonic() + 3 * SECONDS_TO_END
        while not self.acquire():
            if holder := self.read().get("holder"):
                signal_process(holder, signal.SIGTERM if time.monotonic() < patience else signal.SIGKILL)
            time.sleep(SECONDS_BETWEEN_LOOKS)

    def describe_holder(self) -> str:
        holder = self.read()
        return f", on port {holder['port']}, by process {holder['holder']}" if holder else ""

    def read(self) -> dict[str, Any]:
        self.file.seek(0)
        try:
            content: dict[str, Any] = json.loads(self.file.read())
        except ValueError:  # a new one, or what a full disk or a power cut has left of one
            return {}
        return content

    def record(self, started: list[int]) -> None:
        content = {"holder": os.getpid(), "port": self.port, "started": started}
        self.file.truncate(0)
        with contextlib.suppress(OSError):  # a full disk is no reason not to stop, nor to leave behind what was started
            self.file.write(json.dumps(content).encode())


class Processes:
    """What this process has started, each in a session of its own: Ctrl-C reaches this one alone, which ends them in order."""

    def __init__(self, lock: Lock) -> None:
        self.lock = lock
        self.started: list[int] = []

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(command, cwd=PROJECT, start_new_session=True)
        self.started.append(process.pid)
        self.lock.record(self.started)
        return process

    def end(self, process: subprocess.Popen[bytes]) -> None:
        """End a process and all that it has started."""
        signal_group(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(SECONDS_TO_END)
        signal_group(process.pid, signal.SIGKILL)
        process.wait()
        self.started.remove(process.pid)
        self.lock.record(self.started)

    def make(self, target: str, stop: StopSignal) -> int:
        """Make a target of the Makefile, until that is done or it is told to stop, and return make's exit status."""
        process = self.start("make", "--no-print-directory", f"--directory={PROJECT}", target)
        while process.poll() is None and not stop.is_set():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(SECONDS_BETWEEN_LOOKS)
        self.end(process)
        return process.returncode


def signal_process(process: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, number)


def signal_group(process: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process, number)


def is_of_project(process: int) -> bool:
    """Tell whether a process runs one of this project's commands; its number may have gone to another since."""
    command = subprocess.run(["ps", "-ww", "-o", "command=", "-p", str(process)], capture_output=True, check=False)
    return os.fsencode(PROJECT) in command.stdout


def remove_containers(network: str) -> None:
    """Remove the containers that `sam` has started on a network, and those that it was about to put there."""
    built = [f"volume={directory}" for directory in (PROJECT / ".aws-sam" / "build").glob("*")]
    containers = find_containers(f"network={network}")
    if built:
        containers += find_containers("status=created", *built)
    if containers:
        subprocess.run(["docker", "rm", "--force", *containers], stdout=subprocess.DEVNULL, check=False)


def find_containers(*filters: str) -> list[str]:
    arguments = [word for text in ("label=sam.cli.container.type=lambda", *filters) for word in ("--filter", text)]
    command = ["docker", "ps", "--all", "--quiet", *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False).stdout.split()


class LocalApi:
    """A running `sam local start-api`, and the containers that it starts."""

    def __init__(self, processes: Processes, port: int, network: str) -> None:
        self.processes = processes
        self.port = port
        self.network = network
        self.awaits_change = False
        self.process = self.start()

    def start(self) -> subprocess.Popen[bytes]:
        port = str(self.port)
        return self.processes.start(SAM, "local", "start-api", "--port", port, "--docker-network", self.network)

    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def restart(self, stop: StopSignal) -> None:
        """Start sam anew, and return when it listens, is told to stop, or has ended: then the next change may help it."""
        self.stop()
        self.process = self.start()
        while not self.has_ended() and not is_listening(self.port) and not stop.is_set():
            time.sleep(SECONDS_BETWEEN_LOOKS)
        self.awaits_change = self.has_ended()

    def stop(self) -> None:
        # Told to end, sam shows tracebacks of the containers that it still reads; it has nothing to keep.
        signal_group(self.process.pid, signal.SIGKILL)
        self.processes.end(self.process)
        remove_containers(self.network)


def watch_sources(stop: StopSignal) -> Iterator[list[str]]:
    """Yield, several times a second until told to stop, the files that have changed since."""
    looks = watch(
        PROJECT / "src",
        stop_event=stop,
        rust_timeout=int(SECONDS_BETWEEN_LOOKS * 1000),
        yield_on_timeout=True,
        raise_interrupt=False,
    )
    stamps = [stamp(file) for file in FILES]
    for changes in looks:
        before, stamps = stamps, [stamp(file) for file in FILES]
        changed = {os.path.relpath(path, PROJECT) for _, path in changes}
        changed |= {file.name for file, old, new in zip(FILES, before, stamps, strict=True) if old != new}
        yield sorted(changed)


def stamp(file: Path) -> tuple[int, int] | None:
    """Return what is another after each change of a file; None while it is not there."""
    try:
        status = file.stat()
    except FileNotFoundError:
        return None
    return status.st_mtime_ns, status.st_ino


def rebuild(api: LocalApi, changed: list[str], stop: StopSignal) -> None:
    """Build again; sam serves new code by itself, and a new template when it is started anew."""
    say(f"Changed: {', '.join(changed)}. Building…")
    started = time.monotonic()
    status = api.processes.make("build", stop)
    if stop.is_set():
        return
    if status:
        goes_on = "" if api.awaits_change else " The API goes on with the last one that worked."
        say(f"The build failed.{goes_on}")
        return
    if TEMPLATE.name in changed or api.awaits_change:
        api.restart(stop)
    if api.awaits_change:
        say("sam has ended, as it says above. The API is back once that is mended.")
        return
    say(f"Built in {time.monotonic() - started:.1f} s; the next request is served by it.")


def say(text: str) -> None:
    """Print a line at once, as long as anybody reads: what the output goes to may have ended."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
