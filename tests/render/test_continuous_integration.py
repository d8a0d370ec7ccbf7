"""The service's CI: whether its tools take their files, and what these do and may do."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from renders import TEMPLATE, Service, cookiecutter

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

    from renders import Bake

pytestmark = pytest.mark.slow

WORKFLOW = ".github/workflows/ci.yml"
SETUP = ".github/actions/setup/action.yml"
DEPENDABOT = ".github/dependabot.yml"
PRE_COMMIT = ".pre-commit-config.yaml"
ROLE = ".github/deploy-role.yaml"

RUNNERS = {"x86_64": "ubuntu-24.04", "arm64": "ubuntu-24.04-arm"}
CHECKS = ["lint", "test", "fuzz", "build", "audit", "test-integration"]
BREAKING = "make breaking BASE=HEAD^"
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


@pytest.fixture
def service(rendered: Service, tmp_path: Path) -> Service:
    """A copy of it."""
    return Service(Path(shutil.copytree(rendered.path, tmp_path / "users-api")))


def run_tool(service: Service, tool: str) -> subprocess.CompletedProcess[str]:
    (service.path.parent / "zizmor.yml").write_text(ZIZMOR_SETTINGS, encoding="utf-8")
    return service.run(*TOOLS[tool])


@pytest.mark.parametrize("tool", ["workflow", "zizmor"])
def test_the_template_s_own_workflow_is_taken_by_the_tools_that_read_it(tmp_path: Path, tool: str) -> None:
    shutil.copytree(TEMPLATE / ".github", tmp_path / "template" / ".github")

    result = run_tool(Service(tmp_path / "template"), tool)

    assert result.returncode == 0, result.stdout


def replace(service: Service, file: str, old: str, new: str) -> None:
    text = service.read(file)
    assert old in text
    (service.path / file).write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(("language", "architecture"), [("python", "x86_64"), ("rust", "arm64")])
def test_is_taken_by_the_tools_that_read_it(bake: Bake, language: str, architecture: str) -> None:
    service = bake(language=language, architecture=architecture)

    results = [run_tool(service, tool) for tool in TOOLS]

    assert [result.stdout for result in results if result.returncode] == []
    assert list(find_problems(service, architecture)) == []


@pytest.mark.parametrize(
    ("tool", "file", "old", "new", "message"),
    [
        ("workflow", WORKFLOW, "timeout-minutes:", "timeout-minute:", "timeout-minute"),
        ("workflow", WORKFLOW, "runs-on: ubuntu-24.04", "needs: []", "not valid"),
        ("action", SETUP, "using: composite", "using: compost", "compost"),
        ("dependabot", DEPENDABOT, "interval: weekly", "interval: at times", "at times"),
        ("dependabot", DEPENDABOT, "package-ecosystem: uv", "package-ecosystem: uvx", "uvx"),
        ("pre-commit", PRE_COMMIT, "language: system", "language: latin", "latin"),
        ("zizmor", WORKFLOW, "@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1", "@v7", "unpinned-uses"),
        ("zizmor", WORKFLOW, "persist-credentials: false", "fetch-depth: 0", "artipacked"),
        ("zizmor", WORKFLOW, "contents: read", "contents: write", "excessive-permissions"),
        ("zizmor", WORKFLOW, "run: make build", "run: echo ${{ github.head_ref }}", "template-injection"),
    ],
)
def test_the_tools_refuse_what_is_wrong(
    service: Service, tool: str, file: str, old: str, new: str, message: str
) -> None:
    replace(service, file, old, new)

    result = run_tool(service, tool)

    assert result.returncode != 0
    assert message in result.stdout


def find_problems(service: Service, architecture: str = "x86_64") -> Iterator[str]:
    """Yield a line for each thing that the tools do not know, and that is not as it should be."""
    workflow = yaml.safe_load(service.read(WORKFLOW))
    for file in (WORKFLOW, SETUP):
        for used in re.findall(r"uses: (.*)", service.read(file)):
            if not re.fullmatch(r"\./\.github/actions/setup|[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", used):
                yield f"{file}: {used} is not pinned"
    if workflow["permissions"] != {"contents": "read"}:
        yield f"all jobs may {workflow['permissions']}"
    if set(workflow["jobs"]) != {"check", "breaking", *DEPLOYMENTS}:
        yield f"the jobs are {sorted(workflow['jobs'])}"
    targets = set(re.findall(r"^([a-z-]+):", service.read("Makefile"), re.MULTILINE))
    for name, job in workflow["jobs"].items():
        yield from (
            f"{name}: the Makefile has no target {target}" for target in find_targets(job) if target not in targets
        )
        if "timeout-minutes" not in job:
            yield f"{name}: may run for hours"
        if job["runs-on"] != RUNNERS[architecture]:
            yield f"{name}: runs on {job['runs-on']}"
        if job["steps"][0].get("with", {}).get("persist-credentials") is not False:
            yield f"{name}: leaves GitHub's credentials to what follows"
        yield from (find_problems_of_deployment if name in DEPLOYMENTS else find_problems_of_check)(name, job)


def find_targets(job: dict[str, Any]) -> list[str]:
    return [
        target for step in job["steps"] for target in re.findall(r"make (?:--silent )?([a-z-]+)", step.get("run", ""))
    ]


def find_problems_of_check(name: str, job: dict[str, Any]) -> Iterator[str]:
    if "permissions" in job or "environment" in job:
        yield f"{name}: may more than read"
    if name == "check" and job["strategy"]["matrix"]["target"] != CHECKS:
        yield f"{name}: makes {job['strategy']['matrix']['target']}"
    if name == "breaking" and job["if"] != "github.event_name == 'pull_request'":
        yield f"{name}: runs if {job['if']}"
    if name == "breaking" and (job["steps"][0]["with"].get("fetch-depth"), job["steps"][1]["run"]) != (2, BREAKING):
        yield f"{name}: compares with something else than the branch that the pull request changes"


def find_problems_of_deployment(name: str, job: dict[str, Any]) -> Iterator[str]:
    stage = DEPLOYMENTS[name]
    steps = job["steps"]
    commands = [step.get("run", "").strip() for step in steps]
    if find_targets(job) != ["build", "deploy", "url", "smoke"] or f"make deploy STAGE={stage}" not in commands:
        yield f"{name}: makes {find_targets(job)}"
    if f"make --silent url STAGE={stage}" not in commands[-2]:
        yield f"{name}: shows another stage's address"
    if commands[-1] != f"make smoke STAGE={stage}":
        yield f"{name}: is not called after the deployment"
    if job["permissions"] != {"contents": "read", "id-token": "write"}:
        yield f"{name}: may {job['permissions']}"
    if job["needs"] != "check":
        yield f"{name}: waits for {job['needs']} alone"
    if job["environment"]["name"] != stage:
        yield f"{name}: is in the environment {job['environment']['name']}"
    if job["concurrency"] != {"group": name, "cancel-in-progress": False}:
        yield f"{name}: can be stopped half-way"
    if steps[1].get("with") != {"cache": "false"}:
        yield f"{name}: deploys what an earlier run left"
    (role,) = [step["with"]["role-to-assume"] for step in steps if "configure-aws-credentials" in step.get("uses", "")]
    if role != f"${{{{ vars.AWS_ROLE_ARN_{stage.upper()} }}}}":
        yield f"{name}: takes the role {role}"


@pytest.mark.parametrize(
    ("file", "old", "new", "problem"),
    [
        (SETUP, "@20cfd1bf945f4377ade1205e4dbc17946fc9a30d", "@20cfd1b", "is not pinned"),
        (WORKFLOW, " # v7.0.1", "", "is not pinned"),
        (WORKFLOW, "permissions:\n  contents: read", "permissions: {}", "all jobs may {}"),
        (WORKFLOW, "    timeout-minutes: 20\n", "", "check: may run for hours"),
        (WORKFLOW, "runs-on: ubuntu-24.04", "runs-on: ubuntu-latest", "check: runs on ubuntu-latest"),
        (WORKFLOW, "persist-credentials: false", "persist-credentials: true", "check: leaves GitHub's credentials"),
        (WORKFLOW, "run: make build", "run: make built", "deploy-dev: the Makefile has no target built"),
        (WORKFLOW, "    strategy:\n", "    permissions: write-all\n    strategy:\n", "check: may more than read"),
        (WORKFLOW, "  check:", "  tests:", "the jobs are"),
        (WORKFLOW, "audit, test-integration]", "audit]", "check: makes"),
        (WORKFLOW, "fetch-depth: 2, ", "", "breaking: compares with something else"),
        (WORKFLOW, "BASE=HEAD^", "BASE=HEAD", "breaking: compares with something else"),
        (WORKFLOW, "if: github.event_name == 'pull_request'", "if: false", "breaking: runs if False"),
        (WORKFLOW, "needs: check", "needs: []", "deploy-dev: waits for"),
        (WORKFLOW, "cancel-in-progress: false", "cancel-in-progress: true", "deploy-dev: can be stopped half-way"),
        (WORKFLOW, "group: deploy-prod", "group: deploy-dev", "deploy-prod: can be stopped half-way"),
        (WORKFLOW, "name: prod", "name: dev", "deploy-prod: is in the environment dev"),
        (WORKFLOW, "id-token: write", "id-token: write, packages: write", "deploy-dev: may"),
        (WORKFLOW, 'cache: "false"', 'cache: "true"', "deploy-dev: deploys what an earlier run left"),
        (WORKFLOW, "${{ vars.AWS_ROLE_ARN_PROD }}", "${{ vars.AWS_ROLE_ARN_DEV }}", "deploy-prod: takes the role"),
        (WORKFLOW, "make deploy STAGE=prod", "make deploy STAGE=dev", "deploy-prod: makes"),
        (WORKFLOW, "smoke STAGE=prod", "smoke", "deploy-prod: is not called after the deployment"),
        (WORKFLOW, "url STAGE=prod", "url STAGE=dev", "deploy-prod: shows another stage's address"),
    ],
)
def test_each_problem_would_be_found(service: Service, file: str, old: str, new: str, problem: str) -> None:
    replace(service, file, old, new)

    with_problem = [line for line in list_problems(service) if problem in line]

    assert with_problem != []


def list_problems(service: Service) -> list[str]:
    """Return the problems up to one that ends the search."""
    problems: list[str] = []
    with contextlib.suppress(KeyError):
        problems.extend(find_problems(service))
    return problems


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

    assert statuses == {name: (name == "a new path", name != "a new path") for name in changes}


MAIN, TAG = "refs/heads/main", "refs/tags/v1.0.0"


@pytest.mark.parametrize(
    ("event", "ref", "stages", "deployed"),
    [
        ("push", MAIN, "DEV PROD", ["deploy-dev"]),
        ("push", TAG, "DEV PROD", ["deploy-prod"]),
        ("push", TAG, "DEV", []),
        ("push", MAIN, "PROD", []),
        ("push", MAIN, "", []),
        ("push", "refs/heads/v1", "DEV PROD", []),
        ("pull_request", "refs/pull/1/merge", "DEV PROD", []),
        ("pull_request", MAIN, "DEV PROD", []),
        ("pull_request", TAG, "DEV PROD", []),
    ],
)
def test_deploys_main_and_tags_where_there_is_a_role(
    rendered: Service, event: str, ref: str, stages: str, deployed: list[str]
) -> None:
    jobs = yaml.safe_load(rendered.read(WORKFLOW))["jobs"]
    contexts = {
        "github": SimpleNamespace(event_name=event, ref=ref),
        "vars": SimpleNamespace(
            **{f"AWS_ROLE_ARN_{stage}": "arn:…" if stage in stages.split() else "" for stage in ("DEV", "PROD")}
        ),
        "startsWith": str.startswith,
    }

    chosen = [name for name in DEPLOYMENTS if eval(jobs[name]["if"].replace("&&", "and"), contexts)]  # noqa: S307

    assert chosen == deployed


def test_the_page_protects_the_tags_that_deploy(rendered: Service) -> None:
    (tags,) = yaml.safe_load(rendered.read(WORKFLOW))[True]["push"]["tags"]

    assert f"ruleset protect the tags `{tags}`" in rendered.read(".github/continuous-deployment.md")


def test_pull_requests_from_forks_get_no_deploy_permissions(rendered: Service) -> None:
    workflow = yaml.safe_load(rendered.read(WORKFLOW))

    assert set(workflow[True]) == {"push", "pull_request"}  # YAML reads `on` as true


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
        replace(service, "pyproject.toml", 'version = "0.1.0"', 'version = "0.2.0"')

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
        replace(service, "Cargo.toml", 'version = "0.1.0"', 'version = "0.2.0"')

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


def test_caches_what_cargo_compiles_and_uv_fetches(bake: Bake) -> None:
    steps = yaml.safe_load(bake(language="rust").read(SETUP))["runs"]["steps"]

    assert steps[0]["with"]["enable-cache"] == "${{ inputs.cache }}"
    assert steps[2]["if"] == "inputs.cache == 'true'"
    assert steps[2]["with"]["path"].split() == ["~/.cargo/registry", "target"]


def test_installs_the_rust_that_the_package_needs(bake: Bake, tmp_path: Path) -> None:
    service = bake(language="rust")
    (needed,) = re.findall(r'^rust-version = "(.*?)"', service.read("Cargo.toml"), re.MULTILINE)
    script = yaml.safe_load(service.read(SETUP))["runs"]["steps"][1]["run"]
    rustup = tmp_path / "rustup"
    rustup.write_text('#!/bin/sh\necho "rustup $*"\n', encoding="utf-8")
    rustup.chmod(0o755)

    result = service.run("bash", "-ec", script, PATH=f"{tmp_path}:{os.environ['PATH']}")

    assert result.stdout.splitlines() == [
        f"rustup toolchain install {needed} --profile minimal --component clippy,rustfmt",
        f"rustup default {needed}",
    ]


# A hook, a file, and the text at its end that the hook refuses.
BREAKAGES = [
    ("ruff-check", "tests/api.py", "\nimport os\n"),
    ("ruff-format", "tests/api.py", "\nX = [1,2]\n"),
    ("mypy", "tests/api.py", '\nX: int = ""\n'),
    ("cargo-fmt", "src/lib.rs", "const  X: u8 = 1;\n"),
    ("yamllint", "compose.yaml", "x-odd:    1\n"),
    ("shellcheck", "scripts/up", "echo $odd\n"),
    ("cfn-lint", ROLE, "Odd: 1\n"),
    ("cfn-lint", "template.yaml", "  Odd:\n    Value: !GetAtt Odd.Arn\n"),
    ("openapi-spec-validator", "openapi.yaml", "odd: 1\n"),
]


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
    assert hooks == {hook for hook, *_ in BREAKAGES} - ({"cargo-fmt"} if language == "python" else set())
    assert bad.returncode != 0
    assert "too many spaces after colon" in bad.stdout


@pytest.mark.parametrize(("hook", "file", "text"), BREAKAGES)
def test_each_hook_refuses_what_it_is_for(
    bake_with_tools: Bake, hook: str, file: str, text: str, tmp_path: Path
) -> None:
    service = bake_with_tools(language="rust" if hook == "cargo-fmt" else "python")
    with (service.path / file).open("a", encoding="utf-8") as broken:
        broken.write(text)
    make_repository(service)

    result = service.run(
        ".venv/bin/pre-commit", "run", hook, "--all-files", PRE_COMMIT_HOME=str(tmp_path / "pre-commit")
    )

    assert result.returncode == 1, result.stdout
    assert "Failed" in result.stdout


def test_hooks_fetch_nothing(bake: Bake) -> None:
    for language in ("python", "rust"):
        repositories = yaml.safe_load(bake(language=language).read(PRE_COMMIT))["repos"]

        assert [repository["repo"] for repository in repositories] == ["local"]
        assert {hook["language"] for hook in repositories[0]["hooks"]} == {"system"}
