"""What git merges without a conflict, and nothing accepts: found in each file, and marked as a conflict."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from own_routes import ROUTE_KEYS, find_value, read_events, read_text, walk_pairs
from service_git import git

if TYPE_CHECKING:
    from collections.abc import Iterator

    from versions import Render

UNREADABLE = "cannot be parsed"


def find_problems(file: str, before: Render) -> list[str]:
    """Return what the merge broke in a file, although each side was good."""
    old, merged = git("show", f"HEAD:./{file}", check=False), read_text(file)
    known = set(list_problems(file, old))
    if not old or any(problem.startswith(UNREADABLE) for problem in known):
        return []
    problems = [problem for problem in list_problems(file, merged) if problem not in known]
    if file == "template.yaml":
        own, now = read_events(old), read_events(merged)
        rendered = read_events(before.read(file))
        problems += [
            f"your event {own[key].name} is now in {now[key].function}"
            for key in own
            if key not in rendered and key in now and now[key].function != own[key].function
        ]
    return problems


def list_problems(file: str, text: str) -> Iterator[str]:
    """Yield what is wrong with a file: what cannot be parsed, is listed twice, or is referred to and missing."""
    try:
        if file.endswith((".yaml", ".yml")):
            document = yaml.compose(text, yaml.SafeLoader)
            yield from find_repeated_keys(document)
            if file == "template.yaml":
                yield from find_missing_resources(text, document)
        elif file.endswith(".json"):
            json.loads(text, object_pairs_hook=refuse_repeated_keys)
        elif file.endswith(".toml"):
            tomllib.loads(text)
        elif file.endswith(".py"):
            yield from find_repeated_definitions(ast.parse(text))
        elif file.endswith(".rs"):
            yield from find_repeated(re.findall(r"^(?:pub )?(?:async )?(?:fn|struct|enum) (\w+)", text, re.MULTILINE))
            yield from find_repeated(ROUTE_KEYS.findall(text))
    except (ValueError, SyntaxError, yaml.YAMLError) as error:
        yield f"{UNREADABLE}: {' '.join(str(error).split())}"


def find_missing_resources(text: str, document: Any) -> list[str]:
    """Return what template.yaml refers to and lacks."""
    defined = {name for part in ("Parameters", "Resources") for name, _ in walk_pairs(find_value(document, part))}
    referred = re.findall(r"!(?:GetAtt|Ref) (\w+)(?!\w|::)", text)
    return [f"{name} is missing" for name in dict.fromkeys(referred) if name not in defined]


def find_repeated(names: list[str]) -> list[str]:
    return [f"{name} is listed twice" for name in dict.fromkeys(names) if names.count(name) > 1]


def find_repeated_keys(node: yaml.Node | None) -> Iterator[str]:
    if isinstance(node, yaml.MappingNode):
        yield from find_repeated([key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)])
    for child in node.value if isinstance(node, yaml.CollectionNode) else []:
        for part in child if isinstance(child, tuple) else (child,):
            yield from find_repeated_keys(part)


def refuse_repeated_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    for problem in find_repeated([name for name, _ in pairs]):
        raise ValueError(problem)
    return dict(pairs)


def find_repeated_definitions(module: ast.Module) -> Iterator[str]:
    """Yield what a module defines twice: functions, classes, and keys in a dict."""
    yield from find_repeated([node.name for node in module.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))])
    for node in ast.walk(module):
        if isinstance(node, ast.Dict):
            yield from find_repeated([repr(key.value) for key in node.keys if isinstance(key, ast.Constant)])


def restore_imports(file: str, after: Render) -> None:
    """Add the imports that the merged lines need: the owner or the template may have removed one that was not used."""
    restore = {".py": restore_python_imports, ".rs": restore_rust_imports}.get(Path(file).suffix)
    merged = read_text(file)
    text = merged
    for source in (after.read(file), git("show", f"HEAD:./{file}", check=False)):
        text = restore(text, source) if restore else text
    if text != merged:
        Path(file).write_text(text, encoding="utf-8")
        git("add", "--", file)


def restore_python_imports(text: str, source: str) -> str:
    """Return a module with the imports of `source` for the names that it uses and does not define."""
    try:
        module, known = ast.parse(text), list_imports(ast.parse(source))
    except SyntaxError:
        return text
    nodes = list(ast.walk(module))
    used = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    bound = {node.id for node in nodes if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
    bound |= {node.name for node in nodes if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    bound |= {node.arg for node in nodes if isinstance(node, ast.arg)} | set(list_imports(module))
    bound |= {
        alias.asname or alias.name.partition(".")[0]
        for node in nodes
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    lines = text.splitlines(keepends=True)
    for name in sorted(used - bound):
        if name in known:
            add_python_import(lines, known[name], name)
    return "".join(lines)


def list_imports(module: ast.Module) -> dict[str, str]:
    """Return the names that a module imports from others, with these."""
    imports = [node for node in module.body if isinstance(node, ast.ImportFrom) and not node.level]
    return {alias.asname or alias.name: str(node.module) for node in imports for alias in node.names}


def add_python_import(lines: list[str], module: str, name: str) -> None:
    """Import a name: in the parentheses of an import from the same module, or on a line of its own."""
    group = f"from {module} import (\n"
    if group in lines:
        lines.insert(lines.index(group) + 1, f"    {name},\n")
        return
    new = f"from {module} import {name}\n"
    imports = [number for number, line in enumerate(lines) if line.startswith(("from ", "import "))]
    below = [number for number in imports if lines[number].startswith(new.partition(".")[0]) and lines[number] > new]
    lines.insert(below[0] if below else imports[-1] + 1 if imports else 0, new)


def restore_rust_imports(text: str, source: str) -> str:
    """Return a module with the imports of `source` for the modules that it uses and does not import."""
    code = re.sub(r'^use .*|//.*|"(?:\\.|[^"\\])*"', "", text, flags=re.MULTILINE)
    for line, name in re.findall(r"^(use [\w:]+::(\w+);\n)", source, re.MULTILINE):
        if re.search(rf"(?<!::)\b{name}\b", code) and not re.search(rf"^use .*\b{name}\b", text, re.MULTILINE):
            text = text.replace("\nuse ", f"\n{line}use ", 1)
    return text
