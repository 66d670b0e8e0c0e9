"""A peer that has left a channel joins it again by hfc's call, under hfc and under fabric_gateway.hfc."""

from __future__ import annotations

import os
import subprocess

from hfc_running import CHANNEL, Outcomes, Runner, settle

from kindpakket_network import Network

PEER = "peer0.org2"


def test_a_peer_joins_a_channel(
    both: tuple[Runner, Runner], network: Network, outcomes: tuple[Outcomes, Outcomes]
) -> None:
    assert outcomes  # what compares blocks has read them before the peer leaves
    for runner in both:
        leave(network)
        found = runner.run("joining.py", "configuration.json")
        assert found == {"before": [], "answers": [[200, ""]], "after": [CHANNEL]}, runner.name
        settle(network)


def leave(network: Network) -> None:
    """Have the peer leave the channel, which it does while it is stopped."""
    session = network.session()
    peer = session.inventory.peers_of("org2")[0]
    network.stop(PEER)
    done = subprocess.run(
        [session.programs.path("peer"), "node", "unjoin", "-c", CHANNEL],
        env=os.environ | peer.program(session.programs).environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    network.start(PEER)
