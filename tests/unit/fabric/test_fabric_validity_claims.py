"""What a peer states about its blocks, flags and commit hashes, against what the blocks amount to."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from endorsed_ledger import Private, Results, Town, collection, sha256, states
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from hypothesis import given, settings
from hypothesis import strategies as st

from fabric_gateway._wire import messages as m
from fabric_gateway.verification import ChainVerifier, Finding, Space, Validity, verify_chain
from fabric_gateway.verification._commit_hash import commit_hash, version_bytes
from fabric_gateway.verification._creators import check_creator
from fabric_gateway.verification._updates import Updates
from memory_database import memory_database


@pytest.fixture
def town() -> Town:
    """A channel with chaincode `cc`, and a block of a payment and a conflicting one."""
    found = Town()
    found.add(found.definition(collections=[collection("own")]))
    first = Results("cc", reads={"k": None}, writes={"k": b"1"}, private=[Private("own", writes={"k": b"1"})])
    found.add(found.transaction(first), found.transaction(Results("cc", reads={"k": None})))
    found.add(found.transaction(Results("cc", reads={"k": (2, 0)}, writes={"k": None})))
    return found


def findings(town: Town) -> list[Finding]:
    """All findings of an auditor who has only the blocks."""
    return [finding for result in town.verify() for finding in result.findings]


@pytest.mark.parametrize(
    ("flags", "rule", "said"),
    [
        (["VALID", "VALID"], "validity.mvcc-read-conflict", "transaction 1 of block 2 is flagged VALID"),
        (["MVCC_READ_CONFLICT"] * 2, "validity.valid", "transaction 0 of block 2 is flagged MVCC_READ"),
        (["VALID", "BAD_RWSET"], "validity.mvcc-read-conflict", "transaction 1 of block 2 is flagged BAD"),
    ],
    ids=["an invalid one is called valid", "a valid one is suppressed", "the reason is another"],
)
def test_a_peer_that_lies_about_a_flag(town: Town, flags: list[str], rule: str, said: str) -> None:
    states(town.blocks[2], flags, town.results[2].commit_hash)
    (finding,) = findings(town)
    assert (finding.block, finding.rule, finding.kind) == (2, rule, "error")
    assert finding.sentence.startswith(said)


def test_a_peer_that_lies_about_a_flag_and_reckons_with_it(town: Town) -> None:
    updates = Updates(Validity(memory_database()).state)
    lied = commit_hash(bytes(2), updates, town.results[1].commit_hash)
    states(town.blocks[2], ["VALID", "VALID"], lied)
    first, second, third = findings(town)
    assert (first.block, first.rule) == (2, "validity.mvcc-read-conflict")
    assert (second.block, second.rule) == (2, "commit-hash.differs")
    # Block 3 was stated with the right hash before it, which the lie has replaced.
    assert (third.block, third.rule) == (3, "commit-hash.differs")


def test_a_value_that_is_changed_in_the_block_is_found(town: Town) -> None:
    """Changing what an endorsed transaction writes breaks its signatures, and the peer's hash tells too."""
    block = town.blocks[2]
    block.data.data[0] = block.data.data[0].replace(b"\x1a\x011", b"\x1a\x012")
    assert {finding.rule for finding in findings(town)} >= {
        "validity.bad-creator-signature",
        "commit-hash.differs",
    }


def test_one_flipped_bit_of_a_commit_hash_is_found_once(town: Town) -> None:
    wrong = bytes([town.results[2].commit_hash[0] ^ 1]) + town.results[2].commit_hash[1:]
    states(town.blocks[2], town.results[2].flags, wrong)
    assert [(finding.block, finding.rule) for finding in findings(town)] == [
        (2, "commit-hash.differs"),
        (3, "commit-hash.differs"),
    ]


@pytest.mark.parametrize("slot", [2, 4], ids=["flags", "commit hash"])
def test_any_byte_of_what_a_peer_states_that_is_changed_is_found(town: Town, slot: int) -> None:
    stated = bytes(town.blocks[2].metadata.metadata[slot])
    for place in range(len(stated)):
        for bit in (0, 3, 7):
            changed = bytearray(stated)
            changed[place] ^= 1 << bit
            town.blocks[2].metadata.metadata[slot] = bytes(changed)
            assert 2 in [finding.block for finding in findings(town) if finding.kind == "error"]
    town.blocks[2].metadata.metadata[slot] = stated
    assert not findings(town)


def test_a_commit_hash_that_is_missing(town: Town) -> None:
    states(town.blocks[2], town.results[2].flags, b"")
    (finding,) = findings(town)
    assert (finding.block, finding.rule) == (2, "commit-hash.missing")


def test_a_commit_hash_that_cannot_be_read(town: Town) -> None:
    town.blocks[3].metadata.metadata[4] = b"\xff"
    (finding,) = findings(town)
    assert (finding.block, finding.rule) == (3, "commit-hash.differs")


def test_an_orderer_states_nothing_and_the_flags_are_derived_all_the_same(town: Town) -> None:
    for block in town.blocks:
        del block.metadata.metadata[2:]
    results = town.verify()
    assert [result.flags for result in results] == [result.flags for result in town.results]
    assert not findings(town)


@pytest.mark.parametrize("flags", [["VALID"], []])
def test_flags_of_too_few_transactions(town: Town, flags: list[str]) -> None:
    states(town.blocks[2], flags, town.results[2].commit_hash)
    (finding,) = findings(town)
    assert (finding.rule, finding.sentence) == (
        "validity.flags",
        f"block 2 has 2 transactions and flags of {len(flags)}",
    )


def test_the_configuration_is_state_and_no_part_of_the_commit_hash(town: Town) -> None:
    result = town.reconfigure()
    (write,) = result.writes
    assert (write.namespace, write.key) == ("", b"CHANNEL_CONFIG_ENV_BYTES")
    validity = Validity(memory_database())
    assert commit_hash(b"\0", Updates(validity.state), town.results[-2].commit_hash) == result.commit_hash
    assert not findings(town)


FORMS: dict[str, tuple[dict[str, Any], str]] = {
    "an id that is not its own": ({"transaction_id": "f" * 64}, "BAD_PROPOSAL_TXID"),
    "an epoch": ({"epoch": 7}, "BAD_COMMON_HEADER"),
    "a type that does not exist": ({"type": 4}, "BAD_COMMON_HEADER"),
    "a type that does not belong in blocks": ({"type": 2}, "UNSUPPORTED_TX_PAYLOAD"),
    "another channel": ({"channel_id": "elsewhere"}, "BAD_CREATOR_SIGNATURE"),
    "answers to another proposal": ({"proposal_hash": b"x" * 32}, "INVALID_ENDORSER_TRANSACTION"),
    "no action": ({"content": b""}, "INVALID_ENDORSER_TRANSACTION"),
    "an action that cannot be read": ({"content": b"\xff"}, "INVALID_ENDORSER_TRANSACTION"),
    "the answer of another chaincode": ({"answered": "other"}, "INVALID_CHAINCODE"),
    "no version": ({"version": ""}, "INVALID_CHAINCODE"),
    "no chaincode": ({"extension": b""}, "INVALID_OTHER_REASON"),
    "an extension that cannot be read": ({"extension": b"\xff"}, "BAD_HEADER_EXTENSION"),
    "the event of another chaincode": ({"event_of": "other"}, "INVALID_OTHER_REASON"),
    "its own event": ({"event_of": "cc"}, "VALID"),
}


@pytest.mark.parametrize(("how", "flag"), FORMS.values(), ids=FORMS)
def test_forms_of_transactions(town: Town, how: dict[str, Any], flag: str) -> None:
    sent = town.transaction(Results("cc", writes={"z": b"1"}), **how)
    assert town.add(sent, flags=["VALID"]).flags == (flag,)
    found = findings(town)
    assert [finding.rule for finding in found] == (
        [] if flag == "VALID" else [f"validity.{flag.lower().replace('_', '-')}"]
    )


def test_a_namespace_that_appears_twice(town: Town) -> None:
    twice = Results("cc", writes={"z": b"1"}), Results("cc", writes={"y": b"1"})
    assert town.add(town.transaction(*twice)).flags == ("ILLEGAL_WRITESET",)


@pytest.mark.parametrize(
    ("envelope", "flag"),
    [
        (b"\xff", "INVALID_OTHER_REASON"),
        (b"", "BAD_COMMON_HEADER"),
        (m.common.Envelope(payload=b"\xff").SerializeToString(), "BAD_PAYLOAD"),
    ],
    ids=["no envelope", "nothing", "no payload"],
)
def test_what_is_no_transaction(town: Town, envelope: bytes, flag: str) -> None:
    assert town.add(envelope).flags == (flag,)
    assert not findings(town)


def test_a_signature_of_another_creator(town: Town) -> None:
    envelope = m.common.Envelope.FromString(town.transaction(Results("cc", writes={"z": b"1"})))
    envelope.signature = town.b.client.sign(envelope.payload)
    assert town.add(envelope.SerializeToString()).flags == ("BAD_CREATOR_SIGNATURE",)


def test_what_the_verification_of_the_chain_said_is_not_told_twice(town: Town) -> None:
    town.add(town.transaction(Results("cc"), transaction_id="f" * 64), flags=["VALID"])
    validity = Validity(memory_database())
    for block in town.blocks:
        creators = [check_creator(envelope, town.configuration) for envelope in block.data.data]
        result = validity.add(block, town.configuration, creators if block.header.number else ())
    assert result.flags == ("BAD_PROPOSAL_TXID",) and not result.findings


def test_a_transaction_whose_signer_cannot_be_read_uses_up_its_id(town: Town) -> None:
    """The ledger keeps the id that a header names, whatever else is wrong with the transaction."""
    later = town.transaction(Results("cc", writes={"z": b"1"}), nonce=b"n")
    payload = m.common.Payload.FromString(m.common.Envelope.FromString(later).payload)
    payload.header.signature_header = b"\xff"
    assert town.add(m.common.Envelope(payload=payload.SerializeToString()).SerializeToString()).flags == (
        "BAD_COMMON_HEADER",
    )
    assert town.add(later).flags == ("DUPLICATE_TXID",)


@cache
def updates_message() -> Any:
    """Fabric's message `Updates`, of `core/ledger/kvledger/txmgmt/txmgr/updates.proto`."""
    file = descriptor_pb2.FileDescriptorProto(name="updates.proto", package="txmgr", syntax="proto3")
    field = descriptor_pb2.FieldDescriptorProto
    write = file.message_type.add(name="KVWrite")
    for number, (name, kind) in enumerate(
        [
            ("namespace", field.TYPE_STRING),
            ("collection", field.TYPE_STRING),
            ("key", field.TYPE_BYTES),
            ("isDelete", field.TYPE_BOOL),
            ("value", field.TYPE_BYTES),
            ("version_bytes", field.TYPE_BYTES),
        ],
        1,
    ):
        write.field.add(name=name, number=number, type=kind, label=field.LABEL_OPTIONAL)
    whole = file.message_type.add(name="Updates")
    whole.field.add(
        name="kvwrites",
        number=1,
        type=field.TYPE_MESSAGE,
        label=field.LABEL_REPEATED,
        type_name=".txmgr.KVWrite",
    )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("txmgr.Updates"))


SPACES = st.builds(Space, st.sampled_from(["cc", "d", "_lifecycle"]), st.sampled_from(["", "own", "p"]))


@given(
    st.dictionaries(
        st.tuples(SPACES, st.binary(max_size=3)),
        st.tuples(st.binary(min_size=1, max_size=300), st.tuples(st.integers(0, 2**40), st.integers(0, 900))),
        max_size=12,
    ),
    st.binary(max_size=300),
)
@settings(deadline=None)
def test_the_commit_hash_covers_writes_as_fabric_serialises_them(
    written: dict[tuple[Space, bytes], tuple[bytes, tuple[int, int]]], flags: bytes
) -> None:
    updates = Updates(Validity(memory_database()).state)
    message = updates_message()()
    names = Space("", "")
    for (space, key), (value, version) in sorted(written.items()):
        updates.put(space, key, value, version)
        write = message.kvwrites.add(key=key, value=value, version_bytes=version_bytes(version))
        if space.namespace != names.namespace:
            write.namespace = space.namespace
        if space != names:
            write.collection = space.collection
        names = space
    length = m.common.Payload(data=flags).SerializeToString()[1 : -len(flags) or None] if flags else b"\0"
    whole = length + flags + message.SerializeToString() + b"before"
    assert commit_hash(flags, updates, b"before") == sha256(whole)


@pytest.mark.parametrize(
    ("version", "content"),
    [
        ((0, 0), b"\0\0"),
        ((1, 0), b"\1\1\0"),
        ((255, 256), b"\1\xff\2\1\0"),
        ((2**63, 3), b"\x08\x80" + bytes(7) + b"\1\3"),
    ],
)
def test_versions_are_kept_in_as_few_bytes_as_they_need(version: tuple[int, int], content: bytes) -> None:
    assert version_bytes(version) == content


def test_one_stream_tells_who_signed_and_what_is_valid(town: Town) -> None:
    town.add(town.transaction(Results("cc", writes={"z": b"1"}), endorsers=[]), flags=["VALID"])
    validity = Validity(memory_database())
    told = list(verify_chain(town.blocks, ChainVerifier(channel="town"), validity=validity))
    rules = [finding.rule for finding in told]
    assert "validity.endorsement-policy-failure" in rules and "block.signatures" in rules
    assert validity.height == len(town.blocks)


def test_a_missing_block_ends_what_can_be_derived(town: Town) -> None:
    validity = Validity(memory_database())
    told = list(verify_chain([*town.blocks[:2], town.blocks[3]], ChainVerifier(), validity=validity))
    assert [(item.block, item.kind) for item in told if item.rule == "validity.gap"] == [(3, "uncertainty")]
    assert validity.height == 2
