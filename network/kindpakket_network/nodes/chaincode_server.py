"""The process that serves a chaincode to one peer, and the connection that the peer uses."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from kindpakket_network.description.host import LOOPBACK, THIS, at
from kindpakket_network.nodes.authority import TLS, TLS_PROFILE
from kindpakket_network.nodes.connections import credentials
from kindpakket_network.nodes.health import listens
from kindpakket_network.nodes.issue import Issue
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.programs.home import Home, write
from kindpakket_network.programs.process import Program


@dataclass(frozen=True)
class ChaincodeServer:
    """A slot for a process that serves one package of a chaincode to a peer of the same organisation.

    Attributes:
        home: the network's folder.
        peer: the peer that calls it.
        chaincode: the chaincode's name.
        place: the slot's number among the peer's slots for the chaincode, from 0.
        port: its port.
    """

    home: Home
    peer: Peer
    chaincode: str
    place: int
    port: int

    @property
    def node(self) -> str:
        """Its node name."""
        return f"{self._name}.{self.place + 1}" if self.place else self._name

    @property
    def organisation(self) -> str:
        """The organisation of the peer."""
        return self.peer.organisation

    @property
    def folder(self) -> Path:
        """The folder that it shares with the peer's other slots for the chaincode."""
        return self.home.node(self._name)

    @property
    def endpoint(self) -> str:
        """Its address: on the loopback, for the peer on the same machine."""
        return at(LOOPBACK, self.port)

    def issues(self) -> list[Issue]:
        """The certificate it needs; the peer authenticates with its own."""
        hosts = THIS.tls_names(self._name)
        return [Issue(self.folder / "tls", TLS, self._name, "client", hosts=hosts, profile=TLS_PROFILE)]

    def write_connection(self, label: str) -> None:
        """Write the connection file that the peer's external builder uses for a package with this label.

        The peer keeps its own copy from when the package was installed.
        """
        connection = {
            "address": self.endpoint,
            "dial_timeout": "5s",
            "tls_required": True,
            "client_auth_required": True,
            **credentials(self.peer),
        }
        write(self.peer.connection(label), json.dumps(connection, indent=1), mode=0o600)

    @property
    def arguments(self) -> tuple[str, ...]:
        """Its program's arguments."""
        return ()

    def program(self, binary: Path, package_id: str) -> Program:
        """Its process.

        Args:
            binary: the chaincode's program.
            package_id: the package that the peer will ask for.
        """
        tls = self.folder / "tls"
        environment = {
            "CHAINCODE_ID": package_id,
            "CORE_PEER_LOCALMSPID": self.peer.msp,  # the shim's GetMSPID returns it
            "CHAINCODE_SERVER_ADDRESS": self.endpoint,
            "CHAINCODE_TLS_CERT": str(tls / "cert.pem"),
            "CHAINCODE_TLS_KEY": str(tls / "key.pem"),
            "CHAINCODE_TLS_CLIENT_CA": str(tls / "ca.pem"),
            # The same as Fabric's contract API for Go names it.
            "CORE_CHAINCODE_ID_NAME": package_id,
            "CORE_PEER_TLS_ENABLED": "true",
            "CORE_TLS_CLIENT_CERT_FILE": str(tls / "cert.pem"),
            "CORE_TLS_CLIENT_KEY_FILE": str(tls / "key.pem"),
            "CORE_PEER_TLS_ROOTCERT_FILE": str(tls / "ca.pem"),
        }
        return Program(self.node, [str(binary)], environment, self.folder, self.peer.tuning.logs)

    def ready(self) -> bool:
        """Whether it accepts connections."""
        return listens(self.port)

    @property
    def _name(self) -> str:
        return f"chaincode.{self.peer.node}.{self.chaincode}"
