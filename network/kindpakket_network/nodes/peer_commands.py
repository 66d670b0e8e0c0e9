"""The peer program's commands for channels and chaincodes, as one user of one organisation."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kindpakket_network.description.tuning import STANDARD
from kindpakket_network.errors import CommandFailed
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.programs.built import Programs
from kindpakket_network.programs.command import Command, Result
from kindpakket_network.programs.home import Home
from kindpakket_network.programs.process import run


@dataclass(frozen=True)
class KnownPeer:
    """A peer as another one knows it.

    Attributes:
        certificate: its enrolment certificate, PEM.
        chaincodes: the chaincodes of the channel that it can endorse.
    """

    certificate: str
    chaincodes: tuple[str, ...]

    def serves(self, chaincodes: Sequence[str]) -> bool:
        """Whether it can endorse all of these."""
        return set(chaincodes) <= set(self.chaincodes)


@dataclass(frozen=True)
class PeerCommands:
    """Calls to one peer.

    Args:
        programs: Fabric's programs.
        home: the network's folder.
        peer: the peer.
        user: the calling user of the peer's organisation.
    """

    programs: Programs
    home: Home
    peer: Peer
    user: str

    def join(self, genesis: Path) -> bool:
        """Join the channel of a first block.

        Returns:
            False when the peer has joined it before.
        """
        try:
            self._run("channel", "join", "-b", str(genesis))
        except CommandFailed as error:
            if re.search(r"ledger \[.*\] already exists", error.output):
                return False
            raise
        return True

    def installed(self) -> set[str]:
        """The ids of the installed packages."""
        result = self._run("lifecycle", "chaincode", "queryinstalled", "-O", "json")
        found = json.loads(result.output).get("installed_chaincodes") or []
        return {str(one["package_id"]) for one in found}

    def install(self, package: Path) -> None:
        """Install a package."""
        self._run("lifecycle", "chaincode", "install", str(package))

    def committed(self, channel: str, name: str) -> dict[str, Any] | None:
        """The committed definition of a chaincode, or None."""
        try:
            result = self._run(
                *("lifecycle", "chaincode", "querycommitted", "-C", channel, "-n", name, "-O", "json")
            )
        except CommandFailed as error:
            if "is not defined" in error.output:
                return None
            raise
        return dict(json.loads(result.output))

    def approvals(self, channel: str, definition: Sequence[str]) -> dict[str, bool]:
        """Which organisations have approved a definition, by MSP id."""
        result = self._run(
            *("lifecycle", "chaincode", "checkcommitreadiness", "-C", channel, *definition, "-O", "json")
        )
        return {str(msp): bool(given) for msp, given in json.loads(result.output)["approvals"].items()}

    def approve(self, channel: str, definition: Sequence[str], package_id: str, orderer: Orderer) -> None:
        """Approve a definition for this organisation, and wait until that is committed."""
        self._run(
            *("lifecycle", "chaincode", "approveformyorg", "-C", channel, *definition),
            *("--package-id", package_id, *_ordered_by(orderer)),
        )

    def commit(
        self, channel: str, definition: Sequence[str], endorsers: Sequence[Peer], orderer: Orderer
    ) -> None:
        """Commit a definition, and wait until all the endorsing peers have it."""
        self._run(
            *("lifecycle", "chaincode", "commit", "-C", channel, *definition),
            *(*_endorsed_by(endorsers), *_ordered_by(orderer)),
        )

    def invoke(
        self,
        channel: str,
        name: str,
        *,
        function: str,
        argument: str,
        endorsers: Sequence[Peer],
        orderer: Orderer,
    ) -> None:
        """Submit a transaction, and wait until the endorsing peers have committed it."""
        call = json.dumps({"function": function, "Args": [argument]})
        self._run(
            *("chaincode", "invoke", "-C", channel, "-n", name, "-c", call, "--waitForEvent"),
            *(*_endorsed_by(endorsers), *_ordered_by(orderer)),
        )

    def snapshot(self, action: str, channel: str, block: int) -> None:
        """Ask for a snapshot after a block, or take that back.

        Args:
            action: `submitrequest` or `cancelrequest`.
            channel: the channel.
            block: the block's number.
        """
        self._run(
            *("snapshot", action, "-c", channel, "-b", str(block)),
            *("--peerAddress", self.peer.endpoint, "--tlsRootCertFile", str(self.peer.tls_root)),
        )

    def query(self, channel: str, name: str, function: str, argument: str) -> str:
        """Evaluate a transaction on this peer."""
        call = json.dumps({"function": function, "Args": [argument]})
        return self._run("chaincode", "query", "-C", channel, "-n", name, "-c", call).output.strip()

    def endorsement_plan(self, channel: str, name: str) -> bool:
        """Whether the peer knows peers enough to have a transaction of a chaincode endorsed."""
        return bool(self._discover("endorsers", channel, "--chaincode", name))

    def known_peers(self, channel: str) -> dict[str, KnownPeer]:
        """The peers of a channel that this one knows to be alive, by their endpoints."""
        found = self._discover("peers", channel)
        return {
            str(one["Endpoint"]): KnownPeer(str(one["Identity"]).strip(), tuple(one["Chaincodes"] or ()))
            for one in found
        }

    def _discover(self, what: str, channel: str, *arguments: str) -> list[dict[str, Any]]:
        msp = self.home.user(self.peer.organisation, self.user) / "msp"
        words = [
            self.programs.path("discover"),
            *("--peerTLSCA", str(self.peer.tls_root)),
            *("--userKey", str(msp / "keystore" / "key.pem")),
            *("--userCert", str(msp / "signcerts" / "cert.pem")),
            *("--MSP", self.peer.msp),
            *(what, "--channel", channel, "--server", self.peer.endpoint, *arguments),
        ]
        try:
            result = run(Command(f"discover at {self.peer.node}", words, deadline=20.0))
        except CommandFailed:
            return []
        return list(json.loads(result.output or "[]"))

    def _run(self, *arguments: str) -> Result:
        environment = {
            "FABRIC_CFG_PATH": str(self.programs.config),
            "FABRIC_LOGGING_SPEC": STANDARD.log_spec,
            "CORE_PEER_LOCALMSPID": self.peer.msp,
            "CORE_PEER_MSPCONFIGPATH": str(self.home.user(self.peer.organisation, self.user) / "msp"),
            "CORE_PEER_ADDRESS": self.peer.endpoint,
            "CORE_PEER_TLS_ENABLED": "true",
            "CORE_PEER_TLS_ROOTCERT_FILE": str(self.peer.tls_root),
        }
        words = " ".join(word for word in arguments[:3] if not word.startswith("-"))
        name = f"`peer {words}` as {self.user} at {self.peer.node}"
        return run(Command(name, [self.programs.path("peer"), *arguments], environment))


def _ordered_by(orderer: Orderer) -> list[str]:
    return ["-o", orderer.endpoint, "--tls", "--cafile", str(orderer.tls_root)]


def _endorsed_by(peers: Sequence[Peer]) -> list[str]:
    return [
        word
        for peer in peers
        for word in ("--peerAddresses", peer.endpoint, "--tlsRootCertFiles", str(peer.tls_root))
    ]
