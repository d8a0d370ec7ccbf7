"""Measures rendering, compared with the minimum for cookiecutter, and per route. Writes results/render.md."""

from __future__ import annotations

import json
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from matplotlib import pyplot as plt

from measuring import (
    RATIO_HEADER,
    Ratio,
    make_table,
    measure_pairs,
    measure_seconds,
    refuse_excess,
    run,
    save_plot,
    show_milliseconds,
    write_report,
)
from template_copy import TEMPLATE, copy_template

PAIRS = 21
ROUNDS = 9
ROUTES = (5, 50, 100, 150)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        floor = make_floor(directory)
        copy = directory / "template"
        copy_template(copy)
        default = Ratio(
            "Rendering the default answers",
            "rendering one empty file",
            *measure_pairs(lambda: bake(TEMPLATE, directory), lambda: bake(floor, directory), PAIRS),
            limit=3.0,
        )
        first = Ratio(
            "The same, from a new copy of the template",
            "rendering one empty file",
            *measure_pairs(lambda: bake_for_the_first_time(copy, directory), lambda: bake(floor, directory), PAIRS),
        )
        times = measure_by_routes(directory)
    most = Ratio("Rendering 150 routes", "rendering 5", times[150], times[5], limit=2.0)
    medians = [statistics.median(times[count]) for count in ROUTES]
    line = statistics.linear_regression(ROUTES, medians)
    fit = statistics.correlation(ROUTES, medians) ** 2
    draw(times, line)
    write_report(
        "render",
        make_table(RATIO_HEADER, [default.row, first.row, most.row]),
        "Python compiles a new copy's modules, as after `cookiecutter gh:…`; later renders find them compiled.",
        make_table(("Routes", *map(str, ROUTES)), [("Takes", *(show_milliseconds(seconds) for seconds in medians))]),
        f"Each route takes {show_milliseconds(line.slope)}; a straight line fits with R² = {fit:.3f}.",
        "![Time by routes](render.svg)",
    )
    refuse_excess([default, first, most])


def make_floor(directory: Path) -> Path:
    """Return a template with one question and one empty file."""
    template = directory / "floor"
    project = template / "{{cookiecutter.project_slug}}"
    project.mkdir(parents=True)
    (project / "empty").touch()
    (template / "cookiecutter.json").write_text(json.dumps({"project_slug": "floor"}), encoding="utf-8")
    return template


def measure_by_routes(directory: Path) -> dict[int, list[float]]:
    """Return the seconds of renders by their number of routes, measured in turn."""
    times: dict[int, list[float]] = {count: [] for count in ROUTES}
    for _ in range(ROUNDS):
        for count, seconds in times.items():
            routes = ",".join(f"GET /users/{{user_id}}/r{number}" for number in range(count))
            answers = (f"routes={routes}", "functions=per-route")  # one function takes fewer routes
            seconds.append(measure_seconds(lambda: bake(TEMPLATE, directory, *answers)))
    return times


def bake(template: Path, directory: Path, *answers: str) -> None:
    output = directory / "output"
    program = [sys.executable, "-m", "cookiecutter", str(template), "--no-input", "--default-config"]
    # Not in the checkout, whose local_extensions Python would import instead of the template's.
    run(*program, "--output-dir", str(output), *answers, directory=directory)
    shutil.rmtree(output)


def bake_for_the_first_time(template: Path, directory: Path) -> None:
    """Render a template whose modules Python has not compiled yet."""
    for directory_of_modules in ("hooks", "local_extensions"):
        shutil.rmtree(template / directory_of_modules / "__pycache__", ignore_errors=True)
    bake(template, directory)


def draw(times: dict[int, list[float]], line: statistics.LinearRegression) -> None:
    figure, axes = plt.subplots(figsize=(6, 3.5))
    axes.plot(
        [count for count, seconds in times.items() for _ in seconds],
        [time * 1000 for seconds in times.values() for time in seconds],
        "o",
        alpha=0.4,
        label="a render",
    )
    ends = (0, ROUTES[-1])
    axes.plot(ends, [(line.intercept + line.slope * count) * 1000 for count in ends], label="straight line")
    axes.set(xlabel="routes", ylabel="milliseconds", ylim=(0, None), title="Rendering")
    axes.legend()
    save_plot(figure, "render")


if __name__ == "__main__":
    main()
