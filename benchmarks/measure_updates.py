"""Measures `make update` of services that people edited: conflicts, refusals, and what breaks. Writes results/updates.md.

`python benchmarks/measure_updates.py 7` does it for one seed, shows the update's output, and copies the service to build/updated.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from cookiecutter.main import cookiecutter

from edited_services import EDITS, Case, choose_case
from measuring import make_table, write_report
from template_copy import TEMPLATE

SEEDS = range(40)
MOST_ATTENTION = 15 / 70  # of the updates have a conflict or are refused
YAML_CHECKS = ("cfn-lint", "openapi-spec-validator")  # they take seconds
IDENTITY = {
    f"GIT_{role}_{key}": value
    for role in ("AUTHOR", "COMMITTER")
    for key, value in (("NAME", "Test"), ("EMAIL", "test@example.com"))
}


@dataclass
class Outcome:
    """What an update of an edited service did."""

    case: Case
    edits: list[str]
    """Those that fit the service."""

    output: str
    seconds: float
    conflicts: list[str] = field(default_factory=list)
    """The files with conflicts."""

    broken: list[str] = field(default_factory=list)
    """What is wrong after an update that reported nothing."""

    lost: list[str] = field(default_factory=list)
    """Lines of the owners that their files lack after it."""

    @property
    def is_refused(self) -> bool:
        return "Nothing has changed." in self.output

    @property
    def result(self) -> str:
        if self.is_refused:
            return "refused"
        return f"conflict: {', '.join(self.conflicts)}" if self.conflicts else ", ".join(self.broken) or "merged"


def run(directory: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=directory,
        env={**os.environ, **IDENTITY},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def make_service(template: Path, case: Case, output: Path) -> tuple[Path, list[str]]:
    """Render a service, edit it, and commit everything. Return it, and the edits that fit it."""
    path = Path(
        cookiecutter(
            str(template), no_input=True, default_config=True, extra_context=case.answers, output_dir=str(output)
        )
    )
    run(path, "git", "init", "--quiet")
    run(path, "git", "add", "--all")
    run(path, "git", "commit", "--quiet", "--message", "Render the service")
    edits = []
    for name in case.edits:
        try:
            EDITS[name](path)
            edits.append(name)
        except (FileNotFoundError, ValueError, IndexError):  # the answers or another edit left no place for it
            run(path, "git", "checkout", "--quiet", ".")
            run(path, "git", "clean", "--force", "--quiet", "-d")
        run(path, "git", "add", "--all")
        run(path, "git", "commit", "--quiet", "--message", name)
    return path, edits


def update(template: Path, tools: Path, case: Case, path: Path, edits: list[str]) -> Outcome:
    """Update the service, and check what the update reports as merged."""
    started = time.perf_counter()
    result = run(path, "make", "update", f"TEMPLATE={template}", f"ANSWERS={case.change}")
    outcome = Outcome(case, edits, result.stdout, time.perf_counter() - started)
    outcome.conflicts = run(path, "git", "diff", "--name-only", "--diff-filter=U").stdout.split()
    outcome.lost = find_lost_lines(path)
    if not outcome.is_refused and not outcome.conflicts:
        if result.returncode:
            outcome.broken = [f"status {result.returncode}"]
        outcome.broken += find_problems(path, tools)
        if outcome.broken:  # by the update, or by the edits
            run(path, "git", "stash", "--quiet")
            edited = find_problems(path, tools)
            outcome.broken = [problem for problem in outcome.broken if problem not in edited]
    return outcome


def find_lost_lines(path: Path) -> list[str]:
    """Return the lines that the owners added to files, and that these do not have any more."""
    lost = []
    for part in run(path, "git", "diff", "--unified=0", ":/Render the service", "HEAD").stdout.split("diff --git ")[1:]:
        file = path / part.splitlines()[0].rpartition(" b/")[2]
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        lost += [line for line in re.findall(r"^\+(?!\+\+ )(.*)$", part, re.MULTILINE) if line not in text.splitlines()]
    return lost


def find_problems(path: Path, tools: Path) -> list[str]:
    """Return the checks that a service does not pass: those of its own `make lint test` that take a few seconds."""
    edited, changed = (
        run(path, "git", "diff", "--name-only", *revisions).stdout.split()
        for revisions in (["HEAD", ":/Render the service"], ["HEAD"])
    )
    both = set(edited) & set(changed) or set(edited)
    checks = {
        "ruff": ("ruff", "check", "--quiet", "."),
        "yamllint": ("yamllint", "--strict", "."),
        "cfn-lint": ("cfn-lint", "template.yaml"),
        "openapi-spec-validator": ("openapi-spec-validator", "openapi.yaml"),
        "seed.json": ("python", "-m", "json.tool", "seed.json", os.devnull),
    }
    checks = {name: command for name, command in checks.items() if name not in YAML_CHECKS or command[-1] in both}
    failed = [
        name for name, (program, *words) in checks.items() if run(path, str(tools / "bin" / program), *words).returncode
    ]
    if not same_routes(path):
        failed.append("routes")
    if (path / "Cargo.toml").exists() and run(path, "cargo", "fmt", "--check").returncode:
        failed.append("cargo fmt")
    return failed


def same_routes(path: Path) -> bool:
    """Return whether template.yaml, openapi.yaml and the handlers list the same routes, each once."""
    text = (path / "template.yaml").read_text(encoding="utf-8")
    events = sorted(f"{method} {route}" for method, route in re.findall(r"Method: (.*)\n +Path: (.*)", text))
    paths = yaml.safe_load((path / "openapi.yaml").read_text(encoding="utf-8"))["paths"]
    operations = [
        f"{method.upper()} {route}" for route, each in paths.items() for method in each if method != "parameters"
    ]
    (module,) = [file for file in ("src/service/routes.py", "src/routes.rs") if (path / file).exists()]
    handlers = re.findall(r'^ +"([A-Z]+ /\S*)"(?::| =>)', (path / module).read_text(encoding="utf-8"), re.MULTILINE)
    return events == sorted(operations) == sorted(handlers)


def measure(template: Path, tools: Path, seeds: range, directory: Path) -> list[Outcome]:
    """Update the service of each seed. One process renders them; two updates run at once."""
    with ThreadPoolExecutor(2) as pool:
        running = []
        for case in map(choose_case, seeds):
            path, edits = make_service(template, case, directory / str(case.seed))
            running.append(pool.submit(update, template, tools, case, path, edits))
        return [future.result() for future in running]


def count_attention(outcomes: list[Outcome]) -> int:
    return sum(bool(outcome.conflicts) or outcome.is_refused for outcome in outcomes)


def main() -> None:
    seeds = range(int(sys.argv[1]), int(sys.argv[1]) + 1) if sys.argv[1:] else SEEDS
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        template = directory / "template"
        run(TEMPLATE, "git", "clone", "--quiet", str(TEMPLATE), str(template))
        tools = Path(os.environ["TOOLS"]) if "TOOLS" in os.environ else make_tools(template, directory / "tools")
        outcomes = measure(template, tools, seeds, directory)
        if sys.argv[1:]:
            print(outcomes[0].case, outcomes[0].output, outcomes[0].result, sep="\n")
            shutil.copytree(directory / sys.argv[1], TEMPLATE / "build" / "updated", dirs_exist_ok=True)
            return
    broken = [outcome for outcome in outcomes if outcome.broken]
    files = sum(len(outcome.conflicts) for outcome in outcomes)
    rows = [
        (str(each.case.seed), each.case.answers["language"], ", ".join(each.edits), each.case.change, each.result)
        for each in outcomes
    ]
    write_report(
        "updates",
        f"{len(outcomes)} services with {sum(len(each.edits) for each in outcomes)} edits, each updated with one change "
        f"of answers: {count_attention(outcomes)} had a conflict or were refused ({files} files), {len(broken)} broke "
        f"silently, and {sum(len(each.lost) for each in outcomes)} lines of the owners were lost. An update took {max(each.seconds for each in outcomes):.0f} seconds at most.",
        make_table(("Seed", "Language", "Edits", "Change", "Result"), rows),
    )


def make_tools(template: Path, output: Path) -> Path:
    """Return the environment that `make setup` makes in a rendered service."""
    path = cookiecutter(str(template), no_input=True, default_config=True, output_dir=str(output))
    run(Path(path), "make", "setup")
    return Path(path) / ".venv"


if __name__ == "__main__":
    sys.path.append(str(TEMPLATE / "tests" / "support"))
    main()
