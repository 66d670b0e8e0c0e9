"""Queries about the ledger, the channel and its peers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kindpakket.fabric import DiscoveryError, EvaluateError, GatewayError
from kindpakket.hfc import _messages as m
from kindpakket.hfc.errors import Impossible, QueryRefused, response_in
from kindpakket.hfc.fabric._decoded_peers import peers_by_organization
from kindpakket.hfc.fabric._invocations import Invocations
from kindpakket.hfc.fabric.block_decoder import BlockDecoder, Decoded
from kindpakket.hfc.fabric.peer import Peer
from kindpakket.hfc.fabric.user import User


class Queries(Invocations):
    """The part of a client that asks about the ledger. All but `get_channel_config` ask the first peer only.

    `decode=False`, with which hfc raises the peer's answer as an exception, raises `Impossible`: the Gateway
    returns results, not answers.
    """

    async def query_info(
        self, requestor: User, channel_name: str, peers: Sequence[Peer | str], decode: bool = True
    ) -> Any:
        """The ledger's height and last hashes, a `BlockchainInfo` message.

        Raises:
            QueryRefused: the peer refused.
            EvaluateError: the peer gave no answer.
        """
        result = await self._ledger(requestor, channel_name, peers, decode, "GetChainInfo")
        return m.ledger.BlockchainInfo.FromString(result)

    async def query_block(
        self,
        requestor: User,
        channel_name: str,
        peers: Sequence[Peer | str],
        block_number: str | int,
        decode: bool = True,
    ) -> Decoded:
        """A block by its number, decoded; raises as `query_info`, also if there is none."""
        number = str(block_number)
        return BlockDecoder.decode(
            await self._ledger(requestor, channel_name, peers, decode, "GetBlockByNumber", number)
        )

    async def query_block_by_hash(
        self,
        requestor: User,
        channel_name: str,
        peers: Sequence[Peer | str],
        block_hash: bytes,
        decode: bool = True,
    ) -> Decoded:
        """A block by the hash of its header, decoded; raises as `query_info`, also if there is none."""
        return BlockDecoder.decode(
            await self._ledger(requestor, channel_name, peers, decode, "GetBlockByHash", block_hash)
        )

    async def query_block_by_txid(
        self,
        requestor: User,
        channel_name: str,
        peers: Sequence[Peer | str],
        tx_id: str,
        decode: bool = True,
    ) -> Decoded:
        """The block that holds a transaction, decoded; raises as `query_info`, also if there is none."""
        return BlockDecoder.decode(
            await self._ledger(requestor, channel_name, peers, decode, "GetBlockByTxID", tx_id)
        )

    async def query_transaction(
        self,
        requestor: User,
        channel_name: str,
        peers: Sequence[Peer | str],
        tx_id: str,
        decode: bool = True,
    ) -> Decoded:
        """A transaction with its validation code, decoded; raises as `query_info`, also if there is none."""
        return BlockDecoder.decode_transaction(
            await self._ledger(requestor, channel_name, peers, decode, "GetTransactionByID", tx_id)
        )

    async def get_channel_config(
        self, requestor: User, channel_name: str, peers: Sequence[Peer | str], decode: bool = True
    ) -> list[Any]:
        """The channel's configuration as each peer has it: `ConfigEnvelope` messages."""
        found = []
        for peer in self.targets(peers):
            result = await self._asked(
                requestor, channel_name, [peer], decode, "cscc", "GetConfigBlock", channel_name
            )
            block = m.common.Block.FromString(result)
            payload = m.common.Payload.FromString(m.common.Envelope.FromString(block.data.data[0]).payload)
            found.append(m.configtx.ConfigEnvelope.FromString(payload.data))
        return found

    async def query_channels(
        self,
        requestor: User,
        peers: Sequence[Peer | str],
        transient_map: object = None,
        decode: bool = True,
    ) -> Any:
        """The channels that the peer has joined, a `ChannelQueryResponse` message.

        Raises:
            QueryRefused: the peer refused.
            EvaluateError: the peer gave no answer.
        """
        _check_decoded(decode)
        peer = self.targets(peers)[0]
        try:
            names = await peer.gateway(requestor).channels()
        except EvaluateError as error:
            raise _refused(error) from error
        return m.query.ChannelQueryResponse(channels=[m.query.ChannelInfo(channel_id=name) for name in names])

    async def query_instantiated_chaincodes(
        self,
        requestor: User,
        channel_name: str,
        peers: Sequence[Peer | str],
        transient_map: object = None,
        decode: bool = True,
    ) -> list[Any]:
        """The chaincodes that are committed to the channel: `ChaincodeQueryResponse` messages, one per peer.

        hfc asks `lscc`, which Fabric 3 does not have; the answer here is that of today's lifecycle: name,
        version, and the two plug-ins; there is no path, and the id is empty.
        """
        found = []
        for peer in self.targets(peers):
            result = await self._asked(
                requestor, channel_name, [peer], decode, "_lifecycle", "QueryChaincodeDefinitions", b""
            )
            definitions = m.lifecycle.QueryChaincodeDefinitionsResult.FromString(result)
            found.append(
                m.query.ChaincodeQueryResponse(
                    chaincodes=[
                        m.query.ChaincodeInfo(
                            name=definition.name,
                            version=definition.version,
                            escc=definition.endorsement_plugin,
                            vscc=definition.validation_plugin,
                        )
                        for definition in definitions.chaincode_definitions
                    ]
                )
            )
        return found

    async def query_peers(
        self,
        requestor: User,
        peer: Peer | str,
        channel: str | None = None,
        local: bool = True,
        decode: bool = True,
    ) -> dict[str, Any]:
        """The peers that a peer knows, by organisation.

        Args:
            requestor: who asks; for `local` an administrator of the peer's organisation.
            peer: whom to ask.
            channel: with `local` False, the channel whose peers are meant.
            local: all peers that it knows, whatever their channels.
            decode: must be True.

        Raises:
            QueryRefused: the peer refused.
            EvaluateError: the peer gave no answer.
            ValueError: the channel is missing.
        """
        _check_decoded(decode)
        if not local and channel is None:
            raise ValueError("name the channel whose peers are meant, or ask with local=True")
        gateway = self.targets([peer])[0].gateway(requestor)
        try:
            if local or channel is None:
                found = await gateway.known_peers()
            else:
                found = await gateway.network(channel).peers()
        except DiscoveryError as error:
            raise _refused(error) from error
        return {"local_peers": peers_by_organization(found)}

    async def _ledger(
        self,
        requestor: User,
        channel: str,
        peers: Sequence[Peer | str],
        decode: bool,
        function: str,
        *arguments: str | bytes,
    ) -> bytes:
        return await self._asked(requestor, channel, peers, decode, "qscc", function, channel, *arguments)

    async def _asked(
        self,
        requestor: User,
        channel: str,
        peers: Sequence[Peer | str],
        decode: bool,
        chaincode: str,
        function: str,
        *arguments: str | bytes,
    ) -> bytes:
        """Ask a system chaincode at the first peer."""
        _check_decoded(decode)
        peer = self.targets(peers)[0]
        try:
            return await self.ask(peer, requestor, channel, chaincode, function, *arguments)
        except EvaluateError as error:
            raise _refused(error) from error


def _refused(error: GatewayError) -> Exception:
    """What to raise for an error: hfc's exception if there was an answer, else the error itself."""
    response = response_in(error)
    return error if response is None else QueryRefused([response])


def _check_decoded(decode: bool) -> None:
    if not decode:
        raise Impossible(
            "decode=False asks for the peer's answer as it was, which the Gateway does not return: "
            "leave it True"
        )
