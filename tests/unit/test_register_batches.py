"""What a file of children would change, and enrolling it: the same file twice gives nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from old_register import SCHEME, children

from kindpakket.backoffice.citizens import Child
from kindpakket.backoffice.register import OUTCOMES, Batch, Register, RegisterError

SHA = "a" * 64


def outcome(batch: Batch) -> dict[str, int]:
    return {name: count for name, count in batch.counts.items() if count}


def test_the_same_file_twice_gives_nothing(where: str) -> None:
    file = children(620)
    with Register(where) as register:
        batch = register.batches.compare(
            SCHEME, "2026", file, sha256=SHA, cost=lambda child: 300 * child.units
        )
        assert (outcome(batch), batch.vouchers, batch.cents) == ({"new": 620}, 620, 186_000)
        assert list(register.bulks(SCHEME)) == []
        enrolled = register.batches.enrol(batch, file)
        assert (enrolled.state, enrolled.id) == ("enrolled", batch.id)
        bulks = list(register.batches.bulks_of(batch.id))
        assert [len(bulk.entries) for bulk in bulks] == [500, 120]
        again = register.batches.compare(SCHEME, "2026", file, sha256=SHA)
        assert outcome(again) == {"unchanged": 620}
        register.batches.enrol(again, file)
        assert list(register.bulks(SCHEME)) == bulks == list(register.batches.bulks_of(again.id))
        register.mark_issued([bulks[0].request_id])
        third = register.batches.compare(SCHEME, "2026", file, cost=lambda child: 300)
        assert (outcome(third), third.vouchers, third.cents) == (
            {"unchanged": 120, "issued": 500},
            120,
            36_000,
        )


def test_next_weeks_file_gives_the_difference(where: str) -> None:
    file = children(10)
    with Register(where) as register:
        register.enrol(SCHEME, "2026", file)
        register.mark_issued([bulk.request_id for bulk in register.bulks(SCHEME)])
        renamed = replace(file[0], family_name="de Nieuwe", household="huis-9")
        other = replace(file[2], case="Z-99")
        changed = [renamed, file[1], other, *file[5:], *children(12)[10:]]
        batch = register.batches.compare(SCHEME, "2026", changed, sha256=SHA)
        assert outcome(batch) == {"new": 2, "changed": 2, "gone": 2, "issued": 6}
        lines = list(register.batches.lines(batch.id))
        assert [line.detail for line in lines if line.outcome == "changed"] == [
            "achternaam, huishouden",
            "zaaknummer",
        ]
        assert [line.number for line in lines] == [*range(1, 11), None, None]
        gone = {line.entitlement for line in register.batches.lines(batch.id, "gone")}
        entries = list(register.entries(SCHEME))
        assert gone == {entries[3].entitlement, entries[4].entitlement}
        register.batches.enrol(batch, changed)
        found = {entry.child.bsn: entry for entry in register.entries(SCHEME)}
        assert found[file[0].bsn].child == renamed
        assert found[file[0].bsn].salt == entries[0].salt
        # The hash of a case is on the ledger: its number stays.
        assert found[file[2].bsn].child == file[2]
        assert len(found) == 12
        # Another period, or scheme, is another voucher.
        assert outcome(register.batches.compare(SCHEME, "2027", file)) == {"new": 10}
        assert outcome(register.batches.compare("6" * 32, "2026", file)) == {"new": 10}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda file: [*file, replace(file[0], units=2)],
        lambda file: [*file[:-1], replace(file[-1], preset="baby")],
        lambda file: [*file, file[-1]],
    ],
)
def test_one_refused_line_and_nothing_is_enrolled(spoil: object, where: str) -> None:
    file = children(620)
    with Register(where) as register:
        register.enrol(SCHEME, "2026", file[:1])
        register.enrol(SCHEME, "2026", file[-1:])
        spoilt: Sequence[Child] = spoil(file)  # type: ignore[operator]
        batch = register.batches.compare(SCHEME, "2026", spoilt, sha256=SHA)
        assert batch.counts["refused"] == 1
        (line,) = register.batches.lines(batch.id, "refused")
        with pytest.raises(RegisterError, match=f"row {line.number} of the file is refused: ") as refused:
            register.batches.enrol(batch, spoilt)
        with pytest.raises(RegisterError):
            register.enrol(SCHEME, "2026", spoilt)
        assert len(list(register.entries(SCHEME))) == 2
        for child in file:
            assert child.bsn not in str(refused.value)
            assert child.first_names not in str(refused.value)


def test_a_batch_that_was_not_enrolled_is_compared_anew_under_its_id(where: str) -> None:
    with Register(where) as register:
        first = register.batches.compare(SCHEME, "2026", children(700), sha256=SHA)
        second = register.batches.compare(SCHEME, "2026", children(700), sha256=SHA)
        assert (second.id, second.counts) == (first.id, first.counts)
        assert [batch.id for batch in register.batches.all(SCHEME)] == [first.id]
        register.batches.enrol(second, children(700))
        assert [batch.state for batch in register.batches.all()] == ["enrolled"]
        assert register.batches.all("6" * 32) == []


def test_a_list_of_lines_may_be_left_before_its_end(where: str) -> None:
    with Register(where) as register:
        batch = register.batches.compare(SCHEME, "2026", children(1100))
        for line in register.batches.lines(batch.id):
            assert line.number == 1
            break
        assert len(list(register.batches.lines(batch.id, "new"))) == 1100


def test_progress_is_told(where: str) -> None:
    told: list[int] = []
    with Register(where) as register:
        batch = register.batches.compare(SCHEME, "2026", children(620), progress=told.append)
        register.batches.enrol(batch, children(620), told.append)
    assert told == [500, 120, 500, 120]


def test_a_file_is_read_as_a_stream(where: str) -> None:
    with Register(where) as register:
        batch = register.batches.compare(SCHEME, "2026", (child for child in children(620)))
        register.batches.enrol(batch, (child for child in children(620)))
        assert len(list(register.entries(SCHEME))) == 620


CHILDREN = children(12)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    files=st.lists(
        st.lists(st.tuples(st.integers(0, 11), st.sampled_from(["de Wit", "Bos"])), max_size=12), max_size=4
    )
)
def test_whatever_files_come_each_row_has_one_outcome_and_each_child_one_voucher(
    files: list[list[tuple[int, str]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("register") / "register.db"
    enrolled: dict[str, str] = {}
    with Register(path) as register:
        for rows in files:
            file = [replace(CHILDREN[at], family_name=name) for at, name in rows]
            batch = register.batches.compare(SCHEME, "2026", file)
            assert set(batch.counts) == set(OUTCOMES)
            assert sum(batch.counts.values()) - batch.counts["gone"] == len(file)
            numbers = {child.bsn for child in file}
            assert batch.counts["gone"] == len(set(enrolled) - numbers)
            assert batch.counts["refused"] == len(file) - len(numbers)
            assert batch.counts["new"] == len(numbers - set(enrolled))
            if batch.counts["refused"]:
                continue
            register.batches.enrol(batch, file)
            found = {entry.child.bsn: entry.voucher for entry in register.entries(SCHEME)}
            assert enrolled.items() <= found.items()
            assert set(found) == set(enrolled) | numbers
            enrolled = found
            again = register.batches.compare(SCHEME, "2026", file)
            assert again.counts["new"] == again.counts["changed"] == 0
