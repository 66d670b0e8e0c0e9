"""Logs: entries with times and levels, several nodes in one order, doubted votes, the command."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from kindpakket_cli.network.group import network
from kindpakket_network import NetworkError, Topology
from kindpakket_network.nodes.unverified_votes import unverified_votes
from kindpakket_network.programs.home import Home, write
from kindpakket_network.programs.logs import Entry, Level, entries, instant, merged, read, selected

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
PEER = """\
\x1b[34m2026-05-01 12:00:00.100 UTC 0001 INFO\x1b[0m [localconfig] \x1b[34;1mload\x1b[0m -> settings
2026-05-01 12:00:01.000 UTC WARN [gossip] f: slow
2026-05-01 12:00:03.000 UTC PANI [kvledger] f: no disk
goroutine 1 [running]:
main.main()
"""
CONSENTER = """\
before all
2026-05-01 12:00:02.000 UTC ERRO [consensus] f: lost
"""


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def test_an_entry_has_a_time_a_level_and_the_lines_that_follow() -> None:
    assert list(entries("peer0.x", PEER.splitlines(keepends=True))) == [
        Entry(
            "peer0.x",
            NOON + timedelta(seconds=0.1),
            Level.INFO,
            "2026-05-01 12:00:00.100 UTC 0001 INFO [localconfig] load -> settings",
        ),
        Entry(
            "peer0.x",
            NOON + timedelta(seconds=1),
            Level.WARNING,
            "2026-05-01 12:00:01.000 UTC WARN [gossip] f: slow",
        ),
        Entry(
            "peer0.x",
            NOON + timedelta(seconds=3),
            Level.ERROR,
            "2026-05-01 12:00:03.000 UTC PANI [kvledger] f: no disk\ngoroutine 1 [running]:\nmain.main()",
        ),
    ]


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("2026/05/01 12:00:00 [INFO] Listening", Level.INFO),
        ("2026/05/01 12:00:00 [WARNING] weak", Level.WARNING),
        ("2026/05/01 12:00:00 [ERROR] refused", Level.ERROR),
        ("2026/05/01 12:00:00 [DEBUG] closing", Level.DEBUG),
        ("2026/05/01 12:00:00 starting kindpakket", Level.INFO),
    ],
)
def test_authorities_and_chaincodes_write_the_time_of_this_machine(line: str, level: Level) -> None:
    (entry,) = entries("ca.x", [line])
    assert (entry.at, entry.level) == (local("2026-05-01T12:00:00"), level)


def test_logs_are_merged_by_their_times() -> None:
    found = merged([entries("peer0.x", PEER.splitlines()), entries("orderer.x", CONSENTER.splitlines())])
    assert [(one.node, one.at and (one.at - NOON).total_seconds()) for one in found] == [
        ("orderer.x", None),
        ("peer0.x", 0.1),
        ("peer0.x", 1),
        ("orderer.x", 2),
        ("peer0.x", 3),
    ]


def test_entries_are_selected_by_time_and_level() -> None:
    found = list(entries("peer0.x", PEER.splitlines()))
    assert list(selected(found, NOON + timedelta(seconds=1), Level.DEBUG)) == found[1:]
    assert list(selected(found, None, Level.ERROR)) == found[2:]


def test_logs_that_were_put_aside_are_read_first(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    log.with_name("x.log.1").write_text("2026-05-01 12:00:00.000 UTC INFO [a] f: old\n")
    log.write_text("2026-05-01 13:00:00.000 UTC INFO [a] f: new\n")
    assert [entry.text[-3:] for entry in read("x", log)] == ["old", "new"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30s", NOON - timedelta(seconds=30)),
        ("10m", NOON - timedelta(minutes=10)),
        ("2 h", NOON - timedelta(hours=2)),
        ("1d", NOON - timedelta(days=1)),
        ("2026-05-01T10:00", NOON - timedelta(hours=2)),
        ("2026-05-01 12:00:00+02:00", NOON - timedelta(hours=2)),
    ],
)
def test_an_instant_as_people_write_it(text: str, expected: datetime) -> None:
    assert instant(text, NOON) == expected


@pytest.mark.parametrize("text", ["", "yesterday", "10", "m", "-3h"])
def test_what_is_no_instant_is_refused_with_examples(text: str) -> None:
    with pytest.raises(NetworkError, match="is not a point in time: write how long ago, such as 30s, 10m"):
        instant(text, NOON)


def test_doubted_votes_are_counted_by_voter_channel_and_time(tmp_path: Path) -> None:
    line = "2026-05-01 {at}.000 UTC WARN [bft] f: Couldn't verify {voter}'s signature: x channel={name}"
    rows = [("11:00:00", 3, "zuidhorn"), ("12:00:00", 3, "zuidhorn"), ("12:00:01", 3, "zuidhorn")]
    rows += [("12:00:02", 1, "zuidhorn"), ("12:00:03", 1, "zuidhorn2")]
    log = tmp_path / "log"
    log.write_text("\n".join(line.format(at=at, voter=voter, name=name) for at, voter, name in rows))
    assert unverified_votes(log, "zuidhorn", NOON) == {1: 1, 3: 2}
    assert unverified_votes(tmp_path / "none", "zuidhorn", NOON) == {}
    restarted = {3: NOON + timedelta(seconds=1), 1: NOON + timedelta(seconds=3)}
    assert unverified_votes(log, "zuidhorn", NOON, restarted) == {3: 1}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    found = Home(tmp_path / "home")
    found.create()
    write(found.topology, Topology.packaged("kindpakket").as_yaml())
    write(found.log("peer0.winkels"), PEER)
    write(found.log("orderer.winkels"), CONSENTER)
    return found


def shown(home: Home, *arguments: str) -> list[str]:
    result = CliRunner().invoke(network, ["logs", *arguments, "--home", str(home.root)])
    assert result.exit_code == 0, result.output
    return result.output.splitlines()


def test_the_command_shows_one_node_as_it_wrote(home: Home) -> None:
    assert shown(home, "orderer.winkels") == CONSENTER.splitlines()


def test_the_command_shows_all_nodes_in_one_order(home: Home) -> None:
    assert shown(home, "--level", "error") == [
        "orderer.winkels: 2026-05-01 12:00:02.000 UTC ERRO [consensus] f: lost",
        "peer0.winkels: 2026-05-01 12:00:03.000 UTC PANI [kvledger] f: no disk",
        "peer0.winkels: goroutine 1 [running]:",
        "peer0.winkels: main.main()",
    ]
    assert len(shown(home, "--lines", "1", "--json")) == 1
    assert json.loads(shown(home, "--since", "2026-05-01T12:00:02", "--json")[0]) == {
        "node": "orderer.winkels",
        "at": "2026-05-01T12:00:02+00:00",
        "level": "error",
        "text": "2026-05-01 12:00:02.000 UTC ERRO [consensus] f: lost",
    }


def test_the_command_names_a_node_without_a_log(home: Home) -> None:
    result = CliRunner().invoke(network, ["logs", "peer0.auditor", "--home", str(home.root)])
    assert result.exit_code == 1
    assert "peer0.auditor has no log yet: it was never started" in result.output
