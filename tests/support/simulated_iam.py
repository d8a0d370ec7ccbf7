"""IAM's decisions, by a simulator from npm that knows each action's resources and condition keys."""

from __future__ import annotations

import fcntl
import json
import subprocess
from typing import Any

from renders import TEMPLATE

PACKAGE = "@cloud-copilot/iam-simulate@0.1.173"
INSTALLED = TEMPLATE / "build" / "iam-simulate"
ACCOUNT = "123456789012"
SIMULATE = """
import { readFileSync } from 'node:fs'
import { runSimulation } from '@cloud-copilot/iam-simulate'

const decisions = []
for (const simulation of JSON.parse(readFileSync(0, 'utf8'))) {
  const { overallResult, errors, result } = await runSimulation(simulation, {})
  const ignored = result?.ignoredContextKeys ?? []
  const error = ignored.length ? `ignored: ${ignored}` : errors?.message
  decisions.push(error ?? overallResult)
}
console.log(JSON.stringify(decisions))
"""
# An action that does not take the resource.
IMPOSSIBLE = {"no.resource.types", "must.use.wildcard"}

Context = dict[str, str | list[str]]


def make_request(
    action: str, resource: str, policy: Any, boundary: Any = None, context: Context | None = None
) -> dict[str, Any]:
    """Return what `decide` decides: whether a principal with a policy, and perhaps a boundary, may do something."""
    return {
        "request": {
            "action": action,
            "principal": f"arn:aws:iam::{ACCOUNT}:role/someone",
            "resource": {"resource": resource, "accountId": ACCOUNT},
            "contextVariables": context or {},
        },
        "identityPolicies": [{"name": "policy", "policy": policy}],
        "serviceControlPolicies": [],
        "resourceControlPolicies": [],
        **({"permissionBoundaryPolicies": [{"name": "boundary", "policy": boundary}]} if boundary else {}),
    }


def decide(requests: list[dict[str, Any]]) -> list[bool]:
    """Return whether each request is allowed. Fails for one that IAM would not understand."""
    return [decision == "Allowed" for decision in simulate(requests, may_be=set())]


def find_allowed(requests: list[dict[str, Any]]) -> list[bool]:
    """Return whether each request is possible and allowed."""
    return [decision == "Allowed" for decision in simulate(requests, may_be=IMPOSSIBLE)]


def simulate(requests: list[dict[str, Any]], may_be: set[str]) -> list[str]:
    decisions: list[str] = run(requests)
    assert set(decisions) <= {"Allowed", "ImplicitlyDenied", "ExplicitlyDenied"} | may_be, decisions
    return decisions


def run(requests: list[dict[str, Any]]) -> Any:
    """Run the simulator."""
    install()
    command = ["node", "--input-type=module", "--eval", SIMULATE]
    result = subprocess.run(
        command, cwd=INSTALLED, input=json.dumps(requests), capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def install() -> None:
    """Install the simulator, unless it exists in this version."""
    INSTALLED.mkdir(parents=True, exist_ok=True)
    stamp = INSTALLED / "installed.txt"
    with (INSTALLED / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if stamp.exists() and stamp.read_text(encoding="utf-8") == PACKAGE:
            return
        command = ["npm", "install", "--no-audit", "--no-fund", "--no-save", "--prefix", str(INSTALLED), PACKAGE]
        subprocess.run(command, check=True, capture_output=True)
        stamp.write_text(PACKAGE, encoding="utf-8")
