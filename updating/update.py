"""Updates a service: merges what a new version of the template or other answers change in its files.

`make update` of a service clones the template and runs this file in the service's directory, with Python 3.14.
"""

from __future__ import annotations

import argparse
import json
import re
import shlex
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from merging import Report, merge
from own_routes import compare_routes, refuse_own_routes
from service_git import UpdateError, git, require_clean_repository
from versions import TEMPLATE, Render, check_out, describe, find_commit, read_questions, render

if TYPE_CHECKING:
    from collections.abc import Mapping

LISTS = ("routes", "attributes", "indexes")


@dataclass
class Record:
    """What the service was rendered with: its answers, and the template's address and version."""

    template: str
    version: str
    answers: dict[str, str]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answers", default="", help="answers to change, such as: indexes=email")
    parser.add_argument("--template", default="", help="the template's URL, if answers.json names none")
    parser.add_argument("--version", default="", help="a tag or commit of the template")
    arguments = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory() as directory:
            return update(Path(directory), arguments)
    except UpdateError as error:
        print(f"{error}\nNothing has changed.", file=sys.stderr)
        return 1


def update(directory: Path, arguments: argparse.Namespace) -> int:
    require_clean_repository()
    record = read_record()
    changes = parse_changes(arguments.answers)
    old_commit = find_commit(record.version, "answers.json")
    if arguments.version:
        new_commit = find_commit(arguments.version, "VERSION")
    else:
        new_commit = old_commit if changes else find_commit("HEAD", "the template")
    old_template = check_out(old_commit, directory / "old-template")
    new_template = check_out(new_commit, directory / "new-template")
    answers = change_answers(record.answers, changes, read_questions(new_template))
    new = Record(remove_credentials(arguments.template) or record.template, describe(new_commit), answers)
    if (new_commit, answers) == (old_commit, record.answers):
        print(f"Nothing to update: the service has these answers, and version {new.version} of the template.")
        return 0
    before = render(old_template, directory / "before", record.answers, "The recorded answers cannot be rendered")
    after = render(new_template, directory / "after", answers, "The new answers are refused")
    refuse_own_routes(before, after)
    write_records(before, after, new)
    message = f"Update to version {new.version} of the template"
    try:
        report = merge(before, after, message if new_commit != old_commit else "Render the service with other answers")
        update_cruft(new, new_commit)
    except UpdateError:
        git("reset", "--quiet", "--hard")  # everything was committed
        raise
    show(report, compare_routes(before, after), after)
    return 1 if report.conflicts else 0


# --- what the service was rendered with ----------------------------------------------------------


def read_record() -> Record:
    """Return what answers.json or .cruft.json says. The former may also be a replay of cookiecutter."""
    own, cruft = read_json("answers.json"), read_json(".cruft.json")
    if "answers" in own:
        record = Record(own.get("template", ""), own.get("version", ""), own["answers"])
    elif cruft:
        record = Record(cruft["template"], cruft["commit"], cruft["context"]["cookiecutter"])
    elif "cookiecutter" in own:
        record = Record("", own.get("version", ""), own["cookiecutter"])
    else:
        raise UpdateError("answers.json is missing; docs/updating.md of the template says how to write it.")
    record.template = "" if Path(record.template).exists() or record.template.startswith("file:") else record.template
    record.answers = {name: answer for name, answer in record.answers.items() if not name.startswith("_")}
    return record


def read_json(file: str) -> dict[str, Any]:
    try:
        return dict(json.loads(Path(file).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise UpdateError(f"{file} is not valid JSON: {error}; restore it from git.") from None


def write_records(before: Render, after: Render, new: Record) -> None:
    """Give both renders their answers.json, so that the merge brings the new one."""
    present, old, rendered = Path("answers.json"), before.path / "answers.json", after.path / "answers.json"
    old.unlink(missing_ok=True)
    if present.exists():
        shutil.copy(present, old)
    if rendered.exists():
        new.answers = json.loads(rendered.read_text(encoding="utf-8"))["answers"]  # with those to new questions
    text = json.dumps(vars(new), indent=2, ensure_ascii=False)
    rendered.write_text(re.sub(r"\{(?=[{%#])", r"\\u007b", text) + "\n", encoding="utf-8")


def update_cruft(new: Record, commit: str) -> None:
    """Bring .cruft.json up to date, if the service has one."""
    cruft = read_json(".cruft.json")
    if cruft:
        cruft["commit"] = commit
        cruft["context"]["cookiecutter"].update(new.answers)
        if "_commit" in cruft["context"]["cookiecutter"]:
            cruft["context"]["cookiecutter"]["_commit"] = commit
        Path(".cruft.json").write_text(json.dumps(cruft, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        git("add", ".cruft.json")


def remove_credentials(url: str) -> str:
    """Return a template's URL as answers.json may contain it: no path of a machine, and no credentials."""
    is_url = re.match(r"(https?|ssh|git)://|[\w.-]+@[\w.-]+:", url)
    return re.sub(r"^(https?://)[^/@]*@", r"\1", url) if is_url else ""


# --- the answers -------------------------------------------------------------------------------


def parse_changes(text: str) -> list[tuple[str, str, str]]:
    """Return each `name=value` or `name+=value`: the name, whether it adds, and the value."""
    try:
        words = shlex.split(text)
    except ValueError:
        raise UpdateError(f"ANSWERS has an open quote: {text}; close it.") from None
    changes: list[tuple[str, str, str]] = []
    for word in words:
        match = re.match(r"(\w+)(\+?)=(.*)", word, re.DOTALL)
        if not match:
            raise UpdateError(
                f"ANSWERS: '{word}' is not name=value; quote values with spaces: indexes='email, status'."
            )
        changes.append((match[1], match[2], match[3]))
    return changes


def change_answers(
    recorded: Mapping[str, str], changes: list[tuple[str, str, str]], questions: list[str]
) -> dict[str, str]:
    """Return the answers after the changes. Routes that are the default remain so: a new index gets its route."""
    for name, plus, _ in changes:
        if name not in questions:
            known = ", ".join(questions)
            raise UpdateError(f"ANSWERS: this version of the template does not ask for '{name}', but for {known}.")
        if plus and name not in LISTS:
            raise UpdateError(f"ANSWERS: {name} is not a list; write {name}=… to replace it.")
    answers = {**recorded, **{name: value for name, plus, value in changes if not plus}}
    changed = {name for name, plus, _ in changes if not plus}
    if "routes" not in changed and recorded.get("routes") == make_default_routes(recorded):
        added = [(name, plus, value) for name, plus, value in changes if plus and name != "routes"]
        answers["routes"] = make_default_routes(add_to_lists(answers, added))
    return add_to_lists(answers, [change for change in changes if change[1]])


def add_to_lists(answers: Mapping[str, str], changes: list[tuple[str, str, str]]) -> dict[str, str]:
    added = dict(answers)
    for name, _, value in changes:
        entries = [entry.strip() for entry in re.split(r"[,\n]", f"{added.get(name, '')},{value}") if entry.strip()]
        if name == "attributes" and ("..." in entries or not added.get(name)):  # it allows others, and comes last
            entries = [entry for entry in entries if entry != "..."] + ["..."]
        added[name] = ", ".join(entries)
    return added


def make_default_routes(answers: Mapping[str, str]) -> str:
    """Return the routes that the template proposes."""
    sys.path.insert(0, str(TEMPLATE))
    from local_extensions.answers import make_default_routes as make  # noqa: PLC0415 - the path is set above

    return make(answers)


# --- the report --------------------------------------------------------------------------------


def show(report: Report, routes: list[str], after: Render) -> None:
    """Print what happened, and what to do: the summary of the template, with this directory instead of the render's."""
    summary = after.summary.partition("Next:\n")[0]
    lines = [summary.strip(), *routes, *report.notes, f"Updated {Path.cwd()}; nothing is committed yet."]
    if report.conflicts:
        lines += ["Conflicts:", *(f"  {file}: {what}" for file, what in report.conflicts.items())]
    lines += [
        "Next:",
        "  git diff HEAD       # review the changes",
        "  make format lint test",
        "  git add --all && git commit",
        "To undo the update: git reset --hard",
    ]
    print("\n".join(filter(None, lines)))


if __name__ == "__main__":
    sys.exit(main())
