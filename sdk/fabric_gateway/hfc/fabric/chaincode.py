"""A chaincode by its name, as the repository's main has it: the same calls as the client's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

from fabric_gateway.hfc._commands import refuse
from fabric_gateway.hfc.errors import ChaincodeExecutionError
from fabric_gateway.hfc.fabric.client import Client
from fabric_gateway.hfc.fabric.peer import Peer
from fabric_gateway.hfc.fabric.user import User

__all__ = ["Chaincode", "ChaincodeExecutionError"]


class Chaincode:
    """A chaincode.

    Args:
        client: the client that calls it.
        cc_name: its name.
    """

    def __init__(self, client: Client, cc_name: str) -> None:
        self._client = client
        self._name = cc_name

    async def invoke(
        self,
        requestor: User,
        channel_name: str,
        peers: Sequence[Peer | str],
        args: Sequence[str | bytes] | None,
        **options: Any,
    ) -> str:
        """As `Client.chaincode_invoke`."""
        return str(
            await self._client.chaincode_invoke(requestor, channel_name, peers, args, self._name, **options)
        )

    async def query(
        self,
        requestor: User,
        channel_name: str,
        peers: Sequence[Peer | str],
        args: Sequence[str | bytes] | None,
        **options: Any,
    ) -> str:
        """As `Client.chaincode_query`."""
        return str(
            await self._client.chaincode_query(requestor, channel_name, peers, args, self._name, **options)
        )

    async def install(self, *arguments: object, **named: object) -> NoReturn:
        """Install it; raises `Impossible`."""
        refuse("Chaincode.install", "install")

    async def instantiate(self, *arguments: object, **named: object) -> NoReturn:
        """Start it on a channel; raises `Impossible`."""
        refuse("Chaincode.instantiate", "instantiate")

    async def upgrade(self, *arguments: object, **named: object) -> NoReturn:
        """Upgrade it on a channel; raises `Impossible`."""
        refuse("Chaincode.upgrade", "upgrade")
