"""Transactions of a chaincode in hfc's form."""

from __future__ import annotations

from typing import Any, TypeAlias

from fabric_gateway.hfc import _messages as m
from fabric_gateway.hfc.fabric._decoded_headers import identity, signature_header

Decoded: TypeAlias = dict[str, Any]


def endorser_transaction(content: bytes) -> Decoded:
    """Decode a `protos.Transaction`; an empty mapping for no bytes."""
    if not content:
        return {}
    actions = m.transaction.Transaction.FromString(content).actions
    return {
        "actions": [
            {"header": signature_header(action.header), "payload": action_payload(action.payload)}
            for action in actions
        ]
    }


def chaincode_event(content: bytes) -> Decoded:
    """Decode a `protos.ChaincodeEvent`; of no bytes an event without a name."""
    found = m.chaincode_event.ChaincodeEvent.FromString(content)
    return {
        "chaincode_id": found.chaincode_id,
        "tx_id": found.tx_id,
        "event_name": found.event_name,
        "payload": found.payload,
    }


def action_payload(content: bytes) -> Decoded:
    """Decode a `protos.ChaincodeActionPayload`."""
    found = m.transaction.ChaincodeActionPayload.FromString(content)
    proposal = m.proposal.ChaincodeProposalPayload.FromString(found.chaincode_proposal_payload)
    return {
        "chaincode_proposal_payload": {"input": proposal.input},
        "action": {
            "proposal_response_payload": proposal_response_payload(found.action.proposal_response_payload),
            "endorsements": [
                {"endorser": identity(item.endorser), "signature": item.signature}
                for item in found.action.endorsements
            ],
        },
    }


def proposal_response_payload(content: bytes) -> Decoded:
    """Decode a `protos.ProposalResponsePayload`, which is what peers sign."""
    found = m.proposal_response.ProposalResponsePayload.FromString(content)
    action = m.proposal.ChaincodeAction.FromString(found.extension)
    response = action.response
    return {
        "proposal_hash": found.proposal_hash.hex().encode(),
        "extension": {
            "results": read_write_sets(action.results),
            "events": chaincode_event(action.events),
            "response": {
                "status": response.status,
                "message": response.message,
                "payload": response.payload,
            },
            "chaincode_id": {
                "path": action.chaincode_id.path,
                "name": action.chaincode_id.name,
                "version": action.chaincode_id.version,
            },
        },
    }


def read_write_sets(content: bytes) -> Decoded:
    """Decode a `rwset.TxReadWriteSet`."""
    found = m.rwset.TxReadWriteSet.FromString(content)
    return {
        "data_model": found.data_model,
        "ns_rwset": [
            {"namespace": item.namespace, "rwset": _read_write_set(item.rwset)} for item in found.ns_rwset
        ],
    }


def _read_write_set(content: bytes) -> Decoded:
    found = m.kv_rwset.KVRWSet.FromString(content)
    return {
        "reads": [_read(item) for item in found.reads],
        "range_queries_info": [_range(item) for item in found.range_queries_info],
        "writes": [
            {"key": item.key, "is_delete": item.is_delete, "value": item.value} for item in found.writes
        ],
    }


def _read(item: Any) -> Decoded:
    """A read; as in hfc, a key that did not exist has version 0 of block 0."""
    version = {"block_num": str(item.version.block_num), "tx_num": str(item.version.tx_num)}
    return {"key": item.key, "version": version}


def _range(item: Any) -> Decoded:
    hashes = item.reads_merkle_hashes
    return {
        "start_key": item.start_key,
        "end_key": item.end_key,
        "itr_exhausted": item.itr_exhausted,
        "raw_reads": {"kv_reads": [_read(read) for read in item.raw_reads.kv_reads]},
        "reads_merkle_hashes": {
            "max_degree": hashes.max_degree,
            "max_level": hashes.max_level,
            "max_level_hashes": hashes.max_level_hashes,
        },
    }
