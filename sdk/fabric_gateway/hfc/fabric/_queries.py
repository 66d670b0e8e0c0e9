"""Queries about the ledger, the channel and its peers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fabric_gateway import DiscoveryError, EvaluateError, GatewayError
from fabric_gateway.hfc import _messages as m
from fabric_gateway.hfc._rpc import rpc_errors
from fabric_gateway.hfc.errors import QueryRefused, answer, response_in
from fabric_gateway.hfc.fabric._decoded_peers import peers_by_organization
from fabric_gateway.hfc.fabric._invocations import Invocations
from fabric_gateway.hfc.fabric.block_decoder import BlockDecoder
from fabric_gateway.hfc.fabric.peer import Peer, known
from fabric_gateway.hfc.fabric.user import User


class Queries(Invocations):
    """The part of a client that asks about the ledger. All but `get_channel_config` ask the first peer only.

    With `decode=False` they give what the repository's main gives: the answer's payload, bytes, or for
    `get_channel_config` and `query_instantiated_chaincodes` the peers' answers. hfc 1.0.0 raises the answer
    as an exception.
    """

    async def query_info(
        self, requestor: User, channel_name: str, peers: Sequence[Peer | str], decode: bool = True
    ) -> Any:
        """The ledger's height and last hashes, a `BlockchainInfo` message.

        Raises:
            QueryRefused: the peer refused.
            EvaluateError: the peer gave no answer.
        """
        result = await self._ledger(requestor, channel_name, peers, "GetChainInfo")
        return m.ledger.BlockchainInfo.FromString(result) if decode else result

    async def query_block(
        self,
        requestor: User,
        channel_name: str,
        peers: Sequence[Peer | str],
        block_number: str | int,
        decode: bool = True,
    ) -> Any:
        """A block by its number, decoded; raises as `query_info`, also if there is none."""
        number = str(block_number)
        result = await self._ledger(requestor, channel_name, peers, "GetBlockByNumber", number)
        return BlockDecoder.decode(result) if decode else result

    async def query_block_by_hash(
        self,
        requestor: User,
        channel_name: str,
        peers: Sequence[Peer | str],
        block_hash: bytes,
        decode: bool = True,
    ) -> Any:
        """A block by the hash of its header, decoded; raises as `query_info`, also if there is none."""
        result = await self._ledger(requestor, channel_name, peers, "GetBlockByHash", block_hash)
        return BlockDecoder.decode(result) if decode else result

    async def query_block_by_txid(
        self,
        requestor: User,
        channel_name: str,
        peers: Sequence[Peer | str],
        tx_id: str,
        decode: bool = True,
    ) -> Any:
        """The block that holds a transaction, decoded; raises as `query_info`, also if there is none."""
        result = await self._ledger(requestor, channel_name, peers, "GetBlockByTxID", tx_id)
        return BlockDecoder.decode(result) if decode else result

    async def query_transaction(
        self,
        requestor: User,
        channel_name: str,
        peers: Sequence[Peer | str],
        tx_id: str,
        decode: bool = True,
    ) -> Any:
        """A transaction with its validation code, decoded; raises as `query_info`, also if there is none."""
        result = await self._ledger(requestor, channel_name, peers, "GetTransactionByID", tx_id)
        return BlockDecoder.decode_transaction(result) if decode else result

    async def get_channel_config(
        self, requestor: User, channel_name: str, peers: Sequence[Peer | str], decode: bool = True
    ) -> list[Any]:
        """The channel's configuration as each peer has it: `ConfigEnvelope` messages."""
        found = []
        for peer in self.targets(peers):
            result = await self._asked(
                requestor, channel_name, [peer], "cscc", "GetConfigBlock", channel_name
            )
            if not decode:
                found.append(answer(200, payload=result))
                continue
            block = m.common.Block.FromString(result)
            payload = m.common.Payload.FromString(m.common.Envelope.FromString(block.data.data[0]).payload)
            found.append(m.configtx.ConfigEnvelope.FromString(payload.data))
        return found

    @rpc_errors
    async def query_channels(
        self,
        requestor: User,
        peers: Sequence[Peer | str],
        transient_map: object = None,
        decode: bool = True,
        cc_type: object = None,
    ) -> Any:
        """The channels that the peer has joined, a `ChannelQueryResponse` message.

        Raises:
            QueryRefused: the peer refused.
            EvaluateError: the peer gave no answer.
        """
        peer = self.targets(peers)[0]
        try:
            names = await peer.gateway(requestor).channels()
        except EvaluateError as error:
            raise _refused(error) from error
        found = m.query.ChannelQueryResponse(
            channels=[m.query.ChannelInfo(channel_id=name) for name in names]
        )
        return found if decode else found.SerializeToString()

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
                requestor, channel_name, [peer], "_lifecycle", "QueryChaincodeDefinitions", b""
            )
            if not decode:
                found.append(answer(200, payload=result))
                continue
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

    @rpc_errors
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
            decode: not used, as in hfc whose answer is empty without it.

        Raises:
            QueryRefused: the peer refused.
            EvaluateError: the peer gave no answer.
            ValueError: the channel is missing.
        """
        if not local and channel is None:
            raise ValueError("name the channel whose peers are meant, or ask with local=True")
        gateway = self.targets([peer])[0].gateway(requestor)
        try:
            if local or channel is None:
                found = await gateway.known_peers()
            else:
                found = await gateway.network(channel).peers()
        except DiscoveryError as error:
            if error.forbidden:
                raise QueryRefused([answer(500, error.reason)]) from error
            raise _refused(error) from error
        return {"local_peers": peers_by_organization(found)}

    async def _ledger(
        self,
        requestor: User,
        channel: str,
        peers: Sequence[Peer | str],
        function: str,
        *arguments: str | bytes,
    ) -> bytes:
        return await self._asked(requestor, channel, peers, "qscc", function, channel, *arguments)

    async def _asked(
        self,
        requestor: User,
        channel: str,
        peers: Sequence[Peer | str],
        chaincode: str,
        function: str,
        *arguments: str | bytes,
    ) -> bytes:
        """Ask a system chaincode at the first peer."""
        known(requestor)
        peer = self.targets(peers)[0]
        try:
            found: bytes = await self.ask(peer, requestor, channel, chaincode, function, *arguments)
        except EvaluateError as error:
            raise _refused(error) from error
        return found


def _refused(error: GatewayError) -> Exception:
    """What to raise for an error: hfc's exception if there was an answer, else the error itself."""
    response = response_in(error)
    return error if response is None else QueryRefused([response])
