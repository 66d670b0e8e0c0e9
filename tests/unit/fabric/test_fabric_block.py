"""Blocks as typed values, from a block built by hand."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from fabric_gateway import ChaincodeEvent, DecodeError
from fabric_gateway._wire import messages as m
from fabric_gateway.blocks import (
    Block,
    NamespaceSet,
    Party,
    PrivateWrite,
    Read,
    Write,
    hash_of_data,
    hash_of_header,
    header_bytes,
)
from fabric_gateway.identity import verify
from fabric_gateway.testing import MemoryGateway, make_identity

CLIENT = make_identity("GemeenteMSP", name="clerk")
PEER = make_identity("WinkelsMSP", name="peer0")
AT = datetime(2026, 11, 24, 9, 30, 15, 250_000, tzinfo=UTC)


def read_write_sets() -> bytes:
    public = m.kv_rwset.KVRWSet()
    public.reads.add(key="voucher/1").version.block_num = 4
    public.reads[0].version.tx_num = 2
    public.reads.add(key="payment/9")
    public.writes.add(key="payment/9", value=b'{"cents": 500}')
    public.writes.add(key="unsettled/1", is_delete=True)
    hashed = m.kv_rwset.HashedRWSet()
    hashed.hashed_writes.add(key_hash=b"k1", value_hash=b"v1")
    hashed.hashed_writes.add(key_hash=b"k2", is_delete=True, is_purge=True)
    sets = m.rwset.TxReadWriteSet()
    own = sets.ns_rwset.add(namespace="kindpakket", rwset=public.SerializeToString())
    own.collection_hashed_rwset.add(collection_name="citizens", hashed_rwset=hashed.SerializeToString())
    sets.ns_rwset.add(namespace="_lifecycle", rwset=m.kv_rwset.KVRWSet().SerializeToString())
    return bytes(sets.SerializeToString())


def headers(kind: int, transaction_id: str = "") -> Any:
    channel = m.common.ChannelHeader(type=kind, channel_id="zuidhorn", tx_id=transaction_id)
    channel.timestamp.FromDatetime(AT)
    signature = m.common.SignatureHeader(creator=CLIENT.serialized, nonce=b"n")
    return m.common.Header(
        channel_header=channel.SerializeToString(), signature_header=signature.SerializeToString()
    )


def endorsed() -> bytes:
    event = m.chaincode_event.ChaincodeEvent(
        chaincode_id="kindpakket", tx_id="t1", event_name="PaymentTaken", payload=b"{}"
    )
    action = m.proposal.ChaincodeAction(
        results=read_write_sets(),
        events=event.SerializeToString(),
        response=m.proposal_response.Response(status=200, payload=b"result"),
    )
    response = m.proposal_response.ProposalResponsePayload(
        proposal_hash=b"h", extension=action.SerializeToString()
    )
    return bytes(response.SerializeToString())


def payment() -> bytes:
    spec = m.chaincode.ChaincodeInvocationSpec(
        chaincode_spec=m.chaincode.ChaincodeSpec(
            chaincode_id=m.chaincode.ChaincodeID(name="kindpakket"),
            input=m.chaincode.ChaincodeInput(args=[b"payment:Pay", b"{}"]),
        )
    )
    content = m.proposal.ChaincodeProposalPayload(input=spec.SerializeToString())
    endorsement = m.proposal_response.Endorsement(
        endorser=PEER.serialized, signature=PEER.sign(endorsed() + PEER.serialized)
    )
    action = m.transaction.ChaincodeActionPayload(
        chaincode_proposal_payload=content.SerializeToString(),
        action=m.transaction.ChaincodeEndorsedAction(
            proposal_response_payload=endorsed(), endorsements=[endorsement]
        ),
    )
    body = m.transaction.Transaction()
    body.actions.add(payload=action.SerializeToString())
    payload = m.common.Payload(
        header=headers(m.common.ENDORSER_TRANSACTION, "t1"), data=body.SerializeToString()
    ).SerializeToString()
    return bytes(m.common.Envelope(payload=payload, signature=CLIENT.sign(payload)).SerializeToString())


def config() -> bytes:
    payload = m.common.Payload(header=headers(m.common.CONFIG), data=b"configuration")
    return bytes(m.common.Envelope(payload=payload.SerializeToString()).SerializeToString())


def block(*envelopes: bytes, number: int = 7, codes: bytes = b"") -> Any:
    header = m.common.BlockHeader(number=number, previous_hash=b"p" * 32, data_hash=hash_of_data(envelopes))
    metadata = m.common.BlockMetadata(metadata=[b"signatures", b"", codes, b"", b"commit"])
    return m.common.Block(header=header, data=m.common.BlockData(data=envelopes), metadata=metadata)


def test_a_transaction_is_decoded_whole() -> None:
    decoded = Block.decode(block(payment(), codes=b"\x00"))
    assert (decoded.number, decoded.previous_hash, decoded.metadata[4]) == (7, b"p" * 32, b"commit")
    transaction = decoded.transactions[0]
    assert (transaction.index, transaction.kind, transaction.code) == (0, "ENDORSER_TRANSACTION", "VALID")
    assert transaction.valid
    assert (transaction.transaction_id, transaction.channel, transaction.timestamp) == ("t1", "zuidhorn", AT)
    assert transaction.creator == Party("GemeenteMSP", CLIENT.certificate_pem)
    assert (transaction.chaincode, transaction.function, transaction.arguments) == (
        "kindpakket",
        "payment:Pay",
        (b"{}",),
    )
    assert (transaction.status, transaction.result) == (200, b"result")
    assert transaction.event == ChaincodeEvent(7, "t1", "kindpakket", "PaymentTaken", b"{}")
    assert transaction.malformed == ""


def test_write_sets_are_told_by_namespace() -> None:
    transaction = Block.decode(block(payment(), codes=b"\x00")).transactions[0]
    own, lifecycle = transaction.namespaces
    assert own == NamespaceSet(
        "kindpakket",
        (Read("voucher/1", (4, 2)), Read("payment/9", None)),
        (Write("payment/9", b'{"cents": 500}'), Write("unsettled/1", None)),
        (
            PrivateWrite("citizens", b"k1", b"v1", purged=False),
            PrivateWrite("citizens", b"k2", None, purged=True),
        ),
    )
    assert lifecycle == NamespaceSet("_lifecycle", (), (), ())
    assert transaction.writes("kindpakket") == own.writes
    assert transaction.writes("elsewhere") == ()


def test_signatures_can_be_verified_from_what_is_decoded() -> None:
    transaction = Block.decode(block(payment(), codes=b"\x00")).transactions[0]
    endorsement = transaction.endorsements[0]
    assert endorsement.endorser.mspid == "WinkelsMSP"
    certificate = x509.load_pem_x509_certificate(endorsement.endorser.certificate_pem)
    signed = transaction.endorsed + endorsement.endorser_bytes
    assert verify(certificate, signed, endorsement.signature)
    envelope = m.common.Envelope.FromString(transaction.envelope)
    assert verify(CLIENT.certificate, envelope.payload, envelope.signature)


def test_configuration_and_invalid_transactions_are_told_apart() -> None:
    decoded = Block.decode(block(config(), payment(), payment(), codes=b"\x00\x0b\xc8"))
    assert [(item.kind, item.code) for item in decoded.transactions] == [
        ("CONFIG", "VALID"),
        ("ENDORSER_TRANSACTION", "MVCC_READ_CONFLICT"),
        ("ENDORSER_TRANSACTION", "200"),
    ]
    assert decoded.transactions[0].namespaces == ()
    assert not decoded.transactions[1].valid


def test_without_codes_nothing_counts_as_validated() -> None:
    assert Block.decode(block(payment())).transactions[0].code == "NOT_VALIDATED"
    bare = m.common.Block(data=m.common.BlockData(data=[payment()]))
    assert Block.decode(bare).transactions[0].code == "NOT_VALIDATED"


def two_actions() -> bytes:
    body = m.transaction.Transaction()
    body.actions.add()
    body.actions.add()
    payload = m.common.Payload(
        header=headers(m.common.ENDORSER_TRANSACTION, "t2"), data=body.SerializeToString()
    )
    return bytes(m.common.Envelope(payload=payload.SerializeToString()).SerializeToString())


def test_what_cannot_be_read_does_not_stop_the_reader() -> None:
    decoded = Block.decode(block(b"\xff\xff", two_actions(), payment(), codes=b"\x02\x10\x00"))
    garbage, doubled, fine = decoded.transactions
    assert "cannot be read as common.Envelope" in garbage.malformed
    assert (garbage.kind, garbage.code, garbage.envelope) == ("", "BAD_PAYLOAD", b"\xff\xff")
    assert doubled.malformed == "this transaction has 2 actions instead of one"
    assert (doubled.transaction_id, doubled.code) == ("t2", "NIL_TXACTION")
    assert fine.malformed == ""


@given(envelope=st.binary(max_size=300))
def test_no_bytes_break_the_reader(envelope: bytes) -> None:
    assert Block.decode(block(envelope)).transactions[0].envelope == envelope


@given(cut=st.integers(0, 2000), put=st.binary(max_size=3))
def test_no_damage_to_a_transaction_breaks_the_reader(cut: int, put: bytes) -> None:
    whole = payment()
    damaged = whole[:cut] + put + whole[cut + len(put) :]
    assert Block.decode(block(damaged)).intact


def test_bytes_that_are_no_block_are_refused() -> None:
    message = block(payment())
    assert Block.decode(message.SerializeToString()) == Block.decode(message)
    with pytest.raises(DecodeError, match=r"cannot be read as common\.Block"):
        Block.decode(b"\xff\xff")


def test_hashes_are_computed_and_not_believed() -> None:
    message = block(config(), payment())
    decoded = Block.decode(message)
    assert decoded.intact
    assert decoded.data_hash == hashlib.sha256(config() + message.data.data[1]).digest()
    message.data.data[0] = b"forged"
    forged = Block.decode(message)
    assert not forged.intact
    assert forged.header_hash == decoded.header_hash


def test_headers_are_asn1_der() -> None:
    assert header_bytes(0, b"", b"\x01").hex() == "3008020100040004" + "0101"
    assert header_bytes(128, b"\xaa", b"").hex() == "3009020200800401aa0400"
    assert header_bytes(2**64 - 1, b"p" * 32, b"d" * 32).hex() == (
        "304f" + "020900ffffffffffffffff" + "0420" + "70" * 32 + "0420" + "64" * 32
    )
    long = header_bytes(1, b"p" * 200, b"d" * 300)
    assert long[:4].hex() == "308201fe"
    assert hash_of_header(1, b"p", b"d") == hashlib.sha256(header_bytes(1, b"p", b"d")).digest()


def test_blocks_of_a_chain_follow_one_another(contract: Any, memory: MemoryGateway, network: Any) -> None:
    contract.submit("Add", "a", "1")
    contract.submit("Add", "a", "1")
    genesis, first, second = (Block.decode(message) for message in network.blocks(0, 2))
    assert first.follows(genesis)
    assert second.follows(first)
    assert not second.follows(genesis)
    assert first.intact
    assert first.transactions[0].writes("ledger") == (Write("a", b"1"),)
    assert memory.height == 3
