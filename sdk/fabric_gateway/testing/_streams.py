"""The blocks of a ledger in memory, and the events in them, as a peer streams them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import grpc

from fabric_gateway._wire import messages as m
from fabric_gateway.blocks._block import Block
from fabric_gateway.blocks._events import ChaincodeEvent
from fabric_gateway.testing._access import Access
from fabric_gateway.testing._context import abort, wait
from fabric_gateway.testing._faults import Faults
from fabric_gateway.testing._ledger import MemoryLedger


class Streams:
    """The streams over one ledger, with faults as they are scripted."""

    def __init__(self, ledger: MemoryLedger, access: Access, faults: Faults) -> None:
        self._ledger = ledger
        self._access = access
        self._faults = faults

    def chaincode_events(self, request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        """The Gateway service's stream of a chaincode's events, a message for each block that has some."""
        self._faults.begin("ChaincodeEvents", context)
        signed = m.gateway.SignedChaincodeEventsRequest.FromString(request)
        wanted = m.gateway.ChaincodeEventsRequest.FromString(signed.request)
        if not self._access.signed(wanted.identity, signed.request, signed.signature):
            abort(context, grpc.StatusCode.PERMISSION_DENIED, "access denied: the signature is invalid")
        passed = not wanted.after_transaction_id
        for block in self._blocks(wanted.start_position, None, context):
            found = [event for event in _events(block) if event.chaincode_id == wanted.chaincode_id]
            if not passed:
                ids = [event.tx_id for event in found]
                passed = wanted.after_transaction_id in ids
                found = found[ids.index(wanted.after_transaction_id) + 1 :] if passed else []
            if found:
                response = m.gateway.ChaincodeEventsResponse(events=found, block_number=block.header.number)
                yield response.SerializeToString()

    def blocks(self, requests: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
        """The Deliver service's stream of whole blocks."""
        return self._delivered(requests, context, lambda block: m.events.DeliverResponse(block=block))

    def filtered_blocks(self, requests: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
        """The same without what transactions read and wrote."""

        def filtered(block: Any) -> Any:
            return m.events.DeliverResponse(filtered_block=_filtered(block, self._ledger.channel))

        return self._delivered(requests, context, filtered)

    def blocks_with_private_data(
        self, requests: Iterator[bytes], context: grpc.ServicerContext
    ) -> Iterator[bytes]:
        """Whole blocks with the private data that their transactions wrote."""

        def with_private_data(block: Any) -> Any:
            found = self._ledger.private_data(block)
            both = m.events.BlockAndPrivateData(block=block, private_data_map=found)
            return m.events.DeliverResponse(block_and_private_data=both)

        return self._delivered(requests, context, with_private_data)

    def _delivered(
        self, requests: Iterator[bytes], context: grpc.ServicerContext, response: Callable[[Any], Any]
    ) -> Iterator[bytes]:
        self._faults.begin("Deliver", context)
        envelope = m.common.Envelope.FromString(next(requests))
        payload = m.common.Payload.FromString(envelope.payload)
        if not self._access.payload_signed(envelope.payload, envelope.signature):
            abort(context, grpc.StatusCode.PERMISSION_DENIED, "access denied: the signature is invalid")
        seek = m.ab.SeekInfo.FromString(payload.data)
        header = m.common.ChannelHeader.FromString(payload.header.channel_header)
        bound = self._access.bound(header.tls_cert_hash, context)
        end = self._faults.deliver_end if bound else "BAD_REQUEST"
        if end == "SUCCESS" and seek.start.specified.number > len(self._ledger.blocks):
            end = "NOT_FOUND"  # as a peer's ledger: only the block after its last one is waited for
        if end == "SUCCESS":
            for block in self._blocks(seek.start, seek.stop.specified.number, context):
                yield response(block).SerializeToString()
        if end:
            yield m.events.DeliverResponse(status=m.common.Status.Value(end)).SerializeToString()

    def _blocks(self, start: Any, stop: int | None, context: grpc.ServicerContext) -> Iterator[Any]:
        blocks = self._ledger.blocks
        number = start.specified.number if start.WhichOneof("Type") == "specified" else len(blocks)
        while stop is None or number <= stop:
            wanted = number
            if not wait(context, self._ledger.changed, lambda: len(blocks) > wanted):  # noqa: B023
                return
            self._faults.awake(context)
            if number not in self._faults.skipped:
                yield blocks[number]
            number += 1


def _filtered(block: Any, channel: str) -> Any:
    decoded = Block.decode(block)
    filtered = m.events.FilteredBlock(channel_id=channel, number=decoded.number)
    for transaction in decoded.transactions:
        item = filtered.filtered_transactions.add(
            txid=transaction.transaction_id,
            type=m.common.HeaderType.Value(transaction.kind),
            tx_validation_code=m.transaction.TxValidationCode.Value(transaction.code),
        )
        if transaction.event:
            event = _event(transaction.event)
            event.ClearField("payload")
            item.transaction_actions.chaincode_actions.add(chaincode_event=event)
    return filtered


def _events(block: Any) -> list[Any]:
    transactions = Block.decode(block).transactions
    return [_event(item.event) for item in transactions if item.event and item.valid]


def _event(event: ChaincodeEvent) -> Any:
    return m.chaincode_event.ChaincodeEvent(
        chaincode_id=event.chaincode,
        tx_id=event.transaction_id,
        event_name=event.name,
        payload=event.payload,
    )
