"""The Jinja extension: registers what the templates use, `checked` among it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from jinja2 import pass_context
from jinja2.ext import Extension
from jinja2.sandbox import safe_range

from local_extensions import contract, deployment, examples, openapi, quoting, record, source
from local_extensions.answers import (
    TEMPLATE,
    Answers,
    find_architecture,
    find_lists,
    make_default_routes,
    make_name,
    make_service,
    make_slug,
)
from local_extensions.expectations import describe
from local_extensions.sandbox import Sandbox

if TYPE_CHECKING:
    from jinja2 import Environment
    from jinja2.runtime import Context


class AnswersExtension(Extension):
    """Registers with Jinja what the templates use."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        environment.__class__ = Sandbox
        environment.globals["range"] = safe_range
        environment.filters.update(
            architecture=find_architecture,
            default_name=make_name,
            default_routes=make_default_routes,
            describe=describe_answers,
            markdown=quoting.quote_markdown,
            quoted=quoting.quote_string,
            slug=make_slug,
            yaml=quoting.quote_yaml,
        )
        environment.globals.update(checked=check_answers, hooks_directory=str(TEMPLATE / "hooks"))
        # cruft renders two versions of the template in one process: each must import its own modules.
        for name in [name for name in sys.modules if name.partition(".")[0] == __package__]:
            del sys.modules[name]


@pass_context
def check_answers(context: Context, _slug: str) -> str:
    """Return the service's slug, and give the templates the service as `service`, and the modules that they use.

    Cookiecutter renders the directory's name before it creates any file, so bad answers are refused before that, and
    after the last answer: Jinja's sandbox does not hide what is in a module.
    """
    service = make_service({**context["cookiecutter"], **find_lists(context)})
    context.environment.globals.update(
        service=service,
        contract=contract,
        deployment=deployment,
        examples=examples,
        openapi=openapi,
        record=record,
        source=source,
    )
    return service.slug


def describe_answers(answers: Answers) -> dict[str, object]:
    """Return what the post-gen hook checks the rendered files against."""
    return describe(make_service(answers))
