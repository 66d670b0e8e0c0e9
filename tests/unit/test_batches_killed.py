"""Proposing and issuing are killed at any moment, again and again: no voucher twice, none lost."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from batch_office import Office, office, write_file
from old_register import SCHEME, children
from story import DOMAIN, rules

import killing
from fabric_gateway._connection.sync import SyncSession
from kindpakket.backoffice.batches.issuing import issue_approved
from kindpakket.backoffice.batches.proposing import propose_file
from kindpakket.backoffice.batches.reading import ReadFile
from kindpakket.backoffice.register import Register
from kindpakket.backoffice.register.store import Store
from kindpakket.municipality import Municipality
from patience import PATIENCE

COUNT = 1203
LISTED = children(COUNT)


@contextmanager
def _opened(endpoint: str, where: str) -> Iterator[tuple[Municipality, Register]]:
    with killing.connected(endpoint) as gateway, Register(where) as register:
        yield Municipality(gateway.network(DOMAIN.channel).contract(DOMAIN.chaincode)), register


def _propose(endpoint: str, where: str, path: str) -> None:
    with _opened(endpoint, where) as (municipality, register), ReadFile.of(Path(path), rules=rules()) as file:
        propose_file(municipality, register, SCHEME, "2026", file)


def _issue(endpoint: str, where: str) -> None:
    with _opened(endpoint, where) as (municipality, register):
        issue_approved(municipality, register, SCHEME)


def _watched(instants: killing.Instants, act: Callable[..., None], *arguments: Any) -> None:
    """Act, with instants around and within each write to the register, and around each call of the ledger."""
    writing, run = Store.writing, SyncSession.run

    @contextmanager
    def watched(self: Store) -> Iterator[object]:
        instants.pass_one()
        with writing(self) as connection:
            yield connection
            instants.pass_one()
        instants.pass_one()

    Store.writing = watched  # type: ignore[method-assign, assignment]
    SyncSession.run = lambda self, flow, *rest: run(  # type: ignore[method-assign]
        self, killing._watched(flow, instants), *rest
    )
    act(*arguments)


def _die(instant: int, act: Callable[..., None], *arguments: Any) -> bool:
    """Run and be killed at an instant; return whether it finished before."""
    return killing.run_and_die(instant, _watched, act, *arguments)


def _allocations(town: Office) -> list[str]:
    """The live allocations of the register's open bulks."""
    return sorted({bulk.proposal or "" for bulk in town.register.open_bulks(SCHEME)})


def _approve_the_only_one(town: Office) -> None:
    (allocation,) = _allocations(town)
    shown = town.municipality.allocations.approve(SCHEME, allocation)
    assert (shown["vouchers"], shown["cents"]) == (COUNT, COUNT * 30_000)
    assert town.ledger.calls.count("allocation:Propose") >= 1


def test_killed_at_random_instants_and_run_again(tmp_path: Path, where: str) -> None:
    seed = random.Random(14)
    path = str(write_file(tmp_path / "kinderen.csv", LISTED))
    with office(tmp_path, where) as town:
        endpoint = town.memory.endpoint
        finished = 0
        for _ in range(9):
            finished += _die(seed.randrange(45), _propose, endpoint, where, path)
        assert finished < 9
        _propose(endpoint, where, path)
        _approve_the_only_one(town)
        for _ in range(9):
            _die(seed.randrange(60), _issue, endpoint, where)
            vouchers = town.vouchers()
            entries = {entry.voucher for entry in town.register.entries(SCHEME)}
            assert set(vouchers) <= entries
            assert len(vouchers) % 500 in (0, COUNT % 500)
        _issue(endpoint, where)
        town.check(LISTED)
        assert sum(town.vouchers().values()) == COUNT * 30_000


@pytest.mark.proof("kills a proposal and an issue at each of their instants")
def test_killed_at_each_instant_and_run_again(tmp_path: Path) -> None:
    path = str(write_file(tmp_path / "kinderen.csv", LISTED))
    for act in ("propose", "issue"):
        finished, instant = False, 0
        while not finished:
            where = str(tmp_path / f"{act}-{instant}.db")
            with office(tmp_path, where) as town:
                endpoint = town.memory.endpoint
                if act == "propose":
                    finished = _die(instant, _propose, endpoint, where, path)
                if not finished or act == "issue":
                    _propose(endpoint, where, path)
                _approve_the_only_one(town)
                if act == "issue":
                    finished = _die(instant, _issue, endpoint, where)
                if not finished or act == "propose":
                    _issue(endpoint, where)
                town.check(LISTED)
            instant += 1
        assert instant > 20


def test_killed_while_many_requests_are_on_their_way(tmp_path: Path, where: str) -> None:
    """By the clock and not by instants: wherever the threads happen to be."""
    seed = random.Random(15)
    path = str(write_file(tmp_path / "kinderen.csv", LISTED))
    with office(tmp_path, where) as town:
        endpoint = town.memory.endpoint
        _propose(endpoint, where, path)
        _approve_the_only_one(town)
        for _ in range(6):
            process = killing.running(_issue, endpoint, where)
            process.join(seed.uniform(0.2, 1.5))
            process.kill()
            process.join(PATIENCE)
        _issue(endpoint, where)
        town.check(LISTED)


def test_two_runs_at_once_issue_each_voucher_once(tmp_path: Path, where: str) -> None:
    path = str(write_file(tmp_path / "kinderen.csv", LISTED))
    with office(tmp_path, where) as town:
        endpoint = town.memory.endpoint
        _propose(endpoint, where, path)
        _approve_the_only_one(town)
        processes = [killing.running(_issue, endpoint, where) for _ in range(2)]
        for process in processes:
            process.join(PATIENCE)
            assert process.exitcode == 0
        town.check(LISTED)
