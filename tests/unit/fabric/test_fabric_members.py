"""Who is a member, what a member's signature is, and what satisfies a policy: as Fabric's own MSP decides."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from hypothesis import given, settings
from hypothesis import strategies as st

from fabric_gateway import Identity
from fabric_gateway._wire import messages as m
from fabric_gateway.errors import DecodeError
from fabric_gateway.verification import Membership, Policy, SignaturePolicy, Stranger, application_policy
from fabric_gateway.verification._signatures import signature_holds
from forge import Authority, Validity, policies
from forge.authorities import NOON

P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
MESSAGE = b"a message"
_DER = serialization.Encoding.DER
ROLES = ("member", "admin", "client", "peer", "orderer")


def _membership(*msps: Any, ed25519: bool = True) -> Membership:
    return Membership(msps, ed25519_allowed=ed25519)


def _principal(kind: str, message: Any) -> Any:
    kinds = m.msp_principal.MSPPrincipal
    return kinds(
        principal_classification=kinds.Classification.Value(kind), principal=message.SerializeToString()
    )


def _roles(membership: Membership, identity: Identity) -> list[str]:
    member = membership.identity(identity.serialized)
    return [role for role in ROLES if member.satisfies(policies.role(identity.mspid, role))]


@pytest.fixture(scope="module")
def authority() -> Authority:
    """An organisation's authority."""
    return Authority("AMSP")


@pytest.fixture(scope="module")
def membership(authority: Authority) -> Membership:
    """A channel of that organisation, whose certificates say what they are."""
    return _membership(authority.msp())


@pytest.mark.parametrize("role", ["admin", "client", "peer", "orderer"])
def test_certificates_say_what_they_are(authority: Authority, membership: Membership, role: str) -> None:
    """A member in that role and in no other, and of no other organisation."""
    identity = authority.member("somebody", role)
    assert _roles(membership, identity) == [found for found in ROLES if found in ("member", role)]
    assert not membership.member(identity.serialized).satisfies(policies.role("BMSP", role))


def test_an_organisation_that_lists_its_administrators(authority: Authority) -> None:
    """Without node OUs nobody is a peer or a client, and units mean nothing."""
    admin, peer = authority.member("admin"), authority.member("peer0", "peer")
    membership = _membership(authority.msp(node_ous=False, admins=[admin]))
    assert _roles(membership, admin) == ["member", "admin"]
    assert _roles(membership, peer) == ["member"]


def test_a_listed_administrator_is_one_beside_node_ous(authority: Authority) -> None:
    """As since Fabric 1.4.3."""
    admin = authority.member("admin", "client")
    assert _roles(_membership(authority.msp(admins=[admin])), admin) == ["member", "admin", "client"]


def _reason(membership: Membership, serialized: bytes) -> str:
    with pytest.raises(Stranger) as caught:
        membership.member(serialized)
    return caught.value.reason


def test_why_somebody_is_a_stranger(authority: Authority, membership: Membership) -> None:
    """Each cause has a code of its own."""
    good = authority.member("user", "client")
    assert membership.member(good.serialized).problem is None
    assert _reason(membership, b"\xff") == "unreadable"
    broken = m.identities.SerializedIdentity(mspid="AMSP", id_bytes=b"no certificate")
    assert _reason(membership, broken.SerializeToString()) == "unreadable"
    assert (
        _reason(membership, Authority("BMSP").member("user", "client").serialized) == "unknown-organization"
    )
    assert _reason(membership, Authority("AMSP").member("user", "client").serialized) == "chain"
    assert _reason(membership, authority.member("user").serialized) == "node-ou"
    assert _reason(membership, authority.member("user", "peer", "client").serialized) == "node-ou"
    own = m.identities.SerializedIdentity(mspid="AMSP", id_bytes=authority.pem)
    assert _reason(membership, own.SerializeToString()) == "chain"


def test_expiry_is_asked_for_only_with_a_time(authority: Authority, membership: Membership) -> None:
    """Peers do not ask when they validate a block."""
    identity = authority.member("user", "client", validity=Validity(NOON, NOON + timedelta(days=1)))
    assert membership.member(identity.serialized).mspid == "AMSP"
    assert membership.member(identity.serialized, NOON + timedelta(hours=1)).mspid == "AMSP"
    for at, reason in ((NOON + timedelta(days=2), "expired"), (NOON - timedelta(days=2), "not-yet-valid")):
        with pytest.raises(Stranger) as caught:
            membership.member(identity.serialized, at)
        assert caught.value.reason == reason


def test_a_revoked_member_satisfies_nothing_but_is_told_apart(authority: Authority) -> None:
    """Its signature still verifies, as Fabric's does."""
    identity, other = authority.member("user", "client"), authority.member("user", "client")
    membership = _membership(authority.msp(revocation_lists=[authority.revocation_list([identity])]))
    member = membership.identity(identity.serialized)
    assert member.problem is not None
    assert member.problem.reason == "revoked"
    assert member.verify(MESSAGE, identity.sign(MESSAGE))
    assert _roles(membership, identity) == []
    assert not member.satisfies(policies.one_identity(identity))
    assert _roles(membership, other) == ["member", "client"]


def test_ed25519_needs_the_capability(authority: Authority) -> None:
    """Of the channel, V3_0."""
    identity = authority.member("user", "client", algorithm="Ed25519")
    member = _membership(authority.msp()).member(identity.serialized)
    assert member.verify(MESSAGE, identity.sign(MESSAGE))
    assert not member.verify(b"another", identity.sign(MESSAGE))
    assert _reason(_membership(authority.msp(), ed25519=False), identity.serialized) == "key"


def test_an_authority_with_others_below_it_has_no_members(authority: Authority) -> None:
    """Only those of the lowest level issue to members."""
    inner = Authority("AMSP", authority)
    membership = _membership(authority.msp(intermediates=[inner]))
    assert membership.member(inner.member("user", "client").serialized).mspid == "AMSP"
    assert _reason(membership, authority.member("user", "client").serialized) == "chain"


def test_an_authority_that_is_listed_twice_is_one(authority: Authority) -> None:
    """In two spellings of its certificate, or among the intermediate ones too: there is still one chain."""
    config = authority.msp(intermediates=[authority])
    inside = m.msp_config.FabricMSPConfig.FromString(config.config)
    inside.root_certs.append(b"The same:\n" + authority.pem)
    config.config = inside.SerializeToString()
    del inside.intermediate_certs[:]
    twice = m.msp_config.MSPConfig(type=0, config=inside.SerializeToString())
    identity = authority.member("user", "client")
    for found in (config, twice):
        assert _membership(found).member(identity.serialized).mspid == "AMSP"


def test_an_intermediate_authority_must_be_listed(authority: Authority, membership: Membership) -> None:
    """Its chain is not looked for in what the client sends."""
    assert _reason(membership, Authority("AMSP", authority).member("user", "client").serialized) == "chain"


def test_a_unit_that_an_authority_certifies(authority: Authority, membership: Membership) -> None:
    """The principal names the unit and the hash of the chain above the certificate."""
    member = membership.member(authority.member("user", "client", "sales").serialized)
    chain = hashlib.sha256(_low_s(authority.certificate)).digest()

    def unit(name: str, mspid: str = "AMSP", certifiers: bytes = chain) -> Any:
        message = m.msp_principal.OrganizationUnit(
            msp_identifier=mspid, organizational_unit_identifier=name, certifiers_identifier=certifiers
        )
        return _principal("ORGANIZATION_UNIT", message)

    assert member.satisfies(unit("sales"))
    assert not member.satisfies(unit("buying"))
    assert not member.satisfies(unit("sales", "BMSP"))
    assert not member.satisfies(unit("sales", certifiers=bytes(32)))


def test_combined_and_anonymous_principals(authority: Authority, membership: Membership) -> None:
    """All parts must hold; X.509 identities have names."""
    member = membership.member(authority.member("user", "client").serialized)
    client, peer = policies.role("AMSP", "client"), policies.role("AMSP", "peer")
    combined = m.msp_principal.CombinedPrincipal
    assert member.satisfies(_principal("COMBINED", combined(principals=[client, client])))
    assert not member.satisfies(_principal("COMBINED", combined(principals=[client, peer])))
    assert not member.satisfies(_principal("COMBINED", combined()))
    anonymity = m.msp_principal.MSPIdentityAnonymity
    nominal, anonymous = anonymity(anonymity_type=0), anonymity(anonymity_type=1)
    assert member.satisfies(_principal("ANONYMITY", nominal))
    assert not member.satisfies(_principal("ANONYMITY", anonymous))


def test_only_one_of_two_equivalent_signatures_counts(authority: Authority, membership: Membership) -> None:
    """That with s in the lower half of the group's order."""
    identity = authority.member("user", "client")
    member = membership.member(identity.serialized)
    signature = identity.sign(MESSAGE)
    r, s = decode_dss_signature(signature)
    assert s <= P256 // 2
    assert member.verify(MESSAGE, signature)
    assert not member.verify(MESSAGE, encode_dss_signature(r, P256 - s))
    assert not member.verify(MESSAGE, b"")
    assert not member.verify(MESSAGE, encode_dss_signature(0, s))


def test_bytes_after_a_signature_are_ignored_as_go_ignores_them(
    authority: Authority, membership: Membership
) -> None:
    """Else a transaction that every peer finds valid would look invalid here."""
    identity = authority.member("user", "client")
    member = membership.member(identity.serialized)
    signature = identity.sign(MESSAGE)
    assert member.verify(MESSAGE, signature + b"more")
    inside = bytes((0x30, signature[1] + 3)) + signature[2:] + b"\x02\x01\x07"
    assert member.verify(MESSAGE, inside)
    padded = bytes((0x30, 0x81, signature[1])) + signature[2:]
    assert not member.verify(MESSAGE, padded)


def test_one_certificate_with_two_signatures_is_one_member(authority: Authority) -> None:
    """An authority's signature has two forms, and Fabric brings both to one."""
    identity = authority.member("user", "client")
    der = identity.certificate.public_bytes(_DER)
    r, s = decode_dss_signature(identity.certificate.signature)
    other = encode_dss_signature(r, P256 - s)
    twin = _with_signature(der, identity.certificate.signature, other)
    message = m.identities.SerializedIdentity(
        mspid="AMSP", id_bytes=twin.public_bytes(serialization.Encoding.PEM)
    )
    membership = _membership(authority.msp())
    first, second = membership.member(identity.serialized), membership.member(message.SerializeToString())
    assert first == second
    assert first.certificate != second.certificate
    policy = SignaturePolicy(policies.out_of(2, [policies.role("AMSP", "client")] * 2))
    assert not policy.satisfied_by([first, second])


def _low_s(certificate: x509.Certificate) -> bytes:
    """A certificate's DER in the form that Fabric compares."""
    der = certificate.public_bytes(_DER)
    r, s = decode_dss_signature(certificate.signature)
    if s <= P256 // 2:
        return der
    low = encode_dss_signature(r, P256 - s)
    return _with_signature(der, certificate.signature, low).public_bytes(_DER)


def _with_signature(der: bytes, old: bytes, new: bytes) -> x509.Certificate:
    """A certificate with its signature exchanged; lengths below 65,536 bytes."""
    head, body = der[:4], der[4 : len(der) - len(old) - 3]
    assert head[:2] == b"\x30\x82"
    bits = b"\x03" + bytes([len(new) + 1]) + b"\x00" + new
    content = body + bits
    return x509.load_der_x509_certificate(b"\x30\x82" + len(content).to_bytes(2, "big") + content)


@pytest.mark.parametrize(
    "curve", [ec.SECP224R1(), ec.SECP384R1(), ec.SECP521R1()], ids=lambda found: found.name
)
def test_other_curves_of_fabric(curve: ec.EllipticCurve) -> None:
    """Low s is judged by each curve's own order."""
    key = ec.generate_private_key(curve)
    digest = hashlib.sha256(MESSAGE).digest()
    held = [
        signature_holds(key.public_key(), digest, key.sign(MESSAGE, ec.ECDSA(hashes.SHA256())))
        for _ in range(40)
    ]
    assert any(held)
    assert not all(held), "half of fresh signatures have a high s"


@pytest.fixture(scope="module")
def signers() -> Sequence[Any]:
    """A peer of each of four organisations, and a second one of the first."""
    authorities = [Authority(name) for name in "ABCD"]
    membership = _membership(*(authority.msp() for authority in authorities))
    peers = [authority.member("peer0", "peer") for authority in authorities]
    peers.append(authorities[0].member("peer1", "peer"))
    return [membership.member(peer.serialized) for peer in peers]


def test_each_signer_counts_once(signers: Sequence[Any]) -> None:
    """Two of one organisation need two of its peers."""
    peer = policies.role("A", "peer")
    policy = SignaturePolicy(policies.out_of(2, [peer, peer]))
    assert not policy.satisfied_by([signers[0], signers[0]])
    assert policy.satisfied_by([signers[0], signers[4]])


def test_rules_are_taken_in_their_order(signers: Sequence[Any]) -> None:
    """Fabric gives a signer to the first rule that it satisfies, and does not try otherwise afterwards."""
    any_of_a = policies.role("A", "member")
    rule = m.policies.SignaturePolicy
    nested = rule(n_out_of=rule.NOutOf(n=1, rules=[rule(signed_by=0), rule(signed_by=1)]))
    both = rule(n_out_of=rule.NOutOf(n=2, rules=[nested, rule(signed_by=0)]))
    principals = [any_of_a, policies.role("B", "peer")]
    policy = SignaturePolicy(m.policies.SignaturePolicyEnvelope(rule=both, identities=principals))
    # One could give B's signature to the first rule and A's to the second; Fabric uses up both for the first.
    assert not policy.satisfied_by([signers[0], signers[1]])
    assert policy.satisfied_by([signers[0], signers[4], signers[1]])


@settings(deadline=None, max_examples=60)
@given(chosen=st.lists(st.integers(0, 3)), needed=st.integers(0, 5))
def test_so_many_of_four_organisations(signers: Sequence[Any], chosen: list[int], needed: int) -> None:
    """Satisfied by so many different ones, in any order."""
    policy = SignaturePolicy(policies.out_of(needed, [policies.role(name, "peer") for name in "ABCD"]))
    assert policy.satisfied_by([signers[index] for index in chosen]) == (len(set(chosen)) >= needed)


def test_policies_that_fabric_does_not_understand() -> None:
    """Are refused when they are read."""
    rule = m.policies.SignaturePolicy(signed_by=3)
    for envelope in (
        m.policies.SignaturePolicyEnvelope(version=1, rule=rule),
        m.policies.SignaturePolicyEnvelope(rule=rule, identities=[policies.role("A", "peer")]),
        m.policies.SignaturePolicyEnvelope(),
    ):
        with pytest.raises(DecodeError):
            SignaturePolicy.decode(envelope.SerializeToString())


def test_an_application_policy_is_its_own_or_the_channels(signers: Sequence[Any]) -> None:
    """By rule, or by the path of a policy of the channel."""
    own = application_policy(policies.endorsement("A", "B"), lambda _: None)
    assert own.satisfied_by(signers[:2])
    assert not own.satisfied_by(signers[:1])
    path = "/Channel/Application/Endorsement"
    reference = m.policy.ApplicationPolicy(channel_config_policy_reference=path)
    asked: list[str] = []

    def find(asked_for: str) -> Policy:
        asked.append(asked_for)
        return own

    assert application_policy(reference.SerializeToString(), find) is own
    assert asked == [path]
    with pytest.raises(DecodeError, match=f"the channel has no policy {path}"):
        application_policy(reference.SerializeToString(), lambda _: None)
