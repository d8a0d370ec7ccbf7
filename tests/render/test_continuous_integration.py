"""The service's CI: whether its tools take their files, and what these do and may do."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from renders import TEMPLATE, Service, cookiecutter

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from renders import Bake

pytestmark = pytest.mark.slow

WORKFLOW = ".github/workflows/ci.yml"
SETUP = ".github/actions/setup/action.yml"
DEPENDABOT = ".github/dependabot.yml"
PRE_COMMIT = ".pre-commit-config.yaml"
ROLE = ".github/deploy-role.yaml"

DEPLOYMENTS = {"deploy-dev": "dev", "deploy-prod": "prod"}

# `./` is what any GitHub takes, a server of one's own too; `$/` is for github.com alone.
ZIZMOR_SETTINGS = "rules: {self-repository: {disable: true}}\n"

TOOLS = {
    "workflow": ("check-jsonschema", "--builtin-schema", "vendor.github-workflows", WORKFLOW),
    "action": ("check-jsonschema", "--builtin-schema", "vendor.github-actions", SETUP),
    "dependabot": ("check-jsonschema", "--builtin-schema", "vendor.dependabot", DEPENDABOT),
    "pre-commit": ("pre-commit", "validate-config", PRE_COMMIT),
    "zizmor": ("zizmor", "--offline", "--no-progress", "--persona=pedantic", "--collect=all", "--config=../zizmor.yml", "."),
}  # fmt: skip


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Service:
    """A service with the default answers for x86_64, not to be changed."""
    output = tmp_path_factory.mktemp("rendered")
    cookiecutter("--no-input", "--output-dir", str(output), "architecture=x86_64").check_returncode()
    return Service(output / "users-api")


def run_tool(service: Service, tool: str) -> subprocess.CompletedProcess[str]:
    (service.path.parent / "zizmor.yml").write_text(ZIZMOR_SETTINGS, encoding="utf-8")
    return service.run(*TOOLS[tool])


@pytest.mark.parametrize("tool", ["workflow", "zizmor"])
def test_the_template_s_own_workflow_is_valid(tmp_path: Path, tool: str) -> None:
    shutil.copytree(TEMPLATE / ".github", tmp_path / "template" / ".github")

    result = run_tool(Service(tmp_path / "template"), tool)

    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(("language", "architecture"), [("python", "x86_64"), ("rust", "arm64")])
def test_workflows_are_valid(bake: Bake, language: str, architecture: str) -> None:
    service = bake(language=language, architecture=architecture)

    results = [run_tool(service, tool) for tool in TOOLS]

    jobs = yaml.safe_load(service.read(WORKFLOW))["jobs"].values()
    commands = " ".join(step.get("run", "") for job in jobs for step in job["steps"])
    targets = {*re.findall(r"make (?:--silent )?([a-z-]+)", commands), *jobs_matrix(service)}
    assert [result.stdout for result in results if result.returncode] == []
    assert targets <= set(re.findall(r"^([a-z-]+):", service.read("Makefile"), re.MULTILINE))
    assert {job["runs-on"] for job in jobs} == {"ubuntu-24.04-arm" if architecture == "arm64" else "ubuntu-24.04"}


def jobs_matrix(service: Service) -> list[str]:
    """Return the targets that the job `check` makes."""
    targets: list[str] = yaml.safe_load(service.read(WORKFLOW))["jobs"]["check"]["strategy"]["matrix"]["target"]
    return targets


def test_ci_checks_everything(rendered: Service) -> None:
    breaking = yaml.safe_load(rendered.read(WORKFLOW))["jobs"]["breaking"]

    assert jobs_matrix(rendered) == ["lint", "test", "fuzz", "build", "audit", "test-integration"]
    assert breaking["steps"][0]["with"]["fetch-depth"] == 2
    assert breaking["steps"][1]["run"] == "make breaking BASE=HEAD^"


RIGHTS = {
    "all": ({"push", "pull_request"}, {"contents": "read"}),
    "deploy-dev": (
        "github.event_name == 'push' && github.ref == 'refs/heads/main' && vars.AWS_ROLE_ARN_DEV != ''",
        {"contents": "read", "id-token": "write"},
        "dev",
        "${{ vars.AWS_ROLE_ARN_DEV }}",
    ),
    "deploy-prod": (
        "github.event_name == 'push' && startsWith(github.ref, 'refs/tags/v') && vars.AWS_ROLE_ARN_PROD != ''",
        {"contents": "read", "id-token": "write"},
        "prod",
        "${{ vars.AWS_ROLE_ARN_PROD }}",
    ),
}


def list_rights(service: Service) -> dict[str, Any]:
    """Return when jobs run and what they may; of single jobs, those that may more than read."""
    workflow = yaml.safe_load(service.read(WORKFLOW))
    rights: dict[str, Any] = {"all": (set(workflow[True]), workflow["permissions"])}  # YAML reads `on` as true
    for name, job in workflow["jobs"].items():
        if "permissions" in job or "environment" in job:
            roles = [
                step["with"]["role-to-assume"] for step in job["steps"] if "role-to-assume" in step.get("with", {})
            ]
            rights[name] = (job.get("if"), job["permissions"], job.get("environment", {}).get("name"), *roles)
    return rights


def test_pull_requests_from_forks_get_no_deploy_permissions(rendered: Service) -> None:
    assert list_rights(rendered) == RIGHTS


@pytest.mark.parametrize(("job", "stage"), DEPLOYMENTS.items())
def test_deploys_one_stage_after_the_checks_and_tries_it(rendered: Service, job: str, stage: str) -> None:
    deployment = yaml.safe_load(rendered.read(WORKFLOW))["jobs"][job]
    commands = [step["run"] for step in deployment["steps"] if "run" in step]

    assert deployment["needs"] == "check"
    assert deployment["concurrency"] == {"group": job, "cancel-in-progress": False}
    assert deployment["steps"][1]["with"] == {"cache": "false"}
    assert commands[:2] + commands[3:] == ["make build", f"make deploy STAGE={stage}", f"make smoke STAGE={stage}"]
    assert f"make --silent url STAGE={stage}\n" in commands[2].replace(")", "\n")


@pytest.mark.go
@pytest.mark.slow
def test_refuses_what_breaks_clients_and_nothing_else(bake: Bake) -> None:
    service = bake()
    (service.path / ".venv").symlink_to("elsewhere")
    make_repository(service)
    service.run("git", "commit", "--quiet", "--message", "All of it").check_returncode()
    openapi = service.read("openapi.yaml")
    new_item = (
        "    NewItem:\n      description: An item to create; it may have any other attributes\n      type: object\n"
    )
    changes = {
        "a new path": ("\ncomponents:", '  /health:\n    get: {responses: {"200": {description: OK}}}\n\ncomponents:'),
        "a removed path": ("  /users/{user_id}:", "  /people/{user_id}:"),
        "a removed response": ('        "201": {$ref: "#/components/responses/Created"}\n', ""),
        "a new required attribute": (
            f"{new_item}      required: [user_id]\n      properties:\n",
            f"{new_item}      required: [user_id, email]\n      properties:\n        email: {{type: string}}\n",
        ),
    }
    statuses = {}

    for name, (old, new) in changes.items():
        assert old in openapi
        (service.path / "openapi.yaml").write_text(openapi.replace(old, new, 1), encoding="utf-8")
        # Without inlining, Go compiles oasdiff faster.
        result = service.run("make", "breaking", "BASE=HEAD", GOFLAGS="-gcflags=all=-l")
        statuses[name] = (result.returncode == 0, "error" in result.stdout)

    (service.path / "openapi.yaml").write_text(
        openapi.replace(*changes["a removed path"]).replace("version: 0.1.0", "version: 0.2.0"), encoding="utf-8"
    )
    on_purpose = service.run("make", "breaking", "BASE=HEAD", GOFLAGS="-gcflags=all=-l")

    assert statuses == {name: (name == "a new path", name != "a new path") for name in changes}
    assert (on_purpose.returncode, "error" in on_purpose.stdout) == (0, True)


def test_the_page_protects_the_tags_that_deploy(rendered: Service) -> None:
    (tags,) = yaml.safe_load(rendered.read(WORKFLOW))[True]["push"]["tags"]

    assert f"ruleset protect the tags `{tags}`" in rendered.read(".github/continuous-deployment.md")


@pytest.mark.parametrize("language", ["python", "rust"])
def test_each_ecosystem_of_dependabot_has_its_file(bake: Bake, language: str) -> None:
    service = bake(language=language)
    manifests = {"uv": "pyproject.toml", "cargo": "Cargo.toml"}

    updates = {entry.pop("package-ecosystem"): entry for entry in yaml.safe_load(service.read(DEPENDABOT))["updates"]}

    assert set(updates) == {"github-actions", "uv", *(["cargo"] if language == "rust" else [])}
    assert updates.pop("github-actions")["directories"] == ["/", "/.github/actions/setup"]
    assert all((service.path / entry["directory"][1:] / manifests[name]).exists() for name, entry in updates.items())


@pytest.mark.parametrize("language", ["python", "rust"])
def test_dependabot_s_file_names_each_version_that_it_does_not_see(bake: Bake, language: str) -> None:
    service = bake(language=language)
    seen = {"pyproject.toml", *(file for file in service.files if file.startswith(".github/workflows/"))}
    version = re.compile(r"@v?\d+\.\d|:\d+\.\d+\.\d|^\s*(rust-)?version\b.*\"\d+\.\d+\.\d", re.MULTILINE)

    pinned = {file for file in service.files if file not in seen and version.search(service.read(file))}
    comment = service.read(DEPENDABOT).partition("\nversion:")[0]

    assert set(re.findall(r"^# - (\S+): ", comment, re.MULTILINE)) == pinned


@pytest.mark.parametrize("file", [WORKFLOW, SETUP])
def test_uv_has_the_version_that_the_tests_use(rendered: Service, file: str) -> None:
    (tested,) = re.findall(r"^uv==(.*)$", (TEMPLATE / "requirements-dev.txt").read_text(encoding="utf-8"), re.MULTILINE)
    text = rendered.read(SETUP) if file == SETUP else (TEMPLATE / WORKFLOW).read_text(encoding="utf-8")

    steps = re.findall(r"uses: astral-sh/setup-uv@.*\n +with:(?: \{|\n +)version: \"(.*?)\"", text)

    assert steps == [tested] * text.count("astral-sh/setup-uv@")


class TestLockFiles:
    """In CI, lock files that are committed decide what is installed and compiled."""

    def test_of_uv_must_fit_in_ci(self, bake: Bake) -> None:
        service = bake()
        first = service.run("make", ".venv/.local", CI="true")
        lock = service.read("uv.lock")
        service.edit("pyproject.toml", 'version = "0.1.0"', 'version = "0.2.0"')

        in_ci = {target: service.run("make", target, CI="true") for target in ("test", "build", "lint")}
        kept = service.read("uv.lock")
        elsewhere = service.run("make", ".venv/.local")

        assert first.returncode == 0, first.stdout
        assert kept == lock
        for target, result in in_ci.items():
            assert result.returncode != 0, target
            printed = " ".join(result.stdout.split())  # uv breaks lines where the terminal ends
            assert "The lockfile at `uv.lock` needs to be updated, but `--locked` was provided" in printed
        assert elsewhere.returncode == 0, elsewhere.stdout
        assert service.read("uv.lock") != lock

    def test_of_cargo_must_fit_in_ci(self, bake_rust: Bake) -> None:
        service = bake_rust()
        service.run("cargo", "generate-lockfile").check_returncode()
        lock = service.read("Cargo.lock")
        service.edit("Cargo.toml", 'version = "0.1.0"', 'version = "0.2.0"')

        in_ci = {target: service.run("make", target, CI="true") for target in ("test", "build", "lint", "audit")}

        assert service.read("Cargo.lock") == lock
        for target, result in in_ci.items():
            assert result.returncode != 0, target
            assert "--locked" in result.stdout, target


@pytest.mark.parametrize("language", ["python", "rust"])
def test_deployments_need_no_package_for_checks(bake: Bake, language: str) -> None:
    service = bake(language=language)
    service.run("uv", "lock").check_returncode()

    packages = {
        group: set(re.findall(r"^([\w-]+)==", service.run("uv", "export", "--frozen", *options).stdout, re.MULTILINE))
        for group, options in {"deploy": ["--only-group=deploy"], "all": []}.items()
    }

    builders = {"cargo-lambda", "ziglang"} if language == "rust" else set()
    assert packages["deploy"] >= {"aws-sam-cli", "pytest", *builders}
    assert not packages["deploy"] & {
        "mypy",
        "openapi-spec-validator",
        "pip-audit",
        "pre-commit",
        "ruff",
        "schemathesis",
    }
    assert len(packages["deploy"]) < 100
    assert len(packages["all"]) > 140


def make_repository(service: Service) -> None:
    for command in ("init --quiet", "config user.name A", "config user.email a@example.org", "add --all"):
        service.run("git", *command.split()).check_returncode()
    service.run("git", "rm", "--quiet", "--cached", ".venv").check_returncode()  # a link here, a directory elsewhere
    service.run("sh", "-c", "echo .venv >>.git/info/exclude").check_returncode()


@pytest.mark.parametrize("language", ["python", "rust"])
def test_checks_each_commit(bake_with_tools: Bake, language: str, tmp_path: Path) -> None:
    service = bake_with_tools(language=language)
    make_repository(service)
    settings = {"PRE_COMMIT_HOME": str(tmp_path / "pre-commit"), "GIT_TERMINAL_PROMPT": "0"}
    service.run(".venv/bin/pre-commit", "install", **settings).check_returncode()

    good = service.run("git", "commit", "--message", "All of it", **settings)
    (service.path / "compose.yaml").write_text("a:   1\n", encoding="utf-8")
    bad = service.run("git", "commit", "--all", "--message", "Odd", **settings)

    hooks = {hook["id"] for hook in yaml.safe_load(service.read(PRE_COMMIT))["repos"][0]["hooks"]}
    assert good.returncode == 0, good.stdout
    assert good.stdout.count("Passed") == len(hooks)
    assert bad.returncode != 0
    assert "too many spaces after colon" in bad.stdout
