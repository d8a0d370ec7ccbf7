"""All text in the repository is plain English, as far as a search can find words that are not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from renders import TEMPLATE
from repositories import run

FILES = run("git", "ls-files", "-z", directory=TEMPLATE).strip("\0").split("\0")
READ = [file for file in FILES if Path(file).suffix not in {".png", ".svg"} and Path(file).name != Path(__file__).name]

# Words that are wrong wherever they occur, what to write instead, and an example.
WORDS = [
    (r"mend(s|ed|ing)?", "fix", "Mend it and run"),
    (r"anew|made again", "again, recreated", "It is derived anew"),
    (r"(is|are) (not )?there", "exists, is missing, is listed", "The route is there twice"),
    (r"(?<!there )(is|are) (?-i:none)(?!\()", "is not a", "takes it for a failure, and it is none"),
    (r"(?<!there )is no (?!longer|more )\w+", "is not a", "PORT=0 is no port"),
    (r"beside", "as well as, compared with", "the emulator beside the table"),
    (
        r"(functions?|handlers?|roles?) a (function|handler|route)|\d (ms|s|MB) an? \w+",
        "per",
        "It takes 5 ms a request",
    ),
    (r"at the most", "at most", "ten at the most"),
    (r"replaced by", "replaced with", "two mechanisms replaced by one"),
    (
        r"an? \w+ of (a|the) \w+'s(?=[,.;:)]|$| (that|which|and)\b)|of our own",
        "the user's",
        "A proxy of the user's, or",
    ),
    (r"(say|says|said) so|tells|(is|are|be|been|was|were) told", "reports, prints", "and it says so"),
    (r"knows? nothing", "does not depend on", "The table knows nothing of HTTP"),
    (r"stands? (in(?! for)|there|once|below|above)", "is defined in", "The version stands in a file"),
    (r"by (itself|themselves)", "automatically", "It restarts by itself"),
    (r"to be had|(has|have) it (done|made)", "who does what", "No image is to be had"),
    (r"what (is|was|were) (asked|compiled|given|rendered|sent)", "the thing itself", "What was sent is invalid"),
    (r"who(m)?ever|whichever|whatever becomes of", "the case", "whoever calls it"),
    (r"(house|door)s?", "layout, module, entry point", "through the front door"),
    (r"tabled", "listed", "The routes are tabled"),
]


def find_words(text: str) -> list[str]:
    """Return a line for each word that is not plain. Underscores separate words, as in the names of tests."""
    return [
        f"line {number}: {found[0]!r}; write: {instead}"
        for number, line in enumerate(text.replace("_", " ").splitlines(), start=1)
        for pattern, instead, _ in WORDS
        for found in re.finditer(rf"\b(?:{pattern})(?!\w)", line, re.IGNORECASE)
    ]


@pytest.mark.parametrize("file", READ)
def test_has_only_plain_words(file: str) -> None:
    lines = find_words((TEMPLATE / file).read_text(encoding="utf-8"))

    assert not lines, "\n".join(lines)


@pytest.mark.parametrize(("instead", "example"), [word[1:] for word in WORDS])
def test_finds_each_word(instead: str, example: str) -> None:
    (line,) = find_words(f"A first line.\n{example}\n")

    assert line.startswith("line 2: ")
    assert line.endswith(f"; write: {instead}")


@pytest.mark.parametrize(
    "text",
    [
        "There is no wildcard. If there is none, the value is None.",
        "assert line.is_none()",
        "It is no longer needed. A stand-in stands in for it.",
        "with its own permission instead of the caller's",
        "Besides boto3, there is another package.",
    ],
)
def test_leaves_plain_words_alone(text: str) -> None:
    assert find_words(text) == []
