"""The gRPC services of a peer on top of a ledger in memory, for `fabric_gateway.testing`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, NoReturn

import grpc

from fabric_gateway._wire import messages as m
from fabric_gateway.errors import ErrorDetail
from fabric_gateway.testing._access import Access
from fabric_gateway.testing._context import abort, wait
from fabric_gateway.testing._discovery import PEER, discovered
from fabric_gateway.testing._faults import Faults
from fabric_gateway.testing._invocation import Chaincode, ChaincodeRefusal
from fabric_gateway.testing._ledger import MemoryLedger
from fabric_gateway.testing._qscc import answer_of_cscc, answer_of_qscc
from fabric_gateway.testing._streams import Streams


class MemoryService:
    """The Gateway, Endorser, Discovery and Deliver services over one ledger."""

    def __init__(
        self, ledger: MemoryLedger, chaincodes: Mapping[str, Chaincode], access: Access, faults: Faults
    ) -> None:
        self._ledger = ledger
        self._installed = tuple(chaincodes)
        self._chaincodes: Mapping[str, Chaincode] = {
            "qscc": partial(answer_of_qscc, ledger),
            "cscc": partial(answer_of_cscc, ledger),
            **chaincodes,
        }
        self._access = access
        self._faults = faults
        self._streams = Streams(ledger, access, faults)

    def handlers(self) -> tuple[grpc.GenericRpcHandler[Any, Any], ...]:
        """What a gRPC server needs to serve it."""
        unary = grpc.unary_unary_rpc_method_handler
        stream = grpc.stream_stream_rpc_method_handler
        return (
            grpc.method_handlers_generic_handler(
                "gateway.Gateway",
                {
                    "Evaluate": unary(self._faults.step("Evaluate", self._evaluate)),
                    "Endorse": unary(self._faults.step("Endorse", self._endorse)),
                    "Submit": unary(self._faults.step("Submit", self._submit)),
                    "CommitStatus": unary(self._faults.step("CommitStatus", self._commit_status)),
                    "ChaincodeEvents": grpc.unary_stream_rpc_method_handler(
                        self._faults.breaking(self._streams.chaincode_events)
                    ),
                },
            ),
            grpc.method_handlers_generic_handler(
                "discovery.Discovery", {"Discover": unary(self._faults.step("Discover", self._discover))}
            ),
            grpc.method_handlers_generic_handler(
                "protos.Endorser", {"ProcessProposal": unary(self._process_proposal)}
            ),
            grpc.method_handlers_generic_handler(
                "protos.Deliver",
                {
                    "Deliver": stream(self._faults.breaking(self._streams.blocks)),
                    "DeliverFiltered": stream(self._faults.breaking(self._streams.filtered_blocks)),
                    "DeliverWithPrivateData": stream(
                        self._faults.breaking(self._streams.blocks_with_private_data)
                    ),
                },
            ),
        )

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
        if not self._access.payload_signed(envelope.payload, envelope.signature):
            words = "received unsuccessful response from orderer: status=FORBIDDEN, info=signature is invalid"
            abort(context, grpc.StatusCode.ABORTED, words)
        if not self._faults.lost():
            self._ledger.order(envelope.SerializeToString())
        return b""

    def _commit_status(self, request: bytes, context: grpc.ServicerContext) -> bytes:
        signed = m.gateway.SignedCommitStatusRequest.FromString(request)
        wanted = m.gateway.CommitStatusRequest.FromString(signed.request)
        if not self._access.signed(wanted.identity, signed.request, signed.signature):
            abort(context, grpc.StatusCode.PERMISSION_DENIED, "access denied: the signature is invalid")
        statuses = self._ledger.statuses
        if not wait(context, self._ledger.changed, lambda: wanted.transaction_id in statuses):
            abort(context, grpc.StatusCode.CANCELLED, "context canceled")
        code, number = statuses[wanted.transaction_id]
        result = m.transaction.TxValidationCode.Value(code)
        return bytes(m.gateway.CommitStatusResponse(result=result, block_number=number).SerializeToString())

    def _process_proposal(self, request: bytes, context: grpc.ServicerContext) -> bytes:
        self._faults.awake(context)
        signed = m.proposal.SignedProposal.FromString(request)
        header = m.common.Header.FromString(m.proposal.Proposal.FromString(signed.proposal_bytes).header)
        creator = m.common.SignatureHeader.FromString(header.signature_header).creator
        answer = m.proposal_response.ProposalResponse()
        try:
            if not self._access.signed(creator, signed.proposal_bytes, signed.signature):
                raise ChaincodeRefusal("access denied: the signature is invalid")
            answer.response.payload, _ = self._ledger.invoke(signed, self._chaincodes)
            answer.response.status = 200
        except ChaincodeRefusal as refusal:
            answer.response.status, answer.response.message = 500, str(refusal)
        return bytes(answer.SerializeToString())

    def _discover(self, request: bytes, context: grpc.ServicerContext) -> bytes:
        signed = m.discovery.SignedRequest.FromString(request)
        wanted = m.discovery.Request.FromString(signed.payload)
        if not self._access.bound(wanted.authentication.client_tls_cert_hash, context):
            words = "client claimed TLS hash doesn't match computed TLS hash from gRPC stream"
            abort(context, grpc.StatusCode.UNKNOWN, words)
        response = m.discovery.Response()
        for query in wanted.queries:
            if self._access.signed(wanted.authentication.client_identity, signed.payload, signed.signature):
                response.results.append(discovered(self._ledger, self._installed, query))
            else:
                response.results.add().error.content = "access denied"
        return bytes(response.SerializeToString())

    def _run(self, signed: Any, context: grpc.ServicerContext, *, evaluating: bool) -> tuple[bytes, bytes]:
        header = m.common.Header.FromString(m.proposal.Proposal.FromString(signed.proposal_bytes).header)
        channel = m.common.ChannelHeader.FromString(header.channel_header).channel_id
        creator = m.common.SignatureHeader.FromString(header.signature_header).creator
        if channel != self._ledger.channel:
            abort(context, grpc.StatusCode.FAILED_PRECONDITION, f"channel {channel} does not exist")
        if not self._access.signed(creator, signed.proposal_bytes, signed.signature):
            _refuse(context, evaluating, "error validating proposal: access denied: the signature is invalid")
        try:
            return self._ledger.invoke(signed, self._chaincodes)
        except ChaincodeRefusal as refusal:
            _refuse(context, evaluating, f"chaincode response 500, {refusal}")
        except KeyError as error:
            words = f"no peers available to invoke chaincode {error} in channel {channel}"
            abort(context, grpc.StatusCode.FAILED_PRECONDITION, words)


def _refuse(context: grpc.ServicerContext, evaluating: bool, words: str) -> NoReturn:
    details = (ErrorDetail(PEER, "Org1MSP", words),)
    if evaluating:
        abort(context, grpc.StatusCode.UNKNOWN, f"evaluate call to endorser returned error: {words}", details)
    reason = "failed to endorse transaction, see attached details for more info"
    abort(context, grpc.StatusCode.ABORTED, reason, details)
