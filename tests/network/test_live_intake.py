"""A municipality's file on real peers: proposed, approved, issued by a command that is killed, and issued."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from intake import write_file
from support import Town

from kindpakket.backoffice.register import Register
from kindpakket_demo.desk import CHAINCODE, now
from kindpakket_demo.schemes import CENTS_PER_CHILD, PRESET, open_provision
from kindpakket_network.programs.wait import until
from patience import PATIENCE

CHILDREN = 1_203
PARTS = 3


def _command(town: Town, *arguments: str) -> list[str]:
    home = str(town.desk.network.home)
    place = ("--home", home, "--chaincode", CHAINCODE)
    return [sys.executable, "-m", "kindpakket_cli", "intake", *arguments, *place, "--json"]


def _answer(town: Town, *arguments: str) -> Any:
    done = subprocess.run(_command(town, *arguments), capture_output=True, check=False, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def _issued(path: Path, scheme: str) -> int:
    """How many bulks the register knows to be issued."""
    with Register(path) as register:
        return PARTS - len(register.open_bulks(scheme))


def test_a_file_is_issued_by_a_command_that_is_killed_and_run_again(town: Town, tmp_path: Path) -> None:
    desk = town.desk
    scheme = open_provision(desk, CHILDREN, now()).id
    desk.in_step()
    file, path = tmp_path / "kinderen.csv", tmp_path / "register.db"
    write_file(file, 0, CHILDREN, PRESET)
    register = ("--register", str(path))
    propose = ("propose", str(file), "--scheme", scheme, "--period", "2026", *register)
    proposed = _answer(town, *propose)
    (waiting,) = proposed["waiting"]
    desk.in_step()
    assert _answer(town, *propose)["repeated"]

    # Who approves sees which file it is, and so does the auditor.
    allocation = desk.manager.allocations.show(scheme, waiting["id"])
    status = _answer(town, "status", proposed["batch"], *register)
    assert status["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    seen = (
        allocation.get("file_commitment"),
        allocation["vouchers"],
        allocation["cents"],
        allocation["parts"],
    )
    assert seen == (status["file_commitment"], CHILDREN, CHILDREN * CENTS_PER_CHILD, PARTS)
    desk.manager.allocations.approve(scheme, waiting["id"])
    desk.in_step()

    issue = ("issue", proposed["batch"], *register)
    process = subprocess.Popen(_command(town, *issue), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert until(lambda: _issued(path, scheme) or process.poll() is not None or None, PATIENCE)
    process.kill()
    process.wait(PATIENCE)
    desk.in_step()
    standing = _answer(town, "status", proposed["batch"], *register)
    assert standing["issued"] + standing["not_issued"] == CHILDREN

    _answer(town, *issue)
    desk.in_step()
    standing = _answer(town, "status", proposed["batch"], *register)
    assert (standing["issued"], standing["not_issued"], standing["next"]) == (CHILDREN, 0, "nothing")
    assert standing["allocations"][0]["state"] == "used"
    vouchers = {voucher["id"]: voucher["issued_cents"] for voucher in desk.auditor.vouchers.list(scheme)}
    with Register(path) as opened:
        assert sorted(entry.voucher for entry in opened.entries(scheme)) == sorted(vouchers)
    assert set(vouchers.values()) == {CENTS_PER_CHILD}

    # Next week's file: one child more, one gone. Only the new one is proposed.
    content = file.read_text().splitlines()
    write_file(file, CHILDREN, 1, PRESET)
    file.write_text("\n".join([*content[:-1], file.read_text().splitlines()[1]]) + "\n")
    later = _answer(town, *propose)
    assert (later["rows"]["new"], later["rows"]["gone"], later["rows"]["issued"]) == (1, 1, CHILDREN - 1)
    assert later["proposed"]["vouchers"] == 1


def test_the_audit_agrees_and_knows_the_file(town: Town) -> None:
    town.desk.in_step()
    audit = town.desk.auditor.verify()
    assert audit.passed, (audit.findings, audit.differences)
