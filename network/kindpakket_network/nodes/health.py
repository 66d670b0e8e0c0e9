"""Requests to nodes' operations endpoints over HTTPS, with an administrator's certificate."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kindpakket_network.description.host import LOOPBACK, at

if TYPE_CHECKING:
    import requests

_TIMEOUT = 5.0
_ACCEPTED = 1.0
_OK = 200


@dataclass(frozen=True)
class Operator:
    """A TLS client of an organisation's nodes.

    Attributes:
        certificate: certificate file.
        key: key file.
        root: the certificate of the organisation's TLS authority.
        address: the address of the nodes' operations endpoints.
    """

    certificate: Path
    key: Path
    root: Path
    address: str = LOOPBACK

    def session(self) -> requests.Session:
        """A session with the client certificate that trusts only that authority and uses no proxy."""
        import requests

        session = requests.Session()
        session.trust_env = False
        session.verify = str(self.root)
        session.cert = (str(self.certificate), str(self.key))
        return session

    def url(self, port: int, path: str) -> str:
        """The URL of a path on a node."""
        return f"https://{at(self.address, port)}{path}"

    def get(self, port: int, path: str) -> requests.Response | None:
        """A node's response, or None if nothing answers."""
        with self.session() as session:
            try:
                return session.get(self.url(port, path), timeout=_TIMEOUT)
            except OSError:
                return None

    def healthy(self, port: int) -> bool:
        """Whether the node with this operations port reports that it is healthy."""
        answer = self.get(port, "/healthz")
        return answer is not None and answer.status_code == _OK

    def metrics(self, port: int) -> Mapping[str, float]:
        """The metrics of a node by name and labels, such as `ledger_blockchain_height{channel="x"}`.

        Empty when the node is down.
        """
        answer = self.get(port, "/metrics")
        if answer is None or answer.status_code != _OK:
            return {}
        metrics: dict[str, float] = {}
        for name, value in re.findall(
            r"^([a-zA-Z_:][^ \n]*(?:\{[^\n]*\})?) (\S+)$", answer.text, re.MULTILINE
        ):
            metrics[name] = float(value)
        return metrics


def listens(port: int, address: str = LOOPBACK) -> bool:
    """Whether something accepts connections on a port of an address."""
    try:
        with socket.create_connection((address, port), timeout=_ACCEPTED):
            return True
    except OSError:
        return False


def serves(port: int, address: str = LOOPBACK) -> bool:
    """Whether a gRPC server on a port of an address completes a TLS handshake.

    A node listens before it opens its ledgers, and only then serves. Nothing is sent, so that no certificate
    is checked.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    try:
        with (
            socket.create_connection((address, port), timeout=_ACCEPTED) as connection,
            context.wrap_socket(connection),
        ):
            return True
    except OSError:
        return False
