"""The ledger view on real peers: followed while payments go on, killed again and again, and made anew."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest

from fabric_gateway import Network as Ledger
from kindpakket.backoffice.books.mapping import example
from kindpakket.ledger.days import today
from kindpakket.ledgerview import LedgerView, Sums, ViewError, catch_up, rebuild, table
from kindpakket_demo import day
from kindpakket_demo.desk import AUDITOR, CHAINCODE, CHANNEL, MUNICIPALITY, Desk
from kindpakket_demo.town import make_town
from kindpakket_network import Network
from patience import PATIENCE
from view_equations import check_books, check_equations

CHILDREN, HOUSEHOLDS, PAYMENTS = 24, 10, 60


class Follower:
    """`kindpakket view follow` in a process of its own, which is killed and started again."""

    def __init__(self, home: Path, where: Path, ledger: Ledger) -> None:
        self._ledger = ledger
        place = ("--home", str(home), "--chaincode", CHAINCODE)
        self._command = [sys.executable, "-m", "kindpakket_cli", "view", "follow", *place]
        self._where = where
        self._log = where.with_name("log")
        self._process: subprocess.Popen[bytes] | None = None
        self.heights: list[int] = []

    def restart(self) -> None:
        """Kill it once it has added something that there is, and start another one."""
        if self._process is not None:
            more = self.heights[-1] + 1 if self.heights else 1
            self.await_height(min(more, self._ledger.ledger_height()))
        self.kill()
        with self._log.open("w") as log:
            self._process = subprocess.Popen([*self._command, "--view", str(self._where)], stderr=log)

    def kill(self) -> None:
        if self._process is not None:
            assert self._process.poll() is None, self._log.read_text()
            self._process.kill()
            self._process.wait(PATIENCE)
            self.heights.append(self.height())
            self._process = None

    def height(self) -> int:
        try:
            with LedgerView(self._where) as view:
                return view.height
        except ViewError:
            return 0

    def await_height(self, height: int) -> None:
        end = time.monotonic() + PATIENCE
        while self.height() < height:
            assert self._process is not None
            assert self._process.poll() is None, self._log.read_text()
            assert time.monotonic() < end
            time.sleep(0.05)

    @contextmanager
    def step(self, title: str, total: int | None) -> Iterator[Callable[[], None]]:
        """A step of the demo's day, before which the follower is killed."""
        self.restart()
        yield lambda: None


@pytest.fixture(scope="module")
def followed(
    network: Network, desk: Desk, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[day.Day, Path, list[int]]]:
    """A day of the demo that a view followed, and where that is."""
    where = tmp_path_factory.mktemp("view") / "view.db"
    ledger = desk.ledger(MUNICIPALITY, "clerk")
    follower = Follower(network.home, where, ledger)
    results = tmp_path_factory.mktemp("results")
    try:
        with Desk(network, results, Random(5)) as own:
            lived = day.run(own, make_town(CHILDREN, HOUSEHOLDS, today(), 5), PAYMENTS, follower.step)
        follower.await_height(ledger.ledger_height())
        follower.kill()
        yield lived, where, follower.heights
    finally:
        follower.kill()


def test_it_agrees_with_the_auditor_and_with_the_chaincode(
    followed: tuple[day.Day, Path, list[int]], desk: Desk
) -> None:
    lived, where, heights = followed
    assert sorted(heights) == heights
    assert len({*heights}) > 5
    with LedgerView(where) as view:
        assert view.status().flaws == 0
        audit = desk.auditor.verify()
        assert audit.passed, [*audit.findings, *audit.differences]
        catch_up(view, desk.ledger(AUDITOR, "auditor"))
        assert view.height == audit.height
        sums = Sums.of(view.movements())
        check_equations(sums)
        check_books(sums, audit.books)
        with view.reading() as snapshot:
            assert snapshot.moment.hash == audit.head
            assert snapshot.count(table("requests")) == audit.requests
            ids = [column.name for column in snapshot.columns(table("vouchers"))]
            rows = [dict(zip(ids, row, strict=True)) for row in snapshot.rows(table("vouchers"))]
    totals = desk.auditor.audit.scheme_totals(lived.scheme)
    mine = [row for row in rows if row["scheme"] == lived.scheme]
    assert totals["vouchers"] == len(mine)
    for term, cents in totals["balance"].items():
        assert sum(int(str(row[term])) for row in mine) == cents, term
    paid = sum(cents["paid"] for (scheme, _), cents in sums.shops.items() if scheme == lived.scheme)
    assert paid == totals["shops"]["paid_cents"] > 0


def test_made_anew_and_from_another_peer_it_has_the_same_hash(
    followed: tuple[day.Day, Path, list[int]], desk: Desk, tmp_path: Path
) -> None:
    _, where, _ = followed
    with LedgerView(where) as view:
        municipality, auditor = desk.ledger(MUNICIPALITY, "clerk"), desk.ledger(AUDITOR, "auditor")
        catch_up(view, municipality)
        expected = view.digest()
        with LedgerView(tmp_path / "other.db", channel=CHANNEL, chaincode=CHAINCODE) as other:
            assert catch_up(other, auditor) == view.height
            assert other.digest() == expected
        rebuild(view, municipality)
        assert view.digest() == expected


def test_figures_and_exports_of_a_real_day(
    followed: tuple[day.Day, Path, list[int]], network: Network, desk: Desk, tmp_path: Path
) -> None:
    lived, where, _ = followed

    def answer(*arguments: str) -> Any:
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "kindpakket_cli",
                *arguments,
                "--view",
                where,
                "--json",
                "--home",
                network.home,
                "--chaincode",
                CHAINCODE,
            ],
            capture_output=True,
            check=True,
        )
        return json.loads(done.stdout)

    found = answer("figures", lived.scheme)
    (scheme,) = found["schemes"]
    assert found["as_at"]["channel"] == CHANNEL
    totals = desk.auditor.audit.totals(lived.scheme)
    assert (scheme["vouchers"], scheme["available_cents"]) == (totals["vouchers"], totals["available_cents"])
    assert 0 < scheme["used_cents"] == sum(each["used_cents"] for each in scheme["categories"])
    # The bank paid on the next day on which TARGET is open, which may be five days later.
    assert scheme["payout"]["paid_payments"] > 0
    assert 1 <= scheme["payout"]["longest_days"] <= 5
    at_once = answer("figures", lived.scheme, "--as-at", date.today().isoformat())
    assert at_once["schemes"] == found["schemes"]
    (version, *_) = answer("view", "history", "vouchers", lived.voucher)["versions"]
    assert (version["operation"], version["who"].startswith("GemeenteMSP/")) == ("voucher:Issue", True)
    for kind in ("csv", "xlsx", "parquet"):
        done = answer("view", "export", str(tmp_path / kind), "--format", kind, "--history")
        assert done["rows"]["payments"] >= lived.valid_payments


def test_the_books_of_a_real_day_agree_with_the_chaincode(
    followed: tuple[day.Day, Path, list[int]], desk: Desk, tmp_path: Path
) -> None:
    lived, where, _ = followed
    with LedgerView(where) as view:
        catch_up(view, desk.ledger(AUDITOR, "auditor"))
        height = view.height

    def books(*arguments: str | Path) -> Any:
        command = [sys.executable, "-m", "kindpakket_cli", "books", *arguments, "--view", where, "--json"]
        done = subprocess.run(command, capture_output=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    mapping, totals = tmp_path / "mapping.yaml", tmp_path / "totals.json"
    mapping.write_text(example())
    told = desk.auditor.audit.scheme_totals(lived.scheme)
    totals.write_text(json.dumps(told))
    checked = books("check", "--mapping", mapping, "--totals", totals)
    assert (checked["channel"], checked["height"]) == (CHANNEL, height)
    journal = books("journal", "--mapping", mapping, "--scheme", lived.scheme)
    moved = [line for entry in journal["entries"] for line in entry["lines"]]
    assert sum(line["debit_cents"] for line in moved) == sum(line["credit_cents"] for line in moved) > 0
