"""The gRPC services of a peer on top of a ledger in memory, for `kindpakket.fabric.testing`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, Literal, NoReturn, TypeAlias

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from kindpakket.fabric._wire import gateway as wire
from kindpakket.fabric._wire import messages as m
from kindpakket.fabric.blocks._block import Block
from kindpakket.fabric.blocks._events import ChaincodeEvent
from kindpakket.fabric.errors import ErrorDetail
from kindpakket.fabric.identity._hashes import Hash
from kindpakket.fabric.identity._identity import verify
from kindpakket.fabric.testing._discovery import PEER, discovered
from kindpakket.fabric.testing._invocation import Chaincode, ChaincodeRefusal
from kindpakket.fabric.testing._ledger import MemoryLedger
from kindpakket.fabric.testing._qscc import answer_of_cscc, answer_of_qscc

StepName: TypeAlias = Literal[
    "Evaluate", "Endorse", "Submit", "CommitStatus", "ChaincodeEvents", "Deliver", "Discover"
]
"""A step that a client calls, and that can be made to fail."""


@dataclass(slots=True)
class Fault:
    """What goes wrong with the next calls of a step; status None: there is no answer."""

    step: StepName
    status: grpc.StatusCode | None
    reason: str
    details: tuple[ErrorDetail, ...]
    times: int
    after: bool


class MemoryService:
    """The Gateway and Deliver services over one ledger, with faults as they are scripted."""

    def __init__(
        self,
        ledger: MemoryLedger,
        chaincodes: Mapping[str, Chaincode],
        hash: Hash = Hash.SHA256,
        *,
        binds_tls: bool = False,
    ) -> None:
        self.calls: list[StepName] = []
        self.faults: list[Fault] = []
        self.deliver_end = "SUCCESS"
        self.limit: int | None = None
        self.refused = 0
        self.under_way = 0
        self.breaks: list[tuple[int, grpc.StatusCode | None]] = []
        self.skipped: set[int] = set()
        self._paused = False
        self._ledger = ledger
        self._installed = tuple(chaincodes)
        self._chaincodes: Mapping[str, Chaincode] = {
            "qscc": partial(answer_of_qscc, ledger),
            "cscc": partial(answer_of_cscc, ledger),
            **chaincodes,
        }
        self._hash = hash
        self._binds_tls = binds_tls
        self._lock = threading.Condition()

    def handlers(self) -> tuple[grpc.GenericRpcHandler[Any, Any], ...]:
        """What a gRPC server needs to serve it."""
        unary = grpc.unary_unary_rpc_method_handler
        stream = grpc.stream_stream_rpc_method_handler
        return (
            grpc.method_handlers_generic_handler(
                "gateway.Gateway",
                {
                    "Evaluate": unary(self._step("Evaluate", self._evaluate)),
                    "Endorse": unary(self._step("Endorse", self._endorse)),
                    "Submit": unary(self._step("Submit", self._submit)),
                    "CommitStatus": unary(self._step("CommitStatus", self._commit_status)),
                    "ChaincodeEvents": grpc.unary_stream_rpc_method_handler(
                        self._breaking(self._chaincode_events)
                    ),
                },
            ),
            grpc.method_handlers_generic_handler(
                "discovery.Discovery", {"Discover": unary(self._step("Discover", self._discover))}
            ),
            grpc.method_handlers_generic_handler(
                "protos.Endorser", {"ProcessProposal": unary(self._process_proposal)}
            ),
            grpc.method_handlers_generic_handler(
                "protos.Deliver",
                {
                    "Deliver": stream(self._breaking(self._deliver)),
                    "DeliverFiltered": stream(self._breaking(self._deliver_filtered)),
                    "DeliverWithPrivateData": stream(self._breaking(self._deliver_with_private_data)),
                },
            ),
        )

    def wait_for(self, step: StepName, timeout: float) -> bool:
        """Wait up to `timeout` seconds until clients have called a step; whether they have."""
        with self._lock:
            return self._lock.wait_for(lambda: step in self.calls, timeout)

    def pause(self, paused: bool) -> None:
        """Answer nothing, or continue, like a process that is stopped and continued."""
        with self._lock:
            self._paused = paused
            self._lock.notify_all()

    def _step(
        self, step: StepName, act: Callable[[bytes, grpc.ServicerContext], bytes]
    ) -> Callable[[bytes, grpc.ServicerContext], bytes]:
        def limited(request: bytes, context: grpc.ServicerContext) -> bytes:
            with self._room(context):
                return handle(request, context)

        def handle(request: bytes, context: grpc.ServicerContext) -> bytes:
            self._awake(context)
            if not request:  # as clients ask whether a peer is there
                _abort(context, grpc.StatusCode.INVALID_ARGUMENT, f"a {step} request is required")
            fault = self._called(step)
            if fault is None:
                return act(request, context)
            if fault.after:
                act(request, context)
            _break(fault, context)

        return limited

    @contextmanager
    def _room(self, context: grpc.ServicerContext) -> Iterator[None]:
        """Refuse a call with a peer's message when too many are in progress."""
        with self._lock:
            self.under_way += 1
            full = self.limit is not None and self.under_way > self.limit
        try:
            if full:
                words = f"too many requests for /gateway.Gateway, exceeding concurrency limit ({self.limit})"
                with self._lock:
                    self.refused += 1
                _abort(context, grpc.StatusCode.UNKNOWN, words)
            yield
        finally:
            with self._lock:
                self.under_way -= 1

    def _breaking(
        self, stream: Callable[[Any, grpc.ServicerContext], Iterator[bytes]]
    ) -> Callable[[Any, grpc.ServicerContext], Iterator[bytes]]:
        """A stream that breaks after the scripted number of messages, if any."""

        def handle(request: Any, context: grpc.ServicerContext) -> Iterator[bytes]:
            with self._lock:
                after, status = self.breaks.pop(0) if self.breaks else (None, None)
            yield from islice(stream(request, context), after)
            if status is not None:
                _abort(context, status, "the stream was broken")

        return handle

    def _awake(self, context: grpc.ServicerContext) -> None:
        """Wait while the service is paused and the client has not given up."""
        if not self._paused:
            return

        def wake() -> None:
            with self._lock:
                self._lock.notify_all()

        context.add_callback(wake)
        with self._lock:
            self._lock.wait_for(lambda: not self._paused or not context.is_active())
        if not context.is_active():
            _abort(context, grpc.StatusCode.CANCELLED, "the client gave up")

    def _called(self, step: StepName) -> Fault | None:
        with self._lock:
            self.calls.append(step)
            self._lock.notify_all()
            for fault in self.faults:
                if fault.step == step and fault.times > 0:
                    fault.times -= 1
                    return fault
        return None

    def _evaluate(self, request: bytes, context: grpc.ServicerContext) -> bytes:
        message = m.gateway.EvaluateRequest.FromString(request)
        result, _ = self._run(message.proposed_transaction, context, evaluating=True)
        response = m.proposal_response.Response(status=200, payload=result)
        return bytes(m.gateway.EvaluateResponse(result=response).SerializeToString())

    def _endorse(self, request: bytes, context: grpc.ServicerContext) -> bytes:
        message = m.gateway.EndorseRequest.FromString(request)
        _, payload = self._run(message.proposed_transaction, context, evaluating=False)
        prepared = m.common.Envelope(payload=payload)
        return bytes(m.gateway.EndorseResponse(prepared_transaction=prepared).SerializeToString())

    def _submit(self, request: bytes, context: grpc.ServicerContext) -> bytes:
        message = m.gateway.SubmitRequest.FromString(request)
        envelope = message.prepared_transaction
        if not self._signed_by_creator(envelope.payload, envelope.signature):
            words = "received unsuccessful response from orderer: status=FORBIDDEN, info=signature is invalid"
            _abort(context, grpc.StatusCode.ABORTED, words)
        self._ledger.order(envelope.SerializeToString())
        return b""

    def _commit_status(self, request: bytes, context: grpc.ServicerContext) -> bytes:
        signed = m.gateway.SignedCommitStatusRequest.FromString(request)
        wanted = m.gateway.CommitStatusRequest.FromString(signed.request)
        if not self._signed(wanted.identity, signed.request, signed.signature):
            _abort(context, grpc.StatusCode.PERMISSION_DENIED, "access denied: the signature is invalid")
        statuses = self._ledger.statuses
        if not self._wait(context, lambda: wanted.transaction_id in statuses):
            _abort(context, grpc.StatusCode.CANCELLED, "context canceled")
        code, number = statuses[wanted.transaction_id]
        result = m.transaction.TxValidationCode.Value(code)
        return bytes(m.gateway.CommitStatusResponse(result=result, block_number=number).SerializeToString())

    def _process_proposal(self, request: bytes, context: grpc.ServicerContext) -> bytes:
        self._awake(context)
        signed = m.proposal.SignedProposal.FromString(request)
        header = m.common.Header.FromString(m.proposal.Proposal.FromString(signed.proposal_bytes).header)
        creator = m.common.SignatureHeader.FromString(header.signature_header).creator
        answer = m.proposal_response.ProposalResponse()
        try:
            if not self._signed(creator, signed.proposal_bytes, signed.signature):
                raise ChaincodeRefusal("access denied: the signature is invalid")
            answer.response.payload, _ = self._ledger.invoke(signed, self._chaincodes)
            answer.response.status = 200
        except ChaincodeRefusal as refusal:
            answer.response.status, answer.response.message = 500, str(refusal)
        return bytes(answer.SerializeToString())

    def _discover(self, request: bytes, context: grpc.ServicerContext) -> bytes:
        signed = m.discovery.SignedRequest.FromString(request)
        wanted = m.discovery.Request.FromString(signed.payload)
        if self._binds_tls and not _shows(wanted.authentication.client_tls_cert_hash, context):
            words = "client claimed TLS hash doesn't match computed TLS hash from gRPC stream"
            _abort(context, grpc.StatusCode.UNKNOWN, words)
        response = m.discovery.Response()
        for query in wanted.queries:
            if self._signed(wanted.authentication.client_identity, signed.payload, signed.signature):
                response.results.append(discovered(self._ledger, self._installed, query))
            else:
                response.results.add().error.content = "access denied"
        return bytes(response.SerializeToString())

    def _chaincode_events(self, request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        self._awake(context)
        fault = self._called("ChaincodeEvents")
        if fault:
            _break(fault, context)
        signed = m.gateway.SignedChaincodeEventsRequest.FromString(request)
        wanted = m.gateway.ChaincodeEventsRequest.FromString(signed.request)
        if not self._signed(wanted.identity, signed.request, signed.signature):
            _abort(context, grpc.StatusCode.PERMISSION_DENIED, "access denied: the signature is invalid")
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

    def _deliver(self, requests: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
        return self._delivered(requests, context, lambda block: m.events.DeliverResponse(block=block))

    def _deliver_filtered(self, requests: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
        def filtered(block: Any) -> Any:
            return m.events.DeliverResponse(filtered_block=_filtered(block, self._ledger.channel))

        return self._delivered(requests, context, filtered)

    def _deliver_with_private_data(
        self, requests: Iterator[bytes], context: grpc.ServicerContext
    ) -> Iterator[bytes]:
        def with_private_data(block: Any) -> Any:
            found = self._ledger.private_data(block)
            both = m.events.BlockAndPrivateData(block=block, private_data_map=found)
            return m.events.DeliverResponse(block_and_private_data=both)

        return self._delivered(requests, context, with_private_data)

    def _run(self, signed: Any, context: grpc.ServicerContext, *, evaluating: bool) -> tuple[bytes, bytes]:
        header = m.common.Header.FromString(m.proposal.Proposal.FromString(signed.proposal_bytes).header)
        channel = m.common.ChannelHeader.FromString(header.channel_header).channel_id
        creator = m.common.SignatureHeader.FromString(header.signature_header).creator
        if channel != self._ledger.channel:
            _abort(context, grpc.StatusCode.FAILED_PRECONDITION, f"channel {channel} does not exist")
        if not self._signed(creator, signed.proposal_bytes, signed.signature):
            _refuse(context, evaluating, "error validating proposal: access denied: the signature is invalid")
        try:
            return self._ledger.invoke(signed, self._chaincodes)
        except ChaincodeRefusal as refusal:
            _refuse(context, evaluating, f"chaincode response 500, {refusal}")
        except KeyError as error:
            words = f"no peers available to invoke chaincode {error} in channel {channel}"
            _abort(context, grpc.StatusCode.FAILED_PRECONDITION, words)

    def _signed(self, creator: bytes, message: bytes, signature: bytes) -> bool:
        pem = m.identities.SerializedIdentity.FromString(creator).id_bytes
        return verify(x509.load_pem_x509_certificate(pem), message, signature, self._hash)

    def _signed_by_creator(self, payload: bytes, signature: bytes) -> bool:
        header = m.common.Payload.FromString(payload).header
        creator = m.common.SignatureHeader.FromString(header.signature_header).creator
        return self._signed(creator, payload, signature)

    def _wait(self, context: grpc.ServicerContext, ready: Callable[[], bool]) -> bool:
        """Wait until the ledger is as wanted; False when the client gave up."""
        changed = self._ledger.changed

        def wake() -> None:
            with changed:
                changed.notify_all()

        context.add_callback(wake)
        with changed:
            changed.wait_for(lambda: ready() or not context.is_active())
        return ready()

    def _blocks(self, start: Any, stop: int | None, context: grpc.ServicerContext) -> Iterator[Any]:
        number = (
            start.specified.number if start.WhichOneof("Type") == "specified" else len(self._ledger.blocks)
        )
        while stop is None or number <= stop:
            wanted = number
            if not self._wait(context, lambda: len(self._ledger.blocks) > wanted):  # noqa: B023
                return
            self._awake(context)
            if number not in self.skipped:
                yield self._ledger.blocks[number]
            number += 1

    def _delivered(
        self, requests: Iterator[bytes], context: grpc.ServicerContext, response: Callable[[Any], Any]
    ) -> Iterator[bytes]:
        self._awake(context)
        fault = self._called("Deliver")
        if fault:
            _break(fault, context)
        envelope = m.common.Envelope.FromString(next(requests))
        payload = m.common.Payload.FromString(envelope.payload)
        if not self._signed_by_creator(envelope.payload, envelope.signature):
            _abort(context, grpc.StatusCode.PERMISSION_DENIED, "access denied: the signature is invalid")
        seek = m.ab.SeekInfo.FromString(payload.data)
        end = "BAD_REQUEST" if self._binds_tls and not _bound(payload, context) else self.deliver_end
        if end == "SUCCESS":
            for block in self._blocks(seek.start, seek.stop.specified.number, context):
                yield response(block).SerializeToString()
        if end:
            yield m.events.DeliverResponse(status=m.common.Status.Value(end)).SerializeToString()


def _abort(
    context: grpc.ServicerContext,
    status: grpc.StatusCode,
    reason: str,
    details: tuple[ErrorDetail, ...] = (),
) -> NoReturn:
    if details:
        code: Any = status.value
        packed: Any = wire.pack_error_details(code[0], reason, details)
        context.set_trailing_metadata(((wire.STATUS_DETAILS_KEY, packed),))
    context.abort(status, reason)


def _break(fault: Fault, context: grpc.ServicerContext) -> NoReturn:
    if fault.status is not None:
        _abort(context, fault.status, fault.reason, fault.details)
    gone = threading.Event()
    if context.add_callback(gone.set):
        gone.wait()
    _abort(context, grpc.StatusCode.CANCELLED, "the client gave up")


def _refuse(context: grpc.ServicerContext, evaluating: bool, words: str) -> NoReturn:
    details = (ErrorDetail(PEER, "Org1MSP", words),)
    if evaluating:
        _abort(
            context, grpc.StatusCode.UNKNOWN, f"evaluate call to endorser returned error: {words}", details
        )
    reason = "failed to endorse transaction, see attached details for more info"
    _abort(context, grpc.StatusCode.ABORTED, reason, details)


def _bound(payload: Any, context: grpc.ServicerContext) -> bool:
    """Whether a request for blocks names the TLS certificate of the client that sends it."""
    header = m.common.ChannelHeader.FromString(payload.header.channel_header)
    return _shows(header.tls_cert_hash, context)


def _shows(tls_certificate_hash: bytes, context: grpc.ServicerContext) -> bool:
    shown: Any = context.auth_context()
    pem = next(iter(shown.get("x509_pem_cert", ())), b"")
    return bool(pem) and tls_certificate_hash == x509.load_pem_x509_certificate(pem).fingerprint(
        hashes.SHA256()
    )


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
