"""The programs in the SDK's reference site: they run, print what the page says, and pass a user's mypy."""

from __future__ import annotations

import os
import re
import shutil
import site
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest
from wheels import SDK, run

REPOSITORY = Path(__file__).parents[2]
EXAMPLES = REPOSITORY / "sdk/docs/examples"
TESTS = REPOSITORY / "tests"
PROGRAMS = sorted(EXAMPLES.glob("*.py"))
# Those of `live` need a real CA or token: they are type-checked, and not run. Others have tests of their own.
GUIDES = sorted(EXAMPLES.glob("*/*.py"))
_DEADLINE = 600
_SLOW = re.compile(r"Executing <.* took \d+\.\d+ seconds$")


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_an_example_prints_what_the_page_shows(program: Path, tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", program],
        cwd=tmp_path,
        env={**os.environ, "GRPC_VERBOSITY": "NONE"},  # gRPC's core writes of its own on the error output
        check=False,
        capture_output=True,
        text=True,
        timeout=_DEADLINE,
    )
    # In developers' mode asyncio names every callback that took 0.1 s, which on a busy machine any may do.
    errors = "".join(line for line in ran.stderr.splitlines(keepends=True) if not _SLOW.match(line))
    assert (ran.returncode, errors) == (0, "")
    assert ran.stdout == program.with_suffix(".txt").read_text(encoding="utf-8")


def test_every_example_is_on_a_page() -> None:
    pages = "\n".join(page.read_text(encoding="utf-8") for page in (REPOSITORY / "sdk/docs").glob("*.md"))
    names = [str(path.relative_to(EXAMPLES)) for path in PROGRAMS + GUIDES]
    shown = [name for name in names if f'--8<-- "{name}' not in pages]
    printed = [path.stem for path in PROGRAMS if f'--8<-- "{path.stem}.txt"' not in pages]
    assert (shown, printed) == ([], [])


def test_every_program_of_a_guide_has_a_test_of_its_own() -> None:
    files = [path for folder in ("unit", "network") for path in (TESTS / folder).glob("test_sdk_*.py")]
    tests = "\n".join(path.read_text("utf-8") for path in files)
    programs = [path for path in GUIDES if path.parent.name != "live"]
    assert [path for path in programs if not re.search(rf"\b{path.stem}\b", tests)] == []


@pytest.fixture(scope="session")
def user(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a user who has installed the package from its wheel, and has this repository nowhere."""
    folder = tmp_path_factory.mktemp("user")
    wheel = SDK.build(folder / "wheel")
    venv.create(folder / "venv", with_pip=False)
    python = folder / "venv/bin/python"
    packages = folder / "venv/lib" / f"python{sysconfig.get_python_version()}" / "site-packages"
    shutil.unpack_archive(wheel, packages, "zip")
    # What it depends on is taken from here, without the finder that leads to this checkout.
    (packages / "dependencies.pth").write_text("\n".join(site.getsitepackages()) + "\n")
    return python


def test_examples_pass_strict_mypy_of_a_user(user: Path, tmp_path: Path) -> None:
    shutil.copytree(EXAMPLES, tmp_path / "examples", ignore=shutil.ignore_patterns("*.txt"))
    ran = _mypy(user, tmp_path, *sorted((tmp_path / "examples").rglob("*.py")))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert f"no issues found in {len(PROGRAMS + GUIDES)} source file" in ran.stdout


def test_a_wrong_use_does_not_pass(user: Path, tmp_path: Path) -> None:
    """The installed package has types, and its names have not become Any."""
    program = tmp_path / "wrong.py"
    program.write_text(
        "from fabric_gateway.testing import MemoryGateway\n"
        "with MemoryGateway({}) as memory, memory.connect() as gateway:\n"
        "    text: str = gateway.network('channel').contract('x').evaluate('Read')\n"
    )
    ran = _mypy(user, tmp_path, program)
    assert 'expression has type "bytes", variable has type "str"' in ran.stdout, ran.stdout + ran.stderr


def _mypy(user: Path, folder: Path, *programs: Path) -> subprocess.CompletedProcess[str]:
    settings = ("--strict", "--config-file", os.devnull, "--cache-dir", folder / "cache")
    return run("mypy", *settings, "--python-executable", user, "--scripts-are-modules", *programs, cwd=folder)
