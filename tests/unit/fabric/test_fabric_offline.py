"""Offline signing: the gateway's identity has no key, and every step is signed somewhere else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import (
    Prehashed,
    decode_dss_signature,
    encode_dss_signature,
)
from fabric_helpers import AMPLE, Blocking, certificate_for, ledger
from grpc import StatusCode

from fabric_gateway import (
    Deadlines,
    DecodeError,
    EndorseError,
    ErrorDetail,
    Hash,
    Identity,
    IdentityError,
    UnknownOutcome,
    aio,
    connect,
)
from fabric_gateway._wire import messages
from fabric_gateway.identity._signatures import ORDERS
from fabric_gateway.testing import MemoryGateway

Open = Callable[..., Any]
QUORUM = (
    "insufficient number of orderers could successfully process transaction to satisfy quorum requirement"
)

KEYS: dict[str, Callable[[], Any]] = {
    "P-256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "Ed25519": ed25519.Ed25519PrivateKey.generate,
}


class Wallet:
    """Where the key is: it sees digests only, and nothing of this package makes its signatures."""

    def __init__(self, algorithm: str = "P-256", hash: Hash | None = None) -> None:
        self.key: Any = KEYS[algorithm]()
        self.identity = Identity("Org1MSP", certificate_for(self.key.public_key()), hash=hash)

    def sign(self, digest: bytes, *, high: bool = False) -> bytes:
        if isinstance(self.key, ed25519.Ed25519PrivateKey):
            return self.key.sign(digest)
        family: Any = hashes.SHA256() if len(digest) == 32 else hashes.SHA384()
        r, s = decode_dss_signature(self.key.sign(digest, ec.ECDSA(Prehashed(family))))
        low, other = sorted((s, ORDERS[self.key.curve.name] - s))
        return encode_dss_signature(r, other if high else low)


@pytest.fixture
def wallet() -> Wallet:
    return Wallet()


@pytest.fixture
def gateway(opened: Open, wallet: Wallet) -> Any:
    return opened(wallet.identity)


def carry_out(gateway: Any, sign: Callable[[bytes], bytes], key: str = "a") -> Any:
    """All steps of a transaction, each signed elsewhere; the status."""
    proposal = gateway.network("channel").contract("ledger").proposal("Add", key, "5")
    proposal = gateway.signed_proposal(proposal.message, sign(proposal.digest))
    assert proposal.evaluate() == b"5"
    transaction = proposal.endorse()
    assert transaction.result == b"5"
    transaction = gateway.signed_transaction(transaction.message, sign(transaction.digest))
    assert transaction.transaction_id == proposal.transaction_id
    commit = transaction.submit()
    commit = gateway.signed_commit(commit.message, sign(commit.digest))
    assert commit.transaction_id == proposal.transaction_id
    return commit.status()


def test_every_step_is_signed_elsewhere(gateway: Any, wallet: Wallet, memory: MemoryGateway) -> None:
    status = carry_out(gateway, wallet.sign)
    assert (status.code, status.block_number) == ("VALID", 1)
    assert memory.get("a") == b"5"
    assert memory.calls == ["Evaluate", "Endorse", "Submit", "CommitStatus"]


def test_a_high_s_is_turned_low(gateway: Any, wallet: Wallet) -> None:
    assert carry_out(gateway, lambda digest: wallet.sign(digest, high=True)).successful


COMBINATIONS = [
    (algorithm, hash)
    for algorithm in ("P-256", "P-384")
    for hash in (Hash.SHA256, Hash.SHA384, Hash.SHA3_256, Hash.SHA3_384)
] + [("Ed25519", Hash.NONE)]


@pytest.mark.parametrize(("algorithm", "hash"), COMBINATIONS)
def test_every_key_and_hash(algorithm: str, hash: Hash) -> None:
    wallet = Wallet(algorithm, hash)
    peers = hash if algorithm != "Ed25519" else Hash.SHA256
    with MemoryGateway({"ledger": ledger}, hash=peers) as memory:
        with connect(endpoint=memory.endpoint, identity=wallet.identity, deadlines=AMPLE) as gateway:
            assert carry_out(gateway, wallet.sign).successful
            request = gateway.network("channel").blocks_request(0, 1)
            blocks = gateway.signed_block_events(request.message, wallet.sign(request.digest)).stream()
            assert [block.header.number for block in blocks] == [0, 1]

        async def again() -> Any:
            return aio.connect(endpoint=memory.endpoint, identity=wallet.identity, deadlines=AMPLE)

        with asyncio.Runner() as runner:
            twin = Blocking(runner, runner.run(again()))
            assert carry_out(twin, wallet.sign, "b").successful
            twin.close()


def test_the_wrong_hash_is_found_out_before_anything_is_sent(memory: MemoryGateway) -> None:
    wallet = Wallet("P-256", Hash.SHA384)
    with connect(endpoint=memory.endpoint, identity=wallet.identity, deadlines=AMPLE) as gateway:
        proposal = gateway.network("channel").contract("ledger").proposal("Add", "a", "5")
        with pytest.raises(IdentityError, match="the message's SHA384 digest was not made by"):
            gateway.signed_proposal(proposal.message, wallet.sign(Hash.SHA256.digest(proposal.bytes)))
        signed = gateway.signed_proposal(proposal.message, wallet.sign(proposal.digest))
        with pytest.raises(EndorseError, match="the signature is invalid"):  # this channel's hash is another
            signed.endorse()


def test_without_a_signature_each_step_says_what_to_do(gateway: Any, wallet: Wallet, memory: Any) -> None:
    network = gateway.network("channel")
    contract = network.contract("ledger")
    proposal = contract.proposal("Add", "a", "5")
    transaction = gateway.signed_proposal(proposal.message, wallet.sign(proposal.digest)).endorse()
    before = list(memory.calls)
    for step in (
        lambda: contract.evaluate("Show", "a"),
        lambda: contract.submit("Add", "a", "5"),
        lambda: contract.submit_async("Add", "a", "5"),
        proposal.evaluate,
        proposal.endorse,
        transaction.submit,
        lambda: transaction.envelope,
        network.commit(proposal.transaction_id).status,
        network.ledger_height,
        network.blocks,
        network.filtered_blocks,
        lambda: network.chaincode_events("ledger"),
        network.blocks_request().stream,
        network.filtered_blocks_request().stream,
        network.chaincode_events_request("ledger").stream,
    ):
        with pytest.raises(IdentityError, match="the key of CN=user is not here: sign `bytes` or `digest`"):
            step()
    for bring, message in (
        (gateway.signed_proposal, proposal.message),
        (gateway.signed_transaction, transaction.message),
        (gateway.signed_commit, network.commit(proposal.transaction_id).message),
        (gateway.signed_block_events, network.blocks_request().message),
    ):
        with pytest.raises(IdentityError, match="the message carries no signature"):
            bring(message)
    assert memory.calls == before


def test_the_message_of_a_signed_step_carries_the_signature(gateway: Any, wallet: Wallet) -> None:
    proposal = gateway.network("channel").contract("ledger").proposal("Add", "a", "5")
    signed = gateway.signed_proposal(proposal.message, wallet.sign(proposal.digest))
    again = gateway.signed_proposal(signed.message)
    assert (again.message, again.bytes, again.digest) == (signed.message, proposal.bytes, proposal.digest)
    transaction = again.endorse()
    signed = gateway.signed_transaction(transaction.message, wallet.sign(transaction.digest))
    again = gateway.signed_transaction(signed.message)
    assert again.message == signed.message
    assert again.envelope == signed.envelope
    commit = again.submit()
    signed = gateway.signed_commit(commit.message, wallet.sign(commit.digest))
    again = gateway.signed_commit(signed.message)
    assert again.message == signed.message
    assert again.status().successful


def test_a_message_without_signature_is_signed_by_a_key_that_is_here(opened: Open, memory: Any) -> None:
    keyed = memory.identity
    offline = opened(Identity(keyed.mspid, keyed.certificate_pem))
    message = offline.network("channel").contract("ledger").proposal("Add", "a", "5").message
    assert opened(keyed).signed_proposal(message).endorse().submit().status().successful


def test_endorsing_organisations_and_transient_data_are_carried(gateway: Any, wallet: Wallet) -> None:
    contract = gateway.network("channel").contract("ledger")
    proposal = contract.proposal(
        "Echo", b"\xff", transient={"t": "hidden"}, endorsing_organizations=["Org1MSP", "Org2MSP"]
    )
    message = messages.gateway.ProposedTransaction.FromString(proposal.message)
    assert list(message.endorsing_organizations) == ["Org1MSP", "Org2MSP"]
    assert message.transaction_id == proposal.transaction_id
    assert message.proposal.proposal_bytes == proposal.bytes
    signed = gateway.signed_proposal(proposal.message, wallet.sign(proposal.digest))
    assert signed.evaluate() == b"\xff|hidden"
    assert list(messages.gateway.ProposedTransaction.FromString(signed.message).endorsing_organizations) == [
        "Org1MSP",
        "Org2MSP",
    ]


def kinds(gateway: Any, wallet: Wallet) -> dict[str, tuple[Any, Callable[..., Any]]]:
    """Each step that can travel, and what accepts it."""
    network = gateway.network("channel")
    proposal = network.contract("ledger").proposal("Add", "a", "5")
    signed = gateway.signed_proposal(proposal.message, wallet.sign(proposal.digest))
    return {
        "proposal": (proposal, gateway.signed_proposal),
        "transaction": (signed.endorse(), gateway.signed_transaction),
        "commit": (network.commit(proposal.transaction_id), gateway.signed_commit),
        "chaincode events": (network.chaincode_events_request("ledger"), gateway.signed_chaincode_events),
        "blocks": (network.blocks_request(0, 1), gateway.signed_block_events),
        "filtered blocks": (network.filtered_blocks_request(0, 1), gateway.signed_filtered_block_events),
    }


def test_a_signature_that_does_not_fit_is_refused(gateway: Any, wallet: Wallet) -> None:
    for step, bring in kinds(gateway, wallet).values():
        for wrong in (Wallet().sign(step.digest), wallet.sign(b"\x00" * 32), b"", b"nonsense"):
            with pytest.raises(IdentityError, match="was not made by the key of"):
                bring(step.message, wrong)
        bring(step.message, wallet.sign(step.digest))


def test_a_message_of_another_identity_is_refused(opened: Open, gateway: Any, wallet: Wallet) -> None:
    stranger = Wallet()
    elsewhere = kinds(opened(stranger.identity), stranger)
    same_certificate = Identity("Org2MSP", stranger.identity.certificate_pem)
    for here in (gateway, opened(same_certificate)):
        for name, (_, bring) in kinds_of(here).items():
            step = elsewhere[name][0]
            with pytest.raises(IdentityError, match=r"made for Identity\('Org1MSP', 'CN=user'\), but"):
                bring(step.message, stranger.sign(step.digest))


def kinds_of(gateway: Any) -> dict[str, tuple[None, Callable[..., Any]]]:
    return {
        "proposal": (None, gateway.signed_proposal),
        "transaction": (None, gateway.signed_transaction),
        "commit": (None, gateway.signed_commit),
        "chaincode events": (None, gateway.signed_chaincode_events),
        "blocks": (None, gateway.signed_block_events),
        "filtered blocks": (None, gateway.signed_filtered_block_events),
    }


def test_a_message_of_another_kind_is_refused(gateway: Any, wallet: Wallet) -> None:
    steps = kinds(gateway, wallet)
    alike = {"blocks", "filtered blocks"}  # one message asks for both
    for name, (step, _) in steps.items():
        for other, (_, bring) in steps.items():
            if other == name or {name, other} == alike:
                continue
            with pytest.raises(DecodeError):
                bring(step.message, wallet.sign(step.digest))
    for _, bring in steps.values():
        for garbage in (b"", b"\xff\xff", b"nonsense"):
            with pytest.raises(DecodeError):
                bring(garbage, b"signature")


def test_a_changed_message_is_refused(gateway: Any, wallet: Wallet) -> None:
    proposal = gateway.network("channel").contract("ledger").proposal("Add", "a", "5")
    changed = messages.gateway.ProposedTransaction.FromString(proposal.message)
    changed.transaction_id = "0" * 64
    with pytest.raises(DecodeError, match=r"names transaction '0000.* but its creator and nonce make"):
        gateway.signed_proposal(changed.SerializeToString(), wallet.sign(proposal.digest))
    changed.transaction_id = proposal.transaction_id
    changed.proposal.proposal_bytes = proposal.bytes.replace(b"5", b"6")
    with pytest.raises((IdentityError, DecodeError)):
        gateway.signed_proposal(changed.SerializeToString(), wallet.sign(proposal.digest))


def test_a_proposal_for_another_channel_stays_on_it(gateway: Any, wallet: Wallet) -> None:
    proposal = gateway.network("elsewhere").contract("ledger").proposal("Add", "a", "5")
    signed = gateway.signed_proposal(proposal.message, wallet.sign(proposal.digest))
    with pytest.raises(EndorseError, match="channel elsewhere does not exist"):
        signed.endorse()


def test_a_transaction_of_another_channel_is_refused_there(gateway: Any, wallet: Wallet) -> None:
    transaction = kinds(gateway, wallet)["transaction"][0]
    envelope = gateway.signed_transaction(transaction.message, wallet.sign(transaction.digest)).envelope
    with pytest.raises(DecodeError, match="is for channel 'channel', not for 'other'"):
        gateway.network("other").transaction_from(envelope)
    assert gateway.network("channel").transaction_from(envelope).submit().transaction_id


def test_events_and_blocks_are_asked_for_with_signatures_from_elsewhere(gateway: Any, wallet: Wallet) -> None:
    carry_out(gateway, wallet.sign)
    network = gateway.network("channel")
    request = network.chaincode_events_request("ledger", start_block=0)
    with gateway.signed_chaincode_events(request.message, wallet.sign(request.digest)).stream() as events:
        event = next(events)
        assert (event.block_number, event.name, event.payload) == (1, "Added", b"a=5")
    request = network.blocks_request(0, 1)
    with gateway.signed_block_events(request.message, wallet.sign(request.digest)).stream() as blocks:
        assert [block.header.number for block in blocks] == [0, 1]
    request = network.filtered_blocks_request(1, 1)
    signed = gateway.signed_filtered_block_events(request.message, wallet.sign(request.digest))
    with signed.stream() as filtered:
        assert [block.transactions[0].code for block in filtered] == ["VALID"]
    with pytest.raises(ValueError, match="stop, block 1, is before start, block 2"):
        network.blocks_request(2, 1)


def test_a_keyed_gateway_sends_the_same_requests(opened: Open, memory: MemoryGateway) -> None:
    network = opened().network("channel")
    assert [block.header.number for block in network.blocks_request(0, 0).stream()] == [0]
    assert [block.number for block in network.filtered_blocks_request(0, 0).stream()] == [0]
    network.contract("ledger").submit("Add", "a", "5")
    with network.chaincode_events_request("ledger", start_block=0).stream() as events:
        assert next(events).name == "Added"


def endorsed(gateway: Any, wallet: Wallet) -> Any:
    transaction = kinds(gateway, wallet)["transaction"][0]
    return transaction, wallet.sign(transaction.digest)


def test_an_unclear_submit_is_offered_again_where_the_status_cannot_be_asked(
    gateway: Any, wallet: Wallet, memory: MemoryGateway
) -> None:
    transaction, signature = endorsed(gateway, wallet)
    memory.fail("Submit", StatusCode.UNAVAILABLE, "gone", after=True)
    commit = gateway.signed_transaction(transaction.message, signature).submit()
    assert memory.calls[-2:] == ["Submit", "Submit"]
    assert gateway.signed_commit(commit.message, wallet.sign(commit.digest)).status().successful


ANSWER = (
    "received unsuccessful response from orderer: status=SERVICE_UNAVAILABLE, info=failed to submit request"
)
PROCESSED, EXISTS = f"{ANSWER}: request already processed", f"{ANSWER}: request already exists"


def orderers(*words: str) -> tuple[ErrorDetail, ...]:
    return tuple(ErrorDetail(f"orderer{n}:7050", f"Org{n}MSP", said) for n, said in enumerate(words, 1))


@pytest.mark.parametrize(
    "said", [(PROCESSED, PROCESSED), (EXISTS,), (PROCESSED, EXISTS, "connection refused")]
)
def test_what_orderers_have_had_is_accepted_where_the_status_cannot_be_asked(
    gateway: Any, wallet: Wallet, memory: MemoryGateway, said: tuple[str, ...]
) -> None:
    """A BFT block can be faster than the gateway's calls, so orderers say that at the first offer, and on."""
    transaction, signature = endorsed(gateway, wallet)
    memory.fail("Submit", StatusCode.UNAVAILABLE, QUORUM, details=orderers(*said), after=True, times=100)
    commit = gateway.signed_transaction(transaction.message, signature).submit()
    assert memory.calls.count("Submit") == 1
    assert gateway.signed_commit(commit.message, wallet.sign(commit.digest)).status().successful


@pytest.mark.parametrize(
    "said",
    [(PROCESSED, f"{ANSWER}: no leader"), ("connection refused",), ("request already exists",)],
)
def test_what_an_orderer_may_not_have_is_offered_again(
    gateway: Any, wallet: Wallet, memory: MemoryGateway, said: tuple[str, ...]
) -> None:
    transaction, signature = endorsed(gateway, wallet)
    memory.fail("Submit", StatusCode.UNAVAILABLE, QUORUM, details=orderers(*said))
    commit = gateway.signed_transaction(transaction.message, signature).submit()
    assert memory.calls.count("Submit") == 2
    assert gateway.signed_commit(commit.message, wallet.sign(commit.digest)).status().successful


def test_an_unclear_submit_that_stays_so_keeps_the_signed_envelope(
    gateway: Any, wallet: Wallet, memory: MemoryGateway
) -> None:
    transaction, signature = endorsed(gateway, wallet)
    memory.fail("Submit", StatusCode.UNAVAILABLE, "gone", times=100)
    signed = gateway.signed_transaction(transaction.message, signature)
    with pytest.raises(UnknownOutcome) as caught:
        signed.submit(deadlines=Deadlines(resolve=1))
    assert "CommitStatus" not in memory.calls
    memory.forget_faults()
    kept = gateway.network("channel").transaction_from(caught.value.envelope)
    assert kept.envelope == signed.envelope
    assert kept.submit().transaction_id == transaction.transaction_id
    assert memory.get("a") == b"5"


def test_the_commit_can_be_signed_together_with_the_transaction(
    gateway: Any, wallet: Wallet, memory: MemoryGateway
) -> None:
    transaction, signature = endorsed(gateway, wallet)
    question = gateway.network("channel").commit(transaction.transaction_id)
    answer = wallet.sign(question.digest)
    with pytest.raises(IdentityError, match="was not made by the key of"):
        gateway.signed_transaction(transaction.message, signature, commit_signature=signature)
    signed = gateway.signed_transaction(transaction.message, signature, commit_signature=answer)
    memory.fail("Submit", StatusCode.UNAVAILABLE, "gone", after=True)
    assert signed.submit().status().successful
    assert memory.calls[-2:] == ["Submit", "CommitStatus"]  # the status resolved it
    again = gateway.signed_transaction(transaction.message, signature, commit_signature=answer)
    assert again.submit().status().block_number == 1
