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
SCRIPT = """
import { readFileSync } from 'node:fs'
import { runSimulation } from '@cloud-copilot/iam-simulate'

const decisions = []
for (const simulation of JSON.parse(readFileSync(0, 'utf8'))) {
  const { overallResult, errors, result } = await runSimulation(simulation, {})
  const ignored = result?.ignoredContextKeys ?? []
  decisions.push(errors || ignored.length ? JSON.stringify({ errors, ignored }) : overallResult)
}
console.log(JSON.stringify(decisions))
"""


def make_request(
    action: str, resource: str, policy: Any, boundary: Any = None, context: dict[str, str] | None = None
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
    install()
    command = ["node", "--input-type=module", "--eval", SCRIPT]
    result = subprocess.run(
        command, cwd=INSTALLED, input=json.dumps(requests), capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    decisions = json.loads(result.stdout)
    assert set(decisions) <= {"Allowed", "ImplicitlyDenied", "ExplicitlyDenied"}, decisions
    return [decision == "Allowed" for decision in decisions]


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
