"""Cookiecutter renders answers with Jinja: what they contain reaches neither Python nor other answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from renders import cookiecutter

if TYPE_CHECKING:
    from pathlib import Path

# Each would create the file PROOF: through Jinja's own functions, and through modules that templates use.
PAYLOADS = [
    "{{ joiner.__init__.__globals__.__builtins__.open('PROOF', 'w') }}",
    "{{ cycler['__init__']['__globals__'].os.system('touch PROOF') }}",
    "{{ (lipsum | attr('__globals__')).__builtins__.exec('open(\"PROOF\", \"w\")') }}",
    "{{ openapi.re.enum.sys.modules['pathlib'].Path('PROOF').touch() }}",
    "{{ deployment.re.functools.reduce(openapi.re.enum.sys.modules.os.open, [64], 'PROOF') }}",
    "{{ source.itertools.starmap(examples.json.codecs.builtins.open, [('PROOF', 'w')]) | list }}",
    "{{ contract.quote_path.__builtins__.open('PROOF', 'w') }}",
]


@pytest.fixture
def proof(tmp_path: Path) -> Path:
    """The file that exists once an answer was executed."""
    return tmp_path / "proof"


@pytest.mark.slow
@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_answer_reaches_python(tmp_path: Path, proof: Path, payload: str) -> None:
    answer = f"description={payload.replace('PROOF', str(proof))}"

    result = cookiecutter("--no-input", "-o", str(tmp_path / "output"), answer)

    assert not proof.exists()
    assert result.returncode == 1
    assert not (tmp_path / "output").exists()
