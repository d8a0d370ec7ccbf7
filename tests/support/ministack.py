"""AWS in a container: MiniStack takes a whole `sam deploy`, and then serves the deployed REST API.

Its image is built here, because tests pull nothing. Like the published one, it has no curl.
"""

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

from renders import MINISTACK_BASE, TEMPLATE, find_free_port, has_image

if TYPE_CHECKING:
    from collections.abc import Iterator

REQUIREMENTS = Path(__file__).with_name("ministack-requirements.txt")
INSTALLED = TEMPLATE / "build" / "ministack"
IMAGE = "local/ministack"
DOCKERFILE = f"""\
FROM {MINISTACK_BASE}
RUN rm -f /usr/bin/curl /usr/bin/wget
COPY . /ministack
ENV PYTHONPATH=/ministack PATH=/ministack/bin:/usr/bin:/bin
ENTRYPOINT ["python3.14", "-m", "ministack"]
"""
SECONDS_TO_START = 60

# The `aws` of the documents. Apart from requirements-dev.txt, for its botocore is not that of `sam`.
AWS_CLI = "awscli==1.46.3"


@dataclass(frozen=True)
class MiniStack:
    """A running MiniStack: the parts of AWS that a deployment needs, on one port of this machine."""

    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """Variables that make the AWS tools use it."""
        return {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_ENDPOINT_URL": self.url,
            "CI": "1",
            "DEPLOY_TO_EMULATOR": "1",
        }

    def client(self, service: str, region: str = "ap-northeast-1") -> Any:
        session: Any = boto3.Session("test", "test", region_name=region)
        return session.client(service, endpoint_url=self.url)


@contextlib.contextmanager
def run_ministack(**settings: str) -> Iterator[MiniStack]:
    """Run MiniStack in a container, because it listens on every interface; one port is published, on 127.0.0.1."""
    build_image()
    stack = MiniStack(find_free_port())
    # MiniStack passes its own address on to functions in Python, and this variable to others.
    settings = {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566", **settings}
    environment = [part for name, value in settings.items() for part in ("--env", f"{name}={value}")]
    container = run("docker", "run", "--detach", "--publish", f"127.0.0.1:{stack.port}:4566", *environment, IMAGE)
    container = container.strip()
    try:
        wait_until_it_answers(stack, container)
        yield stack
    finally:
        run("docker", "rm", "--force", "--volumes", container)


def install_aws_cli(directory: Path) -> None:
    """Put a program `aws` into a directory."""
    program = directory / "aws"
    program.write_text(f'#!/bin/sh\nexec uv --quiet tool run --from {AWS_CLI} aws "$@"\n', encoding="utf-8")
    program.chmod(0o755)


def build_image() -> None:
    """Build the image, unless it exists with these requirements."""
    stamp = f"{DOCKERFILE}{REQUIREMENTS.read_text(encoding='utf-8')}"
    file = INSTALLED.with_name("ministack.txt")
    INSTALLED.mkdir(parents=True, exist_ok=True)
    with INSTALLED.with_name("ministack.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if file.exists() and file.read_text(encoding="utf-8") == stamp and has_image(IMAGE):
            return
        uv = ["uv", "pip", "install", "--python", "3.14", "--target", str(INSTALLED)]
        run(*uv, "--requirement", str(REQUIREMENTS))
        (INSTALLED / "Dockerfile").write_text(DOCKERFILE, encoding="utf-8")
        run("docker", "build", "--quiet", "--tag", IMAGE, str(INSTALLED), DOCKER_BUILDKIT="0")
        file.write_text(stamp, encoding="utf-8")


def wait_until_it_answers(stack: MiniStack, container: str) -> None:
    end = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < end:
        with contextlib.suppress(requests.RequestException):
            requests.get(f"{stack.url}/_ministack/health", timeout=5).raise_for_status()
            return
        time.sleep(0.1)
    raise TimeoutError(f"MiniStack does not respond:\n{run('docker', 'logs', container)}")


def run(*command: str, **variables: str) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"} | variables
    result = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if result.returncode:
        raise RuntimeError(f"{command[0]} failed:\n{result.stdout}")
    return result.stdout
