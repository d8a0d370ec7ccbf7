"""Starts a rendered service's local stack, and inspects it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from renders import Service

SECONDS_TO_COMPILE = 900
PYTHON_IMAGE = "public.ecr.aws/lambda/python:3.14"


@dataclass
class Stack:
    """A rendered service and the ports of its local stack."""

    service: Service
    localstack_port: int
    port: int

    @property
    def slug(self) -> str:
        return self.service.path.name

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def settings(self) -> list[str]:
        return [f"LOCALSTACK_PORT={self.localstack_port}", f"PORT={self.port}"]

    def make(self, *targets: str, **environment: str) -> str:
        return self.service.make(*targets, *self.settings, **environment)

    def containers(self) -> list[str]:
        """Return the names of the containers on the project's network or with its files, except for the emulator's."""
        form = '{{.Names}}\t{{.Networks}}\t{{.Mounts}}\t{{.Label "com.docker.compose.service"}}'
        listing = subprocess.run(
            ["docker", "ps", "--all", "--no-trunc", "--format", form], capture_output=True, text=True, check=True
        )
        names = []
        for name, networks, mounts, compose_service in (line.split("\t") for line in listing.stdout.splitlines()):
            is_ours = self.slug in networks.split(",") or f"{self.service.path}/.aws-sam" in mounts
            if is_ours and compose_service != "localstack":
                names.append(name)
        return names

    def compose(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run Docker Compose as the Makefile does."""
        command = ["docker", "compose", "--file", "compose.yaml", "--project-name", self.slug]
        return self.service.run(*command, *arguments, LOCALSTACK_PORT=str(self.localstack_port))

    def pause(self) -> None:
        """Pause the emulator. Docker may need several attempts: https://github.com/moby/moby/issues/48205."""

        def try_to_pause() -> bool:
            result = self.compose("pause")
            print(result.stdout)
            return result.returncode == 0

        wait_until(try_to_pause, 60)

    @contextlib.contextmanager
    def running(self, target: str = "start", *arguments: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
        """Run `make start` or `make dev` until the API answers, and stop it afterwards."""
        log = self.service.path / f"{target}.log"
        with log.open("w") as output:
            process = subprocess.Popen(
                ["make", target, *arguments, *self.settings],
                cwd=self.service.path,
                env={**os.environ, **environment},
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        try:
            # Without Docker, the API prints its address when it is ready.
            line = "The API responds at" if "DOCKER=no" in arguments else ""
            wait_until(
                lambda: (is_listening(self.port) and line in log.read_text()) or process.poll() is not None,
                SECONDS_TO_COMPILE,
            )
            assert process.poll() is None
            yield process
        except BaseException:
            print(log.read_text())
            raise
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
            process.wait(60)

    def dynamodb(self, region: str = "ap-northeast-1") -> Any:
        return boto3.client(
            "dynamodb",
            endpoint_url=f"http://127.0.0.1:{self.localstack_port}",
            region_name=region,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )


def wait_until(condition: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.1)


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
