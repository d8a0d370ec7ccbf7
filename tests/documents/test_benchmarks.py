"""The benchmarks: how they compare times, and the reports that they write."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import measure_render
import measuring
from measuring import Ratio, refuse_excess

if TYPE_CHECKING:
    from pathlib import Path


def test_a_ratio_is_the_median_of_the_pairs_and_its_row_has_the_times_of_that_pair() -> None:
    ratio = Ratio("this", "that", seconds=[2.0, 30.0, 3.0, 9.0], floor=[1.0, 10.0, 2.0, 1.0])

    assert ratio.value == 2.0
    assert ratio.row == ("this", "that", "2000 ms", "1000 ms", "2.00", "")


def test_exits_with_one_line_per_ratio_above_its_limit() -> None:
    good = Ratio("good", "that", [1.0], [1.0], limit=1.2)
    unlimited = Ratio("unlimited", "that", [9.0], [1.0])
    bad = Ratio("bad", "that", [1.5], [1.0], limit=1.2)
    refuse_excess([good, unlimited])

    with pytest.raises(SystemExit) as ended:
        refuse_excess([good, bad, unlimited])

    assert ended.value.code == "bad: 1.50 times that; the limit is 1.2"


@pytest.mark.slow
def test_measures_renders_and_writes_a_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "RESULTS", tmp_path)
    monkeypatch.setattr(measure_render, "PAIRS", 1)
    monkeypatch.setattr(measure_render, "ROUNDS", 1)
    found: list[Ratio] = []
    monkeypatch.setattr(measure_render, "refuse_excess", found.extend)

    measure_render.main()

    assert [row.split(" | ")[0] for row in (tmp_path / "render.md").read_text().splitlines()[2:5]] == [
        f"| {ratio.name}" for ratio in found
    ]
    assert all(ratio.value > 0 for ratio in found)
    assert (tmp_path / "render.svg").read_text().startswith("<?xml")
