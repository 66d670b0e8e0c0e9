"""`kindpakket view` and `kindpakket figures`, on a peer in memory that serves the blocks of a small town."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest
from desk import Command
from ledger_blocks import Asked, Peer, peer_of
from small_town import SmallTown
from story import NOON

from kindpakket.ledgerview import TABLES, LedgerView, ViewError
from patience import PATIENCE


@pytest.fixture(scope="module")
def peer() -> Peer:
    town = SmallTown(Random(3))
    return peer_of([*town.begin(), *town.steps(200)])


@pytest.fixture
def town(kindpakket: Command, peer: Peer) -> Command:
    """The command, on a peer that has the blocks of the town."""
    kindpakket.memory._ledger.blocks[:] = peer.messages
    return kindpakket


def test_followed_once_it_is_in_the_home(town: Command, peer: Peer) -> None:
    made = town.answer("view", "follow", "--once")
    assert (made["height"], made["added"], made["flaws"]) == (len(peer.messages), len(peer.messages), 0)
    assert town.answer("view", "follow", "--once")["added"] == 0
    status = town.answer("view", "status", "--hash")
    assert (status["channel"], status["chaincode"]) == ("zuidhorn", "kindpakket")
    assert (status["block"], status["height"]) == (len(peer.messages) - 1, len(peer.messages))
    assert {table.name for table in TABLES} == set(status["rows"])
    assert (town.home / "ledger-view.db").is_file()
    rebuilt = town.answer("view", "rebuild")
    assert (rebuilt["rebuilt"], rebuilt["hash"]) == (True, status["hash"])
    assert town.answer("view", "status", "--hash")["tables_hash"] == status["tables_hash"]
    shown = town("view", "status")
    assert shown.exit_code == 0
    assert f"{status['rows']['requests']:,}" in shown.output


def test_it_can_be_in_postgresql(town: Command, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    town("view", "follow", "--once", "--view", where)
    monkeypatch.setenv("KINDPAKKET_VIEW", where)
    assert town.answer("view", "status")["rows"]["vouchers"] > 0
    assert not (town.home / "ledger-view.db").exists()


def test_tables_are_written_to_a_folder(town: Command, tmp_path: Path) -> None:
    town("view", "follow", "--once")
    out = tmp_path / "out"
    done = town.answer("view", "export", str(out), "--table", "vouchers", "--table", "requests")
    assert [Path(file).name for file in done["files"]] == [
        "vouchers.csv",
        "requests.csv",
        "vouchers.csv-metadata.json",
        "requests.csv-metadata.json",
    ]
    with (out / "vouchers.csv").open(encoding="utf-8-sig") as file:
        assert len(list(csv.DictReader(file, delimiter=";"))) == done["rows"]["vouchers"] > 0
    again = town("view", "export", str(out), "--table", "vouchers")
    assert (again.exit_code, "exists already" in again.stderr) == (2, True)
    for kind in ("xlsx", "parquet"):
        assert town("view", "export", str(out), "--format", kind, "--history").exit_code == 0
    early = town.answer("view", "export", str(tmp_path / "early"), "--as-at", "10", "--delimiter", "tab")
    assert early["as_at"]["block"] == 10
    assert early["rows"]["requests"] < done["rows"]["requests"]
    wrong = town("view", "export", str(out), "--table", "children")
    assert wrong.exit_code == 2
    assert "a view has no table 'children': it has schemes, " in wrong.stderr


def test_the_history_of_one_thing(town: Command) -> None:
    town("view", "follow", "--once")
    with_history = town.answer("view", "history", "budgets", "1".zfill(32))
    first, *_, last = with_history["versions"]
    assert (first["operation"], first["who"], first["reason"]) == (
        "scheme:Draft",
        "GemeenteMSP/p-clerk",
        "council",
    )
    assert set(last["changed"]) < set(first["changed"])
    shown = town("view", "history", "budgets", "1".zfill(32))
    assert "scheme:Draft" in shown.output
    assert "As at block " in shown.stderr
    missing = town("view", "history", "budgets", "f" * 32, "--json")
    assert (missing.exit_code, json.loads(missing.stderr)["error"]["code"]) == (2, "NO_SUCH")
    journal = town("view", "history", "requests", "f" * 32)
    assert "requests has no versions: choose one of schemes, " in journal.stderr


def test_figures_are_shown_and_given_as_json(town: Command) -> None:
    town("view", "follow", "--once")
    found = town.answer("figures")
    assert len(found["schemes"]) == 2
    scheme = found["schemes"][0]
    shown = town("figures", scheme["id"])
    for text in ("Schemes", "Categories", "Quarters of issue", "Days until shops are paid", "2026-Q1"):
        assert text in shown.output
    assert f"As at block {found['as_at']['block']} of channel zuidhorn, " in shown.output
    one = town.answer("figures", scheme["id"], "--as-at", "2026-03-10")
    assert [each["id"] for each in one["schemes"]] == [scheme["id"]]
    assert one["as_at"]["block"] < found["as_at"]["block"]
    missing = town("figures", "f" * 32)
    assert (missing.exit_code, missing.stderr.strip()) == (
        2,
        f"Error: there is no scheme {'f' * 32} as at block {found['as_at']['block']}",
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["figures"], "there is no view"),
        (["view", "status"], "there is no view"),
        (["view", "export", "out"], "make one with kindpakket view follow --once"),
        (["figures", "--as-at", "yesterday"], "'yesterday' is neither a block's number nor a date such as"),
        (["view", "status", "--view", "mysql://clerk:geheim@db.example/x"], "cannot be in mysql"),
        (["view", "tables", "children"], "a view has no table 'children'"),
    ],
)
def test_a_view_that_cannot_be_used(kindpakket: Command, arguments: list[str], sentence: str) -> None:
    result = kindpakket(*arguments)
    assert result.exit_code == 2
    assert sentence in " ".join(result.stderr.split())
    assert "geheim" not in result.output


def test_a_peer_with_other_blocks_is_refused(town: Command, peer: Peer) -> None:
    town("view", "follow", "--once")
    other = SmallTown(Random(4))
    another = peer_of([*other.begin(), *other.steps(300)])
    town.memory._ledger.blocks[:] = another.messages
    result = town("view", "follow", "--once", "--json")
    assert (result.exit_code, json.loads(result.stderr)["error"]["code"]) == (1, "REFUSED")
    assert town.answer("view", "status")["height"] == len(peer.messages)


def test_money_that_does_not_add_up_ends_with_1(town: Command) -> None:
    odd = Asked(
        "request:Void",
        {"request_id": "a" * 32},
        {f"budget/{'a' * 32}": {"budget_cents": 1, "issued_cents": 5}},
    )
    town.memory._ledger.blocks[:] = peer_of([odd]).messages
    followed = town("view", "follow", "--once")
    assert followed.exit_code == 1
    assert "The money of 1 transaction does not add up" in followed.output
    assert town("view", "status").exit_code == 1


def test_the_data_dictionary(kindpakket: Command) -> None:
    tables: list[dict[str, Any]] = kindpakket.answer("view", "tables")
    assert [table["table"] for table in tables] == [table.name for table in TABLES]
    assert all(column["meaning"].endswith(".") for table in tables for column in table["columns"])
    (one,) = kindpakket.answer("view", "tables", "vouchers")
    assert "lapsed_cents" in [column["name"] for column in one["columns"]]
    assert "lapsed_cents" in kindpakket("view", "tables", "vouchers").output
    assert "movements" in kindpakket("view", "tables").output


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Programs started from here can be interrupted; in the background of a shell they could not."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@contextmanager
def started(command: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
    """A program, which does not outlive the test."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.usefixtures("ctrl_c")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_following_goes_on_until_it_is_stopped(town: Command, peer: Peer, how: signal.Signals) -> None:
    command = [sys.executable, "-m", "kindpakket_cli", "view", "follow", "--home", str(town.home)]
    with started(command) as process:
        assert process.stderr is not None
        more = Asked("request:Void", {"request_id": "b" * 32}, {}, at=NOON + 10**7)
        grown = Peer([*peer.messages])
        assert process.stderr.readline() == (
            f"Up to date with {len(peer.messages)} blocks. Waiting for the next one.\n"
        )
        for _ in range(3):
            grown.append(more)
            with town.memory._ledger.changed:
                town.memory._ledger.blocks.append(grown.messages[-1])
                town.memory._ledger.changed.notify_all()
            end = time.monotonic() + PATIENCE
            while _height(town.home) < len(grown.messages):
                assert process.poll() is None, process.stderr.read()
                assert time.monotonic() < end
        process.send_signal(how)
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (0, "Stopped.\n")
    assert f"The view is at block {len(grown.messages) - 1} of channel zuidhorn" in out


def _height(home: Path) -> int:
    try:
        with LedgerView(home / "ledger-view.db") as view:
            return view.height
    except ViewError:
        return -1
