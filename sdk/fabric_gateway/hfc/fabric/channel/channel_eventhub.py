"""Blocks and events of a channel, as one peer delivers them: what `hfc.fabric.channel.channel_eventhub` does.

hub = channel.newChannelEventHub(client.get_peer("peer0.org1.example.com"), user)
stream = hub.connect()
hub.registerChaincodeEvent("assets", "^sold", onEvent=told)
await stream
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from fabric_gateway import aio
from fabric_gateway.hfc._rpc import rpc_errors
from fabric_gateway.hfc.errors import Impossible
from fabric_gateway.hfc.fabric.block_decoder import decoded_block, filtered_block
from fabric_gateway.hfc.fabric.channel._positions import (
    Position,
    first_and_last,
    is_disconnected_at_end,
    limits,
)
from fabric_gateway.hfc.fabric.channel._registrations import (
    ChaincodeRegistration,
    Decoded,
    EventRegistration,
    OnBlock,
    OnChaincode,
    OnTransaction,
    Seen,
    seen_in_filtered,
    seen_in_full,
)
from fabric_gateway.hfc.fabric.peer import Peer
from fabric_gateway.hfc.fabric.user import User

ALL = "all"


class ChannelEventHub:
    """A stream of blocks from one peer, and what a program wants to hear of it.

    Blocks come from the newest one on, which is told too, unless `connect` or a registration names a start.

    Attributes:
        connected: a block has come, and the hub was not disconnected since.
    """

    def __init__(self, peer: Peer, channel_name: str, requestor: User) -> None:
        self._peer = peer
        self._channel_name = channel_name
        self._requestor = requestor
        self._reset()
        self._last_seen: int | None = None
        self._blocks: list[EventRegistration] = []
        self._transactions: dict[str, EventRegistration] = {}
        self._chaincodes: list[ChaincodeRegistration] = []
        self._reading: asyncio.Task[None] | None = None

    def _reset(self) -> None:
        self.connected = False
        self._open = False
        self._filtered = True
        self._as_array = False
        self._start: Position = None
        self._stop: Position = None
        self._limits_by: str | None = None
        self._at_end: list[Callable[[], None]] = []

    def connect(
        self,
        filtered: bool = True,
        start: Position = None,
        stop: Position = None,
        as_array: bool = False,
        target: Peer | None = None,
        signed_event: object | None = None,
    ) -> Coroutine[Any, Any, None]:
        """Open the stream; what is returned is to be awaited, and ends when the stream ends.

        Args:
            filtered: blocks without arguments, results and payloads of events; else whole blocks.
            start: number of the block to begin with, `oldest`, `newest` (the default) or `last_seen`.
            stop: number of the last block, `newest` or `last_seen`; None: without end. With start `oldest`
                and any other stop than `newest` the first block is the last, as in hfc.
            as_array: chaincode events of a block are told at once, as a list.
            target: another peer.
            signed_event: not to be had here.

        Raises:
            ValueError: start or stop is wrong, or a registration has them already.
        """
        if signed_event is not None:
            raise Impossible(
                "signed_event is not supported (hfc makes it itself): connect signs with the user's key"
            )
        self._filtered = filtered
        self._as_array = as_array
        self._peer = target or self._peer
        if start is not None or stop is not None:
            if self._limits_by == "registration":
                raise ValueError(
                    "a registration already has start or stop: give them there or here, not in both"
                )
            self._start, self._stop = limits(
                self._last_seen if start == "last_seen" else start,
                self._last_seen if stop == "last_seen" else stop,
            )
            self._limits_by = "connect"
        reading = self._read(self._peer, self._requestor, self._channel_name)
        try:
            self._reading = asyncio.get_running_loop().create_task(reading)
        except RuntimeError:  # no loop runs yet
            return self._opening(reading)
        return _awaiting(self._reading)

    async def _opening(self, reading: Coroutine[Any, Any, None]) -> None:
        """Open the stream when it is awaited."""
        self._reading = asyncio.get_running_loop().create_task(reading)
        await _awaiting(self._reading)

    def disconnect(self) -> None:
        """Close the stream; what awaits it ends."""
        self._reset()
        if self._reading is not None and self._reading is not _current_task():
            self._reading.cancel()

    def have_registrations(self) -> bool:
        """There is something to tell."""
        return bool(self._blocks or self._transactions or self._chaincodes)

    def registerBlockEvent(
        self,
        unregister: bool = True,
        start: int | None = None,
        stop: Position = None,
        disconnect: bool = False,
        onEvent: OnBlock | None = None,
    ) -> EventRegistration:
        """Tell of blocks: `onEvent(block)`; of the first one only, unless `unregister` is False."""
        made = EventRegistration(onEvent, unregister, disconnect)
        self._limit(start, stop, lambda: self.unregisterBlockEvent(made), unregister, disconnect)
        self._blocks.append(made)
        return made

    def unregisterBlockEvent(self, reg_num: EventRegistration) -> None:
        """Tell of blocks no more."""
        if reg_num in self._blocks:
            self._blocks.remove(reg_num)

    def registerTxEvent(
        self,
        tx_id: str,
        unregister: bool | None = None,
        start: int | None = None,
        stop: Position = None,
        disconnect: bool = False,
        onEvent: OnTransaction | None = None,
    ) -> str:
        """Tell of a transaction, once: `onEvent(tx_id, code, block_number)`; of every one, if it is `all`."""
        once = not (tx_id == ALL and unregister is None)
        made = EventRegistration(onEvent, once, disconnect)
        self._limit(start, stop, lambda: self.unregisterTxEvent(tx_id), once, disconnect)
        self._transactions[tx_id] = made
        return tx_id

    def unregisterTxEvent(self, tx_id: str) -> None:
        """Tell of a transaction no more."""
        self._transactions.pop(tx_id, None)

    def registerChaincodeEvent(
        self,
        ccid: str,
        pattern: str,
        unregister: bool = False,
        start: int | None = None,
        stop: Position = None,
        as_array: bool | None = None,
        disconnect: bool = False,
        onEvent: OnChaincode | None = None,
    ) -> ChaincodeRegistration:
        """Tell of events of a chaincode: `onEvent(event, block_number, tx_id, code)`, or a list of them."""
        call = EventRegistration(onEvent, unregister, disconnect)
        made = ChaincodeRegistration(ccid, pattern, call, self._as_array if as_array is None else as_array)
        self._limit(start, stop, lambda: self.unregisterChaincodeEvent(made), unregister, disconnect)
        self._chaincodes.append(made)
        return made

    def unregisterChaincodeEvent(self, cr: ChaincodeRegistration) -> None:
        """Tell of these events no more."""
        if cr in self._chaincodes:
            self._chaincodes.remove(cr)

    def _limit(
        self, start: Position, stop: Position, forget: Callable[[], None], unregister: bool, disconnect: bool
    ) -> None:
        """Take a registration's first and last block; there can be no other registration then."""
        if self._limits_by == "registration":
            raise ValueError(
                "a registration with start or stop must be the only one of its hub: make another hub"
            )
        if start is None and stop is None:
            return
        if self.have_registrations() or self._limits_by:
            raise ValueError(
                "only a hub's first registration may have start or stop, before the hub connects"
            )
        self._start, self._stop = limits(start, stop)
        self._limits_by = "registration"
        if stop is not None:
            self._at_end = [forget] * unregister + [self.disconnect] * disconnect

    @rpc_errors
    async def _read(self, peer: Peer, requestor: User, channel: str) -> None:
        network = peer.gateway(requestor).network(channel)
        last = await network.ledger_height() - 1
        start, stop = first_and_last(self._start, self._stop, last)
        disconnects = is_disconnected_at_end(self._start, self._stop, last)
        self._open = True
        if stop is None or start <= stop:
            await self._tell_all(network, start, stop)
        if disconnects:
            self.disconnect()

    async def _tell_all(self, network: aio.Network, start: int, stop: int | None) -> None:
        if self._filtered:
            async with network.filtered_blocks(start, stop) as filtered:
                async for item in filtered:
                    if not self._told(item.number, filtered_block(item)):
                        break
        else:
            async with network.blocks(start, stop) as blocks:
                async for block in blocks:
                    if not self._told(block.header.number, decoded_block(block)):
                        break

    def _told(self, number: int, block: Decoded) -> bool:
        """Tell of a block; whether to go on."""
        self.connected = True
        self._last_seen = number
        seen = seen_in_filtered(block) if self._filtered else seen_in_full(block)
        stop = self._stop
        self._tell_block(block)
        self._tell_transactions(seen)
        self._tell_chaincode_events(seen)
        if isinstance(stop, int) and stop <= number:
            for action in self._at_end:
                action()
        return self._open

    def _tell_block(self, block: Decoded) -> None:
        for made in tuple(self._blocks):
            if made.unregister:
                self.unregisterBlockEvent(made)
            self._call(made, block)

    def _tell_transactions(self, seen: Sequence[Seen]) -> None:
        for wanted, made in tuple(self._transactions.items()):
            for item in seen:
                if wanted in {item.transaction_id, ALL}:
                    if made.unregister:
                        self.unregisterTxEvent(wanted)
                    self._call(made, wanted, item.status, item.block_number)

    def _tell_chaincode_events(self, seen: Sequence[Seen]) -> None:
        for made in tuple(self._chaincodes):
            events = [event for item in seen for event in item.matching(made)]
            if not events:
                continue
            if made.er.unregister:
                self.unregisterChaincodeEvent(made)
            if made.as_array:
                self._call(made.er, events)
            else:
                for event in events:
                    self._call(made.er, *event.values())

    def _call(self, made: EventRegistration, *arguments: object) -> None:
        if made.onEvent is not None:
            made.onEvent(*arguments)
        if made.disconnect:
            self.disconnect()


def _current_task() -> asyncio.Task[Any] | None:
    """The running task; None outside of a loop, too."""
    try:
        return asyncio.current_task()
    except RuntimeError:
        return None


async def _awaiting(reading: asyncio.Task[None]) -> None:
    """Wait for the stream's end; that it was disconnected is its proper end."""
    try:
        await reading
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
