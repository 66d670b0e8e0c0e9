"""Who signed: attacks on forged ledgers, each found and named, and none in clean ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pytest

from fabric_gateway import Identity
from fabric_gateway._wire import messages as m
from fabric_gateway.blocks import hash_of_data
from fabric_gateway.verification import (
    ChainVerifier,
    Checkpoint,
    Finding,
    Position,
    verify_chain,
)
from forge import Authority, Channel, Invocation, Ledger, Sets, Validity
from forge.authorities import NOON


class Town:
    """A ledger with a client and two peers, and what is found in it."""

    def __init__(self, *, bft: bool = True) -> None:
        self.ledger = Ledger(Channel(bft=bft))
        self.channel = self.ledger.channel
        self.client = self.channel.member("AMSP")
        self.peers = [self.channel.member(mspid, "peer") for mspid in ("AMSP", "BMSP")]
        self._keys = 0

    def call(self, creator: Identity | None = None, **more: Any) -> Invocation:
        """A call by the client."""
        self._keys += 1
        sets = {"basic": Sets(writes={f"key{self._keys}": b"value"})}
        return Invocation(creator or self.client, self.peers, sets=sets, **more)

    def pay(self, creator: Identity | None = None, **block: Any) -> Any:
        """A block with one transaction."""
        return self.ledger.add([self.call(creator).envelope()], **block)

    def change(
        self, change: Callable[[Any], None], signers: Iterable[str] = ("AMSP", "BMSP", "CMSP", "DMSP")
    ) -> None:
        """A configuration block, signed by some organisations' administrators."""
        admins = [self.channel.admins[mspid] for mspid in signers]
        self.ledger.configure(self.channel.update(change, admins))

    def revoke(self, identity: Identity, signer: Authority | None = None) -> None:
        """A configuration block that puts a certificate on its organisation's list."""
        authority = self.channel.authorities[identity.mspid]
        revoked = authority.revocation_list([identity], signer)
        self.change(self.channel.with_msp(authority.msp(revocation_lists=[revoked])))

    def replace_consenter(self, number: int, identity: Identity, as_number: int) -> None:
        """A configuration block that removes a consenter and adds another."""
        others = {key: found for key, found in self.channel.consenters.items() if key != number}
        consenters = {**others, as_number: identity}
        self.change(self.channel.with_consenters(consenters))
        self.channel.consenters = consenters

    def found(self, **verifier: Any) -> list[Finding]:
        """What is found, with block 0 as the anchor."""
        verifier.setdefault("anchor", self.ledger.anchor)
        return list(verify_chain(self.ledger.blocks, ChainVerifier(**verifier)))


@pytest.fixture
def town() -> Town:
    """A fresh ledger with BFT."""
    return Town()


def _named(found: Iterable[Finding]) -> list[tuple[int, str, str]]:
    return [(item.block, item.rule, item.kind) for item in found]


def _only(found: list[Finding]) -> Finding:
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize("bft", [True, False], ids=["BFT", "Raft"])
def test_a_clean_ledger_has_no_finding(bft: bool) -> None:
    """Payments, a revocation, and on BFT another consenter."""
    town = Town(bft=bft)
    town.pay()
    town.revoke(town.channel.member("AMSP", name="left"))
    town.pay()
    if bft:
        town.replace_consenter(4, town.channel.member("DMSP", "orderer"), 7)
    town.pay()
    assert town.found() == []


def test_a_block_with_a_quorum_less_one(town: Town) -> None:
    """Two of four consenters are not enough."""
    town.pay(signers=dict(list(town.ledger.quorum.items())[1:]))
    town.pay()
    found = _only(town.found())
    assert (found.block, found.rule, found.kind) == (1, "block.signatures", "error")
    assert found.sentence == (
        "block 1 is signed by 2 of 4 consenters (3, 4): 3 must sign under configuration block 0"
    )


def test_a_consenter_who_signs_twice_counts_once(town: Town) -> None:
    """Under the same number, or as itself under another one's."""
    consenters = town.channel.consenters
    town.pay(signers={1: consenters[1], 2: consenters[2], 3: consenters[2]})
    found = town.found()
    assert _named(found) == [(1, "block.signature", "uncertainty"), (1, "block.signatures", "error")]
    assert "signature of consenter 3 (CMSP) that does not hold" in found[0].sentence


def test_the_same_number_twice_is_one_signer(town: Town) -> None:
    """A forger repeats a whole signature."""
    block = town.pay(signers={1: town.channel.consenters[1], 2: town.channel.consenters[2]})
    _repeat_first_signature(block)
    found = town.found()
    assert _named(found) == [(1, "block.signer", "uncertainty"), (1, "block.signatures", "error")]
    assert "signed more than once by consenter 1 (AMSP)" in found[0].sentence


def _repeat_first_signature(block: Any) -> None:
    metadata = m.common.Metadata.FromString(block.metadata.metadata[0])
    metadata.signatures.add().CopyFrom(metadata.signatures[0])
    block.metadata.metadata[0] = metadata.SerializeToString()


def test_signatures_of_a_removed_consenter_do_not_count(town: Town) -> None:
    """It signed before; after the configuration block it is nobody, under its old number or another's."""
    removed = town.channel.consenters[4]
    town.pay()
    town.replace_consenter(4, town.channel.member("DMSP", "orderer"), 7)
    town.pay(signers={1: town.channel.consenters[1], 2: town.channel.consenters[2], 4: removed})
    found = town.found()
    assert _named(found) == [(3, "block.signer", "uncertainty"), (3, "block.signatures", "error")]
    assert "signed as consenter 4, which configuration block 2 does not have" in found[0].sentence
    town = Town()
    town.replace_consenter(4, town.channel.member("DMSP", "orderer"), 7)
    town.pay(signers={1: town.channel.consenters[1], 2: town.channel.consenters[2], 7: removed})
    assert [item.rule for item in town.found()] == ["block.signature", "block.signatures"]


def test_the_previous_configuration_judges_a_configuration_block(town: Town) -> None:
    """The new consenter may not sign the block that makes it one."""
    new = town.channel.member("DMSP", "orderer")
    consenters = {1: town.channel.consenters[1], 2: town.channel.consenters[2], 7: new}
    admins = list(town.channel.admins.values())
    town.ledger.configure(
        town.channel.update(town.channel.with_consenters({**town.channel.consenters, 7: new}), admins),
        signers=consenters,
    )
    assert [item.rule for item in town.found()] == ["block.signer", "block.signatures"]


def test_on_raft_the_channels_policy_asks_for_an_orderer() -> None:
    """A client of the channel is none of those that may sign a block."""
    town = Town(bft=False)
    town.pay(signers={1: town.channel.member("AMSP", "peer")})
    town.pay(signers={})
    stranger = Authority("AMSP").member("orderer", "orderer")
    town.pay(signers={1: stranger})
    found = town.found()
    assert [(item.block, item.rule) for item in found] == [
        (1, "block.signatures"),
        (2, "block.signatures"),
        (3, "block.signer"),
        (3, "block.signatures"),
    ]
    assert "signed by nobody: that does not satisfy /Channel/Orderer/BlockValidation" in found[1].sentence
    assert "does not chain" in found[2].sentence


def test_an_expired_certificate_of_a_consenter_is_a_note(town: Town) -> None:
    """Fabric lets it go on signing, so the ledger is not wrong; it is said once."""
    old = town.channel.member("DMSP", "orderer", validity=Validity(end=NOON - timedelta(days=1)))
    town.replace_consenter(4, old, 4)
    town.pay()
    town.pay()
    found = _only(town.found())
    assert (found.block, found.rule, found.kind) == (2, "consenter.expired", "note")
    assert "the certificate of consenter 4 (DMSP) expired at 2026-05-31" in found.sentence


def test_a_revoked_consenter_does_not_count(town: Town) -> None:
    """The policy names its certificate, and Fabric asks whether that is valid."""
    town.revoke(town.channel.consenters[4])
    town.pay()
    found = _only(town.found())
    assert (found.block, found.rule) == (2, "block.signatures")
    assert "DMSP: certificate" in found.sentence
    assert "is on the revocation list in force" in found.sentence


def test_a_transaction_of_a_revoked_clerk(town: Town) -> None:
    """Valid before the list, not after it."""
    clerk = town.channel.member("BMSP", name="clerk")
    town.pay(clerk)
    town.revoke(clerk)
    call = town.call(clerk)
    town.ledger.add([call.envelope(), town.call().envelope()])
    found = _only(town.found())
    assert (found.block, found.transaction_id) == (3, call.transaction_id)
    assert (found.rule, found.kind) == ("creator.revoked", "error")


def test_a_revocation_list_that_the_authority_did_not_sign(town: Town) -> None:
    """Revokes nobody."""
    town.revoke(town.client, signer=Authority("AMSP"))
    town.pay()
    assert town.found() == []


def _by_a_stranger(town: Town) -> bytes:
    return town.call(Authority("AMSP").member("user", "client")).envelope()


def _of_another_organization(town: Town) -> bytes:
    return town.call(town.channel.authorities["AMSP"].member("user", "client", mspid="BMSP")).envelope()


def _of_nobodys_organization(town: Town) -> bytes:
    return town.call(Authority("EMSP").member("user", "client")).envelope()


def _without_a_role(town: Town) -> bytes:
    return town.call(town.channel.authorities["AMSP"].member("user", "sales")).envelope()


def _with_two_roles(town: Town) -> bytes:
    return town.call(town.channel.authorities["AMSP"].member("user", "client", "admin")).envelope()


def _signed_by_another(town: Town) -> bytes:
    return town.call().envelope(signer=town.channel.member("AMSP"))


def _for_another_channel(town: Town) -> bytes:
    return town.call(channel="winsum").envelope()


def _with_an_id_of_its_own(town: Town) -> bytes:
    return town.call().envelope(transaction_id="00" * 32)


def _of_another_epoch(town: Town) -> bytes:
    return town.call().envelope(epoch=1)


def _without_a_nonce(town: Town) -> bytes:
    return town.call(nonce=b"").envelope()


@pytest.mark.parametrize(
    ("forged", "rule", "code"),
    [
        (_by_a_stranger, "creator.chain", "BAD_CREATOR_SIGNATURE"),
        (_of_another_organization, "creator.chain", "BAD_CREATOR_SIGNATURE"),
        (_of_nobodys_organization, "creator.unknown-organization", "BAD_CREATOR_SIGNATURE"),
        (_without_a_role, "creator.node-ou", "BAD_CREATOR_SIGNATURE"),
        (_with_two_roles, "creator.node-ou", "BAD_CREATOR_SIGNATURE"),
        (_signed_by_another, "creator.signature", "BAD_CREATOR_SIGNATURE"),
        (_for_another_channel, "transaction.channel", "BAD_CREATOR_SIGNATURE"),
        (_with_an_id_of_its_own, "transaction.id", "BAD_PROPOSAL_TXID"),
        (_of_another_epoch, "transaction.header", "BAD_COMMON_HEADER"),
        (_without_a_nonce, "transaction.header", "BAD_COMMON_HEADER"),
        (lambda _: b"\xff", "transaction.form", "INVALID_OTHER_REASON"),
        (lambda _: b"\x0a\x01\xff", "transaction.form", "BAD_PAYLOAD"),
    ],
)
def test_a_transaction_that_is_not_its_creators(
    town: Town, forged: Callable[[Town], bytes], rule: str, code: str
) -> None:
    """Marked VALID it is an error; marked as it is, nothing; not marked, a note."""
    envelope = forged(town)
    block = town.ledger.add([town.call().envelope(), envelope])
    verifier = ChainVerifier(anchor=town.ledger.anchor)
    verifier.check(town.ledger.genesis)
    checked = verifier.check(block)
    assert [item.code for item in checked.creators] == ["VALID", code]
    assert _named(checked.findings) == [(1, rule, "error")]
    block.metadata.metadata[2] = bytes([0, 255])
    assert not town.found()
    block.metadata.metadata[2] = b""
    assert _named(town.found()) == [(1, rule, "note")]


def test_a_creator_whose_certificate_had_expired(town: Town) -> None:
    """Peers do not ask; orderers do, by their own clock: so it is not certain that something is wrong."""
    old = town.channel.member("AMSP", validity=Validity(end=NOON - timedelta(hours=1)))
    town.pay(old)
    found = _only(town.found())
    assert (found.rule, found.kind) == ("creator.expired", "uncertainty")


def test_an_anchor_is_needed_and_must_hold(town: Town) -> None:
    """Without one the beginning is uncertain; another one is contradicted."""
    town.pay()
    assert _named(town.found(anchor=None)) == [(0, "anchor.missing", "uncertainty")]
    assert _named(town.found(anchor=bytes(32))) == [(0, "anchor.genesis", "error")]


def test_transactions_that_were_exchanged(town: Town) -> None:
    """The header no longer vouches for them."""
    block = town.pay()
    town.pay()
    block.data.data[0] = town.call().envelope()
    assert _named(town.found()) == [(1, "block.data-hash", "error")]


def test_a_block_that_was_made_anew_with_its_transactions(town: Town) -> None:
    """A new data hash breaks the signatures, and the link of the next block."""
    block = town.pay()
    town.pay()
    block.data.data[0] = town.call().envelope()
    block.header.data_hash = hash_of_data(block.data.data)
    rules = {(item.block, item.rule) for item in town.found()}
    assert rules == {(1, "block.signature"), (1, "block.signatures"), (2, "header.previous-hash")}


def test_the_orderers_name_the_configuration_in_force(town: Town) -> None:
    """A block that says it was made under an older one."""
    town.revoke(town.channel.member("AMSP", name="left"))
    town.pay(last_config=0)
    found = _only(town.found())
    assert (found.block, found.rule) == (2, "block.last-config")


def test_a_ledger_without_its_beginning(town: Town) -> None:
    """Says what is not known instead of guessing."""
    town.pay()
    town.revoke(town.channel.member("AMSP", name="left"))
    town.pay()
    found = list(verify_chain(town.ledger.blocks[1:], ChainVerifier(anchor=town.ledger.anchor)))
    assert {item.kind for item in found} == {"uncertainty"}
    assert [(item.block, item.rule) for item in found] == [
        (1, "anchor.beginning"),
        (2, "block.signatures"),
        (2, "configuration.unverified"),
    ]


def test_verification_goes_on_where_it_was(town: Town) -> None:
    """The position that is kept is enough, across a configuration block."""
    town.pay()
    town.revoke(town.client)
    town.pay()
    whole = town.found()
    blocks = town.ledger.blocks
    for cut in range(1, len(blocks)):
        first = ChainVerifier(anchor=town.ledger.anchor)
        found = [item for block in blocks[:cut] for item in first.check(block).findings]
        second = ChainVerifier(anchor=town.ledger.anchor, position=Position.decode(first.position.encode()))
        found += verify_chain(blocks[cut:], second)
        assert found == whole
        assert second.checkpoint == _checkpoint(town)


def _checkpoint(town: Town, blocks: int | None = None) -> Checkpoint:
    verifier = ChainVerifier(anchor=town.ledger.anchor)
    for block in town.ledger.blocks[:blocks]:
        verifier.check(block)
    assert verifier.checkpoint is not None
    return verifier.checkpoint


def test_a_later_ledger_continues_a_checkpoint(town: Town) -> None:
    """Nothing is said; blocks below it are not verified again, the others are."""
    town.pay(signers={})
    town.pay()
    checkpoint = _checkpoint(town)
    town.revoke(town.client)
    town.pay()
    assert _named(town.found(trusted=checkpoint, anchor=None)) == [(4, "creator.revoked", "error")]
    assert (1, "block.signatures", "error") in _named(town.found(known=[checkpoint]))


def test_a_ledger_that_contradicts_a_checkpoint(town: Town) -> None:
    """At the height that the checkpoint names, and at the end if it is not reached."""
    town.pay()
    town.pay()
    other = Checkpoint(town.channel.name, town.ledger.anchor, 2, bytes(32))
    for role in ({"trusted": other}, {"known": [other]}):
        found = _only(town.found(**role))
        assert (found.block, found.rule, found.kind) == (1, "checkpoint.contradicted", "error")
    ahead = Checkpoint(town.channel.name, town.ledger.anchor, 9, bytes(32))
    assert _named(town.found(known=[ahead])) == [(2, "checkpoint.ahead", "error")]
    elsewhere = Checkpoint(town.channel.name, bytes(32), 9, bytes(32))
    assert "checkpoint.genesis" in {item.rule for item in town.found(known=[elsewhere])}


def test_what_was_verified_before_must_fit_what_is_said_now(town: Town) -> None:
    """Another anchor or checkpoint is not lost because the verification goes on from a position."""
    town.pay()
    verifier = ChainVerifier(anchor=town.ledger.anchor)
    for block in town.ledger.blocks:
        verifier.check(block)
    position = verifier.position
    town.pay()

    def named(**more: Any) -> list[tuple[int, str, str]]:
        return _named(verify_chain(town.ledger.blocks[2:], ChainVerifier(position=position, **more)))

    assert named() == []
    assert named(anchor=bytes(32)) == [(2, "anchor.genesis", "error")]
    name, anchor = town.channel.name, town.ledger.anchor
    at, below = Checkpoint(name, anchor, 2, bytes(32)), Checkpoint(name, anchor, 1, bytes(32))
    elsewhere = Checkpoint(name, bytes(32), 2, position.hash)
    assert named(known=[Checkpoint(name, anchor, 2, position.hash)]) == []
    assert named(known=[at]) == [(1, "checkpoint.contradicted", "error")]
    assert named(known=[below]) == [(2, "checkpoint.below", "uncertainty")]
    assert named(known=[elsewhere]) == [(0, "checkpoint.genesis", "error")]


def test_blocks_below_a_checkpoint_are_bound_by_its_hash(town: Town) -> None:
    """A configuration that is exchanged below it is found, although no signature there is looked at."""
    town.pay()
    town.pay()
    checkpoint = _checkpoint(town)
    block = town.ledger.blocks[1]
    block.data.data[0] = town.call().envelope()
    assert _named(town.found(trusted=checkpoint)) == [(1, "block.data-hash", "error")]
