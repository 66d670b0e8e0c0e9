"""`kindpakket person` and `register`: what is kept of somebody, who looked, and how it goes."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import old_register
import pytest
import yaml
from desk import ERASURE, ORDERED, Allocations, Command
from old_register import children
from story import SCHEME

from fabric_gateway.testing import ChaincodeRefusal
from kindpakket.backoffice.register import Bulk, Proposal, Purpose, Register

BSN = children(1)[0].bsn
UNKNOWN = children(3)[2].bsn


@pytest.fixture
def register(kindpakket: Command, tmp_path: Path) -> tuple[str, ...]:
    """The options that name a register with two children; the keys are in the home."""
    path = tmp_path / "register.db"
    with Register(path, keys=kindpakket.home / "register-keys", purpose=Purpose("test", "t")) as made:
        made.enrol(SCHEME, "2026", children(2))
    return "--register", str(path)


def bulk_of(register: tuple[str, ...]) -> Bulk:
    with Register(register[1]) as opened:
        return next(opened.bulks(SCHEME))


def test_a_person_is_found_by_a_number_that_is_no_argument(
    kindpakket: Command, register: tuple[str, ...]
) -> None:
    entry = bulk_of(register).entries[0]
    shown = kindpakket("person", "show", *register, "--reason", "B-2026-4", stdin=f"{BSN}\n")
    assert shown.exit_code == 0, shown.output
    for text in (entry.child.first_names, entry.voucher, "Z-00000", "1 of child"):
        assert text in shown.stdout
    by_voucher = kindpakket.answer("person", "show", *register, "--reason", "x", "--voucher", entry.voucher)
    assert [row["voucher"] for row in by_voucher] == [entry.voucher]


@pytest.mark.parametrize(
    ("stdin", "code", "says"),
    [
        (f"{UNKNOWN}\n", 1, "has nothing of this person"),
        ("123456789\n", 2, "not a citizen service number"),
        ("\n", 2, "not a citizen service number"),
    ],
)
def test_no_number_appears_in_what_is_said(
    stdin: str, code: int, says: str, kindpakket: Command, register: tuple[str, ...]
) -> None:
    for command in ("show", "export"):
        result = kindpakket("person", command, *register, "--reason", "x", stdin=stdin)
        assert (result.exit_code, says in result.stderr) == (code, True), result.output
        assert not stdin.strip() or stdin.strip() not in result.output


def test_all_that_is_kept_is_exported_with_who_looked(
    kindpakket: Command, register: tuple[str, ...], tmp_path: Path
) -> None:
    entry, other = bulk_of(register).entries
    kindpakket.desk.answers["voucher:Show"] = {"id": entry.voucher, "state": "active"}
    kindpakket.desk.answers["audit:VoucherStatement"] = {"entries": [], "next": ""}
    kindpakket.desk.answers["erasure:List"] = {"items": [], "next": ""}
    export = ("person", "export", *register, "--reason", "access-request")
    document = kindpakket.answer(*export, stdin=f"{BSN}\n")
    assert document["person"] == {
        "bsn": BSN,
        "first_names": entry.child.first_names,
        "family_name": "van Testerdam",
        "born": "2015-01-01",
    }
    (voucher,) = document["vouchers"]
    assert (voucher["case"], voucher["household"], voucher["period"]) == ("Z-00000", "huis-0", "2026")
    assert document["ledger"] == [
        {
            "voucher": {"id": entry.voucher, "state": "active"},
            "statement": [],
            "private_record": {
                "collection": "citizens",
                "on": "the municipality's peers",
                "case": "Z-00000",
                "purged_by": None,
            },
        }
    ]
    assert (document["household"], document["letters"], document["files"]) == (None, [], [])
    last = document["look_ups"][-1]["attributes"]
    assert (last["kindpakket.official"], last["kindpakket.reason"]) == ("p-clerk", "access-request")
    assert last["dpl.core.data_subject_id"] == document["reference"]
    assert other.child.bsn not in json.dumps(document)
    file = tmp_path / "export.json"
    told = kindpakket.answer(*export, "--offline", "--file", str(file), stdin=f"{BSN}\n")
    assert told == {"file": str(file), "vouchers": 1, "look_ups": len(document["look_ups"]) + 1}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "ledger" not in json.loads(file.read_text())
    assert kindpakket(*export, "--file", str(file), stdin=f"{BSN}\n").exit_code == 2


def test_a_reason_is_required(kindpakket: Command, register: tuple[str, ...]) -> None:
    assert kindpakket("person", "show", *register, stdin=f"{BSN}\n").exit_code == 2
    numbered = kindpakket("person", "show", *register, "--reason", f"about {BSN}", stdin=f"{BSN}\n")
    assert (numbered.exit_code, BSN in numbered.output) == (2, False)


def test_who_looked_is_told(kindpakket: Command, register: tuple[str, ...]) -> None:
    kindpakket("person", "show", *register, "--reason", "B-1", "--user", "manager", stdin=f"{BSN}\n")
    lines = kindpakket.answer("person", "log", *register, "--reason", "access-request", stdin=f"{BSN}\n")
    assert [line["name"] for line in lines] == ["register.enrol", "person.show", "person.log"]
    assert [line["attributes"]["kindpakket.official"] for line in lines] == ["", "p-manager", "p-clerk"]
    table = kindpakket("person", "log", *register, "--reason", "x", stdin=f"{BSN}\n").stdout
    assert "person-show: B-1" in table
    whole = kindpakket("register", "log", *register, "--json", "--activities", "https://g.example/")
    documents = [json.loads(line) for line in whole.stdout.splitlines()]
    assert len(documents) == 4
    ids = [line["attributes"]["dpl.core.processing_activity_id"] for line in documents]
    assert ids[1] == "https://g.example/person-show"


def test_the_key_is_changed(kindpakket: Command, register: tuple[str, ...]) -> None:
    before = kindpakket.answer("register", "status", *register)
    assert Path(before["key_file"]).parent == kindpakket.home / "register-keys"
    assert (before["persons"], before["vouchers"], before["rotation"]) == (2, 2, "done")
    done = kindpakket.answer("register", "rotate-key", *register)
    assert (done["rows"], done["finished_an_interrupted_one"]) == (4, False)
    after = kindpakket.answer("register", "status", *register)
    assert after["key"] == done["key"] != before["key"]


def test_an_old_register_is_taken_over_with_one_line(kindpakket: Command, tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    old_register.write(path, 2, children(2), scheme=SCHEME)
    first = kindpakket("register", "status", "--register", str(path))
    (line,) = first.stderr.splitlines()
    assert line.startswith("The register was taken over from layout 2")
    assert f"{path}.unencrypted" in line
    assert "unencrypted" in first.stdout
    assert kindpakket("register", "status", "--register", str(path)).stderr == ""
    missing = kindpakket("register", "status", "--register", str(tmp_path / "none.db"))
    assert (missing.exit_code, (tmp_path / "none.db").exists()) == (2, False)


def ledger(kindpakket: Command, vouchers: list[str]) -> list[dict[str, Any]]:
    """Erasures on the ledger as far as the command looks at them; each step changes the only one."""
    erasures: list[dict[str, Any]] = []

    def order(request: dict[str, Any]) -> dict[str, Any]:
        records = [{"id": voucher, "key": "k", "sha256": "f" * 64} for voucher in request["ids"]]
        erasures.append({**ORDERED, "records": records, "reason": request["reason"]})
        return erasures[-1]

    def certify(_: dict[str, Any]) -> dict[str, Any]:
        erasures[-1]["state"] = "certified"
        return erasures[-1]

    kindpakket.desk.answers |= {
        "erasure:List": lambda _: {"items": erasures, "next": ""},
        "erasure:Show": lambda _: erasures[-1],
        "erasure:Order": order,
        "erasure:Purge": {"purged": len(vouchers)},
        "erasure:Certify": certify,
        "request:Show": lambda request: {"request": request["request"], "state": "committed"},
    }
    return erasures


def test_a_person_is_erased_once_another_person_agreed(
    kindpakket: Command, register: tuple[str, ...]
) -> None:
    entry, other = bulk_of(register).entries
    erasures = ledger(kindpakket, [entry.voucher])
    erase = ("person", "erase", *register, "--reason", "request", "--backups-until", "2027-01-31")
    waiting = kindpakket(*erase, stdin=f"{BSN}\n")
    assert waiting.exit_code == 5, waiting.output
    assert f"kindpakket erasure approve {ERASURE}" in waiting.stderr
    assert kindpakket(*erase, stdin=f"{BSN}\n").exit_code == 5
    (ordered,) = kindpakket.desk.requests("erasure:Order")
    assert (ordered["ids"], ordered["scheme"]) == ([entry.voucher], SCHEME)
    erasures[0]["state"] = "approved"
    certificate = kindpakket.answer(*erase, stdin=f"{BSN}\n")
    assert (certificate["vouchers"], certificate["persons"]) == ([entry.voucher], 1)
    assert certificate["erasures_on_ledger"] == [ERASURE]
    assert "2027-01-31" in [stay["until"] for stay in certificate["stays"]]
    assert not [stay for stay in certificate["stays"] if stay["where"].startswith("peer ")]
    assert len(kindpakket.desk.requests("erasure:Purge")) == 1
    gone = kindpakket("person", "show", *register, "--reason", "x", stdin=f"{BSN}\n")
    assert gone.exit_code == 1
    assert "person.erase" in kindpakket("person", "log", *register, "--reason", "x", stdin=f"{BSN}\n").stdout
    assert kindpakket("person", "show", *register, "--reason", "x", "--voucher", other.voucher).exit_code == 0


def test_a_peer_that_did_not_show_the_purge_is_in_the_certificate(
    kindpakket: Command, register: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    entry, _ = bulk_of(register).entries
    erasures = ledger(kindpakket, [entry.voucher])
    erase = ("person", "erase", *register, "--reason", "request", "--backups-until", "2027-01-31")
    assert kindpakket(*erase, stdin=f"{BSN}\n").exit_code == 5
    erasures[0]["state"] = "approved"
    profile = kindpakket.home / "organisations" / "gemeente" / "profile.yaml"
    content = yaml.safe_load(profile.read_text())
    content["organizations"]["gemeente"]["peers"].append("peer1")
    content["peers"]["peer1"] = {"url": "grpc://127.0.0.1:1"}
    content["channels"]["zuidhorn"]["peers"].append("peer1")
    profile.write_text(yaml.safe_dump(content))
    certificate = kindpakket.answer(*erase, stdin=f"{BSN}\n")
    (stay,) = [stay for stay in certificate["stays"] if stay["where"].startswith("peer ")]
    assert stay == {
        "what": "the private records",
        "where": "peer peer1, which did not show the purge",
        "until": "it has caught up",
    }


def never_issued(kindpakket: Command) -> list[dict[str, Any]]:
    """A ledger on which nothing was issued."""
    erasures = ledger(kindpakket, [])
    kindpakket.desk.answers["request:Show"] = lambda request: {
        "request": request["request"],
        "state": "unknown",
        "operation": "",
    }
    return erasures


ERASE = ("--reason", "request", "--backups-until", "2027-01-31")


def test_what_waits_to_be_issued_is_not_erased(kindpakket: Command, register: tuple[str, ...]) -> None:
    erasures, allocations, bulk = never_issued(kindpakket), Allocations(kindpakket.desk), bulk_of(register)
    with Register(register[1]) as opened:
        opened.keep_proposal(Proposal(ERASURE, SCHEME, 60_000, 2**31, "intake", (bulk.request_id,)))
    allocations.propose(
        {"request_id": ERASURE, "scheme": SCHEME, "use": "issue", "vouchers": 2, "expires_at": 2**31}
    )
    erase = ("person", "erase", *register, *ERASE)
    result = kindpakket(*erase, stdin=f"{BSN}\n")
    assert (result.exit_code, f"waits to be issued with allocation {ERASURE}" in result.stderr) == (2, True)
    assert erasures == []
    allocations.decide(state="rejected")
    kindpakket.desk.answers["erasure:Order"] = ChaincodeRefusal("CASE_RECORD_MISSING: there is none {}")
    certificate = kindpakket.answer(*erase, stdin=f"{BSN}\n")
    assert certificate["vouchers"] == [bulk.entries[0].voucher]


def test_what_was_never_issued_is_erased(kindpakket: Command, register: tuple[str, ...]) -> None:
    erasures, (entry, other) = never_issued(kindpakket), bulk_of(register).entries
    kindpakket.desk.answers["erasure:Order"] = ChaincodeRefusal("CASE_RECORD_MISSING: there is none {}")
    certificate = kindpakket.answer("person", "erase", *register, *ERASE, stdin=f"{BSN}\n")
    assert (certificate["vouchers"], certificate["persons"]) == ([entry.voucher], 1)
    assert (certificate["erasures_on_ledger"], erasures) == ([], [])
    with Register(register[1]) as opened:
        (bulk,) = opened.bulks(SCHEME)
        assert bulk.entries == (other,)
        # The municipality's next file may name the child again.
        assert opened.batches.compare(SCHEME, "2026", children(2)).counts["new"] == 1
    last = kindpakket.answer("person", "erase", *register, *ERASE, "--voucher", other.voucher)
    assert last["vouchers"] == [other.voucher]
    with Register(register[1]) as opened:
        assert (list(opened.bulks(SCHEME)), opened.status().persons) == ([], 0)


def test_a_case_that_was_recorded_and_never_led_to_a_voucher_is_purged_first(
    kindpakket: Command, register: tuple[str, ...]
) -> None:
    erasures, (entry, _) = never_issued(kindpakket), bulk_of(register).entries
    erase = ("person", "erase", *register, *ERASE)
    assert kindpakket(*erase, stdin=f"{BSN}\n").exit_code == 5
    erasures[0]["state"] = "approved"
    certificate = kindpakket.answer(*erase, stdin=f"{BSN}\n")
    assert (certificate["vouchers"], certificate["erasures_on_ledger"]) == ([entry.voucher], [ERASURE])


def test_the_log_is_kept_as_long_as_is_set(kindpakket: Command, register: tuple[str, ...]) -> None:
    assert kindpakket.answer("register", "status", *register)["log_days"] == 1826
    short = kindpakket("register", "keep-log", "--days", "30", *register)
    assert (short.exit_code, "cannot be kept for 30 days: give 180 to 36500" in short.stderr) == (2, True)
    assert kindpakket.answer("register", "keep-log", "--days", "365", *register) == {"log_days": 365}
    assert kindpakket.answer("register", "status", *register)["log_days"] == 365


def test_retention_follows_what_was_purged_on_the_ledger(
    kindpakket: Command, register: tuple[str, ...]
) -> None:
    entry, _ = bulk_of(register).entries
    erasures = ledger(kindpakket, [entry.voucher])
    retention = ("person", "retention", *register, "--backups-until", "2027-01-31")
    assert kindpakket.answer(*retention) == {
        "vouchers": [],
        "persons": 0,
        "look_ups_deleted": 0,
    }
    records = [{"id": voucher, "key": "k", "sha256": "f" * 64} for voucher in (entry.voucher, "e" * 32)]
    erasures.append({**ORDERED, "state": "certified", "records": records})
    certificate = kindpakket.answer(*retention)
    assert (certificate["vouchers"], certificate["persons"]) == ([entry.voucher], 1)
    assert kindpakket.answer(*retention) == {
        "vouchers": [],
        "persons": 0,
        "look_ups_deleted": 0,
    }
