"""Damaged certificates: whatever bit is wrong, it is an error of the certificate, and nothing else fails."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator

import pytest

from fabric_gateway._wire import messages as m
from fabric_gateway.errors import DecodeError
from fabric_gateway.identity import load_certificate
from fabric_gateway.verification import Membership, Stranger
from fabric_gateway.verification._pool import _key
from forge import Authority


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority("AMSP")


@pytest.fixture(scope="module")
def damaged(authority: Authority) -> list[bytes]:
    """A member's certificate, PEM, with each of its bits wrong in turn."""
    pem = authority.member("user", "client").certificate_pem
    der = base64.b64decode(b"".join(pem.split(b"-----")[2].split()))

    def flipped() -> Iterator[bytes]:
        for place in range(len(der)):
            for bit in range(8):
                content = bytearray(der)
                content[place] ^= 1 << bit
                yield b"-----BEGIN CERTIFICATE-----\n%s-----END CERTIFICATE-----\n" % base64.encodebytes(
                    content
                )

    return list(flipped())


def test_it_is_read_whole_or_not_at_all(damaged: list[bytes]) -> None:
    refused = 0
    for pem in damaged:
        try:
            certificate = load_certificate(pem)
        except ValueError:
            refused += 1
        else:
            assert certificate.subject.rfc4514_string() and certificate.not_valid_after_utc
    assert 0 < refused < len(damaged)


def test_nobody_is_a_member_with_it(authority: Authority, damaged: list[bytes]) -> None:
    membership = Membership([authority.msp()], ed25519_allowed=True)
    for pem in damaged:
        identity = m.identities.SerializedIdentity(mspid="AMSP", id_bytes=pem).SerializeToString()
        _key(identity)
        with pytest.raises((Stranger, DecodeError)):
            membership.member(identity)


def test_a_signature_with_unused_bits_is_nobodys_as_for_go(authority: Authority) -> None:
    """`cryptography` overlooks how many bits of a bit string are unused; Go shifts the signature by them."""
    certificate = _with_unused_bit(lambda: authority.member("user", "client").certificate_pem)
    membership = Membership([authority.msp()], ed25519_allowed=True)
    identity = m.identities.SerializedIdentity(mspid="AMSP", id_bytes=certificate).SerializeToString()
    with pytest.raises(Stranger, match="does not chain to the organisation's authorities"):
        membership.member(identity)


def test_a_revocation_list_with_unused_bits_revokes_nobody_as_for_go(authority: Authority) -> None:
    user = authority.member("user", "client")
    sound = authority.revocation_list([user])
    damaged = _with_unused_bit(lambda: authority.revocation_list([user]))
    with pytest.raises(Stranger, match="on the revocation list"):
        Membership([authority.msp(revocation_lists=[sound])], ed25519_allowed=True).member(user.serialized)
    Membership([authority.msp(revocation_lists=[damaged])], ed25519_allowed=True).member(user.serialized)


def _with_unused_bit(make: Callable[[], bytes]) -> bytes:
    """A certificate or a list, PEM, whose signature ends with a zero bit that is said not to be used."""
    while True:
        pem = make()
        label = pem.split(b"-----")[1].removeprefix(b"BEGIN ")
        content = bytearray(base64.b64decode(b"".join(pem.split(b"-----")[2].split())))
        if content[-1] & 1:
            continue
        content[content.rindex(b"\x00\x30", 0, -60)] = 1
        return b"-----BEGIN %s-----\n%s-----END %s-----\n" % (label, base64.encodebytes(content), label)
