"""`kindpakket intake propose`, `issue` and `status`, as people and programs call them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from batch_office import write_file
from desk import Command, Desk, write_home
from issuing_ledger import IssuingLedger
from old_register import children
from story import DOMAIN, SCHEME

from fabric_gateway.testing import MemoryGateway

LISTED = children(6)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Command]:
    ledger = IssuingLedger()
    with MemoryGateway({DOMAIN.chaincode: ledger}, channel=DOMAIN.channel) as memory:
        yield Command(write_home(tmp_path / ".kindpakket", memory.endpoint), Desk(), memory)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write_file(tmp_path / "kinderen.csv", LISTED)


@pytest.fixture
def register(tmp_path: Path) -> tuple[str, str]:
    return "--register", str(tmp_path / "register.db")


@pytest.fixture
def propose(file: Path, register: tuple[str, str]) -> tuple[str, ...]:
    return "intake", "propose", str(file), "--scheme", SCHEME, "--period", "2026", *register


def approve(office: Command, allocation: str) -> None:
    assert office("allocation", "approve", SCHEME, allocation).exit_code == 0


def test_a_file_goes_its_way_and_each_step_says_the_next(
    office: Command, file: Path, register: tuple[str, str], propose: tuple[str, ...]
) -> None:
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    proposed = office(*propose)
    assert proposed.exit_code == 0, proposed.output
    assert f"SHA-256 {sha256}: 6 new." in proposed.stderr
    assert "Proposed: 6 vouchers, € 1,800.00, as allocation" in proposed.stdout
    answer = office.answer(*propose)
    batch, (waiting,) = answer["batch"], answer["waiting"]
    assert (answer["repeated"], answer["proposed"], answer["next"]) == (True, None, "approve")
    assert f"kindpakket allocation approve {SCHEME} {waiting['id']}" in proposed.stdout
    assert f"kindpakket intake issue {batch}" in proposed.stdout

    early = office("intake", "issue", batch, *register)
    assert early.exit_code == 5
    status = office.answer("intake", "status", batch, *register)
    commitment = status["file_commitment"]
    assert (status["sha256"], len(status["file_salt"])) == (sha256, 32)
    assert f"for the file with the commitment {commitment}" in early.stderr
    assert "of this file" in office("intake", "status", batch, *register).stdout
    shown = office.answer("allocation", "show", SCHEME, waiting["id"])
    assert (shown["file_commitment"], shown["vouchers"], shown["cents"]) == (commitment, 6, 180_000)

    approve(office, waiting["id"])
    assert "6 vouchers have been approved" in office(*propose).stdout
    by_manager = office("intake", "status", batch, *register, "--user", "manager")
    assert by_manager.exit_code == 0, by_manager.output
    for text in (batch, sha256, "6 vouchers, € 1,800.00", "p-clerk", "p-manager", f"intake issue {batch}"):
        assert text in " ".join(by_manager.stdout.split()), text
    issued = office("intake", "issue", *register)
    assert "6 vouchers have been issued, of € 1,800.00 in all." in issued.stdout
    assert office.answer("intake", "issue", batch, *register) == {"vouchers": 0, "issued_cents": 0}
    (standing,) = office.answer("intake", "status", *register)
    assert (standing["rows"]["new"], standing["issued"], standing["not_issued"], standing["next"]) == (
        6,
        6,
        0,
        "nothing",
    )
    assert standing["allocations"][0]["state"] == "used"
    again = office(*propose)
    assert "this file is batch" in again.stderr
    assert "Nothing is left to be proposed" in again.stdout
    table = office("intake", "status", *register, "--scheme", SCHEME).stdout
    for text in (sha256[:16], "6 new", "nothing"):
        assert text in table


def test_next_weeks_file_says_what_to_do_about_what_changed(
    office: Command, file: Path, register: tuple[str, str], propose: tuple[str, ...]
) -> None:
    first = office.answer(*propose)
    approve(office, first["waiting"][0]["id"])
    office("intake", "issue", *register)
    write_file(file, [replace(LISTED[0], units=2), replace(LISTED[1], family_name="Bos"), *LISTED[3:]])
    said = office(*propose)
    assert "2 changed, 1 gone, 3 issued" in said.stderr
    assert "1 child has had another amount" in said.stderr
    assert "voucher top-up" in said.stderr
    assert "--preset child --units 1 --period 2026-" in said.stderr
    assert "--rows gone" in said.stdout
    answer = office.answer(*propose)
    assert answer["repeated"]
    assert answer["rows"]["changed"] == 2
    (change,) = answer["changes"]
    assert (change["had_cents"], change["file_cents"], change["top_up"]) == (
        30_000,
        60_000,
        {"preset": "child", "units": 1},
    )
    assert answer["next"] == "nothing"
    (gone,) = office.answer("intake", "status", answer["batch"], "--rows", "gone", *register)
    assert gone["row"] is None
    rows = office.answer("intake", "status", answer["batch"], "--rows", "changed", *register)
    assert [(row["row"], row["detail"]) for row in rows] == [(1, "eenheden"), (2, "achternaam")]
    assert rows[0]["voucher"] == change["voucher"]
    detail = office("intake", "status", answer["batch"], *register)
    assert "can be topped up" in detail.stdout


def test_what_is_over_is_said_and_proposed_anew_when_asked(
    office: Command, register: tuple[str, str], propose: tuple[str, ...]
) -> None:
    first = office.answer(*propose)
    allocation = first["waiting"][0]["id"]
    reason = ("--reason", "unclear")
    assert office("allocation", "reject", SCHEME, allocation, *reason).exit_code == 0
    for command in (propose, ("intake", "issue", first["batch"], *register)):
        result = office(*command)
        assert (result.exit_code, "was rejected by p-manager (unclear)" in result.stderr) == (1, True)
    everything = office("intake", "issue", *register)
    assert everything.exit_code == 0
    assert f"Allocation {allocation} is over: 6 vouchers are not issued." in everything.stderr
    (standing,) = office.answer("intake", "status", *register)
    assert standing["next"] == "propose-again"
    again = office.answer(*propose, "--again")
    assert again["proposed"]["vouchers"] == 6
    assert again["proposed"]["id"] != allocation


def test_another_file_in_place_of_one_that_waits(
    office: Command, file: Path, propose: tuple[str, ...]
) -> None:
    first = office.answer(*propose)["waiting"][0]["id"]
    write_file(file, LISTED[:5])
    said = office(*propose)
    assert f"Allocation {first} of an earlier file is proposed" in said.stderr
    assert "reject that allocation" in said.stderr
    office("allocation", "reject", SCHEME, first, "--reason", "another-file")
    replaced = office(*propose)
    assert "6 vouchers of earlier files" in replaced.stderr
    assert "Proposed: 5 vouchers" in replaced.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("status", "0" * 32), 1, "has no batch"),
        (("issue", "0" * 32), 1, "has no batch"),
        (("status", "--rows", "gone"), 2, "name the batch"),
    ],
)
def test_what_cannot_be_done(
    arguments: tuple[str, ...],
    code: int,
    says: str,
    office: Command,
    register: tuple[str, str],
    propose: tuple[str, ...],
) -> None:
    office(*propose)
    result = office("intake", *arguments, *register)
    assert (result.exit_code, says in result.stderr) == (code, True), result.output


def test_a_refused_row_proposes_nothing(office: Command, file: Path, propose: tuple[str, ...]) -> None:
    office(*propose)
    write_file(file, [*LISTED[1:], replace(LISTED[0], units=2)])
    result = office(*propose, "--json")
    assert result.exit_code == 2
    message = json.loads(result.stderr)["error"]["message"]
    assert "row 6 of the file is refused" in message
    assert LISTED[0].bsn not in message


def test_no_child_is_in_what_is_printed_or_sent(
    office: Command, register: tuple[str, str], propose: tuple[str, ...]
) -> None:
    outputs = [office(*propose), office(*propose, "--json"), office("intake", "status", *register)]
    public = "".join(result.output for result in outputs)
    for child in LISTED:
        for value in (child.bsn, child.first_names, child.family_name, child.case):
            assert value not in public
