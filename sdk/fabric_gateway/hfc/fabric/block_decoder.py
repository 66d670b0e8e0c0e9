"""Blocks as the nested mappings that `hfc.fabric.block_decoder` gives, member for member.

Hashes and nonces are hexadecimal text in bytes, other bytes are bytes, block numbers in read sets are text.
What hfc does not decode, such as the members that newer Fabric versions added, is left out here too.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from fabric_gateway import BlockMessage, FilteredBlock
from fabric_gateway.hfc import _messages as m
from fabric_gateway.hfc.fabric._decoded_configuration import config_envelope, config_update_envelope
from fabric_gateway.hfc.fabric._decoded_headers import KINDS, UNKNOWN_KIND, headers, kind_name, signed_headers
from fabric_gateway.hfc.fabric._decoded_transaction import chaincode_event, endorser_transaction
from fabric_gateway.hfc.fabric._decoders import (
    decode_chaincode_action_payload,
    decode_chaincode_events,
    decode_config,
    decode_config_envelope,
    decode_config_update_envelope,
    decode_endorser_transaction,
    decode_fabric_endpoints,
    decode_fabric_MSP_config,
    decode_fabric_peers_info,
    decode_header,
    decode_identity,
    decode_proposal_response_payload,
    decode_readwrite_sets,
    decode_signature_header,
    decode_signature_policy_envelope,
)

__all__ = [
    "BlockDecoder",
    "Decoded",
    "FilteredBlockDecoder",
    "HeaderType",
    "code_name",
    "decode_block_data",
    "decode_block_data_envelope",
    "decode_block_header",
    "decode_block_metadata",
    "decode_chaincode_action_payload",
    "decode_chaincode_events",
    "decode_config",
    "decode_config_envelope",
    "decode_config_update_envelope",
    "decode_endorser_transaction",
    "decode_fabric_MSP_config",
    "decode_fabric_endpoints",
    "decode_fabric_peers_info",
    "decode_header",
    "decode_identity",
    "decode_proposal_response_payload",
    "decode_readwrite_sets",
    "decode_signature_header",
    "decode_signature_policy_envelope",
    "decoded_block",
    "decoded_envelope",
    "filtered_block",
    "tx_validation_code",
    "type_as_string",
]

Decoded: TypeAlias = dict[str, Any]

_SIGNATURES, _LAST_CONFIG, _TRANSACTIONS_FILTER = 0, 1, 2
_BODIES = {1: config_envelope, 2: config_update_envelope, 3: endorser_transaction}

type_as_string = KINDS
"""Names of headers' types."""

tx_validation_code: dict[int, str] = {code: name for name, code in m.transaction.TxValidationCode.items()}
"""Names of validation codes; with those that Fabric has added since hfc."""


class BlockDecoder:
    """Decodes blocks and transactions."""

    @staticmethod
    def decode(block_bytes: bytes) -> Decoded:
        """Decode a `common.Block`.

        Raises:
            ValueError: the bytes are none.
        """
        try:
            return decoded_block(m.common.Block.FromString(block_bytes))
        except Exception as error:
            raise ValueError("BlockDecoder :: decode failed", error) from error

    @staticmethod
    def decode_transaction(processed_tx_bytes: bytes) -> Decoded:
        """Decode a `protos.ProcessedTransaction`.

        Raises:
            ValueError: there are no bytes.
        """
        if not processed_tx_bytes:
            raise ValueError("there are no bytes of a transaction to decode")
        found = m.transaction.ProcessedTransaction.FromString(processed_tx_bytes)
        return {
            "validation_code": found.validationCode,
            "transaction_envelope": decoded_envelope(found.transactionEnvelope),
        }


class FilteredBlockDecoder:
    """Decodes filtered blocks."""

    @staticmethod
    def decode(block_bytes: bytes) -> Decoded:
        """Decode a `protos.FilteredBlock`.

        Raises:
            ValueError: the bytes are none.
        """
        try:
            block = m.events.FilteredBlock.FromString(block_bytes)
        except Exception as error:
            raise ValueError("FilteredBlockDecoder :: decode failed", error) from error
        return {
            "channel_id": block.channel_id,
            "number": block.number,
            "filtered_transactions": [
                {
                    "txid": item.txid,
                    "type": kind_name(item.type),
                    "tx_validation_code": code_name(item.tx_validation_code),
                    "transaction_actions": {
                        "chaincode_actions": [
                            {"chaincode_event": chaincode_event(action.chaincode_event.SerializeToString())}
                            for action in item.transaction_actions.chaincode_actions
                        ]
                    },
                }
                for item in block.filtered_transactions
            ],
        }


class HeaderType:
    """Types of headers, and what stands under each."""

    @staticmethod
    def convert_to_string(type_value: int) -> str:
        """The name of a type."""
        return kind_name(type_value)

    @staticmethod
    def decode_payload_based_on_type(proto_data: bytes, type_value: int) -> Decoded:
        """Decode a payload's data; an empty mapping for a type without a decoder."""
        return _BODIES[type_value](proto_data) if type_value in _BODIES else {}


def decoded_block(block: BlockMessage) -> Decoded:
    """Decode a block."""
    return {
        "header": decode_block_header(block.header),
        "data": decode_block_data(block.data, True),
        "metadata": decode_block_metadata(block.metadata),
    }


def decode_block_header(proto_block_header: Any) -> Decoded:
    """Decode a `common.BlockHeader` message."""
    return {
        "number": proto_block_header.number,
        "previous_hash": proto_block_header.previous_hash.hex().encode(),
        "data_hash": proto_block_header.data_hash.hex().encode(),
    }


def decode_block_data(proto_block_data: Any, not_proto: bool = False) -> Decoded:
    """Decode a `common.BlockData` message; as in hfc, its envelopes only with `not_proto`."""
    envelopes = proto_block_data.data if not_proto else ()
    return {"data": [decoded_envelope(m.common.Envelope.FromString(envelope)) for envelope in envelopes]}


def decode_block_metadata(proto_block_metadata: Any) -> Decoded:
    """Decode a `common.BlockMetadata` message."""
    return {"metadata": _metadata(proto_block_metadata.metadata)}


def decode_block_data_envelope(proto_envelope: Any) -> Decoded:
    """Decode a `common.Envelope` message."""
    return decoded_envelope(proto_envelope)


def decoded_envelope(envelope: Any) -> Decoded:
    """Decode a `common.Envelope`."""
    payload = m.common.Payload.FromString(envelope.payload)
    header = headers(payload.header)
    kind = header["channel_header"]["type"]
    body = _BODIES[kind](payload.data) if kind in _BODIES else {}
    header["channel_header"]["type_string"] = kind_name(kind)
    return {"signature": envelope.signature, "payload": {"header": header, "data": body}}


def filtered_block(block: FilteredBlock) -> Decoded:
    """A filtered block in hfc's form."""
    return {
        "channel_id": block.channel,
        "number": block.number,
        "filtered_transactions": [
            {
                "txid": item.transaction_id,
                "type": UNKNOWN_KIND if item.kind.isdigit() else item.kind,
                "tx_validation_code": "UNKNOWN_VALIDATION_CODE" if item.code.isdigit() else item.code,
                "transaction_actions": {
                    "chaincode_actions": [
                        {
                            "chaincode_event": {
                                "chaincode_id": event.chaincode,
                                "tx_id": event.transaction_id,
                                "event_name": event.name,
                                "payload": event.payload,
                            }
                        }
                        for event in item.events
                    ]
                },
            }
            for item in block.transactions
        ],
    }


def code_name(code: int) -> str:
    """Name of a validation code."""
    known = code in m.transaction.TxValidationCode.values()
    return str(m.transaction.TxValidationCode.Name(code)) if known else "UNKNOWN_VALIDATION_CODE"


def _metadata(metadata: Any) -> list[Any]:
    if not metadata:
        return []
    return [
        _signed_value(metadata[_SIGNATURES]),
        _last_config(metadata[_LAST_CONFIG]),
        list(metadata[_TRANSACTIONS_FILTER]) or None,
    ]


def _signed_value(content: bytes) -> Decoded:
    found = m.common.Metadata.FromString(content)
    return {"value": found.value, "signatures": signed_headers(found.signatures)}


def _last_config(content: bytes) -> Decoded:
    value: Decoded = {"index": 0, "signatures": []}
    if not content:
        return {"value": value}
    found = m.common.Metadata.FromString(content)
    value["index"] = m.common.LastConfig.FromString(found.value).index
    return {"value": value, "signatures": signed_headers(found.signatures)}
