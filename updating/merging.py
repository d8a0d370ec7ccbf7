"""The merge of two renders into the service, and the conflicts that git does not see."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from damage import find_problems, restore_imports
from service_git import UpdateError, commit_tree, git, list_changed, list_statuses, list_unmerged, run_git

if TYPE_CHECKING:
    from versions import Render


@dataclass
class Report:
    """What is printed at the end."""

    conflicts: dict[str, str] = field(default_factory=dict)
    """What to do with each file that needs an edit."""

    notes: list[str] = field(default_factory=list)


def merge(before: Render, after: Render, message: str) -> Report:
    """Apply what differs between the renders to the service, with git's own merge."""
    base = commit_tree(before.path, "The template's old render")
    theirs = commit_tree(after.path, message, base)
    # Renames are not followed: to git, a render of another service nearby looks like a file that was renamed. The
    # default strategy ignores this option before git 2.50.
    result = run_git("cherry-pick", "--no-commit", "--strategy=recursive", "--strategy-option=no-renames", theirs)
    report = Report()
    for status, file in list_unmerged():
        if status == "DU":
            git("rm", "--quiet", "--", file)
            report.notes.append(f"{file} stays deleted; the template changes it")
        elif status == "UD":
            report.conflicts[file] = "you edited it, and the template deletes it: `git rm` or `git add` it"
        else:
            report.conflicts[file] = "edit the lines between <<<<<<< and >>>>>>>, then `git add` it"
    if not list_statuses():
        raise UpdateError(f"git cannot apply the update: {result.stderr.strip()}")
    for file in list_changed():
        if file not in report.conflicts:
            restore_imports(file, after)
            problems = find_problems(file, before)
            if problems:
                mark_conflict(file, base, theirs)
                report.conflicts[file] = f"{problems[0]}; edit the lines between <<<<<<< and >>>>>>>, then `git add` it"
    return report


def mark_conflict(file: str, base: str, theirs: str) -> None:
    """Make a conflict of a file that git merged: mark every line that the service and the template do not share."""
    path = git("rev-parse", "--show-prefix").strip() + file
    blobs = {1: f"{base}:{path}", 2: f"HEAD:{path}", 3: f"{theirs}:{path}"}
    entries = {stage: git("ls-tree", "--full-tree", *blob.split(":", 1)) for stage, blob in blobs.items()}
    with tempfile.TemporaryDirectory() as temporary:
        ours, nothing, new = (Path(temporary) / name for name in ("ours", "nothing", "theirs"))
        nothing.touch()
        ours.write_text(git("show", blobs[2]), encoding="utf-8")
        new.write_text(git("show", blobs[3]), encoding="utf-8")
        labels = ["-L", "HEAD", "-L", "", "-L", "the template's new render"]
        text = git("merge-file", "--stdout", *labels, str(ours), str(nothing), str(new), check=False)
    Path(file).write_text(text, encoding="utf-8")
    stages = [f"0 {'0' * 40}\t{path}"]
    for stage, entry in entries.items():
        mode, _, blob = entry.partition("\t")[0].split(" ")
        stages.append(f"{mode} {blob} {stage}\t{path}")
    git("update-index", "--index-info", text="\n".join(stages) + "\n")
