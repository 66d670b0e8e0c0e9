"""The municipality's register: ids are drawn once, and the file is its owner's alone."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from stdnum.nl import bsn

from kindpakket.backoffice.citizens import Child
from kindpakket.backoffice.register import Proposal, Register, RegisterError
from kindpakket.ledger.ids import is_id

SCHEME = "5" * 32


def children(count: int) -> list[Child]:
    numbers = [text for text in map(str, range(999990000, 1000000000)) if bsn.is_valid(text)]
    return [
        Child(
            number, f"Kind{at}", "van Testerdam", date(2015, 1, 1), f"h-{at // 3}", f"Z-{at:05}", "child", 1
        )
        for at, number in enumerate(numbers[:count])
    ]


def test_children_are_enrolled_in_bulks_of_at_most_500(where: str) -> None:
    with Register(where) as register:
        bulks = register.enrol("s" * 32, "2026", children(620))
        assert [len(bulk.entries) for bulk in bulks] == [500, 120]
        entries = list(register.entries("s" * 32))
    assert len({entry.voucher for entry in entries} | {entry.entitlement for entry in entries}) == 1240
    assert all(
        is_id(entry.voucher) and is_id(entry.entitlement) and len(entry.salt) == 64 for entry in entries
    )


def test_a_run_that_was_cut_off_is_done_again_with_the_same_ids(where: str) -> None:
    with Register(where) as register:
        first = register.enrol("s" * 32, "2026", children(20))
    with Register(where) as register:
        assert register.enrol("s" * 32, "2026", children(20)) == first
        more = register.enrol("s" * 32, "2026", children(25))
    assert more[0] == first[0]
    assert len(more[1].entries) == 5


def test_another_period_or_scheme_is_another_voucher(where: str) -> None:
    with Register(where) as register:
        vouchers = {
            bulk.entries[0].voucher
            for scheme, period in (("a" * 32, "2026"), ("a" * 32, "2027"), ("b" * 32, "2026"))
            for bulk in register.enrol(scheme, period, children(1))
        }
    assert len(vouchers) == 3


def test_what_was_enrolled_cannot_change(where: str) -> None:
    (child,) = children(1)
    with Register(where) as register:
        register.enrol("s" * 32, "2026", [child])
        with pytest.raises(RegisterError, match="case Z-00000 was enrolled with 1 of child"):
            register.enrol("s" * 32, "2026", [replace(child, units=2)])


def test_nothing_of_the_child_goes_onto_the_ledger(where: str) -> None:
    (child,) = children(1)
    with Register(where) as register:
        (bulk,) = register.enrol("s" * 32, "2026", [child])
        (entry,) = bulk.entries
        public = json.dumps(entry.issuance())
        assert not any(value in public for value in register.personal_values())
        assert register.find(entry.voucher) == entry
        assert register.find("0" * 32) is None
    assert entry.case_record() == {"voucher": entry.voucher, "case": "Z-00000", "salt": entry.salt}


def test_personal_values_are_those_that_can_be_looked_for(where: str) -> None:
    (child,) = children(1)
    with Register(where) as register:
        register.enrol("s" * 32, "2026", [replace(child, first_names="Jan", family_name="Bos", case="Z-1")])
        assert register.personal_values() == [child.bsn, "Jan Bos"]


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "private" / "register.db"
    with Register(path) as register:
        secret = register.secret
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(secret) == 32
    with Register(path) as register:
        assert register.secret == secret
    path.chmod(0o644)
    with pytest.raises(RegisterError, match="chmod 600"):
        Register(path)


def test_other_files_are_refused(tmp_path: Path) -> None:
    text, newer = tmp_path / "text.db", tmp_path / "newer.db"
    text.write_text("no database, but a text that is long enough to be looked at\n" * 20)
    database = sqlite3.connect(newer)
    database.execute("PRAGMA user_version = 9")
    database.close()
    for path in (text, newer):
        path.chmod(0o600)
    with pytest.raises(RegisterError, match="is not a register"):
        Register(text)
    with pytest.raises(RegisterError, match="layout 9"):
        Register(newer)


def test_a_bulk_has_its_newest_proposal(where: str) -> None:
    with Register(where) as register:
        one, two = (bulk.request_id for bulk in register.enrol(SCHEME, "2026", children(700)))
        (three,) = (bulk.request_id for bulk in register.enrol(SCHEME, "2027", children(20)))
        first = Proposal("f" * 32, SCHEME, 100, 5, "intake", (one, two), "b" * 32, "a" * 64)
        second = Proposal("0" * 32, SCHEME, 50, 9, "again", (two,))
        register.keep_proposal(first)
        with pytest.raises(RegisterError, match="another run has dealt with 1 of 1 parts"):
            register.keep_proposal(second)
        register.note_over(first.id)
        register.keep_proposal(second)
    with Register(where) as register:
        assert register.proposal_of(one) == register.proposal(first.id) == replace(first, is_over=True)
        assert register.proposal_of(two) == second
        assert register.proposal_of(three) is None
        assert [(bulk.id, bulk.proposal, bulk.vouchers) for bulk in register.open_bulks(SCHEME)] == [
            (one, first.id, 500),
            (two, second.id, 200),
            (three, None, 20),
        ]
        with pytest.raises(RegisterError, match="has no allocation"):
            register.proposal("9" * 32)
