"""What all answers are read with: text, lists in text, names, and the error of an answer that is refused."""

from __future__ import annotations

import re

from local_extensions.limits import ATTRIBUTE_NAME_LENGTH
from local_extensions.quoting import join_lines, quote


class AnswerError(ValueError):
    """An answer that is refused: what is wrong with it, and what would be right."""


def split_list(answer: object) -> list[str]:
    """Return the entries of an answer that lists several, separated by commas or newlines. Raises AnswerError."""
    try:
        text = expect_string(answer)
    except AnswerError as error:
        raise AnswerError(f"{error}: {quote(join_lines(answer))}" if isinstance(answer, list) else str(error)) from None
    return [entry for entry in (part.strip() for part in re.split(r"[,\n]", text)) if entry]


def expect_string(answer: object) -> str:
    """Return an answer that is text. Raises AnswerError for anything else."""
    if isinstance(answer, list):
        raise AnswerError("is a list, of which cookiecutter uses only the first element; write it as a string")
    if not isinstance(answer, str):
        raise AnswerError(f"{quote(answer)} is not text; write it as a string")
    return answer


def check_attribute_name(name: str) -> None:
    """Raise AnswerError for a name that is too long, or that a path's parameter or a program could not have."""
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) or len(name) > ATTRIBUTE_NAME_LENGTH:
        near = re.sub(r"[^A-Za-z0-9_]+", "_", name)[:ATTRIBUTE_NAME_LENGTH].strip("_")
        example = near if re.match(r"[A-Za-z_]", near) else "user_id"
        raise AnswerError(
            f"{quote(name)} is not a letter or underscore followed by letters, digits and underscores, "
            f"at most {ATTRIBUTE_NAME_LENGTH} characters; for example {quote(example)}"
        )
