"""SECURITY.md's promises about secrets and packages; other tests check the rest."""

from __future__ import annotations

import json
import os
import re
import subprocess
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from detect_secrets.core.secrets_collection import SecretsCollection
from detect_secrets.settings import default_settings

from renders import TEMPLATE, find_free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from renders import Bake, Service

NO_SECRETS = {
    "test",  # the emulators'
    "real-secret",  # what must not reach a container, in test_local_stack.py
    "1e9223372036854775807",  # a number that DynamoDB refuses
    "token",  # of an example in record.py
}
ACCOUNT_ID = re.compile(r"(?<![0-9A-Za-z])\d{12}(?![0-9A-Za-z])")
NO_ACCOUNT_IDS = {
    "000000000000",  # the emulators'
    "123456789012",  # that of AWS's documents
    "000000000001",  # the end of a UUID
    "253402300799",  # seconds: the end of the year 9999
    "253402300800",
}
RUST_ADVISORY = """\
```toml
[advisory]
id = "RUSTSEC-0000-0001"
package = "serde"
date = "2026-01-01"

[versions]
patched = PATCHED
```

# It is weak

In a test.
"""

ASKS_THE_NETWORK = "detect_secrets.filters.common.is_ignored_due_to_verification_policies"


def find_secrets(files: list[Path]) -> Iterator[str]:
    """Yield one line per secret, key and account id."""
    found = SecretsCollection()
    with default_settings() as settings:
        settings.disable_filters(ASKS_THE_NETWORK)
        for file in files:
            found.scan_file(str(file))
    for name, secret in found:
        if secret.secret_value not in NO_SECRETS:
            yield f"{name}:{secret.line_number}: {secret.type}"
    for file in files:
        for account_id in set(ACCOUNT_ID.findall(file.read_text(encoding="utf-8"))) - NO_ACCOUNT_IDS:
            yield f"{file}: account id {account_id}"


@pytest.mark.slow
def test_the_template_holds_no_secret() -> None:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=TEMPLATE, capture_output=True, text=True, check=True)

    files = [TEMPLATE / name for name in listing.stdout.split("\0") if name and not name.endswith(".png")]

    assert files != []
    assert list(find_secrets(files)) == []


@pytest.mark.slow
@pytest.mark.parametrize("answers", [{}, {"auth": "none", "cors_origin": "*", "api_type": "http"}], ids=["iam", "none"])
@pytest.mark.parametrize("language", ["python", "rust"])
def test_a_service_holds_no_secret(bake: Bake, language: str, answers: dict[str, str]) -> None:
    service = bake(language=language, **answers)

    assert list(find_secrets([service.path / file for file in service.files])) == []


def test_what_is_deployed_needs_no_exception_from_the_rules_on_security(bake: Bake) -> None:
    service = bake(sort_key="at:N", cors_origin="*")

    result = service.run("ruff", "check", "--isolated", "--ignore-noqa", "--select=S", "src")

    assert result.returncode == 0, result.stdout


class TestPackagesOfTheFunctions:
    """The functions' packages are pinned by hash: in requirements.txt, or in Cargo.lock."""

    @pytest.mark.slow
    def test_are_built_with_their_hashes(self, bake: Bake) -> None:
        service = bake()
        (commands,) = re.findall(r"```sh\n(uv add (\S+)\n.*?)```", service.read("README.md"), re.DOTALL)

        result = service.run("bash", "-ec", commands[0])

        requirements = service.read("src/requirements.txt")
        assert result.returncode == 0, result.stdout
        assert re.search(rf"^{commands[1]}==[0-9.]+ \\\n    --hash=sha256:[0-9a-f]{{64}}", requirements, re.MULTILINE)
        assert "//" not in requirements, "an address, which is not everyone's"
        assert list((service.path / ".aws-sam" / "build").glob("*/ulid/__init__.py")) != []
        assert service.run(".venv/bin/python", "-c", "import ulid").returncode == 0

    @pytest.mark.slow
    def test_are_refused_without_a_hash(self, bake_with_tools: Bake) -> None:
        service = bake_with_tools()
        with (service.path / "src" / "requirements.txt").open("a", encoding="utf-8") as requirements:
            requirements.write("python-ulid==4.1.0\n")

        result = service.run("make", "build")

        assert result.returncode != 0
        told = " ".join(result.stdout.split())  # uv breaks lines where the terminal ends
        assert "all requirements must have a hash, but none were provided for: python-ulid==4.1.0" in told


@contextmanager
def serve_advisories(weak: str = "") -> Iterator[dict[str, str]]:
    """Serve OSV's responses, with an advisory on one package. Yields the variables that make pip-audit use them."""

    class Advisories(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            package = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["package"]
            advisory = {"id": "PYSEC-0000-1", "affected": [{"package": package}]}
            body = json.dumps({"vulns": [advisory]} if package["name"] == weak else {}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Advisories) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield name_service(server.server_port)
        finally:
            server.shutdown()
            thread.join()


def name_service(port: int) -> dict[str, str]:
    return {"PIP_AUDIT_VULNERABILITY_SERVICE": "osv", "PIP_AUDIT_OSV_URL": f"http://127.0.0.1:{port}"}


@pytest.fixture
def rust_advisories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database instead of RustSec's, for a cargo with a home of its own: no other run uses it."""
    database = tmp_path / "advisories"
    (database / "crates" / "serde").mkdir(parents=True)
    run_git(database, "init", "--quiet", "--initial-branch=main")
    advise_on_serde(database, patched='[">= 1"]')
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.file://{database}.insteadOf")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "https://github.com/RustSec/advisory-db")
    cargo_home = Path(os.environ.get("CARGO_HOME", Path.home() / ".cargo"))
    home = tmp_path / "cargo"
    home.mkdir()
    for entry in cargo_home.iterdir():
        if entry.name != "advisory-dbs":
            (home / entry.name).symlink_to(entry)
    monkeypatch.setenv("CARGO_HOME", str(home))
    return database


def advise_on_serde(database: Path, *, patched: str) -> None:
    advisory = RUST_ADVISORY.replace("PATCHED", patched)
    (database / "crates" / "serde" / "RUSTSEC-0000-0001.md").write_text(advisory, encoding="utf-8")
    commit_all(database)


def commit_all(directory: Path) -> None:
    run_git(directory, "add", "--all")
    run_git(directory, "-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "--quiet", "--message=All")


def run_git(directory: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=directory, check=True)


@pytest.mark.slow
class TestAudit:
    """`make audit`. The tests serve the advisories: those of PyPI and RustSec need a network."""

    def test_reports_a_weak_package_and_fails_without_a_connection(self, bake_with_tools: Bake) -> None:
        service = bake_with_tools()

        with serve_advisories() as advisories:
            output = service.make("audit", **advisories)
        with serve_advisories(weak="jinja2") as advisories:
            weak = service.run("make", "audit", **advisories)
        offline = service.run("make", "audit", **name_service(find_free_port()))

        assert "No known vulnerabilities found" in output
        assert weak.returncode != 0
        assert re.search(r"^jinja2 +\S+ +PYSEC-0000-1", weak.stdout, re.MULTILINE)
        assert offline.returncode != 0
        assert "Connection refused" in offline.stdout

    def test_reports_a_weak_package_in_rust(self, bake_rust: Bake, rust_advisories: Path) -> None:
        service = bake_rust()
        with serve_advisories() as advisories:
            before = service.make("audit", **advisories)
            advise_on_serde(rust_advisories, patched="[]")
            after = service.run("make", "audit", **advisories)

        assert "advisories ok" in before
        assert "No known vulnerabilities found" in before
        assert after.returncode != 0
        assert "RUSTSEC-0000-0001" in after.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("dependency", "told"),
    [
        pytest.param('odd = { version = "1", path = "odd" }', "failed to satisfy license requirements", id="licence"),
        pytest.param('odd = { version = "1", git = "file://{odd}" }', "source.*not.*allowed", id="source"),
        pytest.param('odd = { version = "*", path = "odd" }', "wildcard", id="wildcard"),
    ],
)
def test_lint_refuses_packages_that_deny_toml_does_not_take_in_rust(
    bake_rust: Bake, dependency: str, told: str
) -> None:
    service = bake_rust()
    add_package(service, dependency)

    result = service.run("make", "lint")

    assert result.returncode != 0
    assert re.search(told, result.stdout)


def add_package(service: Service, dependency: str) -> None:
    """Add a package of the test's own to a service in Rust."""
    odd = service.path / "odd"
    (odd / "src").mkdir(parents=True)
    (odd / "src" / "lib.rs").write_text("//! A package of the test.\n")
    (odd / "Cargo.toml").write_text('[package]\nname = "odd"\nversion = "1.0.0"\nlicense = "GPL-3.0-only"\n')
    run_git(odd, "init", "--quiet")
    commit_all(odd)
    line = dependency.replace("{odd}", str(odd))
    service.edit("Cargo.toml", "[dependencies]\n", f"[dependencies]\n{line}\n")
