"""docs/updating.md: services from earlier versions of the template get the current one with the page's commands."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from renders import ANSWERS, TEMPLATE, Service, cookiecutter
from repositories import VERSIONS, commit_all, read_tree, require_version, run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.slow

PAGE = (TEMPLATE / "docs" / "updating.md").read_text(encoding="utf-8")
URL = "https://github.com/ORG/cookiecutter-sam-localstack"

FIRST, FIRST_WITH_RUST, BEFORE_LOCAL_API = VERSIONS

ROUTES = "src/service/routes.py"
TEMPLATE_S = "    table.create(item)\n    return"
OWN = '    table.create(item)\n    print("Created an item")\n    return'

# The line is another one in the current version.
CONFLICTING = (
    "    table.delete(table.read_path_key(request))\n",
    "    key = table.read_path_key(request)\n    table.delete(key)\n",
)


def command(start: str) -> str:
    """Return the page's one block of commands that has a line with this start."""
    blocks: list[str] = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    (block,) = [block for block in blocks if re.search(rf"^ *{re.escape(start)}", block, re.MULTILINE)]
    return block.replace("pip install cruft\n", "")


def shown_conflict(yours: str, theirs: str) -> str:
    """Return the conflict that the page shows, with the names that the two versions have."""
    (shown,) = re.findall(r"^```\n(<<<<<<< .*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return str(shown).replace("<<<<<<< ours", f"<<<<<<< {yours}").replace(">>>>>>> theirs", f">>>>>>> {theirs}")


@dataclass(frozen=True)
class Team:
    """A team with a service, in a home directory of its own."""

    directory: Path
    repository: Path

    @property
    def service(self) -> Service:
        return Service(self.directory / "users-api")

    @property
    def status(self) -> list[str]:
        return self.do("git status --short").splitlines()

    def do(self, commands: str, *, status: int = 0) -> str:
        """Run commands in the service's directory, where there is one, and say yes to all questions."""
        here = self.service.path if self.service.path.exists() else self.directory
        commands = commands.replace(f"cookiecutter {URL}", f"cookiecutter git+{URL}")
        commands = commands.replace(URL, f"file://{self.repository}")
        return run("bash", "-ec", commands, directory=here, status=status, answers="\n" * 9, HOME=str(self.directory))

    def make_service(self, commands: str, commit: str, options: str = "--no-input") -> None:
        """Render the service from the template's version at a commit."""
        require_version(self.repository, commit)
        self.do(commands.replace(URL, f"{URL} --checkout {commit} {options}"))

    def edit(self, file: str, old: str, new: str) -> None:
        text = self.service.read(file)
        assert old in text
        (self.service.path / file).write_text(text.replace(old, new), encoding="utf-8")

    def commit(self) -> None:
        commit_all(self.service.path, "An edit")


@pytest.fixture(autouse=True)
def answers_of_earlier_versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Earlier versions made one function per route by default. An update keeps that answer."""
    config = tmp_path / "cookiecutterrc.yaml"
    config.write_text(json.dumps({"default_context": {**ANSWERS, "functions": "per-route"}}), encoding="utf-8")
    monkeypatch.setenv("COOKIECUTTER_CONFIG", str(config))


@pytest.fixture
def team(tmp_path: Path, repository: Path) -> Team:
    return Team(tmp_path, repository)


@pytest.fixture
def asking_team(tmp_path: Path, repository: Path) -> Team:
    """A team whose template has a new question."""
    asking = tmp_path / "asking" / repository.name
    run("git", "clone", "--quiet", str(repository), str(asking), directory=repository)
    questions = json.loads((asking / "cookiecutter.json").read_text(encoding="utf-8"))
    (asking / "cookiecutter.json").write_text(json.dumps({"flavour": "plain", **questions}), encoding="utf-8")
    commit_all(asking, "Ask for the flavour")
    return Team(tmp_path, asking)


@pytest.fixture
def cruft_team(team: Team) -> Team:
    """A team with a service that cruft rendered from the first version."""
    team.make_service(command("cruft create"), FIRST)
    return team


@pytest.fixture
def cookiecutter_team(team: Team) -> Team:
    """A team with a service that cookiecutter rendered from the first version."""
    team.make_service(command("git branch rendered"), FIRST)
    return team


@pytest.fixture
def render(tmp_path: Path) -> Callable[..., dict[str, bytes]]:
    """Renders a service from the current version, and returns its files."""

    def tree(*answers: str) -> dict[str, bytes]:
        arguments = ["--no-input", "--output-dir", str(tmp_path / "new"), *answers]
        cookiecutter(*arguments).check_returncode()
        return read_tree(tmp_path / "new" / "users-api")

    return tree


def more_routes(answers: str) -> str:
    routes = json.loads(answers)["cookiecutter"]["routes"]
    return f"GET /reports, {routes}"


def with_own_line(tree: dict[str, bytes]) -> dict[str, bytes]:
    """Return a rendered service's files with the team's edit, and with all else as in the new version."""
    return {**tree, ROUTES: tree[ROUTES].replace(TEMPLATE_S.encode(), OWN.encode())}


class TestWithCruft:
    @pytest.mark.parametrize(
        ("commit", "language"),
        [(FIRST, "python"), (FIRST_WITH_RUST, "rust"), (BEFORE_LOCAL_API, "python"), (BEFORE_LOCAL_API, "rust")],
    )
    def test_brings_the_new_version_and_nothing_else(
        self, team: Team, render: Callable[..., dict[str, bytes]], commit: str, language: str
    ) -> None:
        options = (
            "--no-input" if language == "python" else f"""--no-input --extra-context '{{"language": "{language}"}}'"""
        )
        team.make_service(command("cruft create"), commit, options)
        before = read_tree(team.service.path)

        team.do("cruft check", status=1)
        team.do(command("cruft update --skip-apply-ask\n"))

        expected = render(f"language={language}")
        assert before != expected
        assert read_tree(team.service.path) == expected
        team.do("cruft check")

    def test_keeps_an_edit(self, cruft_team: Team, render: Callable[..., dict[str, bytes]]) -> None:
        cruft_team.edit(ROUTES, TEMPLATE_S, OWN)
        cruft_team.commit()

        cruft_team.do(command("cruft update --skip-apply-ask\n"))

        assert OWN in cruft_team.service.read(ROUTES)
        assert "A  docs/adding-a-route.md" in cruft_team.status
        assert " M .cruft.json" in cruft_team.status
        assert read_tree(cruft_team.service.path) == with_own_line(render())

    def test_takes_the_default_of_an_answer_that_is_new(self, asking_team: Team) -> None:
        asking_team.make_service(command("cruft create"), FIRST)

        asking_team.do(command("cruft update --skip-apply-ask\n"))

        assert json.loads(asking_team.service.read(".cruft.json"))["context"]["cookiecutter"]["flavour"] == "plain"

    def test_brings_routes_attributes_and_indexes_and_keeps_an_edit(
        self, cruft_team: Team, render: Callable[..., dict[str, bytes]]
    ) -> None:
        cruft_team.edit(ROUTES, TEMPLATE_S, OWN)
        cruft_team.commit()
        routes = more_routes(json.dumps(json.loads(cruft_team.service.read(".cruft.json"))["context"]))
        routes += ", GET /users-by-email/{email}"
        wanted = {"routes": routes, "attributes": "email, age:integer?, ...", "indexes": "email"}
        update = command("cruft update --skip-apply-ask --variables-to-update")
        shown = re.search(r'\{"routes": ".*"\}', update)

        assert shown
        cruft_team.do(update.replace(shown[0], json.dumps(wanted)))

        assert OWN in cruft_team.service.read(ROUTES)
        assert '"GET /reports": get_reports,' in cruft_team.service.read(ROUTES)
        assert '"GET /users-by-email/{email}"' in cruft_team.service.read(ROUTES)
        expected = render(*(f"{name}={answer}" for name, answer in wanted.items()))
        assert read_tree(cruft_team.service.path) == with_own_line(expected)

    def test_shows_that_a_new_route_makes_another_one_a_stub(self, team: Team) -> None:
        routes = "GET /users, POST /users, POST /login"
        answers = json.dumps({"routes": routes})
        team.make_service(command("cruft create"), "HEAD", f"--no-input --extra-context '{answers}'")
        update = command("cruft update --skip-apply-ask --variables-to-update")

        more = json.dumps({"routes": f"{routes}, GET /users/{{user_id}}"})
        output = team.do(re.sub(r"'\{.*\}'", lambda _: f"'{more}'", update))

        assert f"With `{routes}`" in PAGE
        before, after = output.split("these routes:")[1:]
        assert re.search(r"POST +/login +create\n.*GET /users/\{user_id\} is added", before, re.DOTALL)
        assert re.search(r"POST +/login +not implemented \(501\)\n.*Only /users lists and creates", after, re.DOTALL)

    def test_refuses_bad_routes_and_leaves_the_service_as_it_is(self, cruft_team: Team) -> None:
        before = read_tree(cruft_team.service.path)

        output = cruft_team.do(
            """cruft update --skip-apply-ask --variables-to-update '{"routes": "FETCH /"}'""", status=1
        )

        assert "'FETCH' is not a method" in output
        assert read_tree(cruft_team.service.path) == before

    def test_marks_a_conflict_as_the_page_shows(
        self, cruft_team: Team, render: Callable[..., dict[str, bytes]]
    ) -> None:
        cruft_team.edit(ROUTES, TEMPLATE_S, OWN)
        cruft_team.edit(ROUTES, *CONFLICTING)
        cruft_team.commit()

        output = cruft_team.do(command("cruft update --skip-apply-ask\n"))

        assert "Good work!" in output
        assert [line for line in cruft_team.status if line.startswith("U")] == [f"UU {ROUTES}"]
        assert f"UU {ROUTES}\n" in PAGE
        conflict = shown_conflict("ours", "theirs")
        assert conflict in cruft_team.service.read(ROUTES)
        assert OWN in cruft_team.service.read(ROUTES)

        cruft_team.edit(ROUTES, conflict, conflict.partition("=======\n")[2].partition(">>>>>>>")[0])
        assert read_tree(cruft_team.service.path) == with_own_line(render())

    def test_writes_a_change_that_it_cannot_mark_to_a_file_as_the_page_shows(self, cruft_team: Team) -> None:
        cruft_team.edit(ROUTES, *CONFLICTING)
        cruft_team.do("rm -rf .git\ngit init")
        cruft_team.commit()

        output = cruft_team.do(command("cruft update --skip-apply-ask\n"))

        assert "Project directory may have *.rej files" in output
        assert f"?? {ROUTES}.rej" in cruft_team.status
        assert f"?? {ROUTES}.rej\n" in PAGE
        assert CONFLICTING[1] in cruft_team.service.read(ROUTES)
        assert "+    table.delete(items.read_key(request))\n" in cruft_team.service.read(f"{ROUTES}.rej")

    @pytest.mark.parametrize("is_known_to_git", [True, False])
    def test_leaves_no_trace_when_given_up(self, cruft_team: Team, is_known_to_git: bool) -> None:
        cruft_team.edit(ROUTES, *CONFLICTING)
        if not is_known_to_git:
            cruft_team.do("rm -rf .git\ngit init")
        cruft_team.commit()
        before = {**read_tree(cruft_team.service.path), "cruft": cruft_team.service.read(".cruft.json")}

        cruft_team.do(command("cruft update --skip-apply-ask\n"))
        cruft_team.do(command("git reset --hard\n"))

        assert {**read_tree(cruft_team.service.path), "cruft": cruft_team.service.read(".cruft.json")} == before


class TestWithoutCruft:
    @pytest.mark.parametrize("commit", [FIRST, BEFORE_LOCAL_API])
    def test_brings_the_new_version_and_nothing_else(
        self, team: Team, render: Callable[..., dict[str, bytes]], commit: str
    ) -> None:
        team.make_service(command("git branch rendered"), commit)

        team.do(command("git switch rendered"))
        team.do(command("git merge rendered"))

        assert read_tree(team.service.path) == render()
        assert team.status == []

    def test_brings_new_routes_and_answers_and_keeps_an_edit(
        self, asking_team: Team, render: Callable[..., dict[str, bytes]]
    ) -> None:
        team = asking_team
        team.make_service(command("git branch rendered"), FIRST)
        team.edit(ROUTES, TEMPLATE_S, OWN)
        team.commit()

        team.do(command("git switch rendered"))
        wanted = more_routes(team.service.read("answers.json"))
        team.edit("answers.json", wanted.removeprefix("GET /reports, "), wanted)
        team.do(command("git merge rendered"))

        assert OWN in team.service.read(ROUTES)
        assert '"GET /reports": get_reports,' in team.service.read(ROUTES)
        assert json.loads(team.service.read("answers.json"))["cookiecutter"]["flavour"] == "plain"
        assert read_tree(team.service.path) == with_own_line(render(f"routes={wanted}"))

    def test_marks_a_conflict_as_the_page_shows_and_leaves_no_trace_when_given_up(
        self, cookiecutter_team: Team
    ) -> None:
        team = cookiecutter_team
        team.edit(ROUTES, *CONFLICTING)
        team.commit()
        before = read_tree(team.service.path)

        team.do(command("git switch rendered"))
        output = team.do(command("git merge rendered"), status=1)

        assert f"CONFLICT (content): Merge conflict in {ROUTES}" in output
        assert shown_conflict("HEAD", "rendered") in team.service.read(ROUTES)

        team.do("git merge --abort")
        assert read_tree(team.service.path) == before

    def test_stops_at_bad_answers_before_anything_is_merged(self, cookiecutter_team: Team) -> None:
        team = cookiecutter_team
        before = read_tree(team.service.path)

        team.do(command("git switch rendered"))
        team.edit("answers.json", "GET /users,", "FETCH /users,")
        output = team.do(command("git merge rendered"), status=1)
        team.do("git reset --hard\ngit switch -")

        assert "'FETCH' is not a method" in output
        assert read_tree(team.service.path) == before


def test_skips_in_a_shallow_clone_and_names_what_it_lacks(repository: Path, tmp_path: Path) -> None:
    run(
        "git", "clone", "--quiet", "--depth", "1", f"file://{repository}", str(tmp_path / "shallow"), directory=tmp_path
    )

    with pytest.raises(pytest.skip.Exception, match=f"no version {FIRST}: `git fetch --unshallow`"):
        require_version(tmp_path / "shallow", FIRST)
