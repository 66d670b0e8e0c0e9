"""A peer as a profile names it, and the gateways of its users."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any
from weakref import WeakKeyDictionary

from fabric_gateway import aio
from fabric_gateway.hfc import _messages as m
from fabric_gateway.hfc.errors import NoRequestor
from fabric_gateway.hfc.fabric._material import Material
from fabric_gateway.hfc.fabric._node import Node
from fabric_gateway.hfc.fabric.user import User
from fabric_gateway.hfc.util.utils import stream_envelope

DEFAULT_PEER_ENDPOINT = "localhost:7051"

_PROPOSE = "/protos.Endorser/ProcessProposal"
_DISCOVER = "/discovery.Discovery/Discover"
_DELIVER = "/protos.Deliver/Deliver"
_DELIVER_FILTERED = "/protos.Deliver/DeliverFiltered"


class Peer(Node):
    """A peer: its name, its address, and how to reach it.

    Args:
        name: its name in the profile.
        endpoint: host and port.
        tls_ca_cert_file: the certificates to trust for TLS, PEM or their file; None: without TLS.
        client_key_file: the client's own TLS key, PEM or its file.
        client_cert_file: the client's own TLS certificate, PEM or its file.
        opts: gRPC channel options, pairs of name and value.
    """

    section = "peers"

    def __init__(
        self,
        name: str = "peer",
        endpoint: str = DEFAULT_PEER_ENDPOINT,
        tls_ca_cert_file: Material | None = None,
        client_key_file: Material | None = None,
        client_cert_file: Material | None = None,
        opts: Iterable[tuple[str, int | str]] | None = None,
    ) -> None:
        super().__init__(name, endpoint, tls_ca_cert_file, client_key_file, client_cert_file, opts)
        self._channels: list[Any] = []
        self._gateways: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[tuple[str, bytes], aio.Gateway]] = (
            WeakKeyDictionary()
        )

    @property
    def channels(self) -> list[Any]:
        """The channels that `join` was told of."""
        return self._channels

    def join(self, chan: Any) -> None:
        """Note a channel; to have the peer join one, use `Client.channel_join`."""
        self._channels.append(chan)

    def send_proposal(self, proposal: Any) -> Any:
        """Send a `SignedProposal` to this very peer; what is awaited is its `ProposalResponse`."""
        call = self._channel.unary_unary(
            _PROPOSE,
            m.proposal.SignedProposal.SerializeToString,
            m.proposal_response.ProposalResponse.FromString,
        )
        return call(proposal)

    def send_discovery(self, request: Any) -> Any:
        """Send a signed request to the discovery service; what is awaited is a `discovery.Response`."""
        call = self._channel.unary_unary(
            _DISCOVER, lambda item: item.SerializeToString(), m.discovery.Response.FromString
        )
        return call(request)

    def delivery(self, envelope: Any, scheduler: object = None, filtered: bool = True) -> Any:
        """Ask for blocks with a signed envelope; an asynchronous iterator of `DeliverResponse` messages."""
        call = self._channel.stream_stream(
            _DELIVER_FILTERED if filtered else _DELIVER,
            m.common.Envelope.SerializeToString,
            m.events.DeliverResponse.FromString,
        )
        return call(stream_envelope(envelope))

    def gateway(self, user: User) -> aio.Gateway:
        """The user's gateway at this peer, connected at its first use in an event loop.

        Raises:
            NoRequestor: there is no user.
            ProfileError: a file for TLS cannot be read.
            ValueError: the user is not enrolled.
        """
        identity = known(user).identity()
        gateways = self._gateways.setdefault(asyncio.get_running_loop(), {})
        key = (identity.mspid, identity.certificate_pem)
        if key not in gateways:
            gateways[key] = aio.connect(identity=identity, **self._connecting())
        return gateways[key]

    async def close(self) -> None:
        """Close the connections of the running event loop."""
        for gateway in self._gateways.pop(asyncio.get_running_loop(), {}).values():
            await gateway.close()
        await super().close()


def create_peer(
    endpoint: str = DEFAULT_PEER_ENDPOINT,
    tls_cacerts: Material | None = None,
    client_key: Material | None = None,
    client_cert: Material | None = None,
    opts: Iterable[tuple[str, int | str]] | None = None,
) -> Peer:
    """Make a peer that is in no profile."""
    return Peer("peer", endpoint, tls_cacerts, client_key, client_cert, opts)


def known(requestor: Any) -> User:
    """The requestor, if it is a user.

    Raises:
        NoRequestor: it is not; `get_user` gives None for a user whom the profile does not name.
    """
    if isinstance(requestor, User):
        return requestor
    raise NoRequestor(
        f"the requestor is {requestor!r}, not a User: client.get_user gives None for an organisation or a "
        "user that the profile does not name; see its organizations.<name>.users, or use create_user"
    )
