"""An enrolment that is killed at any moment, and run again: no child twice, none lost."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from old_register import SCHEME, children

import killing
from kindpakket.backoffice.register import Register
from kindpakket.backoffice.register.store import Store
from patience import PATIENCE

SHA = "b" * 64


def _issue(where: str, count: int) -> None:
    """What a run of the command does with the register."""
    with Register(where) as register:
        file = children(count)
        batch = register.batches.compare(SCHEME, "2026", file, sha256=SHA)
        register.batches.enrol(batch, file)


def _counted(instants: killing.Instants, where: str, count: int) -> None:
    """The same with an instant before, within and after each transaction that writes."""
    writing = Store.writing

    @contextmanager
    def watched(self: Store) -> Iterator[object]:
        instants.pass_one()
        with writing(self) as connection:
            yield connection
            instants.pass_one()
        instants.pass_one()

    Store.writing = watched  # type: ignore[method-assign, assignment]
    _issue(where, count)


def _check(where: str, count: int) -> None:
    """All children have one voucher each, in bulks of 500 but for the last one."""
    with Register(where) as register:
        bulks = list(register.bulks(SCHEME))
        entries = [entry for bulk in bulks for entry in bulk.entries]
        assert [entry.child for entry in entries] == children(count)
        assert len({entry.voucher for entry in entries}) == count
        assert [len(bulk.entries) for bulk in bulks] == [500] * (count // 500) + [count % 500]
        batch, *_ = register.batches.all()  # killed after its last commit, the next run made another
        assert (batch.state, batch.counts["new"], batch.vouchers) == ("enrolled", count, count)
        assert [bulk.request_id for bulk in register.batches.bulks_of(batch.id)] == [
            bulk.request_id for bulk in bulks
        ]


def test_killed_at_each_instant_and_run_again(tmp_path: Path) -> None:
    finished, instant = False, 0
    while not finished:
        where = str(tmp_path / f"{instant}.db")
        Register(where).close()  # here, since only this process has the test's environment
        finished = killing.run_and_die(instant, _counted, where, 1203)
        if not finished:
            _issue(where, 1203)
        _check(where, 1203)
        instant += 1
    assert instant == 16  # three around each of five transactions, and the run that was not killed


def test_killed_again_and_again_in_one_register(where: str) -> None:
    with Register(where) as register:
        assert list(register.bulks(SCHEME)) == []
    for instant in (2, 3, 4, 4, 1, 4, 5, 4):
        assert not killing.run_and_die(instant, _counted, where, 1203)
    _issue(where, 1203)
    _check(where, 1203)


def test_killed_at_random_times(where: str) -> None:
    seed = random.Random(1)
    with Register(where) as register:
        key = register.key_file
    for _ in range(8):
        process = killing.running(_issue, where, 2750)
        process.join(seed.uniform(0.2, 2))
        process.kill()
        process.join(PATIENCE)
        with Register(where) as register:
            seen = [entry.child.bsn for entry in register.entries(SCHEME)]
            assert len(seen) == len(set(seen))
            assert register.key_file == key
    _issue(where, 2750)
    _check(where, 2750)


def test_two_runs_at_once_enrol_each_child_once(where: str) -> None:
    Register(where).close()
    processes = [killing.running(_issue, where, 1700) for _ in range(2)]
    end = time.monotonic() + PATIENCE
    for process in processes:
        process.join(max(0, end - time.monotonic()))
        assert process.exitcode == 0
    with Register(where) as register:
        seen = [entry.child.bsn for entry in register.entries(SCHEME)]
    assert sorted(seen) == sorted(child.bsn for child in children(1700))
