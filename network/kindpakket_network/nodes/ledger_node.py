"""What orderers and peers have in common: a folder, an address and certificates."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from kindpakket_network.description.host import Host, at
from kindpakket_network.description.token import Token
from kindpakket_network.nodes.authority import IDENTITIES, NODE_PROFILE, TLS, TLS_PROFILE
from kindpakket_network.nodes.health import Operator, listens
from kindpakket_network.nodes.issue import KEY, Issue
from kindpakket_network.programs.home import Home

_OK = 200


class LedgerNode:
    """An orderer or a peer on a machine.

    Attributes:
        home: the network's folder.
        organisation: the organisation's name.
        machine: where it runs.
        ports: the first is the port of its service, the second that of its operations endpoint.
        operator: the client that may query it.
        token: where its new signing keys are made; None: in files.
        kind: the node OU of its certificates.
    """

    home: Home
    organisation: str
    machine: Host
    ports: tuple[int, int, int]
    operator: Operator
    token: Token | None
    kind: ClassVar[str]

    @property
    def node(self) -> str:
        """Its node name."""
        raise NotImplementedError

    def has(self, channel: str) -> bool:
        """Whether it has joined a channel."""
        raise NotImplementedError

    @property
    def folder(self) -> Path:
        """Its folder."""
        return self.home.node(self.node)

    @property
    def endpoint(self) -> str:
        """The `host:port` at which others reach it."""
        return at(self.host, self.ports[0])

    @property
    def host(self) -> str:
        """Its address for others: a DNS name or an IP address."""
        return self.machine.address

    @property
    def listen(self) -> str:
        """The IP address that it listens on."""
        return self.machine.listen

    @property
    def connect_timeout(self) -> str:
        """How long Fabric's programs try to connect to it.

        They give up after three seconds, which is right for a node that is stopped, and too short for one
        that listens on a busy machine.
        """
        return "20s" if listens(self.ports[0], self.host) else "3s"

    @property
    def tls_root(self) -> Path:
        """The certificate to trust when calling it."""
        return self.home.tls_root(self.organisation)

    @property
    def used_token(self) -> Token | None:
        """The token with its present signing key; None: the key is in a file, as before it got a token."""
        return None if (self.folder / "msp" / KEY).is_file() else self.token

    def build(self) -> str | None:
        """The build of its programs, as it reports itself; None if it does not answer."""
        answer = self.operator.get(self.ports[1], "/version")
        if answer is None or answer.status_code != _OK:
            return None
        return str(answer.json().get("Version"))

    def issues(self) -> list[Issue]:
        """The certificates it needs."""
        hosts = self.machine.tls_names(self.node)
        return [
            Issue(
                self.folder / "msp", IDENTITIES, self.node, self.kind, profile=NODE_PROFILE, token=self.token
            ),
            Issue(self.folder / "tls", TLS, self.node, self.kind, hosts=hosts, profile=TLS_PROFILE),
        ]
