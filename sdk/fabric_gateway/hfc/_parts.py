"""Parts of the messages that a client signs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fabric_gateway.hfc import _messages as m


def create_seek_info(
    start: int | None = None, stop: int | None = None, behavior: str = "BLOCK_UNTIL_READY"
) -> Any:
    """An `orderer.SeekInfo`; without numbers, of the newest block."""
    return m.ab.SeekInfo(
        start=_position(start),
        stop=_position(stop),
        behavior=m.ab.SeekInfo.SeekBehavior.Value(behavior),
    )


def _position(number: int | None) -> Any:
    if number is None:
        return m.ab.SeekPosition(newest=m.ab.SeekNewest())
    return m.ab.SeekPosition(specified=m.ab.SeekSpecified(number=number))


def create_seek_payload(seek_header: Any, seek_info: Any) -> bytes:
    """The payload of a request for blocks, serialised."""
    payload = m.common.Payload(header=seek_header, data=seek_info.SerializeToString())
    return bytes(payload.SerializeToString())


def create_envelope(seek_payload_sig: bytes, seek_payload_bytes: bytes) -> Any:
    """A `common.Envelope`."""
    return m.common.Envelope(payload=seek_payload_bytes, signature=seek_payload_sig)


def create_cc_spec(chaincode_input: Any, chaincode_id: Any, type: str) -> Any:
    """A `protos.ChaincodeSpec`."""
    return m.chaincode.ChaincodeSpec(
        type=m.chaincode.ChaincodeSpec.Type.Value(type), chaincode_id=chaincode_id, input=chaincode_input
    )


def create_tx_payload(endorsements: Iterable[Any], tran_req: Any) -> bytes:
    """The payload of a transaction, from a proposal and the answers to it, serialised."""
    action = m.transaction.ChaincodeActionPayload(
        chaincode_proposal_payload=tran_req.proposal.payload,
        action=m.transaction.ChaincodeEndorsedAction(
            proposal_response_payload=tran_req.responses[0].payload, endorsements=endorsements
        ),
    )
    header = tran_req.header
    transaction = m.transaction.Transaction(
        actions=[
            m.transaction.TransactionAction(
                header=header.signature_header, payload=action.SerializeToString()
            )
        ]
    )
    payload = m.common.Payload(header=header, data=transaction.SerializeToString())
    return bytes(payload.SerializeToString())
