"""Programs that import `kindpakket.fabric` and `kindpakket.hfc` pass a type checker, and not by luck."""

from __future__ import annotations

import os
import runpy
import subprocess
from importlib import import_module
from pathlib import Path

import pytest
from wheels import SDK, run

ROOT = Path(__file__).parents[2]
CLIENT = ROOT / "client"
STUBS = runpy.run_path(str(ROOT / "tools/former_names.py"))["stubs"]()

PROGRAM = """
from kindpakket.fabric import Contract, Identity, UnknownOutcome, aio, connect
from kindpakket.fabric.blocks import Block
from kindpakket.fabric.ca.aio import CaClient
from kindpakket.fabric.errors import EndorseError
from kindpakket.fabric.pkcs11 import Pkcs11Signer
from kindpakket.fabric.testing import MemoryGateway
from kindpakket.hfc.fabric import Client
from kindpakket.hfc.fabric_ca.caservice import ca_service
from kindpakket.hfc.util.policies import s2d
import fabric_gateway


def pay(contract: Contract) -> bytes:
    try:
        return contract.submit("Pay", "1")
    except (EndorseError, UnknownOutcome) as error:
        print(error.transaction_id)
        raise


def paid(contract: fabric_gateway.Contract) -> bytes:
    return pay(contract)


async def paid_meanwhile(contract: aio.Contract) -> bytes:
    return await contract.submit("Pay", "1")


client = Client(net_profile="network.json")
with MemoryGateway({}) as memory, memory.connect() as gateway:
    print(pay(gateway.network("channel").contract("basic")))
print(Identity, connect, Block, CaClient, Pkcs11Signer, ca_service, s2d)
"""
WRONG = """
from kindpakket.fabric import Contract
from kindpakket.fabric.testing import MemoryGatewey


def pay(contract: Contract) -> str:
    return contract.submit("Pay", "1")
"""


def test_a_program_with_former_names_passes_strict_mypy(tmp_path: Path) -> None:
    checked = _mypy(tmp_path, PROGRAM)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_wrong_use_of_a_former_name_does_not_pass(tmp_path: Path) -> None:
    checked = _mypy(tmp_path, WRONG)
    assert 'Incompatible return value type (got "bytes", expected "str")' in checked.stdout
    assert 'has no attribute "MemoryGatewey"' in checked.stdout


def test_every_former_module_has_its_stub() -> None:
    """To write them anew: python tools/former_names.py."""
    present = {
        path.relative_to(CLIENT / "kindpakket"): path.read_text("utf-8")
        for path in (CLIENT / "kindpakket").rglob("*.pyi")
    }
    assert present == STUBS


@pytest.mark.parametrize("path", STUBS, ids=str)
def test_what_a_stub_names_can_be_imported(path: Path) -> None:
    name = ".".join(("kindpakket", *path.with_suffix("").parts)).removesuffix(".__init__")
    present = STUBS[path].split()[1]
    assert import_module(name) is import_module(present)


def _mypy(folder: Path, program: str) -> subprocess.CompletedProcess[str]:
    file = folder / "program.py"
    file.write_text(program)
    places = os.pathsep.join((str(SDK.folder), str(CLIENT)))
    settings = ("--strict", "--config-file", os.devnull, "--cache-dir", folder / "cache")
    return run("mypy", *settings, file, cwd=folder, MYPYPATH=places)
