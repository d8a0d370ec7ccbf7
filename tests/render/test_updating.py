"""docs/updating.md: services that people edited get other answers and the current version with the page's commands."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from renders import TEMPLATE, Service, cookiecutter
from repositories import VERSIONS, commit_all, read_tree, require_version, run

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.slow

PAGE = (TEMPLATE / "docs" / "updating.md").read_text(encoding="utf-8")
URL = "https://github.com/ORG/cookiecutter-sam-localstack"
FIRST, BEFORE_LOCAL_API = VERSIONS
ROUTES = "src/service/routes.py"
CRUD = "GET /users, POST /users, GET /users/{user_id}, DELETE /users/{user_id}"

TEMPLATE_S = "    table.create(item)\n    return"
OWN = '    table.create(item)\n    print("Created an item")\n    return'
# The line is another one in the first version.
CONFLICTING = (
    "    table.delete(table.read_path_key(request))\n",
    "    key = table.read_path_key(request)\n    table.delete(key)\n",
)
HEALTH = """\
def get_health(_: Request) -> Response:
    return Response(200, '{"status": "ok"}')
"""
HEALTH_EVENT = """\
        GetHealth:
          Type: Api
          Properties:
            RestApiId: !Ref Api
            Method: GET
            Path: /health
"""


def read_block(start: str) -> str:
    """Return the page's one block of commands that has a line with this start."""
    blocks: list[str] = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    (block,) = [block for block in blocks if re.search(rf"^{re.escape(start)}", block, re.MULTILINE)]
    return block


@dataclass(frozen=True)
class Team:
    """A team with a service, in a home directory of its own, where git finds the template at its public address."""

    home: Path
    path: Path

    @property
    def service(self) -> Service:
        return Service(self.path)

    @property
    def status(self) -> list[str]:
        return self.do("git status --short").splitlines()

    def do(self, commands: str, *, status: int = 0) -> str:
        settings = {
            "HOME": str(self.home),
            "GIT_CONFIG_GLOBAL": str(self.home / ".gitconfig"),
            "UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR", str(Path.home() / ".cache" / "uv")),
        }
        directory = self.path if self.path.exists() else self.home
        return run("bash", "-ec", commands, directory=directory, status=status, **settings)

    def render(self, *answers: str, checkout: str = "") -> None:
        """Render the service from the template's address, and commit it."""
        options = f"--checkout {checkout}" if checkout else ""
        quoted = " ".join(f"'{answer}'" for answer in answers)
        self.do(f"cookiecutter {URL} {options} --no-input --output-dir '{self.path.parent}' {quoted}")
        self.commit("Render the service")

    def edit(self, file: str, old: str, new: str) -> None:
        assert self.service.read(file).count(old) == 1
        self.service.edit(file, old, new)

    def add_route(self) -> None:
        """Add GET /health by hand, as the service's page says, and a test and openapi.yaml aside."""
        self.edit(ROUTES, "# Your own handlers:\n\n\n", f"# Your own handlers:\n\n\n{HEALTH}\n\n")
        self.edit(ROUTES, "    # Your own routes:\n", '    # Your own routes:\n    "GET /health": get_health,\n')
        self.edit("template.yaml", "        # Your own events:\n", f"        # Your own events:\n{HEALTH_EVENT}")
        self.commit("Add GET /health")

    def commit(self, message: str = "An edit") -> None:
        if not (self.path / ".git").exists() and self.path.name == "users-api" and self.path.parent == self.home:
            self.do("git init --quiet")
        commit_all(self.path, message)

    def read_answers(self) -> dict[str, str]:
        return dict(json.loads(self.service.read("answers.json"))["answers"])


@pytest.fixture
def team(tmp_path: Path, repository: Path) -> Team:
    (tmp_path / ".gitconfig").write_text(f'[url "file://{repository}"]\n\tinsteadOf = {URL}\n', encoding="utf-8")
    return Team(tmp_path, tmp_path / "users-api")


@pytest.fixture
def rendered(team: Team) -> Team:
    """A team with a service of the current version."""
    team.render()
    return team


@pytest.fixture
def render(tmp_path: Path) -> Callable[..., dict[str, bytes]]:
    """Renders a service from the current version, and returns its files."""

    def tree(*answers: str) -> dict[str, bytes]:
        cookiecutter("--no-input", "--output-dir", str(tmp_path / "new"), *answers).check_returncode()
        return read_tree(tmp_path / "new" / "users-api")

    return tree


def change(team: Team, answers: str, *, status: int = 0) -> str:
    return team.do(f'make update ANSWERS="{answers}"', status=status)


def with_own_line(tree: dict[str, bytes]) -> dict[str, bytes]:
    return {**tree, ROUTES: tree[ROUTES].replace(TEMPLATE_S.encode(), OWN.encode())}


class TestAnswers:
    def test_answers_json_has_the_answers_and_the_template_s_address_and_version(
        self, rendered: Team, repository: Path
    ) -> None:
        record = json.loads(rendered.service.read("answers.json"))

        assert record["template"] == URL
        assert record["version"] == run("git", "describe", "--always", directory=repository).strip()
        questions = json.loads((TEMPLATE / "cookiecutter.json").read_text(encoding="utf-8"))
        assert list(record["answers"]) == [name for name in questions if not name.startswith("_")]

    def test_answers_json_has_no_path_and_no_credentials(self, team: Team, repository: Path) -> None:
        secret = URL.replace("//", "//me:token@")
        team.do(f"git config --global url.file://{repository}.insteadOf {secret}")

        team.do(f"cookiecutter {secret} --no-input")

        assert json.loads(team.service.read("answers.json"))["template"] == URL
        local = Team(team.home, team.home / "local" / "users-api")
        local.do(f"cookiecutter {repository} --no-input --output-dir local")
        assert json.loads(local.service.read("answers.json"))["template"] == ""
        assert str(repository) not in local.service.read("answers.json")

    def test_the_page_s_first_command_brings_an_index_and_its_route_and_keeps_an_edit(
        self, rendered: Team, render: Callable[..., dict[str, bytes]]
    ) -> None:
        rendered.edit(ROUTES, TEMPLATE_S, OWN)
        rendered.commit()

        output = rendered.do(read_block("make update ANSWERS='indexes=email'"))

        assert "GET     /users-by-email/{email}  query by-email" in output
        assert read_tree(rendered.path) == with_own_line(render("indexes=email"))
        assert rendered.read_answers()["indexes"] == "email"
        assert output.count("these routes:") == 1
        assert f"Updated {rendered.path}; " in output

    def test_adds_to_a_list_as_the_page_shows_and_commits_with_its_commands(
        self, rendered: Team, render: Callable[..., dict[str, bytes]]
    ) -> None:
        rendered.add_route()
        before = rendered.read_answers()

        rendered.do(read_block('make update ANSWERS="routes+='))

        routes = f"{before['routes']}, PATCH /orders/{{order_id}}"
        assert rendered.read_answers() == {**before, "routes": routes, "description": "Orders of our shop"}
        assert "get_health" in rendered.service.read(ROUTES)
        assert '"PATCH /orders/{order_id}": patch_orders_by_order_id,' in rendered.service.read(ROUTES)
        changed = {name for name, text in render(f"routes={routes}", "description=Orders of our shop").items()}
        assert set(read_tree(rendered.path)) == changed

        rendered.do(read_block("git diff HEAD").replace("make format lint test\n", ""))
        assert rendered.status == []

    def test_an_attribute_that_is_added_stays_before_the_others_that_are_allowed(self, team: Team) -> None:
        team.render("attributes=name, ...")

        change(team, "attributes+='email, age:integer?'")

        assert team.read_answers()["attributes"] == "name, email, age:integer?, ..."

    def test_free_text_is_not_rendered_again(self, team: Team) -> None:
        team.render('description={{ "{" }}{ 7 * 7 }} it is')
        assert team.read_answers()["description"] == "{{ 7 * 7 }} it is"

        change(team, "region=eu-west-1")

        assert team.read_answers()["description"] == "{{ 7 * 7 }} it is"
        assert "49 it is" not in team.do("git diff HEAD")

    def test_can_be_run_again_after_it_was_undone_as_the_page_says(self, rendered: Team) -> None:
        before = read_tree(rendered.path)
        change(rendered, "indexes=email")
        first = read_tree(rendered.path)

        rendered.do(read_block("git reset --hard"))
        assert (read_tree(rendered.path), rendered.status) == (before, [])
        change(rendered, "indexes=email")

        assert read_tree(rendered.path) == first != before

    def test_prints_each_route_whose_operation_changes(self, team: Team) -> None:
        routes = "GET /users, POST /users, POST /login"
        team.render(f"routes={routes}")

        output = change(team, "routes+='GET /users/{user_id}'")

        assert f"With `{routes}`" in PAGE
        assert "POST /login has another operation: 'Create an item' becomes 'Not implemented yet'" in output
        assert "GET /users has" not in output

    def test_prints_each_route_that_is_removed(self, rendered: Team) -> None:
        output = change(rendered, "routes='GET /users, POST /users'")

        assert "DELETE /users/{user_id} is removed" in output

    def test_works_in_a_shallow_clone_and_in_a_renamed_directory_of_a_monorepo(
        self, team: Team, render: Callable[..., dict[str, bytes]]
    ) -> None:
        for name in ("one", "two"):
            team.do(f"cookiecutter {URL} --no-input --output-dir {name}")
            team.do(f"mkdir -p mono/services\nmv {name}/users-api mono/services/{name}")
        (team.home / "mono" / "services" / "one" / ".github" / "continuous-deployment.md").unlink()
        team.do("git init --quiet mono")
        commit_all(team.home / "mono", "Two services")
        team.do("git clone --quiet --depth 1 file://$PWD/mono clone")
        service, other = (Team(team.home, team.home / "clone" / "services" / name) for name in ("one", "two"))
        before = read_tree(other.path)

        output = change(service, "region=eu-west-1")

        assert ".github/continuous-deployment.md stays deleted" in output
        expected = render("region=eu-west-1")
        expected.pop(".github/continuous-deployment.md")
        assert read_tree(service.path) == expected
        assert read_tree(other.path) == before


class TestRefusals:
    @pytest.mark.parametrize(
        ("answers", "message"),
        [
            ("colour=red", "does not ask for 'colour'"),
            ("region+=eu-west-1", "region is not a list; write region=… to replace it"),
            ("indexes", "'indexes' is not name=value"),
            ("description='open", "has an open quote"),
            ("region=mars", "region: 'mars' is not an AWS region"),
            ("routes+='FETCH /a'", "'FETCH' is not a method"),
            ("routes+='GET /users'", "'GET /users' is listed twice"),
        ],
    )
    def test_refuses_answers_that_are_not_valid_and_changes_nothing(
        self, rendered: Team, answers: str, message: str
    ) -> None:
        output = change(rendered, answers, status=2)

        assert message in output
        assert "Nothing has changed." in output
        assert "Traceback" not in output
        assert rendered.status == []

    @pytest.mark.parametrize("file", ["README.md", "notes.txt"])
    def test_refuses_to_start_if_something_is_not_committed(self, rendered: Team, file: str) -> None:
        (rendered.path / file).write_text("Mine\n", encoding="utf-8")
        before = read_tree(rendered.path)

        output = change(rendered, "indexes=email", status=2)

        assert f"Not committed: {file}; commit or stash them first." in output
        assert read_tree(rendered.path) == before

    def test_refuses_a_route_that_the_owner_added_by_hand(self, rendered: Team) -> None:
        rendered.add_route()

        output = change(rendered, "routes+='GET /health'", status=2)

        assert "already has GET /health, which you added by hand" in output
        assert rendered.status == []

    def test_names_the_template_s_address_if_it_is_not_recorded_and_takes_the_page_s(
        self, team: Team, repository: Path
    ) -> None:
        team.do(f"cookiecutter {repository} --no-input")
        team.commit()
        team.do(f"ln -s {repository} ../cookiecutter-sam-localstack")
        command = read_block("make update TEMPLATE=").strip()

        refused = team.do("make update", status=2)
        output = team.do(f"{command} ANSWERS=indexes=email")

        assert "answers.json names no template; run: make update TEMPLATE=<its URL or path>" in refused
        assert "query by-email" in output
        assert str(repository) not in team.service.read("answers.json")

    def test_says_that_there_is_nothing_to_update(self, rendered: Team) -> None:
        assert "Nothing to update" in rendered.do(read_block("make update\n"))
        assert "Nothing to update" in change(rendered, "region=ap-northeast-1")
        assert rendered.status == []


class TestDamage:
    """What git merges without a conflict, and nothing accepts."""

    def test_a_hand_made_event_does_not_land_in_another_function(self, rendered: Team) -> None:
        rendered.add_route()

        output = change(rendered, "functions=per-route", status=2)

        assert "UU template.yaml" in rendered.status
        assert "<<<<<<< HEAD" in rendered.service.read("template.yaml")
        assert "template.yaml: " in output

    def test_a_resource_that_owner_and_template_add_is_a_conflict(self, team: Team) -> None:
        team.render("functions=per-route")
        role = "  LogRole:\n    Type: AWS::IAM::Role\n\n"
        team.edit("template.yaml", "Outputs:\n", f"{role}Outputs:\n")
        team.commit()

        output = change(team, "routes+='GET /reports'", status=2)

        assert "template.yaml: LogRole is listed twice; edit the lines" in output
        assert "UU template.yaml" in team.status
        assert "<<<<<<< HEAD" in team.service.read("template.yaml")
        team.do("git commit --all --message no", status=0)

    def test_a_stub_that_comes_later_brings_its_import(self, team: Team) -> None:
        team.render(f"routes={CRUD}, GET /a")
        text = team.service.read(ROUTES)
        stub = re.findall(r"    raise NotImplementedYet.*\n", text)[0]
        team.edit(ROUTES, stub, "    return Response(200, '{}')\n")
        team.edit(ROUTES, "from service.errors import NotImplementedYet\n", "")
        team.commit()

        change(team, "routes+='POST /b'", status=0)

        module = team.service.read(ROUTES)
        assert "from service.errors import NotImplementedYet\n" in module
        assert module.count("raise NotImplementedYet") == 1
        team.do("ruff check .")

    def test_an_own_handler_keeps_the_import_that_the_template_does_not_need_any_more(self, rendered: Team) -> None:
        own = "def my_list(request: Request) -> Response:\n    return pages.make_page(request, ([], None))  # mine\n"
        rendered.edit(ROUTES, "# Your own handlers:\n\n\n", f"# Your own handlers:\n\n\n{own}\n\n")
        rendered.commit()

        change(rendered, "routes='POST /users'")

        assert "pages.make_page" in rendered.service.read(ROUTES)
        rendered.do("ruff check --select F821 .")

    def test_names_a_file_that_the_owner_edited_and_the_template_deletes(self, team: Team) -> None:
        team.render("indexes=email")
        test = "tests/contract/test_index.py"
        (team.path / test).write_text(f"# Mine\n{team.service.read(test)}", encoding="utf-8")
        team.commit()

        output = change(team, "indexes= routes='GET /users, POST /users'", status=2)

        assert f"{test}: you edited it, and the template deletes it: `git rm` or `git add` it" in output
        assert team.service.read(test).startswith("# Mine")


class TestVersions:
    @pytest.mark.parametrize(("commit", "language"), [(FIRST, "python"), (BEFORE_LOCAL_API, "rust")])
    def test_brings_the_newest_version_to_a_service_of_cruft_and_nothing_else(
        self, team: Team, repository: Path, render: Callable[..., dict[str, bytes]], commit: str, language: str
    ) -> None:
        require_version(repository, commit)
        context = json.dumps({"language": language})
        team.do(f"cruft create {URL} --checkout {commit} --no-input --extra-context '{context}'")
        team.commit()
        team.do("cruft check", status=1)

        team.do(read_block("template=$(mktemp -d)"))

        functions = json.loads(team.service.read(".cruft.json"))["context"]["cookiecutter"]["functions"]
        assert read_tree(team.path) == render(f"language={language}", f"functions={functions}")
        assert json.loads(team.service.read("answers.json"))["template"] == URL
        team.do("cruft check")
        team.commit()
        assert "query by-email" in change(team, "indexes=email")

    def test_brings_the_newest_version_to_a_service_with_a_replay(
        self, team: Team, repository: Path, render: Callable[..., dict[str, bytes]]
    ) -> None:
        require_version(repository, FIRST)
        team.render(checkout=FIRST)
        replay = json.loads((team.home / ".cookiecutter_replay" / "cookiecutter-sam-localstack.json").read_text())
        (team.path / "answers.json").write_text(json.dumps({**replay, "version": FIRST}), encoding="utf-8")
        team.commit()

        team.do(read_block("template=$(mktemp -d)"))

        assert read_tree(team.path) == render(f"functions={team.read_answers()['functions']}")

    def test_marks_a_conflict_as_the_page_shows(self, team: Team, repository: Path) -> None:
        require_version(repository, FIRST)
        team.do(f"cruft create {URL} --checkout {FIRST} --no-input")
        team.commit()
        team.edit(ROUTES, TEMPLATE_S, OWN)
        team.edit(ROUTES, *CONFLICTING)
        team.commit()

        output = team.do(read_block("template=$(mktemp -d)"), status=1)

        (shown,) = re.findall(r"^```\n(<<<<<<< .*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
        lines = shown.partition(">>>>>>>")[0]
        assert lines in team.service.read(ROUTES)
        assert re.search(r">>>>>>> \w+ \(Update to version \S+ of the template\)", team.service.read(ROUTES))
        assert 'print("Created an item")' in team.service.read(ROUTES)
        assert f"{ROUTES}: edit the lines between <<<<<<< and >>>>>>>, then `git add` it" in output

    def test_takes_the_default_of_a_question_that_is_new(self, team: Team, repository: Path) -> None:
        asking = team.home / "asking"
        run("git", "clone", "--quiet", str(repository), str(asking), directory=team.home)
        team.render()
        questions = json.loads((asking / "cookiecutter.json").read_text(encoding="utf-8"))
        (asking / "cookiecutter.json").write_text(json.dumps({"flavour": "plain", **questions}), encoding="utf-8")
        commit_all(asking, "Ask for the flavour")

        team.do("make update TEMPLATE=../asking")

        assert team.read_answers()["flavour"] == "plain"
        version = run("git", "describe", "--always", directory=asking).strip()
        assert json.loads(team.service.read("answers.json"))["version"] == version
        assert json.loads(team.service.read("answers.json"))["template"] == URL

    def test_a_tag_is_a_version(self, team: Team, repository: Path) -> None:
        tagged = team.home / "tagged"
        run("git", "clone", "--quiet", str(repository), str(tagged), directory=team.home)
        run("git", "tag", "--annotate", "v1.0.0", "--message", "1.0.0", directory=tagged)
        team.render()
        commit_all(tagged, "More")
        team.do("make update TEMPLATE=../tagged VERSION=v1.0.0")
        assert team.status == []
        (tagged / "{{checked(cookiecutter.project_slug)}}" / "rustfmt.toml").write_text("# New\n", encoding="utf-8")
        commit_all(tagged, "More")
        run("git", "tag", "--annotate", "v1.1.0", "--message", "1.1.0", directory=tagged)

        team.do("make update TEMPLATE=../tagged VERSION=v1.1.0")

        assert json.loads(team.service.read("answers.json"))["version"] == "v1.1.0"
