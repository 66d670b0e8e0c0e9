"""What is wrong with a network is told with what to do; where nothing is wrong, nothing is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kindpakket_network import ChannelStatus, NodeStatus
from kindpakket_network.reports.channels import ChaincodeStatus, acquaintance
from kindpakket_network.reports.findings import findings

PLENTY = 1 << 40
CONSENTERS = ("orderer.a", "orderer.b", "orderer.c", "orderer.d")
NODES = tuple(
    NodeStatus(node, True, "runs", number, 1, None, "127.0.0.1:1")
    for number, node in enumerate((*CONSENTERS, "peer0.a", "peer0.b"), 10)
)
CHAINCODE = ChaincodeStatus("kindpakket", "1.0", 3, "kindpakket:1", True, 3, "1.0")
CHANNEL = ChannelStatus(
    name="zuidhorn",
    leader="orderer.a",
    heights={node.node: 7 for node in NODES},
    chaincodes=(CHAINCODE,),
    consenters=CONSENTERS,
    taking_part=CONSENTERS,
    needed=3,
    view=0,
    peers_known={"peer0.a": 1, "peer0.b": 1},
    peers_running=2,
)


def told(channel: ChannelStatus = CHANNEL, nodes: tuple[NodeStatus, ...] = NODES) -> list[str]:
    return [str(finding) for finding in findings(nodes, [channel], PLENTY)]


def with_state(node: str, state: str) -> tuple[NodeStatus, ...]:
    return tuple(replace(one, running=False, state=state) if one.node == node else one for one in NODES)


def test_nothing_is_told_of_a_network_that_is_well() -> None:
    assert told() == []


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("stopped", "peer0.a: is stopped; run `kindpakket network start peer0.a`, or `up`"),
        ("ended", "peer0.a: exited without being stopped; run `kindpakket network up`, and read"),
        ("restored", "peer0.a: was restored or rebuilt and does not serve until it has caught up; run"),
        (
            "damaged",
            "peer0.a: exited because its ledger is damaged; run `kindpakket network rebuild peer0.a`",
        ),
        ("suspended", "peer0.a: is suspended (SIGSTOP) and does not answer; run `kindpakket network up`"),
    ],
)
def test_a_node_that_does_not_run(state: str, words: str) -> None:
    (line,) = told(nodes=with_state("peer0.a", state))
    assert line.startswith(words)


@pytest.mark.parametrize(
    ("taking_part", "leader", "words"),
    [
        (3, "orderer.a", "3 of 4 consenters take part, and ordering needs all of them"),
        (2, None, "2 of 4 consenters take part, but ordering needs 3: it has stopped"),
        (4, None, "has no leader"),
    ],
)
def test_how_much_ordering_still_bears(taking_part: int, leader: str | None, words: str) -> None:
    (line,) = told(replace(CHANNEL, taking_part=CONSENTERS[:taking_part], leader=leader))
    assert words in line


def test_a_leader_that_may_be_another_organisations_is_not_missed() -> None:
    assert told(replace(CHANNEL, leader=None, leader_elsewhere=True)) == []


def test_a_consenter_that_has_heard_no_leader_since_it_started() -> None:
    (line,) = told(replace(CHANNEL, unled=("orderer.d",)))
    assert line.startswith("orderer.d: runs, but has heard no leader of zuidhorn since it started; run")
    silent = replace(CHANNEL, unled=CONSENTERS, leader=None)
    assert told(silent) == ["zuidhorn: has no leader; check again in a few seconds"]


def test_a_node_that_stays_behind() -> None:
    channel = replace(CHANNEL, heights={**CHANNEL.heights, "peer0.b": 5}, behind=("peer0.b",))
    assert told(channel) == [
        "peer0.b: is stalled at height 5 of zuidhorn, while others have height 7; "
        "run `kindpakket network stop peer0.b` and `start peer0.b`, or `up`; if that does not help, its "
        "ledger may be damaged: run `kindpakket network rebuild peer0.b`"
    ]
    assert told(replace(channel, behind=())) == []  # it caught up while we looked


def test_a_node_that_has_not_joined() -> None:
    channel = replace(CHANNEL, heights={**CHANNEL.heights, "peer0.b": None})
    assert told(channel) == [
        "peer0.b: does not answer, or has not joined zuidhorn; run `kindpakket network up`; if that does not "
        "help, its ledger may be damaged: run `kindpakket network rebuild peer0.b`"
    ]


def test_votes_that_do_not_count() -> None:
    (line,) = told(replace(CHANNEL, doubts={"orderer.a": {"orderer.d": 12}}))
    assert "could not verify 12 votes of orderer.d on zuidhorn" in line


def test_peers_that_do_not_know_one_another() -> None:
    (line,) = told(replace(CHANNEL, peers_known={"peer0.a": 0, "peer0.b": None}))
    assert "peer0.a: knows 0 of 1 other peer of zuidhorn" in line


@pytest.mark.parametrize(
    ("chaincode", "words"),
    [
        (replace(CHAINCODE, sequence=None), "is not deployed"),
        (replace(CHAINCODE, sequence=4), "has committed definition 3, and 4 is being deployed"),
        (replace(CHAINCODE, committed_sequence=5), "has committed definition 5, but this home deployed 3"),
    ],
)
def test_a_chaincode_that_is_not_as_deployed(chaincode: ChaincodeStatus, words: str) -> None:
    (line,) = told(replace(CHANNEL, chaincodes=(chaincode,)))
    assert line.startswith("kindpakket on zuidhorn: ")
    assert words in line


def test_a_disk_that_is_full() -> None:
    (finding,) = findings(NODES, [CHANNEL], 100 << 20)
    assert str(finding) == "disk: only 100 MB are free on the home's disk; it needs 1024; free up space"


def test_a_peer_that_has_just_started_has_more_time_to_become_known() -> None:
    now = datetime(2026, 3, 10, 12, tzinfo=UTC)

    def patience(*seconds: float | None) -> float:
        return acquaintance(
            [None if ago is None else now - timedelta(seconds=ago) for ago in seconds], now=now
        )

    settled = patience(86_400, 3_600)
    assert patience() == patience(None) == settled
    assert patience(86_400, 10) == patience(10, None) > settled
    assert patience(0) > patience(10)
    assert patience(-3) == patience(0), "start times are only known to the second"
