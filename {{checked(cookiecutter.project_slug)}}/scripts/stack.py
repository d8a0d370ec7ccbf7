"""Deploys the service to a stage of samconfig.toml, says where it answers, deletes it, or looks for what is wrong.

It acts in AWS with your own credentials. DEPLOY_TO_EMULATOR=1 turns it to an emulator on this machine, at AWS_ENDPOINT_URL.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from collections.abc import Mapping

PROJECT = Path(__file__).resolve().parent.parent
SAM = str(Path(sys.executable).parent / "sam")
# IAM User Guide, "IAM identifiers": the beginnings of access keys, of users and of sessions.
ACCESS_KEY = re.compile(r"(AKIA|ASIA)[A-Z2-7]{16}")
TO_EMULATOR = os.environ.get("DEPLOY_TO_EMULATOR") == "1"
# Where nobody can answer, nothing is asked.
ASKS = "CI" not in os.environ and not TO_EMULATOR


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("stage")
    arguments = parser.parse_args()
    try:
        settings = read_settings(arguments.stage)
        check_target(os.environ)
        COMMANDS[arguments.command](arguments.stage, settings)
    except ClientError as error:
        sys.exit(f"AWS refused: {error.response['Error'].get('Message', error)}")
    except BotoCoreError as error:
        sys.exit(f"AWS cannot be asked: {error}")


def read_settings(stage: str) -> dict[str, Any]:
    """Return what samconfig.toml has for every command of a stage. Exits where it has none."""
    try:
        config = tomllib.loads((PROJECT / "samconfig.toml").read_text(encoding="utf-8"))
    except OSError as error:
        sys.exit(f"samconfig.toml cannot be read: {error.strerror}")
    except ValueError as error:
        sys.exit(f"samconfig.toml is not TOML: {error}")
    needed = {"deploy", "global"}
    stages = [name for name, commands in config.items() if isinstance(commands, dict) and needed <= commands.keys()]
    if stage not in stages:
        sys.exit(f"STAGE={stage} is not in samconfig.toml, which has {' and '.join(stages) or 'no stage'}")
    settings: dict[str, Any] = config[stage]["global"]["parameters"]
    return settings


def check_target(environment: Mapping[str, str]) -> None:
    """Exit where what is in the environment would not lead to AWS; with DEPLOY_TO_EMULATOR=1, to an emulator here."""
    endpoints = {name: url for name, url in environment.items() if name.startswith("AWS_ENDPOINT_URL") and url}
    if TO_EMULATOR:
        for name, url in endpoints.items():
            if not is_loopback(url):
                sys.exit(f"{name}={url} is not on this machine, and DEPLOY_TO_EMULATOR=1 takes localhost only")
        if "AWS_ENDPOINT_URL" not in endpoints:
            sys.exit("DEPLOY_TO_EMULATOR=1 wants AWS_ENDPOINT_URL, as in AWS_ENDPOINT_URL=http://127.0.0.1:4566")
        os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test")  # noqa: S106 - it checks none
        for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN"):
            os.environ.pop(name, None)
        return
    for name, url in endpoints.items():
        sys.exit(f"{name}={url} leads away from AWS: unset {name}, or set DEPLOY_TO_EMULATOR=1 for an emulator")
    session = boto3.Session()
    configured = session._session.get_scoped_config()  # noqa: SLF001 - boto3 shows a profile's settings nowhere else
    for name in configured.keys() & {"endpoint_url", "services"}:
        sys.exit(f"{name} in the AWS profile leads away from AWS: choose another with AWS_PROFILE")
    credentials = session.get_credentials()
    if credentials is None:
        sys.exit("There are no AWS credentials: log in (aws sso login), or choose a profile with AWS_PROFILE")
    if not ACCESS_KEY.fullmatch(credentials.access_key):
        sys.exit(f"The access key {credentials.access_key} is none of AWS's: choose a profile with AWS_PROFILE")


def is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return bool(re.fullmatch(r"(.+\.)?localhost|127(\.\d+){3}|::1", host))


def deploy(stage: str, settings: dict[str, Any]) -> None:
    """Build, show what would change, and make it so once that is confirmed."""
    if not sys.stdin.isatty() and ASKS:
        sys.exit("Nobody can confirm the change here: run it in a terminal, or set CI=1 to have it made at once")
    run("make", "--no-print-directory", "build")
    run(SAM, "deploy", "--config-env", stage, "--confirm-changeset" if ASKS else "--no-confirm-changeset")
    show_url(stage, settings)


def show_url(stage: str, settings: dict[str, Any]) -> None:
    """Print where the deployed API answers."""
    stack = describe_stack(settings)
    if stack is None:
        sys.exit(f"The stack {settings['stack_name']} is not in {settings['region']}: make deploy STAGE={stage}")
    url = next(output["OutputValue"] for output in stack["Outputs"] if output["OutputKey"] == "ApiUrl")
    if TO_EMULATOR:
        api, _, path = url.removeprefix("https://").partition("/")
        port = urlsplit(os.environ["AWS_ENDPOINT_URL"]).port
        url = f"http://{api.partition('.')[0]}.execute-api.localhost:{port}/{path}"
    print(url)


def delete(stage: str, settings: dict[str, Any]) -> None:
    """Delete the stack, and its table unless the stage keeps it."""
    if describe_stack(settings) is None:
        sys.exit(f"The stack {settings['stack_name']} is not in {settings['region']}: there is nothing to delete")
    run(SAM, "delete", "--config-env", stage, *([] if ASKS else ["--no-prompts"]))


def diagnose(stage: str, settings: dict[str, Any]) -> None:
    """Say what stands in the way of a deployment, and of its access logs."""
    identity = client("sts", settings).get_caller_identity()
    print(f"  ok       You are {identity['Arn']}, in {settings['region']}.")
    stack = describe_stack(settings)
    status = stack["StackStatus"] if stack else f"not there yet: make deploy STAGE={stage}"
    is_broken = status.endswith("_FAILED") or "ROLLBACK" in status
    print(f"  {'problem' if is_broken else 'ok     '}  The stack {settings['stack_name']} is {status}")
{%- if service.is_rest %}
    if role := client("apigateway", settings).get_account().get("cloudwatchRoleArn"):
        print(f"  ok       API Gateway may write access logs, as {role}: AccessLogs=true turns them on.")
    else:
        print("  note     API Gateway has no role to write access logs with: leave AccessLogs off, or give it one, as")
        print("           in https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html")
{%- else %}
    print("  ok       An HTTP API needs no role for access logs: AccessLogs=true turns them on.")
{%- endif %}
    if is_broken:
        sys.exit("1 to mend: its events say what failed; then deploy again, or delete it.")


def describe_stack(settings: dict[str, Any]) -> dict[str, Any] | None:
    """Return the stage's stack, or None where there is none."""
    try:
        found: dict[str, Any] = client("cloudformation", settings).describe_stacks(StackName=settings["stack_name"])
    except ClientError as error:
        if "does not exist" in error.response["Error"].get("Message", ""):
            return None
        raise
    stack: dict[str, Any] = found["Stacks"][0]
    return stack


def client(service: Any, settings: dict[str, Any]) -> Any:
    return boto3.client(service, region_name=settings["region"])


def run(*command: str) -> None:
    """Run a command; exit with its status where it fails."""
    status = subprocess.run(command, cwd=PROJECT, check=False).returncode
    if status:
        sys.exit(status)


COMMANDS = {"deploy": deploy, "url": show_url, "delete": delete, "doctor": diagnose}

if __name__ == "__main__":
    main()
