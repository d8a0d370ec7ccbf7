"""Cookiecutter renders answers with Jinja: what they contain reaches neither Python nor other answers."""

from __future__ import annotations

import itertools
import json
import re
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from cookiecutter.environment import StrictEnvironment
from cookiecutter.exceptions import FailedHookException
from cookiecutter.generate import generate_context
from cookiecutter.prompt import prompt_for_config
from jinja2 import Undefined

import local_extensions
from renders import TEMPLATE, cookiecutter
from repositories import commit_all, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from jinja2 import Environment

QUESTIONS = [name for name in json.loads((TEMPLATE / "cookiecutter.json").read_text()) if not name.startswith("_")]

# Each would create the file PROOF: through Jinja's own functions, and through modules that templates use.
EXECUTED = [
    "{{ joiner.__init__.__globals__.__builtins__.open('PROOF', 'w') }}",
    "{{ cycler['__init__']['__globals__'].os.system('touch PROOF') }}",
    "{{ (lipsum | attr('__globals__')).__builtins__.exec('open(\"PROOF\", \"w\")') }}",
    "{% for each in [lipsum] | map(attribute='__globals__') %}{{ each.os.mkdir('PROOF') }}{% endfor %}",
    "{% set x = self.__init__.__globals__ %}{{ x.__builtins__.open('PROOF', 'w') }}",
    "{{ ''.__class__.__base__.__subclasses__()[0].__init__.__globals__.os.mkdir('PROOF') }}",
    "{{ (quoted.__globals__ or slug.__globals__).json.codecs.open('PROOF', 'w') }}",
    "{{ checked.__globals__.sys.modules.os.mkdir('PROOF') }}",
    "{{ openapi.re.enum.sys.modules['pathlib'].Path('PROOF').touch() }}",
    "{{ deployment.re.functools.reduce(openapi.re.enum.sys.modules.os.open, [64], 'PROOF') }}",
    "{{ source.itertools.starmap(examples.json.codecs.builtins.open, [('PROOF', 'w')]) | list }}",
    "{{ contract.format_key.__builtins__.open('PROOF', 'w') }}",
]
# Each would show what Python has, or give the next answers what only templates need.
REACHING = [
    "{{ lipsum.__globals__ }}",
    "{{ '{0.__globals__}'.format(lipsum) }}",
    "{{ '{x.__init__.__globals__[os]}'.format_map({'x': joiner}) }}",
    "{{ ('{0.__class__}' | attr('format'))(cookiecutter) }}",
    "{{ ['{0.__class__}'] | map(attribute='format') | map('string') | first | attr('__self__') }}",
    "{{ ([1] | map('string')).gi_frame.f_back.f_globals }}",
    "{{ [joiner] | sum(attribute='__init__') }}",
    "{{ dict.mro() }}",
    "{{ cookiecutter.items.__self__ }}",
    "{{ namespace(a=1)._Namespace__attrs }}",
    "{% macro m() %}{% endmacro %}{{ m._environment }}",
    "{{ self._TemplateReference__context.environment.globals }}",
    "{{ checked(cookiecutter.project_slug) }}",
    "{% set cookiecutter = {'_template': 1} %}{% block a scoped %}{{ checked('') }}{% endblock %}",
    "{{ cookiecutter | describe | attr('__class__') }}",
    "{% include '../cookiecutter.json' %}",
    "{% import 'template.yaml' as t %}",
    "{% extends 'README.md' %}",
    "{{ range(10 ** 6) | list }}",
]
# Each would change an answer that was given before, or give one that follows.
CHANGING = [
    "{{ cookiecutter.update(region='us-west-2') }}",
    "{{ cookiecutter['setdefault']('cors_origin', '*') }}",
    "{{ (cookiecutter | attr('pop'))('table_name') }}",
    "{% set cookiecutter.region = 'us-west-2' %}",
]
# Jinja allows these.
CHANGING_A_COPY = [
    "{{ dict.update(cookiecutter, region='us-west-2') }}",
    "{{ dict[0].setdefault(cookiecutter, 'cors_origin', '*') }}",
    "{{ (dict | attr('clear'))(cookiecutter) }}",
    "{{ cookiecutter.move_to_end('region') }}",
    "{% set cookiecutter = {'region': 'us-west-2'} %}",
]
BROKEN = ["{{", "{% raw %}x", "{# x", "{{ unknown }}", "{{ 1 / 0 }}", "{{ 'a' | unknown }}", "{{ ''['\x1b[31m\n'] }}"]

HARMLESS = [
    "{{ 7 * 7 }}",
    "{% raw %}{{ x }}{% endraw %}",
    "{% for each in 'ab' %}{{ loop.index }}{{ each | upper }}{% endfor %}",
    "{{ '{0}-{a}'.format(1, a=2) }}{{ '%s' | format('x') }}{{ 'a b'.split() | join('-') }}",
    "{{ range(3) | list }}{{ dict(a=1).a }}{{ cycler('a', 'b').next() }}",
    "{{ cookiecutter.table_name }} {% if cookiecutter.table_name == 'users' %}a{% else %}b{% endif %}",
    "{% set ns = namespace(a=1) %}{% set ns.a = 2 %}{{ ns.a }}",
    "{{ 'Café Orders' | slugify }}{{ [1] | jsonify }}",
]


@pytest.fixture
def proof(tmp_path: Path) -> Path:
    """The file that exists once an answer was executed."""
    return tmp_path / "proof"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "config.yaml"


@pytest.fixture
def environment() -> Iterator[Environment]:
    """What cookiecutter renders answers with."""
    context = {"cookiecutter": {"_extensions": ["local_extensions.AnswersExtension"]}}
    yield StrictEnvironment(context=context)
    sys.modules[local_extensions.__name__] = local_extensions


@pytest.fixture
def service(tmp_path: Path, repository: Path) -> Path:
    """A service of cruft's, in git. Its template has a newer version."""
    template = tmp_path / repository.name
    run("git", "clone", "--quiet", str(repository), str(template), directory=tmp_path)
    run("cruft", "create", str(template), "--no-input", directory=tmp_path)
    run("git", "init", "--quiet", directory=tmp_path / "users-api")
    (template / "README.md").write_text("Changed")
    commit_all(template, "Change the template")
    return tmp_path / "users-api"


def aim(payloads: list[str], proof: Path) -> Iterator[tuple[str, str]]:
    """Yield each question, with one of the payloads in turn."""
    return zip(QUESTIONS, (payload.replace("PROOF", str(proof)) for payload in itertools.cycle(payloads)), strict=False)


def answer_all(**answers: object) -> dict[str, Any]:
    """Return the answers as cookiecutter renders them."""
    context = generate_context(str(TEMPLATE / "cookiecutter.json"), extra_context=answers)
    try:
        return dict(prompt_for_config(context, no_input=True))
    finally:
        sys.modules[local_extensions.__name__] = local_extensions


def assert_names(answer: str, output: str) -> None:
    """Fail unless the output is one line that names the answer."""
    assert re.fullmatch(rf"{answer}: Jinja cannot render ['\"].*: .+; if this is plain text, write .*\n", output), (
        output
    )


@pytest.mark.parametrize("payload", EXECUTED + REACHING + CHANGING + BROKEN)
def test_names_the_answer_that_it_refuses(proof: Path, payload: str) -> None:
    for question in QUESTIONS:
        with pytest.raises(FailedHookException) as refusal:
            answer_all(**{question: payload.replace("PROOF", str(proof))})

        assert_names(question, f"{refusal.value}\n")
    assert not proof.exists()


@pytest.mark.parametrize("expression", HARMLESS)
def test_renders_a_harmless_expression_as_jinja_does(expression: str) -> None:
    expected = StrictEnvironment().from_string(expression).render(cookiecutter={"table_name": "users"})

    assert answer_all(description=expression)["description"] == expected


@pytest.mark.parametrize("expression", CHANGING_A_COPY)
def test_an_answer_changes_only_its_own_copy_of_the_others(expression: str) -> None:
    answers = answer_all(description=expression)

    assert list({**answers, "description": ""}.items()) == list(answer_all(description="").items())


def test_no_module_is_reachable_while_answers_are_rendered(environment: Environment) -> None:
    made = "self, cookiecutter, m, dict[0], namespace(), cycler(1), joiner(), [1] | map('string')"
    found: list[object] = [environment.globals, environment.filters, environment.tests]
    environment.globals["look"] = lambda *values: found.extend(values)
    environment.from_string(f"{{% macro m() %}}{{% endmacro %}}{{{{ look({made}) }}}}").render(cookiecutter={})
    seen: dict[int, object] = {}

    for value in found:
        if id(value) in seen or isinstance(value, Undefined):
            continue
        assert not isinstance(value, ModuleType)
        seen[id(value)] = value
        # Jinja wraps `str.format` again each time it is read.
        found += [environment.getattr(value, name) for name in dir(value) if name != "__wrapped__"]
        if isinstance(value, dict):
            found += [*value.keys(), *value.values()]
        elif isinstance(value, (list, tuple, set, frozenset)):
            found += value

    assert len(seen) > 1000


@pytest.mark.slow
def test_no_answer_of_a_command_line_is_executed(tmp_path: Path, proof: Path) -> None:
    for answer, payload in list(aim(EXECUTED + BROKEN, proof))[::4]:
        result = cookiecutter("--no-input", "-o", str(tmp_path / "output"), f"{answer}={payload}")

        assert_names(answer, result.stdout)
        assert (result.returncode, result.stderr) == (1, "")
        assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_no_answer_of_a_config_file_is_executed(tmp_path: Path, proof: Path, config: Path) -> None:
    forms: Iterator[Callable[[str], object]] = itertools.cycle([str, lambda text: [text], lambda text: {"a": text}])
    for (answer, payload), form in zip(list(aim(BROKEN + EXECUTED, proof))[::4], forms, strict=False):
        context = {"default_context": {answer: form(payload)}, "replay_dir": str(tmp_path / "replay")}
        config.write_text(yaml.dump(context))

        result = cookiecutter("--no-input", "--config-file", str(config), "-o", str(tmp_path / "output"))

        assert_names(answer, result.stdout)
        assert (result.returncode, result.stderr) == (1, "")
        assert list(tmp_path.iterdir()) == [config]


@pytest.mark.slow
def test_no_answer_that_is_typed_is_executed(tmp_path: Path, proof: Path) -> None:
    typed = "".join(f"{payload}\n" for _, payload in aim(EXECUTED, proof))

    result = cookiecutter("-o", str(tmp_path / "output"), typed=typed)

    assert result.returncode == 1
    assert "\nregion: '{" in result.stdout
    assert "Traceback" not in result.stdout + result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_no_answer_of_a_replay_is_executed(tmp_path: Path, proof: Path) -> None:
    answers = tmp_path / "answers.json"
    settings = {"_extensions": ["local_extensions.AnswersExtension"]}
    answers.write_text(json.dumps({"cookiecutter": {**dict(aim(EXECUTED, proof)), **settings}}))

    result = cookiecutter("--replay-file", str(answers), "-o", str(tmp_path / "output"))

    refused = [line.partition(":")[0] for line in result.stdout.partition("\n\n")[0].splitlines()]
    assert set(refused) == {*QUESTIONS} - {"project_name", "description"}
    assert (result.returncode, result.stderr) == (1, "")
    assert list(tmp_path.iterdir()) == [answers]


@pytest.mark.slow
def test_free_text_of_a_replay_is_rendered_as_it_is(tmp_path: Path, proof: Path) -> None:
    answers = tmp_path / "answers.json"
    text = {name: EXECUTED[0].replace("PROOF", str(proof)) for name in ("project_name", "description")}
    given = {**answer_all(), **text, "project_slug": "orders"}
    answers.write_text(json.dumps({"cookiecutter": given}))

    result = cookiecutter("--replay-file", str(answers), "-o", str(tmp_path / "output"))

    assert result.returncode == 0, result.stdout + result.stderr
    document = yaml.safe_load((tmp_path / "output" / "orders" / "openapi.yaml").read_text())
    assert (document["info"]["title"], document["info"]["description"]) == tuple(text.values())
    assert not proof.exists()


@pytest.mark.slow
def test_no_answer_of_cruft_is_executed(service: Path, proof: Path) -> None:
    state = json.loads((service / ".cruft.json").read_text())
    commands = itertools.cycle([["diff"], ["update", "--skip-apply-ask"]])
    for (answer, payload), command in zip(list(aim(EXECUTED + BROKEN, proof))[::4], commands, strict=False):
        changed = {**state["context"]["cookiecutter"], answer: payload}
        (service / ".cruft.json").write_text(json.dumps({**state, "context": {"cookiecutter": changed}}))
        commit_all(service, "Change an answer")

        output = run("cruft", *command, directory=service, status=1)

        assert_names(answer, output)
        assert run("git", "status", "--short", directory=service) == ""
        assert not proof.exists()
