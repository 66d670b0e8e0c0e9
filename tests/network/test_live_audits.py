"""`kindpakket audit` on a live network: at the auditor's own peer, of a bundle, and as a watch."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from support import Town

from kindpakket.auditor import state_watch
from kindpakket.auditor.personal_data import PersonalDataScan
from kindpakket.auditor.reading import Reading
from kindpakket.auditor.state import State
from kindpakket.auditor.state_watch import StateWatch
from kindpakket_cli.main import main
from kindpakket_demo.desk import CHAINCODE
from kindpakket_demo.wallets import Wallet
from kindpakket_network import Network
from kindpakket_network.programs.wait import until
from patience import PATIENCE

GUIDE = Path(__file__).parents[2] / "docs" / "audit.md"


class Audits:
    """The command in the network's home."""

    def __init__(self, home: Path, folder: Path) -> None:
        self.home, self.folder = home, folder
        self.anchor = str(home / "channels" / "zuidhorn" / "genesis.block")
        self.options = ["--home", str(home), "--chaincode", CHAINCODE]

    def __call__(self, *arguments: str, code: int = 0) -> Any:
        """The answer in JSON of a command that has to end with a code."""
        result = CliRunner().invoke(main, ["audit", *arguments, "--json", *self.options])
        assert result.exit_code == code, result.output
        return json.loads(result.stdout)


def flaws(found: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """All but notes: on this network other tests forge endorsements, in transactions that came to nothing."""
    return [one for one in found if (one["kind"], one["rule"]) != ("note", "endorsement.flawed")]


@pytest.fixture
def audits(network: Network, tmp_path: Path) -> Audits:
    return Audits(Path(network.home), tmp_path)


def test_everything_is_verified_and_nothing_is_found(town: Town, audits: Audits, wallet: Wallet) -> None:
    town.desk.in_step()
    state = ("--state", str(audits.folder / "state.db"), "--anchor", audits.anchor)
    first = audits("verify", *state)
    assert flaws(first["found"]) == []
    assert first["untested"] == []
    order = town.order(wallet)
    town.till.shop.pay(order, wallet.authorise(order))
    town.desk.in_step()
    second = audits("verify", *state)
    assert flaws(second["found"]) == []
    assert second["started"] == first["height"] < second["height"]


def test_a_bundle_says_the_same_at_home(town: Town, audits: Audits) -> None:
    town.desk.in_step()
    bundle = str(audits.folder / "bundle.zip")
    taken = audits("bundle", bundle)
    found = audits("verify", "--bundle", bundle, "--anchor", audits.anchor)
    assert flaws(found["found"]) == []
    assert (found["height"], found["head"]) == (taken["height"], taken["head"])
    assert len(found["untested"]) == 1


@contextmanager
def watching(audits: Audits, address: str) -> Iterator[subprocess.Popen[str]]:
    """A watch in a process of its own."""
    command = [sys.executable, "-m", "kindpakket_cli", "audit", "watch", "--json", "--metrics", address]
    state = ["--state", str(audits.folder / "watch.db"), "--anchor", audits.anchor]
    process = subprocess.Popen(
        [*command, *state, *audits.options],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_a_watch_follows_the_chain(town: Town, audits: Audits, wallet: Wallet) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"

    def above(least: int, metric: str = "state_height") -> bool | None:
        """Whether so many blocks were verified, and the state after them agreed."""
        try:
            with urllib.request.urlopen(f"http://{address}/metrics", timeout=PATIENCE) as page:
                lines = page.read().decode().splitlines()
        except OSError:
            return None
        heights = [
            float(line.split()[-1]) for line in lines if line.startswith(f"kindpakket_audit_{metric}{{")
        ]
        return max(heights, default=0) > least or None

    with watching(audits, address) as watch:
        before = town.desk.auditor.network.ledger_height()
        assert until(lambda: above(before - 1), PATIENCE), "the watch has not read the blocks"
        order = town.order(wallet)
        town.till.shop.pay(order, wallet.authorise(order))
        assert until(lambda: above(before), PATIENCE), "the watch has not compared the payment"
        assert above(before, "height")
        watch.send_signal(signal.SIGTERM)
        said, _ = watch.communicate(timeout=PATIENCE)
    assert flaws(map(json.loads, said.splitlines())) == []
    assert watch.returncode == 0


def test_every_record_agrees_when_it_is_asked_for_by_its_key(
    town: Town, audits: Audits, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a watch asks, which knows a record by the block that wrote it: here, all of all blocks."""
    town.desk.in_step()
    auditor = town.desk.auditor
    messages = [*auditor.network.blocks(0, auditor.network.ledger_height() - 1)]
    state = State(audits.folder / "by-key.db")
    reading = Reading(state, auditor.caller.domain, PersonalDataScan(()))
    for _ in reading.read(messages):
        pass
    monkeypatch.setattr(state_watch, "_MANY", 10**6)
    watch = StateWatch(reading, auditor, auditor.network.ledger_height)
    assert watch.look() == []
    for message in messages:
        watch.note(message)
    asked = watch.noted
    assert {"voucher", "payment", "scheme", "shop", "rules", "budget", "allocation"} <= asked.keys()
    print("by key:", asked)
    assert watch.look() == []
    assert (watch.differences, watch.noted) == (0, {})
    state.close()


def test_the_commands_of_the_guide_work(
    town: Town, network: Network, audits: Audits, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each command of docs/audit.md, in its order; the bank's files are those of another test."""
    town.desk.in_step()
    folder = audits.folder
    monkeypatch.chdir(folder)
    shutil.copy(audits.anchor, folder / "genesis.block")
    (folder / "names.txt").write_text("Fenna van der Veen\n999990019\n")
    copied = folder / "copy"
    peer = network.home / "nodes" / "peer0.auditor" / "data" / "ledgersData"
    shutil.copytree(peer / "chains" / "chains" / "zuidhorn", copied)
    commands = [line for line in GUIDE.read_text("utf-8").splitlines() if line.startswith("kindpakket ")]
    assert len(commands) > 6
    public = ""
    for command in commands:
        given = re.sub(" --(payments|statements) \\S+", "", command)
        given = given.replace("/copy/ledgersData/chains/chains/zuidhorn", str(copied))
        arguments = shlex.split(given)[1:]
        if "auditor.example+…" in arguments:
            arguments[arguments.index("auditor.example+…")] = public
        if "watch" in arguments:
            arguments.append("--once")
        own = [] if "key" in arguments or "show" in arguments else audits.options
        result = CliRunner().invoke(main, [*arguments, *own])
        assert result.exit_code == 0, (command, result.output)
        if "key" in arguments:
            public = result.output.splitlines()[-1]
