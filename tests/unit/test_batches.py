"""A file of children becomes a batch: proposed once, approved by another person, issued once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from batch_office import Office, office, write_file
from grpc import StatusCode
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from old_register import SCHEME, children

from kindpakket.backoffice.batches.commitment import commit_to
from kindpakket.backoffice.batches.proposing import propose_file
from kindpakket.backoffice.batches.reading import ReadFile
from kindpakket.backoffice.batches.standing import standing_of
from kindpakket.backoffice.batches.stock import take_stock
from kindpakket.backoffice.batches.sums import issued_with
from kindpakket.backoffice.citizens import Child, CitizensError
from kindpakket.backoffice.register import RegisterError
from kindpakket.ledger.refusals import BudgetExceeded


@pytest.fixture
def town(tmp_path: Path, where: str) -> Iterator[Office]:
    with office(tmp_path, where) as made:
        yield made


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path, tmp_path / "register.db") as made:
        yield made


def test_a_file_is_proposed_approved_and_issued(town: Office) -> None:
    listed = children(1203)
    proposed = town.propose(listed)
    allocation = proposed.allocation
    assert allocation is not None
    envelope = (allocation["vouchers"], allocation["cents"], allocation["parts"])
    sha256 = hashlib.sha256((town.folder / "kinderen.csv").read_bytes()).hexdigest()
    commitment = commit_to(town.register.secret, sha256)
    assert allocation["file_commitment"] == commitment.digest
    assert envelope == (1203, 1203 * 30_000, 3)
    assert proposed.batch.counts["new"] == 1203
    assert town.issue().vouchers == 0
    standing = standing_of(town.municipality, town.register, proposed.batch)
    assert (standing.next, standing.is_of_the_file) == ("approve", True)
    # As the documentation has the auditor compute it.
    told = hashlib.sha256(f"{commitment.salt}:{sha256}".encode()).hexdigest()
    assert (told, standing.commitment) == (allocation["file_commitment"], commitment)
    town.approve(proposed)
    assert standing_of(town.municipality, town.register, proposed.batch).next == "issue"
    shown: list[int] = []

    @contextmanager
    def counted(total: int, _: str) -> Iterator[object]:
        shown.append(total)
        yield shown.append

    issued = town.issue(counted=counted)
    assert (issued.vouchers, issued.cents) == (1203, 1203 * 30_000)
    assert shown == [1203, 500, 500, 203]
    town.check(listed)
    standing = standing_of(town.municipality, town.register, proposed.batch)
    assert (standing.issued, standing.open, standing.next) == (1203, 0, "nothing")
    assert standing.envelope is not None
    assert (standing.envelope["state"], standing.envelope["proposed_by"]) == ("used", "p-clerk")
    assert town.issue().vouchers == 0
    bulks = town.register.batches.bulk_ids_of(proposed.batch.id)
    assert issued_with(town.municipality, town.register, SCHEME, bulks) == (1203, 1203 * 30_000)


def test_the_same_file_again_proposes_nothing(small: Office) -> None:
    first = small.propose(children(7))
    second = small.propose(children(7))
    assert (second.is_repeated, second.allocation, second.batch) == (True, None, first.batch)
    assert [each.allocation["id"] for each in second.waiting] == [first.waiting[0].allocation["id"]]
    small.approve(first)
    assert [each.allocation["state"] for each in small.propose(children(7)).approved] == ["approved"]
    small.issue()
    last = small.propose(children(7))
    assert (last.is_repeated, last.waiting, last.approved) == (True, (), ())
    assert len(small.register.batches.all()) == 1
    assert small.ledger.calls.count("allocation:Propose") == 1


def test_next_weeks_file_gives_the_difference(small: Office) -> None:
    file = children(12)
    small.approve(small.propose(file[:10]))
    small.issue()
    renamed = replace(file[0], family_name="de Nieuwe")
    more, less = replace(file[1], units=3), replace(file[2], preset="course", units=1)
    proposed = small.propose([renamed, more, less, *file[4:]])
    counts = {outcome: count for outcome, count in proposed.batch.counts.items() if count}
    assert counts == {"new": 2, "changed": 3, "gone": 1, "issued": 6}
    assert proposed.allocation is not None
    assert proposed.allocation["vouchers"] == 2
    details = [line.detail for line in small.register.batches.lines(proposed.batch.id, "changed")]
    assert details == ["achternaam", "eenheden", "regeling_preset"]
    entries = {entry.child.bsn: entry.voucher for entry in small.register.entries(SCHEME)}
    raised, lowered = proposed.changes
    assert (raised.row, raised.voucher, raised.had_cents, raised.file_cents) == (
        2,
        entries[file[1].bsn],
        30_000,
        90_000,
    )
    assert (raised.preset, raised.units) == ("child", 2)
    assert lowered.file_cents != lowered.had_cents
    (gone,) = small.register.batches.lines(proposed.batch.id, "gone")
    assert gone.voucher == entries[file[3].bsn]
    small.approve(proposed)
    assert small.issue().vouchers == 2
    small.check(file)
    # The voucher keeps what it was issued for: only two persons change that.
    assert small.vouchers()[entries[file[1].bsn]] == 30_000


def test_a_rejected_file_is_corrected_and_proposed_anew(small: Office) -> None:
    file = children(8)
    first = small.propose(file)
    assert first.allocation is not None
    waiting = [replace(file[0], units=2), *file[2:]]
    with pytest.raises(RegisterError, match="row 1 of the file is refused: was enrolled with 1 of child"):
        small.propose(waiting)
    small.municipality.allocations.reject(SCHEME, first.allocation["id"], "wrong-amount")
    same = small.propose(file)
    assert (same.allocation, [each.allocation["state"] for each in same.over]) == (None, ["rejected"])
    corrected = small.propose(waiting)
    assert (corrected.undone, corrected.allocation and corrected.allocation["vouchers"]) == (8, 7)
    assert corrected.batch.counts["new"] == 7
    small.approve(corrected)
    assert (small.issue().cents, len(small.vouchers())) == (8 * 30_000, 7)
    small.check([file[0], *file[2:]])
    standings = [
        standing_of(small.municipality, small.register, batch) for batch in small.register.batches.all()
    ]
    assert [standing.next for standing in standings] == ["replaced", "nothing"]
    # The child that was taken out is not in the register any more.
    assert small.register.account(file[1].bsn).entries == ()


def test_what_is_over_is_proposed_anew_when_asked(small: Office) -> None:
    first = small.propose(children(4))
    again = small.propose(children(4), again=True, clock=_later, days=30)
    assert again.allocation is not None
    assert first.allocation is not None
    assert again.allocation["id"] != first.allocation["id"]
    assert again.allocation["list_sha256"] == first.allocation["list_sha256"]
    small.approve(again)
    assert small.issue().vouchers == 4


def test_a_file_in_place_of_one_that_was_approved_and_withdrawn(small: Office) -> None:
    """What may still be on its way under the old allocation is made certain first."""
    file = children(6)
    first = small.propose(file)
    small.approve(first)
    assert first.allocation is not None
    other = small.propose(file[:5])
    assert [each.allocation["id"] for each in other.others] == [first.allocation["id"]]
    assert (other.allocation, other.batch.counts["gone"]) == (None, 1)
    small.municipality.allocations.withdraw(SCHEME, first.allocation["id"], "another-file")
    replaced = small.propose(file[:5])
    assert (replaced.undone, replaced.others) == (6, ())
    assert "request:Void" in small.ledger.calls
    small.approve(replaced)
    small.issue()
    small.check(file[:5])


def test_a_file_beyond_the_budget_keeps_nothing_from_being_proposed(tmp_path: Path) -> None:
    with office(tmp_path, tmp_path / "register.db", budget_cents=100_000) as small:
        with pytest.raises(BudgetExceeded):
            small.propose(children(4))
        smaller = small.propose(children(3))
        assert (smaller.undone, smaller.allocation and smaller.allocation["vouchers"]) == (4, 3)
        with pytest.raises(BudgetExceeded):
            small.propose(children(9)[4:])
        small.ledger.budget_cents = 10**9
        later = small.propose(children(9)[4:])
        assert later.allocation is not None
        assert later.allocation["vouchers"] == 5


def test_an_allocation_that_was_kept_and_never_proposed_expires(small: Office) -> None:
    small.memory.fail("Endorse", StatusCode.INTERNAL, "no answer")
    with pytest.raises(Exception, match="no answer"):
        small.propose(children(3))
    stock = take_stock(small.municipality, small.register, SCHEME, clock=_later)
    assert [bulk.vouchers for bulk in stock.free] == [3]
    proposed = small.propose(children(3))
    assert proposed.allocation is not None


def _later() -> float:
    """A time at which every allocation has expired."""
    return 4e9


def test_a_file_with_a_mistake_proposes_nothing(small: Office) -> None:
    path = small.file([*children(3), replace(children(4)[3], bsn="123456789")])
    with pytest.raises(CitizensError, match="line 5: bsn is not a citizen service number"):
        ReadFile.of(path, rules=small.ledger.rules)
    assert small.ledger.calls == []


def test_a_file_is_read_as_often_as_needed_and_leaves_nothing(tmp_path: Path) -> None:
    listed = children(1203)
    path = write_file(tmp_path / "kinderen.csv", listed)
    before = sorted(tmp_path.iterdir())
    with ReadFile.of(path) as file:
        path.write_text("something else")
        assert [list(file.children()), list(file.children())] == [listed, listed]
        content = Path(f"/proc/self/fd/{file._file.fileno()}").read_bytes()
        assert listed[0].bsn.encode() not in content
        assert sorted(tmp_path.iterdir()) == before


def test_a_file_that_changes_while_it_is_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_file(tmp_path / "kinderen.csv", children(3))
    read = ReadFile._add
    monkeypatch.setattr(
        ReadFile, "_add", lambda self, child: (write_file(path, children(4)), read(self, child))
    )
    with pytest.raises(CitizensError, match="changed while it was read"):
        ReadFile.of(path)


CHILDREN = children(8)
_ROW = st.tuples(st.integers(0, 7), st.sampled_from(["de Wit", "Bos"]), st.integers(1, 2))
_STEP = st.sampled_from(["approve", "reject", "issue", "leave"])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=st.lists(st.tuples(st.lists(_ROW, min_size=1, max_size=8, unique_by=lambda row: row[0]), _STEP)))
def test_whatever_files_come_each_child_gets_one_voucher_for_what_two_persons_agreed_on(
    files: list[tuple[list[tuple[int, str, int]], str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("office")
    had: dict[str, int] = {}
    with office(folder, folder / "register.db") as town:
        for rows, step in files:
            listed = [replace(CHILDREN[at], family_name=name, units=units) for at, name, units in rows]
            try:
                proposed = town.propose(listed)
            except RegisterError as refused:
                assert "reject or withdraw its allocation first" in str(refused)
                continue
            _check_outcomes(proposed.batch.counts, listed, had, proposed.is_repeated)
            if proposed.allocation is not None:
                wanted = [child for child in listed if child.bsn not in had]
                assert proposed.allocation["vouchers"] <= len(wanted)
                if step in ("approve", "issue"):
                    town.approve(proposed)
                elif step == "reject":
                    town.municipality.allocations.reject(SCHEME, proposed.allocation["id"], "no")
            if step == "issue":
                town.issue()
            vouchers = town.vouchers()
            entries = {entry.child.bsn: entry.voucher for entry in town.register.entries(SCHEME)}
            now = {number: vouchers[voucher] for number, voucher in entries.items() if voucher in vouchers}
            assert len(now) == len(vouchers)
            assert had.items() <= now.items()
            had = now


def _check_outcomes(counts: object, listed: list[Child], had: dict[str, int], is_repeated: bool) -> None:
    assert isinstance(counts, dict)
    assert sum(counts.values()) - counts["gone"] == len(listed)
    if not is_repeated:
        issued = sum(child.bsn in had for child in listed)
        assert counts["issued"] <= issued
        assert counts["new"] <= len(listed) - issued


def test_two_files_at_once_are_two_batches(tmp_path: Path) -> None:
    """A second official proposes another file while the first one's waits: the children are not mixed."""
    with office(tmp_path, tmp_path / "register.db") as town:
        first, second = town.propose(children(4)), None
        with ReadFile.of(town.file(children(9)[4:], "other.csv"), rules=town.ledger.rules) as file:
            second = propose_file(town.municipality, town.register, SCHEME, "2026", file)
        assert [each.allocation["id"] for each in second.others] == [
            each.allocation["id"] for each in first.waiting
        ]
        town.approve(second)
        assert town.issue().vouchers == 5
        town.approve(first)
        assert town.issue().vouchers == 4
        town.check(children(9))
