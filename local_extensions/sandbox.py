"""What cookiecutter renders answers with: they may be anybody's, and reach neither Python nor each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jinja2.sandbox import ImmutableSandboxedEnvironment

from local_extensions.answers import InvalidAnswersError, read_questions
from local_extensions.quoting import is_seen, quote

if TYPE_CHECKING:
    from collections.abc import Callable

    from jinja2 import Template


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja without attributes that lead to Python, such as `__globals__`."""

    def from_string(self, source: Any, *_: object, **__: object) -> Any:
        """Return what cookiecutter renders next: an answer, the name of a file, or the hook."""
        return Text(source, super().from_string)


@dataclass(frozen=True)
class Text:
    """An answer, the name of a file, or the hook."""

    source: str
    compile: Callable[..., Template]

    def render(self, **context: Any) -> str:
        """Return the text as Jinja renders it. An answer that Jinja cannot render is refused by its name."""
        answers = context["cookiecutter"]
        unanswered = [name for name in read_questions() if name not in answers]
        if not unanswered:  # cookiecutter renders the rest after the last answer
            return self.compile(self.source).render(context)
        try:
            # `checked` would give the templates' modules to the next answers, and `dict.update` would change others.
            return self.compile(self.source, {"checked": None}).render(cookiecutter=answers.copy())
        except Exception as error:  # noqa: BLE001 - Jinja runs what the answer says
            reason = "".join(filter(is_seen, str(error)))[:100].rstrip(".")
            raise InvalidAnswersError(
                f"{unanswered[0]}: Jinja cannot render {quote(self.source)}: {reason}; "
                "if this is plain text, write {{ '{' }} for each {"
            ) from None
