"""What is installed: two distributions, which name every package, and whose wheels can be built again."""

from __future__ import annotations

import hashlib
import site
import subprocess
import sysconfig
import venv
import zipfile
from configparser import ConfigParser
from email import message_from_string
from email.message import Message
from pathlib import Path

import pytest
from wheels import PRODUCT, SDK, Distribution, run

BOTH = pytest.mark.parametrize("distribution", [SDK, PRODUCT], ids=lambda distribution: distribution.name)
# Some day, so that files in the wheels do not have the time of the test.
_DAY = "1767225600"


def _sources(distribution: Distribution) -> dict[Path, Path]:
    """Every module, with the folder that imports begin at."""
    if distribution is SDK:
        return dict.fromkeys((SDK.folder / "fabric_gateway").rglob("*.py"), SDK.folder)
    folders = [PRODUCT.folder / name for name in PRODUCT.sources]
    return {file: folder for folder in folders for file in folder.rglob("*.py")}


@BOTH
def test_setup_cfg_lists_every_package(distribution: Distribution) -> None:
    setup = ConfigParser()
    setup.read(distribution.folder / "setup.cfg")
    found = {
        ".".join(file.parent.relative_to(folder).parts)
        for file, folder in _sources(distribution).items()
        if file.name == "__init__.py"
    }
    assert set(setup["options"]["packages"].split()) == found


@BOTH
def test_no_module_is_outside_a_package(distribution: Distribution) -> None:
    assert [file for file in _sources(distribution) if not (file.parent / "__init__.py").exists()] == []


@BOTH
def test_a_wheel_is_built_again_byte_by_byte(
    distribution: Distribution, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", _DAY)
    first = distribution.build(tmp_path / "first")
    second = distribution.build(tmp_path / "another/place")
    assert _sha256(first) == _sha256(second)


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Both wheels."""
    folder = tmp_path_factory.mktemp("wheels")
    return [distribution.build(folder / distribution.name) for distribution in (SDK, PRODUCT)]


def test_both_pass_the_check_of_the_package_index(wheels: list[Path]) -> None:
    checked = run("twine", "check", "--strict", *wheels, COLUMNS="200")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert checked.stdout.count("PASSED") == len(wheels)


def test_the_product_needs_the_sdk_that_is_beside_it(wheels: list[Path]) -> None:
    sdk, product = map(_metadata, wheels)
    needed = [line for line in product.get_all("Requires-Dist", []) if line.startswith("fabric-gateway=")]
    major, minor, _ = str(sdk["Version"]).split(".")
    assert needed == [f"fabric-gateway=={major}.{minor}.*"]
    assert not [line for line in sdk.get_all("Requires-Dist", []) if "kindpakket" in line]


def test_nothing_of_the_sdk_is_about_vouchers(wheels: list[Path]) -> None:
    words = ("kindpakket", "voucher", "municipality", "gemeente", "zuidhorn")
    with zipfile.ZipFile(wheels[0]) as wheel:
        texts = {
            name: wheel.read(name).decode().lower()
            for name in wheel.namelist()
            if name.endswith(".py") and not name.endswith("hfc/_commands.py")
        }
    assert len(texts) > 50
    assert [(name, word) for name, text in texts.items() for word in words if word in text] == []


def test_the_sdk_works_alone_and_the_product_beside_it(wheels: list[Path], tmp_path: Path) -> None:
    """In an environment in which nothing leads to this repository; what they depend on is taken from here."""
    venv.create(tmp_path / "venv", with_pip=False)
    python = tmp_path / "venv/bin/python"
    packages = tmp_path / "venv/lib" / f"python{sysconfig.get_python_version()}" / "site-packages"
    (packages / "dependencies.pth").write_text("\n".join(site.getsitepackages()) + "\n")
    with zipfile.ZipFile(wheels[1]) as product:  # for type checkers of programs with former names
        assert {"kindpakket/fabric/__init__.pyi", "kindpakket/hfc/fabric/client.pyi"} <= set(
            product.namelist()
        )
    for wheel, program, printed in (
        (wheels[0], _ALONE, "b'5'\n"),
        (
            wheels[1],
            "import kindpakket, kindpakket.fabric, fabric_gateway as f; print(kindpakket.fabric is f)",
            "True\n",
        ),
    ):
        with zipfile.ZipFile(wheel) as file:
            file.extractall(packages)
        ran = subprocess.run(
            [python, "-I", "-c", program], check=False, capture_output=True, text=True, timeout=600
        )
        assert (ran.returncode, ran.stdout) == (0, printed), ran.stderr


_ALONE = """
import importlib.util
from pathlib import Path
import fabric_gateway
from fabric_gateway.testing import MemoryGateway
assert "site-packages" in fabric_gateway.__file__
with MemoryGateway({"basic": lambda call: b"5"}, channel="mychannel") as memory, memory.connect() as gateway:
    print(gateway.network("mychannel").contract("basic").evaluate("Read"))
"""


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as file:
        (name,) = (name for name in file.namelist() if name.endswith(".dist-info/METADATA"))
        return message_from_string(file.read(name).decode())
