"""The `peer` program, as one user of an organisation runs it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kindpakket_network.description.tuning import STANDARD
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.programs.command import Command
from kindpakket_network.programs.fabric import Programs


def peer_command(
    name: str,
    arguments: Sequence[str],
    *,
    programs: Programs,
    msp: str,
    folder: Path,
    peer: Peer | None = None,
    deadline: float = 60.0,
) -> Command:
    """One run of the `peer` program.

    Args:
        name: its name in error messages.
        arguments: what follows the program's name.
        programs: Fabric's programs.
        msp: the MSP id of the user's organisation.
        folder: the user's MSP folder, with certificate and key.
        peer: the peer to call; None for what calls consenters only.
        deadline: seconds until it is killed.
    """
    environment = {
        "FABRIC_CFG_PATH": str(programs.config),
        "FABRIC_LOGGING_SPEC": STANDARD.log_spec,
        "CORE_PEER_LOCALMSPID": msp,
        "CORE_PEER_MSPCONFIGPATH": str(folder),
    }
    if peer is not None:
        environment |= {
            "CORE_PEER_ADDRESS": peer.endpoint,
            "CORE_PEER_CLIENT_CONNTIMEOUT": peer.connect_timeout,
            "CORE_PEER_TLS_ENABLED": "true",
            "CORE_PEER_TLS_ROOTCERT_FILE": str(peer.tls_root),
        }
    return Command(name, [programs.path("peer"), *arguments], environment, deadline=deadline)
