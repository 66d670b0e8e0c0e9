"""Who looked at whose data, when and why: logged before it is shown, never changed, told to the person."""

from __future__ import annotations

import json
import re
import time
from datetime import date

import pytest
from old_register import SCHEME, children
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from kindpakket.backoffice.register import Proposal, Purpose, Register, RegisterError

WHO = Purpose("inzage", "verzoek-17", "p-clerk")


def test_every_way_to_a_persons_data_leaves_a_line(where: str) -> None:
    child, other = children(2)
    with Register(where, purpose=WHO) as register:
        (bulk,) = register.enrol(SCHEME, "2026", [child, other])
        voucher = bulk.entries[0].voucher
        before = int(time.time() * 1000)
        register.find(voucher)
        register.find("0" * 32)
        register.account_of_voucher(voucher)
        register.account_of_voucher("0" * 32)
        assert len(register.accounts_of_case(child.case)) == 1
        assert register.accounts_of_case("Z-none") == []
        register.personal_values()
        register.batches.compare(SCHEME, "2026", [child])
        list(register.entries(SCHEME))
        account = register.account(child.bsn, Purpose("bezwaar", "B-2026-4", "p-manager"))
        lines = list(register.look_ups())
        assert [(line.name, line.person is not None, line.scheme, line.persons) for line in lines] == [
            ("register.enrol", False, SCHEME, 2),
            ("voucher.find", True, None, 1),
            ("voucher.find", False, None, 0),
            ("person.show", True, None, 1),
            ("person.show", False, None, 0),
            ("person.show", True, None, 1),
            ("person.show", False, None, 0),
            ("register.personal-values", False, None, 2),
            ("batch.compare", False, SCHEME, 1),
            ("scheme.read", False, SCHEME, 2),
            ("person.show", True, None, 1),
        ]
        mine = [line.name for line in account.look_ups]
        assert mine == [line.name for line in lines if line.persons]
        theirs = [line for line in register.account(other.bsn).look_ups if line.person]
        assert [line.name for line in theirs] == ["person.show"]
    assert account.look_ups[-1].purpose == Purpose(
        "bezwaar", "B-2026-4", "p-manager", lines[0].purpose.account
    )
    assert all(before <= line.started_ms <= line.ended_ms for line in lines[1:])
    assert len({line.trace_id for line in lines}) == 1
    assert len({line.span_id for line in lines}) == len(lines)


def test_the_log_tells_nothing_personal_and_has_the_members_of_the_standard(where: str) -> None:
    (child,) = children(1)
    with Register(where, purpose=WHO) as register:
        register.enrol(SCHEME, "2026", [child])
        register.account(child.bsn)
        lines = [line.as_json("https://gemeente.example/verwerkingen/") for line in register.look_ups()]
    text_of_log = json.dumps(lines)
    for value in (child.bsn, child.first_names, child.family_name, child.case, child.household):
        assert value not in text_of_log
    line = lines[-1]
    assert {"trace_id", "span_id", "status_code", "name", "start_time", "end_time", "attributes"} <= set(line)
    assert re.fullmatch("[0-9a-f]{32}", str(line["trace_id"]))
    assert re.fullmatch("[0-9a-f]{16}", str(line["span_id"]))
    attributes = line["attributes"]
    assert isinstance(attributes, dict)
    assert attributes["dpl.core.processing_activity_id"] == "https://gemeente.example/verwerkingen/inzage"
    assert re.fullmatch("[0-9a-f]{32}", attributes["dpl.core.data_subject_id"])
    assert attributes["dpl.core.data_subject_id_type"] == "kindpakket-person-reference"
    assert (attributes["kindpakket.official"], attributes["kindpakket.reason"]) == ("p-clerk", "verzoek-17")
    assert attributes["kindpakket.account"]


@pytest.mark.parametrize("table", ["look_up", "erasure"])
def test_the_database_refuses_to_change_a_line(where: str, table: str) -> None:
    (child,) = children(1)
    with Register(where) as register:
        (bulk,) = register.enrol(SCHEME, "2026", [child])
        register.mark_issued([bulk.request_id])
        register.erase([bulk.entries[0].voucher], backups_until=date(2027, 1, 1))
        before = list(register.look_ups())
    url = where if "://" in where else f"sqlite:///{where}"
    engine = create_engine(url)
    column = "reason" if table == "look_up" else "certificate"
    changes = (f"UPDATE {table} SET {column} = 'x'", f"DELETE FROM {table}")  # noqa: S608
    for statement in changes:
        with engine.connect() as connection, pytest.raises(DBAPIError, match="append-only"):
            connection.execute(text(statement))
    engine.dispose()
    with Register(where) as register:
        assert list(register.look_ups()) == before
        assert len(register.certificates()) == 1


def test_a_case_is_a_reason() -> None:
    assert Purpose("bezwaar", "B-2026-0041").reason == "B-2026-0041"


@pytest.mark.parametrize(
    ("activity", "reason", "says"),
    [
        ("Inzage!", "x", "not a code"),
        ("inzage", "", "needs a reason"),
        ("inzage", "  ", "needs a reason"),
        ("inzage", "x" * 141, "at most 140"),
        ("inzage", "two\nlines", "one line"),
        ("inzage", "about 999990019", "long number"),
        ("inzage", "about 9999 90 019", "long number"),
    ],
)
def test_a_reason_is_required_and_without_personal_data(activity: str, reason: str, says: str) -> None:
    with pytest.raises(RegisterError, match=says) as refused:
        Purpose(activity, reason)
    assert "999990019" not in str(refused.value)


def test_an_erased_person_can_still_be_told_who_looked(where: str) -> None:
    child, sibling = children(2)
    with Register(where, purpose=WHO) as register:
        (bulk,) = register.enrol(SCHEME, "2026", [child, sibling])
        (second,) = register.enrol(SCHEME, "2027", [child])
        vouchers = [bulk.entries[0].voucher, second.entries[0].voucher]
        register.keep_proposal(Proposal("d" * 32, SCHEME, 1, 2**31, "intake", (bulk.request_id,)))
        with pytest.raises(
            RegisterError, match=f"voucher {vouchers[0]} waits to be issued with allocation d"
        ):
            register.erase(vouchers[:1], backups_until=date(2027, 1, 1))
        register.mark_issued([bulk.request_id, second.request_id])
        first = register.erase(vouchers[:1], backups_until=date(2027, 1, 1), ledger=["e" * 32])
        assert (first.vouchers, first.persons, first.ledger) == ((vouchers[0],), 0, ("e" * 32,))
        assert len(register.account(child.bsn).entries) == 1
        last = register.erase(vouchers, backups_until=date(2027, 1, 1))
        assert (last.vouchers, last.persons) == ((vouchers[1],), 1)
        account = register.account(child.bsn)
        assert account.entries == ()
        assert account.as_json()["person"] is None
        names = [line.name for line in account.look_ups]
        assert names.count("person.erase") == 2
        entry = register.find(vouchers[0])
        assert entry is not None
        assert entry.is_erased
        assert entry.issuance() == bulk.entries[0].issuance()
        with pytest.raises(RegisterError, match="has been erased"):
            entry.case_record()
        assert register.account(sibling.bsn).entries[0].entry == bulk.entries[1]
        # Nobody gets a second voucher by being erased.
        again = register.batches.compare(SCHEME, "2026", [child, sibling])
        assert (again.counts["issued"], again.vouchers) == (2, 0)
        register.batches.enrol(again, [child, sibling])
        assert register.account(child.bsn).entries == ()
        assert register.present([*vouchers, bulk.entries[1].voucher]) == [bulk.entries[1].voucher]
        certificates = register.certificates()
    assert certificates == [first.as_json(), last.as_json()]
    stays = {stay.where: stay.until for stay in last.stays}
    assert stays["backups from before this erasure"] == "2027-01-01"
    assert stays["blocks of the ledger"] == "permanently"
    text_of_both = json.dumps(certificates)
    for value in (child.bsn, child.first_names, child.case, child.household):
        assert value not in text_of_both


DAY_MS = 86_400_000


def age_lines(where: str, days: int) -> None:
    """Let all lines of the log be so many days old, which the database allows only without its triggers."""
    engine = create_engine(where if "://" in where else f"sqlite:///{where}")
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            kept = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'look_up'"
            triggers = connection.execute(text(kept)).all()
            for name, _ in triggers:
                connection.execute(text(f"DROP TRIGGER {name}"))
        else:
            triggers = []
            connection.execute(text("ALTER TABLE look_up DISABLE TRIGGER USER"))
        connection.execute(text("UPDATE look_up SET ended_ms = ended_ms - :ms"), {"ms": days * DAY_MS})
        for _, sql in triggers:
            connection.execute(text(sql))
        if engine.dialect.name != "sqlite":
            connection.execute(text("ALTER TABLE look_up ENABLE TRIGGER USER"))
    engine.dispose()


def delete_lines(where: str) -> None:
    engine = create_engine(where if "://" in where else f"sqlite:///{where}")
    try:
        with engine.begin() as connection:
            connection.execute(text("DELETE FROM look_up"))
    finally:
        engine.dispose()


def test_the_log_is_kept_for_its_retention_and_no_longer(where: str) -> None:
    (child,) = children(1)
    with Register(where, purpose=WHO) as register:
        register.enrol(SCHEME, "2026", [child])
        register.account(child.bsn)
        assert (register.log_days, register.expire_log()) == (1826, 0)
    age_lines(where, 400)
    with Register(where, purpose=WHO) as register:
        assert register.expire_log() == 0
        for days in (179, 36_501, -1):
            with pytest.raises(RegisterError, match=f"cannot be kept for {days} days"):
                register.keep_log(days)
    with pytest.raises(DBAPIError, match="append-only within its retention"):
        delete_lines(where)
    with Register(where, purpose=WHO) as register:
        register.keep_log(401)
        assert register.expire_log() == 0
        register.keep_log(399)
        assert register.expire_log() == 2
        names = [line.name for line in register.look_ups()]
        assert names == ["log.retention", "log.retention", "log.expire"]
        assert register.expire_log() == 0
