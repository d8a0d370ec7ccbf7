"""Changes of a service's source that its tests must notice."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from renders import Service


def list_mutants(text: str, right: str, wrong: str) -> list[str]:
    """Return a text once for each place where a part of it is, with another one in that place."""
    starts = [match.start() for match in re.finditer(re.escape(right), text)]
    return [text[:start] + wrong + text[start + len(right) :] for start in starts]


# Appended to a service's lib.rs. A file has the number of the mutant that is tried.
SWITCHES = """
pub mod mutants {
    use crate::http::Request;

    pub fn is_on(number: usize) -> bool {
        std::fs::read_to_string("@FILE@").is_ok_and(|text| text == number.to_string())
    }

    /// Return how many attributes of a key to leave out.
    pub fn skipped(number: usize) -> usize {
        is_on(number).into()
    }

    /// Return a request, or the same one of another user.
    pub fn of_somebody(number: usize, request: &Request) -> Request {
        let mut request = request.clone();
        if is_on(number) {
            request.claims.insert("sub".into(), "somebody".into());
        }
        request
    }
}
"""


def add_switches(service: Service) -> Path:
    """Put SWITCHES into a service in Rust, and return the file with the number of the mutant that is on: none yet."""
    switch = service.path / "mutant"
    switch.write_text("0", encoding="utf-8")
    service.edit("src/lib.rs", "pub mod table;\n", f"pub mod table;\n{SWITCHES.replace('@FILE@', str(switch))}")
    service.edit("src/http.rs", "#[derive(Debug, Default)]", "#[derive(Clone, Debug, Default)]")
    return switch


def add_mutants(service: Service, file: str, right: str, wrong: str, *, first: int) -> int:
    """Put a mutant in each place where a file has a part, for one program with all of them. Return how many they are.

    In `wrong`, `@` is the mutant's number, with which the functions of SWITCHES say whether it is on.
    """
    start, *rest = service.read(file).split(right)
    mutants = [wrong.replace("@", str(first + place)) + text for place, text in enumerate(rest)]
    (service.path / file).write_text(start + "".join(mutants), encoding="utf-8")
    return len(mutants)


def fails(service: Service, path: Path, text: str, *arguments: str) -> bool:
    """Return whether a test fails while a file has another text. The arguments are pytest's."""
    original = path.read_text(encoding="utf-8")
    path.write_text(text, encoding="utf-8")
    result = service.run(".venv/bin/python", "-m", "pytest", "--quiet", "--exitfirst", *arguments)
    path.write_text(original, encoding="utf-8")
    return re.search(r"\d failed", result.stdout) is not None
