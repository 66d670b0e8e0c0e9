"""Blocks as the nested mappings that `hfc.fabric.block_decoder` gives, member for member.

Hashes and nonces are hexadecimal text in bytes, other bytes are bytes, block numbers in read sets are text.
What hfc does not decode, such as the members that newer Fabric versions added, is left out here too.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from kindpakket.fabric import BlockMessage, FilteredBlock
from kindpakket.hfc import _messages as m
from kindpakket.hfc.fabric._decoded_configuration import config_envelope, config_update_envelope
from kindpakket.hfc.fabric._decoded_headers import UNKNOWN_KIND, headers, kind_name, signed_headers
from kindpakket.hfc.fabric._decoded_transaction import endorser_transaction

Decoded: TypeAlias = dict[str, Any]

_SIGNATURES, _LAST_CONFIG, _TRANSACTIONS_FILTER = 0, 1, 2
_BODIES = {1: config_envelope, 2: config_update_envelope, 3: endorser_transaction}


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


def decoded_block(block: BlockMessage) -> Decoded:
    """Decode a block."""
    return {
        "header": {
            "number": block.header.number,
            "previous_hash": block.header.previous_hash.hex().encode(),
            "data_hash": block.header.data_hash.hex().encode(),
        },
        "data": {
            "data": [decoded_envelope(m.common.Envelope.FromString(envelope)) for envelope in block.data.data]
        },
        "metadata": {"metadata": _metadata(block.metadata.metadata)},
    }


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
