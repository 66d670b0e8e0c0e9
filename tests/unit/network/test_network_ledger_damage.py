"""A node whose process ended over its ledger is told from one that ended otherwise, by the end of its log."""

from __future__ import annotations

from pathlib import Path

import pytest

from kindpakket_network.programs.home import Home, write
from kindpakket_network.programs.ledger_damage import ledger_damage
from kindpakket_network.programs.process import Processes

STACK = "\n\ngoroutine 1 [running]:\nmain.main()\n\t/main.go:7 +0x1d\n"
ENTRY = "2026-11-29 08:45:13.144 UTC INFO [nodeCmd] serve: Started peer\n"
# As Fabric 3.1.1 ends when its files were flipped, shortened or deleted.
DAMAGED = (
    "Could not retrieve header of the last block form file: error decoding the data hash: unexpected EOF",
    "Could not open current file for detecting last block in the file: error peeking [-10] bytes from block "
    "file: bufio: negative count",
    "Error opening leveldb: database entry point either missing or corrupted",
    "Failed to sanitize identity: failed to PEM decode identity bytes: -----BEGIN CERTIFICATE-----",
    "Error creating ledger resources: error umarshaling config envelope from payload data: proto: cannot",
    "Failed to determine cluster membership from config-block, error: failed to validate config metadata",
    "tocommit(6) is out of range [lastIndex(5)]. Was the raft log corrupted, truncated, or lost?",
    "Failed to create chain support for channel 'zuidhorn', error: error creating consenter for channel: "
    "zuidhorn: failed to restore persisted raft data: failed to create or read WAL",
)


def log_of(folder: Path, text: str) -> Path:
    path = folder / "peer0.a.log"
    write(path, text)
    return path


@pytest.mark.parametrize("words", DAMAGED)
def test_a_panic_over_the_ledger_is_recognised(tmp_path: Path, words: str) -> None:
    assert ledger_damage(log_of(tmp_path, f"{ENTRY}panic: {words}{STACK}")) == f"panic: {words}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        ENTRY,
        f"{ENTRY}panic: nil conf reference{STACK}",
        f"panic: {DAMAGED[0]}{STACK}{ENTRY}",
        f"panic: Error opening leveldb: resource temporarily unavailable{STACK}",
        f"panic: Could not truncate current file to known size in db: no space left on device{STACK}",
    ],
    ids=["no words", "no panic", "another panic", "an earlier panic", "a lock", "a full disk"],
)
def test_a_ledger_is_not_blamed_for_other_ends(tmp_path: Path, text: str) -> None:
    assert ledger_damage(log_of(tmp_path, text)) is None


def test_without_a_log_nothing_is_known(tmp_path: Path) -> None:
    assert ledger_damage(tmp_path / "peer0.a.log") is None


def test_the_error_of_a_node_that_did_not_start_names_the_repair(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.create()
    write(home.log("peer0.a"), f"{ENTRY}panic: {DAMAGED[1]}{STACK}")
    error = Processes(home).failed("peer0.a", "exited unexpectedly")
    assert "Its ledger is damaged: run `kindpakket network rebuild peer0.a`" in str(error)
