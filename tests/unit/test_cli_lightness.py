"""What the command loads, and what it says when an extra is not installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from desk import Command

from kindpakket.backoffice.register import Register

ROOT = Path(__file__).parents[2]
SOURCES = os.pathsep.join(str(ROOT / folder) for folder in ("sdk", "client", "network"))
HEAVY = {
    "anyascii",
    "charset_normalizer",
    "alembic",
    "cryptography",
    "grpc",
    "holidays",
    "httpx",
    "jinja2",
    "jsonschema",
    "lxml",
    "matplotlib",
    "opentelemetry",
    "pkcs11",
    "prometheus_client",
    "psutil",
    "pyarrow",
    "pyrage",
    "python_calamine",
    "requests",
    "rich",
    "segno",
    "sepaxml",
    "sqlalchemy",
    "stdnum",
    "xlsxwriter",
    "typst",
    "yaml",
}
LOADED = """
import json, sys
from kindpakket_cli.__main__ import run
sys.argv = ["kindpakket", *sys.argv[1:]]
try:
    run()
except SystemExit as end:
    code = end.code
print(json.dumps([code, sorted({name.partition(".")[0] for name in sys.modules})]), file=sys.stderr)
"""
BARE = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in BLOCKED:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Absent())
"""
EXTRAS = {
    "backoffice": [
        "alembic",
        "anyascii",
        "charset_normalizer",
        "holidays",
        "lxml",
        "python_calamine",
        "segno",
        "sepaxml",
        "sqlalchemy",
        "typst",
        "xlsxwriter",
    ],
    "cli": ["click", "rich"],
    "network": ["jsonschema", "prometheus_client", "psutil", "pyrage", "requests"],
    "pkcs11": ["pkcs11"],
    "telemetry": ["opentelemetry"],
    "report": ["matplotlib"],
    "sql": ["sqlalchemy"],
    "view": ["pyarrow", "sqlalchemy", "xlsxwriter"],
}


def python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A program in an interpreter of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KINDPAKKET_")}
    return subprocess.run(
        [sys.executable, "-P", "-c", code, *arguments],
        env={**environment, "PYTHONPATH": SOURCES},
        capture_output=True,
        text=True,
        check=False,
    )


def loaded(*arguments: str) -> tuple[int, set[str]]:
    done = python(LOADED, *arguments)
    code, modules = json.loads(done.stderr.splitlines()[-1])
    return code, set(modules)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["scheme", "--help"],
        ["payout", "export", "--help"],
        ["payout", "run", "--help"],
        ["bank", "book", "--help"],
        ["bank", "match", "--help"],
        ["books", "journal", "--help"],
        ["network", "--help"],
        ["network", "up", "--help"],
        ["intake", "check", "--help"],
        ["person", "erase", "--help"],
        ["register", "status", "--help"],
        ["voucher", "issue", "--help"],
        ["view", "export", "--help"],
        ["figures", "--help"],
        ["audit", "x"],
    ],
    ids=" ".join,
)
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    code, modules = loaded(*arguments)
    assert code == (2 if arguments[-1] == "x" else 0)
    assert "click" in modules
    assert modules & HEAVY == set()


def test_a_status_in_json_loads_what_it_needs(tmp_path: Path) -> None:
    code, modules = loaded("network", "status", "--json", "--home", str(tmp_path / "home"))
    assert code == 1
    assert "psutil" in modules
    unused = {"httpx", "jinja2", "matplotlib", "prometheus_client", "rich", "sepaxml", "sqlalchemy"}
    assert modules & unused == set()


def test_a_query_loads_what_it_needs(kindpakket: Command) -> None:
    code, modules = loaded("query", "shop:List", "--home", str(kindpakket.home))
    assert code == 0
    assert "grpc" in modules
    needed = {"cryptography", "grpc", "yaml"}
    assert modules & (HEAVY - needed - {"stdnum"}) == set()


def test_a_register_that_is_up_to_date_is_opened_without_its_migrations(
    kindpakket: Command, tmp_path: Path
) -> None:
    status = ("register", "status", "--register", str(tmp_path / "register.db"))
    Register(tmp_path / "register.db").close()
    code, modules = loaded(*status, "--json", "--home", str(kindpakket.home))
    assert code == 0
    assert "sqlalchemy" in modules
    assert modules & {"alembic", "mako", "psycopg", "pyrage", "rich", "sepaxml"} == set()


def bare(extra: str, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A program where an extra's packages are not installed."""
    return python(f"BLOCKED = {EXTRAS[extra]!r}\n{BARE}\n{code}", *arguments)


@pytest.mark.parametrize(
    ("extra", "module"),
    [
        ("backoffice", "kindpakket.backoffice.bank.files"),
        ("backoffice", "kindpakket.backoffice.books.workbook"),
        ("backoffice", "kindpakket.backoffice.intake.spreadsheet"),
        ("backoffice", "kindpakket.backoffice.intake.workbook"),
        ("backoffice", "kindpakket.backoffice.letters"),
        ("backoffice", "kindpakket.backoffice.register"),
        ("backoffice", "kindpakket.backoffice.sepa"),
        ("network", "kindpakket_network"),
        ("pkcs11", "fabric_gateway.identity.pkcs11"),
        ("report", "kindpakket.report.report"),
        ("sql", "fabric_gateway.checkpoints.sql"),
        ("telemetry", "fabric_gateway.telemetry"),
        ("view", "kindpakket.ledgerview"),
    ],
)
def test_a_library_names_the_extra_that_is_missing(extra: str, module: str) -> None:
    done = bare(extra, f"import {module}")
    sentence = done.stderr.splitlines()[-1]
    assert done.returncode == 1
    assert sentence.startswith("fabric_gateway.extras.MissingExtra: the package ")
    distribution = "fabric-gateway" if module.startswith("fabric_gateway") else "kindpakket"
    assert sentence.endswith(f"is not installed: run pip install '{distribution}[{extra}]'")
    assert sentence.split()[3] in EXTRAS[extra]


RUN = "from kindpakket_cli.__main__ import run; run()"


@pytest.mark.parametrize(
    ("extra", "arguments"),
    [
        ("backoffice", ["bank", "read", "setup.cfg"]),
        ("cli", ["--help"]),
        ("network", ["network", "status"]),
        ("network", ["network", "schema"]),
        ("network", ["network", "programs"]),
        ("view", ["figures", "--as-at", "2026-12-31"]),
        ("view", ["view", "tables"]),
    ],
)
def test_the_command_names_the_extra_that_is_missing(extra: str, arguments: list[str]) -> None:
    done = bare(extra, RUN, *arguments)
    assert done.returncode == 2, done.stderr
    (sentence,) = done.stderr.splitlines()
    assert sentence.startswith("Error: the package ")
    assert sentence.endswith(f"is not installed: run pip install 'kindpakket[{extra}]'")


def test_a_settlement_is_not_exported_without_the_back_offices_packages(
    kindpakket: Command, tmp_path: Path
) -> None:
    export = ["payout", "export", "--file", str(tmp_path / "pay.xml"), "--name", "Gemeente"]
    account = ["--iban", "NL91ABNA0417164300", "--bic", "ABNANL2A", "--register", str(tmp_path / "r.db")]
    done = bare("backoffice", RUN, *export, *account, "--json", "--home", str(kindpakket.home))
    assert done.returncode == 2, done.stderr
    error = json.loads(done.stderr)["error"]
    assert error["code"] == "MISSING_EXTRA"
    assert error["message"].endswith("run pip install 'kindpakket[backoffice]'")
    assert kindpakket.desk.asked == []


def test_the_libraries_need_no_extra() -> None:
    blocked = [package for packages in EXTRAS.values() for package in packages]
    code = "import fabric_gateway.hfc.fabric, fabric_gateway.ca, kindpakket\n" + "".join(
        f"kindpakket.{name}\n"
        for name in ("Auditor", "Municipality", "Shop", "HolderKey", "Booklet", "connect")
    )
    done = python(f"BLOCKED = {[*blocked, 'jinja2']!r}\n{BARE}\n{code}")
    assert done.returncode == 0, done.stderr
