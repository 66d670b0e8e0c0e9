"""The `peer` program's commands for channels and chaincodes, run as one user of an organisation."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kindpakket_network.errors import CommandFailed
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.nodes.peer_program import peer_command
from kindpakket_network.programs.command import Command, Result, run
from kindpakket_network.programs.fabric import Programs
from kindpakket_network.programs.home import Home

# The function that contracts of Fabric's contract API describe themselves with; others refuse it.
_ANY_FUNCTION = "org.hyperledger.fabric:GetMetadata"
# What a peer says when a chaincode's process does not answer.
_SILENT = ("failed to execute transaction", "could not launch chaincode", "make sure the chaincode")


@dataclass(frozen=True)
class KnownPeer:
    """A peer as discovered by another peer.

    Attributes:
        certificate: its enrolment certificate, PEM.
        chaincodes: the channel's chaincodes that it can endorse.
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
        """Join a channel by its genesis block.

        Returns:
            False if the peer had already joined.
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
        packages = json.loads(result.output).get("installed_chaincodes") or []
        return {str(package["package_id"]) for package in packages}

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

    def approved_package(self, channel: str, name: str, sequence: int) -> str | None:
        """The package of this organisation's approval of a definition; None if there is none."""
        try:
            result = self._run(
                *("lifecycle", "chaincode", "queryapproved", "-C", channel, "-n", name),
                *("--sequence", str(sequence), "-O", "json"),
            )
        except CommandFailed:
            return None
        source = json.loads(result.output).get("source", {}).get("Type", {})
        package = source.get("LocalPackage", {}).get("package_id")
        return None if package is None else str(package)

    def answers(self, channel: str, name: str) -> bool:
        """Whether a chaincode's process answers a query; a refusal is an answer."""
        try:
            self.query(channel, name, _ANY_FUNCTION, "")
        except CommandFailed as error:
            return "status:500" in error.output and not any(words in error.output for words in _SILENT)
        return True

    def approve(self, channel: str, definition: Sequence[str], package_id: str, orderer: Orderer) -> None:
        """Approve a definition for this organisation, and wait until the approval is committed."""
        self._run(
            *("lifecycle", "chaincode", "approveformyorg", "-C", channel, *definition),
            *("--package-id", package_id, *ordered_by(orderer)),
        )

    def commit(
        self, channel: str, definition: Sequence[str], endorsers: Sequence[Peer], orderer: Orderer
    ) -> None:
        """Commit a definition, and wait until all endorsing peers have it."""
        self._run(
            *("lifecycle", "chaincode", "commit", "-C", channel, *definition),
            *(*_endorsed_by(endorsers), *ordered_by(orderer)),
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
            *(*_endorsed_by(endorsers), *ordered_by(orderer)),
        )

    def snapshot(self, action: str, channel: str, block: int) -> None:
        """Request a snapshot after a block, or cancel the request.

        Args:
            action: `submitrequest` or `cancelrequest`.
            channel: the channel.
            block: the block's number.
        """
        self._run(
            *("snapshot", action, "-c", channel, "-b", str(block)),
            *("--peerAddress", self.peer.endpoint, "--tlsRootCertFile", str(self.peer.tls_root)),
        )

    def join_by_snapshot(self, folder: Path) -> None:
        """Begin to join a channel by a snapshot in a folder that the peer can read."""
        self._run("channel", "joinbysnapshot", "--snapshotpath", str(folder))

    def imports_snapshot(self) -> bool:
        """Whether the peer is joining a channel by a snapshot."""
        status = self._run("channel", "joinbysnapshotstatus").output
        return "No joinbysnapshot operation is in progress" not in status

    def query(self, channel: str, name: str, function: str, argument: str) -> str:
        """Evaluate a transaction on this peer."""
        call = json.dumps({"function": function, "Args": [argument]})
        return self._run("chaincode", "query", "-C", channel, "-n", name, "-c", call).output.strip()

    def endorsement_plan(self, channel: str, name: str) -> bool:
        """Whether the peer knows enough other peers to have a chaincode's transactions endorsed."""
        return bool(self._discover("endorsers", channel, "--chaincode", name))

    def known_peers(self, channel: str) -> dict[str, KnownPeer]:
        """The peers of a channel that this one knows to be alive, by endpoint."""
        return {
            str(peer["Endpoint"]): KnownPeer(str(peer["Identity"]).strip(), tuple(peer["Chaincodes"] or ()))
            for peer in self._discover("peers", channel)
        }

    def _discover(self, what: str, channel: str, *arguments: str) -> list[dict[str, Any]]:
        msp = self.home.user(self.peer.organisation, self.user) / "msp"
        program = [
            self.programs.path("discover"),
            *("--peerTLSCA", str(self.peer.tls_root)),
            *("--userKey", str(msp / "keystore" / "key.pem")),
            *("--userCert", str(msp / "signcerts" / "cert.pem")),
            *("--MSP", self.peer.msp),
            *(what, "--channel", channel, "--server", self.peer.endpoint, *arguments),
        ]
        try:
            result = run(Command(f"discover at {self.peer.node}", program, deadline=20.0))
        except CommandFailed:
            return []
        return list(json.loads(result.output or "[]"))

    def _run(self, *arguments: str) -> Result:
        subcommand = " ".join(word for word in arguments[:3] if not word.startswith("-"))
        command = peer_command(
            f"`peer {subcommand}` as {self.user} at {self.peer.node}",
            arguments,
            programs=self.programs,
            msp=self.peer.msp,
            folder=self.home.user(self.peer.organisation, self.user) / "msp",
            peer=self.peer,
        )
        return run(command)


def ordered_by(orderer: Orderer) -> list[str]:
    """The options of the `peer` program that name a consenter to call."""
    return [
        *("-o", orderer.endpoint, "--connTimeout", orderer.connect_timeout),
        *("--tls", "--cafile", str(orderer.tls_root)),
    ]


def _endorsed_by(peers: Sequence[Peer]) -> list[str]:
    return [
        word
        for peer in peers
        for word in ("--peerAddresses", peer.endpoint, "--tlsRootCertFiles", str(peer.tls_root))
    ]
