"""A machine: the address at which others reach it, and the addresses that its nodes listen on."""

from __future__ import annotations

from dataclasses import dataclass

LOOPBACK = "127.0.0.1"
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - what topologies may say, not what anything listens on


@dataclass(frozen=True)
class Host:
    """A machine with nodes.

    Chaincode processes serve only the peer on the same machine, so they listen on its loopback.

    Attributes:
        name: its name in the topology.
        address: where the nodes of other organisations, and clients, reach it: a DNS name or an IP address.
        listen: the IPv4 address that its CA servers, orderers and peers listen on.
        operations_listen: the IP address for health checks, metrics and administration of orderers, which
            only its own organisation uses.
    """

    name: str = "localhost"
    address: str = LOOPBACK
    listen: str = LOOPBACK
    operations_listen: str = LOOPBACK

    @property
    def own(self) -> str:
        """Where the services are reached from the host itself."""
        return _reached(self.listen)

    @property
    def own_operations(self) -> str:
        """Where operations are reached from the host itself."""
        return _reached(self.operations_listen)

    def tls_names(self, node: str) -> tuple[str, ...]:
        """The names and addresses in the TLS certificate of a node on this host."""
        return tuple(dict.fromkeys((node, "localhost", LOOPBACK, self.address, self.own_operations)))


THIS = Host()


def at(host: str, port: int) -> str:
    """A host and a port as `host:port`, with brackets around an IPv6 address."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _reached(listen: str) -> str:
    if listen in EVERYWHERE:
        return LOOPBACK if listen == EVERYWHERE[0] else "::1"
    return listen
