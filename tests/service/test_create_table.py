"""localstack/ready.d/create_table.py, tested with a service's own tools."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest

from renders import TEMPLATE

if TYPE_CHECKING:
    from renders import Bake


@pytest.mark.slow
def test_passes_its_tests(bake_with_tools: Bake) -> None:
    service = bake_with_tools()
    tests = service.path / "tests" / "unit" / "test_create_table.py"
    shutil.copy(TEMPLATE / "tests" / "support" / "create_table_tests.py", tests)

    result = service.run(".venv/bin/python", "-m", "pytest", str(tests))

    assert re.search(r"^=+ 9 passed in ", result.stdout, re.MULTILINE), result.stdout
