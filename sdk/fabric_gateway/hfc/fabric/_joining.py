"""What an administrator asks of peers and orderers themselves: to join a channel, and its configuration."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

from fabric_gateway.hfc.errors import NoPeer
from fabric_gateway.hfc.fabric._profiled import Profiled
from fabric_gateway.hfc.fabric.channel._proposals import block_of
from fabric_gateway.hfc.fabric.orderer import Orderer
from fabric_gateway.hfc.fabric.peer import Peer, known
from fabric_gateway.hfc.fabric.transaction.tx_context import TXContext
from fabric_gateway.hfc.fabric.user import User

_log = logging.getLogger(__name__)
_GOOD = 200


class Joining(Profiled):
    """The part of a client that asks peers and orderers themselves."""

    async def channel_join(
        self, requestor: User, channel_name: str, peers: Sequence[Peer | str], orderer: Orderer | str
    ) -> Any:
        """Have peers join a channel, with its first block from an orderer.

        Args:
            requestor: an administrator of the peers' organisation, whom the channel lets read.
            channel_name: name of the channel, which the client knows by `new_channel`.
            peers: the peers.
            orderer: the orderer, or its name in the profile.

        Returns:
            The peers' answers, `ProposalResponse` messages; the first answer's message if one refused; False,
            as in hfc, if the client does not know the channel or the orderer.

        Raises:
            OrdererRefused: the orderer does not deliver the block to this user.
            grpc.RpcError: the orderer or a peer cannot be reached.
            NoPeer: a name is not in the profile.
        """
        known(requestor)
        channel = self.get_channel(channel_name)
        source = self._orderer(orderer)
        if channel is None or source is None:
            what = f"orderer {orderer!r}" if channel else f"channel {channel_name!r}"
            _log.warning("channel_join: the client does not know %s", what)
            return False
        targets = self.targets(peers)
        block = await block_of(source, self._context(requestor), channel_name, 0)
        sent = channel.join_channel(
            {
                "targets": targets,
                "block": block.SerializeToString(),
                "tx_context": self._context(requestor),
            }
        )
        answers = await asyncio.gather(*sent)
        if any(answer.response.status != _GOOD for answer in answers):
            return answers[0].response.message
        return answers

    async def get_channel_config_with_orderer(
        self,
        requestor: User,
        channel_name: str,
        orderer: Orderer | str | None = None,
        decode: bool = True,
    ) -> Any:
        """The channel's configuration as an orderer has it, decoded; or its block, serialised.

        Raises:
            NoPeer: the orderer is not in the profile.
            OrdererRefused: the orderer does not deliver it to this user.
            grpc.RpcError: the orderer cannot be reached.
        """
        known(requestor)
        source = self._orderer(orderer)
        if source is None:
            names = ", ".join(self._orderers) or "none"
            raise NoPeer(f"there is no orderer {orderer!r} in the profile; it has {names}")
        channel = self.new_channel(channel_name)
        return await channel.get_channel_config_with_orderer(self._context(requestor), source, decode)

    def _orderer(self, orderer: Orderer | str | None) -> Orderer | None:
        return orderer if isinstance(orderer, Orderer) else self._orderers.get(orderer or "")

    @staticmethod
    def _context(requestor: User) -> TXContext:
        return TXContext(requestor, requestor.cryptoSuite)
