"""The process that serves a chaincode to one peer, and the connection that the peer uses."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from .authority import TLS, TLS_PROFILE
from .enrolment import Issue
from .health import listens
from .home import Home, write
from .peer import Peer
from .ports import HOST
from .process import Program


@dataclass(frozen=True)
class ChaincodeServer:
    """A chaincode process of one organisation, beside one of its peers.

    Attributes:
        home: the network's folder.
        peer: the peer that calls it.
        chaincode: the chaincode's name.
        port: its port.
    """

    home: Home
    peer: Peer
    chaincode: str
    port: int

    @property
    def node(self) -> str:
        """Its node name."""
        return f"chaincode.{self.peer.node}.{self.chaincode}"

    @property
    def folder(self) -> Path:
        """Its folder."""
        return self.home.node(self.node)

    @property
    def endpoint(self) -> str:
        """Where it serves."""
        return f"{HOST}:{self.port}"

    def issues(self) -> list[Issue]:
        """The certificate it needs; the peer shows it the peer's own."""
        hosts = (self.node, "localhost", HOST)
        return [Issue(self.folder / "tls", TLS, self.node, "client", hosts=hosts, profile=TLS_PROFILE)]

    def write_connection(self, label: str) -> None:
        """Write the file that the peer's external builder takes for a package with this label."""
        tls = self.peer.folder / "tls"
        connection = {
            "address": self.endpoint,
            "dial_timeout": "5s",
            "tls_required": True,
            "client_auth_required": True,
            "root_cert": (tls / "ca.pem").read_text("ascii"),
            "client_cert": (tls / "cert.pem").read_text("ascii"),
            "client_key": (tls / "key.pem").read_text("ascii"),
        }
        write(self.peer.connections / f"{label}.json", json.dumps(connection, indent=1), mode=0o600)

    def program(self, binary: Path, package_id: str) -> Program:
        """Its process.

        Args:
            binary: the chaincode's program.
            package_id: the package that the peer will ask for.
        """
        tls = self.folder / "tls"
        environment = {
            "CHAINCODE_ID": package_id,
            "CHAINCODE_SERVER_ADDRESS": self.endpoint,
            "CHAINCODE_TLS_CERT": str(tls / "cert.pem"),
            "CHAINCODE_TLS_KEY": str(tls / "key.pem"),
            "CHAINCODE_TLS_CLIENT_CA": str(tls / "ca.pem"),
        }
        return Program(self.node, [str(binary)], environment, self.folder)

    def ready(self) -> bool:
        """Whether it accepts connections."""
        return listens(self.port)
