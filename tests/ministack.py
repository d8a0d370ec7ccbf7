"""AWS in a container: MiniStack takes a whole `sam deploy`, and then serves the deployed REST API."""

from __future__ import annotations

import contextlib
import fcntl
import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import requests

from conftest import TEMPLATE, find_free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

REQUIREMENTS = Path(__file__).with_name("ministack-requirements.txt")
INSTALLED = TEMPLATE / "build" / "ministack"
IMAGE = "public.ecr.aws/lambda/python:3.13"
SECONDS_TO_START = 60


@dataclass(frozen=True)
class MiniStack:
    """A running MiniStack: all of AWS that a deployment needs, behind one port of this machine."""

    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """What turns the AWS tools to it."""
        return {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_ENDPOINT_URL": self.url,
            "DEPLOY_TO_EMULATOR": "1",
        }

    def client(self, service: str, region: str = "ap-northeast-1") -> Any:
        return boto3.client(  # type: ignore[call-overload]
            service,
            endpoint_url=self.url,
            region_name=region,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )


@contextlib.contextmanager
def run_ministack(**settings: str) -> Iterator[MiniStack]:
    """Run MiniStack in a container, for it listens on every interface: of its ports one is reached, on 127.0.0.1."""
    install()
    stack = MiniStack(find_free_port())
    mounts = ["--volume", f"{INSTALLED}:/ministack:ro", "--env", "PYTHONPATH=/ministack"]
    # It tells functions in Python by itself where it is, and other functions what it is told.
    settings = {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566", **settings}
    environment = [part for name, value in settings.items() for part in ("--env", f"{name}={value}")]
    command = ["docker", "run", "--detach", "--publish", f"127.0.0.1:{stack.port}:4566", *mounts, *environment]
    container = run(*command, "--entrypoint", "python3.13", IMAGE, "-m", "ministack").strip()
    try:
        wait_until_it_answers(stack, container)
        yield stack
    finally:
        run("docker", "rm", "--force", "--volumes", container)


def install() -> None:
    """Install MiniStack for the Python of the image, unless that version of it is there."""
    requirement = REQUIREMENTS.read_text(encoding="utf-8")
    stamp = INSTALLED / "requirements.txt"
    INSTALLED.mkdir(parents=True, exist_ok=True)
    with (INSTALLED / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text(encoding="utf-8") != requirement:
            uv = ["uv", "pip", "install", "--python", "3.13", "--target", str(INSTALLED)]
            run(*uv, "--requirement", str(REQUIREMENTS))
            stamp.write_text(requirement, encoding="utf-8")


def wait_until_it_answers(stack: MiniStack, container: str) -> None:
    end = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < end:
        with contextlib.suppress(requests.RequestException):
            requests.get(f"{stack.url}/_ministack/health", timeout=5).raise_for_status()
            return
        time.sleep(0.1)
    raise TimeoutError(f"MiniStack does not answer:\n{run('docker', 'logs', container)}")


def run(*command: str) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    result = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if result.returncode:
        raise RuntimeError(f"{command[0]} failed:\n{result.stdout}")
    return result.stdout
