"""`make update` of services that people edited, which a seed chooses: few conflicts, and nothing breaks silently."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from measure_updates import MOST_ATTENTION, SEEDS, count_attention, measure

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
def test_updates_of_edited_services_seldom_conflict_and_never_break_silently(
    repository: Path, tools: Path, tmp_path: Path
) -> None:
    outcomes = measure(repository, tools, SEEDS[::3], tmp_path)

    results = [f"{each.case}: {each.result}\n{each.output}" for each in outcomes]
    assert [each.result for each in outcomes if each.broken] == []
    assert count_attention(outcomes) <= MOST_ATTENTION * len(outcomes), "\n".join(results)
    assert [line for each in outcomes for line in each.lost] == []
