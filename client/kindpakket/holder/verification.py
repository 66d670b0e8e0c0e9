"""Verification of holders' proofs without the chaincode, for the auditor and wallets."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Collection
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from kindpakket.holder.orders import (
    FIRST_VERSION,
    Order,
    ReleaseOrder,
    activation_message,
    replacement_message,
)
from kindpakket.ledger.domain import Domain
from kindpakket.ledger.merkle import depth, root_of
from kindpakket.ledger.records import Authorisation, Proof, ProofUsed

_MAX_PAGES = 256
_KEY_BYTES = {"ed25519": 32, "p256": 65}
_ROOT = re.compile("[0-9a-f]{64}")
_SMALL_ORDER = frozenset(
    {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    }
)
"""The y coordinates of Ed25519's points of small order, little-endian: anyone can forge signatures for them.

Source: the list that libsodium rejects (`ge25519_has_small_order`); the chaincode rejects the same keys.
"""


class Signed(NamedTuple):
    """A holder's signature.

    Attributes:
        algorithm: `ed25519` or `p256`.
        public_key: the key: 32 bytes, or an uncompressed point of 65.
        message: what was signed, bytes.
        signature: the signature, bytes.
    """

    algorithm: str
    public_key: bytes
    message: bytes
    signature: bytes

    @property
    def name(self) -> bytes:
        """A digest of all of it, under which is kept that the signature holds."""
        parts = (self.algorithm.encode(), self.public_key, self.message, self.signature)
        content = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
        return hashlib.blake2b(content, digest_size=32).digest()

    def error(self) -> str:
        """Why it does not hold; "" if it does.

        Raises:
            KeyError: the algorithm is not known.
            ValueError: the key is not one of the algorithm.
        """
        return _signature_error(*self)


def signature_of_payment(authorisation: Authorisation | None, order: Order, proof: Proof) -> Signed | None:
    """The signature on which the proof for a payment or hold depends, so that it can be verified ahead.

    Args:
        authorisation: what the voucher is bound to; None if it is not known: a booklet's page tells its key.
        order: the payment or hold, with the version of the proof.
        proof: the proof.

    Raises:
        KeyError: the proof lacks a member.
        ValueError: a member is malformed.
        TypeError: a member is malformed.
    """
    signature = _decode(proof["signature"])
    if proof["kind"] == "booklet":
        return Signed("ed25519", _decode(proof["public_key"]), order.message(), signature)
    if authorisation is None or authorisation["kind"] != "key":
        return None
    key = _decode(authorisation["public_key"])
    return Signed(authorisation["algorithm"], key, order.message(), signature)


def activation_proof_error(
    domain: Domain,
    scheme: str,
    voucher: str,
    authorisation: Authorisation,
    proof: Proof,
    self_block: str | None = None,
) -> str:
    """Why an activation's proof is invalid; "" if it is valid."""
    message = activation_message(domain, scheme, voucher, authorisation, self_block)
    return _binding_error(authorisation, proof, FIRST_VERSION, message)


def replacement_proof_error(
    domain: Domain,
    scheme: str,
    voucher: str,
    version: int,
    authorisation: Authorisation,
    proof: Proof,
    self_block: str | None = None,
) -> str:
    """Why a replacement's proof is invalid; "" if it is valid.

    `version` is that of the new authorisation.
    """
    message = replacement_message(domain, scheme, voucher, version, authorisation, self_block)
    return _binding_error(authorisation, proof, version, message)


def payment_proof_error(
    authorisation: Authorisation,
    last_page: int,
    order: Order,
    proof: Proof,
    verified: Collection[bytes] = (),
) -> str:
    """Why the proof for a payment or hold is invalid; "" if it is valid.

    Args:
        authorisation: what the voucher is bound to.
        last_page: the last used page of the booklet; ignored for a key.
        order: the payment or hold, with the version of the voucher's authorisation.
        proof: the proof to verify.
        verified: names of signatures that hold, as `Signed.name` makes them: they are not verified again.
    """
    error = _proof_error(authorisation, proof, order.version, order.message(), verified)
    if not error and authorisation["kind"] == "booklet" and proof["page"] <= last_page:
        return f"page {proof['page']} was void: page {last_page} had already been used"
    return error


def release_proof_error(
    authorisation: Authorisation, held: ProofUsed, order: ReleaseOrder, proof: Proof
) -> str:
    """Why the proof for a release by the holder is invalid; "" if it is valid.

    Args:
        authorisation: what the voucher is bound to.
        held: what the hold was agreed with.
        order: the release, with the version of the voucher's authorisation.
        proof: the proof to verify.
    """
    error = _proof_error(authorisation, proof, order.version, order.message())
    if error or authorisation["kind"] == "key":
        return error
    agreed = held.get("page") if held["version"] == order.version else None
    return "" if proof["page"] == agreed else f"page {proof['page']} is not the page of the hold"


def _binding_error(authorisation: Authorisation, proof: Proof, version: int, message: bytes) -> str:
    error = _authorisation_error(authorisation) or _proof_error(authorisation, proof, version, message)
    if not error and authorisation["kind"] == "booklet" and proof["page"] != 0:
        return f"page {proof['page']} cannot activate: only page 0 can"
    return error


def _authorisation_error(authorisation: Authorisation) -> str:
    """Why no voucher may be bound to it, whoever signs; "" if one may."""
    if authorisation["kind"] == "key":
        fits = {"kind", "algorithm", "public_key"} == authorisation.keys()
        return "" if fits and authorisation["algorithm"] in _KEY_BYTES else "the authorisation is not a key"
    fits = {"kind", "pages", "root"} == authorisation.keys() and bool(_ROOT.fullmatch(authorisation["root"]))
    return "" if fits and 2 <= authorisation["pages"] <= _MAX_PAGES else "the authorisation is not a booklet"


def _proof_error(
    authorisation: Authorisation,
    proof: Proof,
    version: int,
    message: bytes,
    verified: Collection[bytes] = (),
) -> str:
    try:
        if proof["kind"] != authorisation["kind"]:
            return f"the proof is by {proof['kind']}, but the voucher is bound to a {authorisation['kind']}"
        if proof["version"] != version:
            return f"the proof is for version {proof['version']}, but the authorisation has version {version}"
        signature = _decode(proof["signature"])
        if authorisation["kind"] == "key":
            paged = "page" in proof or proof.get("public_key") or proof.get("path")
            public_key = _decode(authorisation["public_key"])
            error = _signature_error(authorisation["algorithm"], public_key, message, signature, verified)
            return "a proof by key cannot have a page" if paged else error
        key = _decode(proof["public_key"])
        path = [bytes.fromhex(sibling) for sibling in proof["path"]]
        page = proof["page"]
        outside = not 0 <= page < authorisation["pages"] or len(path) != depth(authorisation["pages"])
        if outside or root_of(page, key, path).hex() != authorisation["root"]:
            return f"the public key is not that of page {page} of the voucher's booklet"
        return _signature_error("ed25519", key, message, signature, verified)
    except (KeyError, TypeError, ValueError) as malformed:
        return f"the proof is malformed: {type(malformed).__name__}: {malformed}"


def _signature_error(
    algorithm: str,
    public_key: bytes,
    message: bytes,
    signature: bytes,
    verified: Collection[bytes] = (),
) -> str:
    if len(public_key) != _KEY_BYTES[algorithm]:
        return f"{len(public_key)} bytes are not a {algorithm} public key: it has {_KEY_BYTES[algorithm]}"
    if algorithm == "ed25519" and _unsigned(public_key) in _SMALL_ORDER:
        return "the public key is of small order: anyone can forge its signatures"
    if verified and Signed(algorithm, public_key, message, signature).name in verified:
        return ""
    try:
        if algorithm == "ed25519":
            ed25519.Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
        else:
            point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public_key)
            point.verify(signature, message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return "the signature is invalid"
    return ""


def _unsigned(public_key: bytes) -> str:
    """An Ed25519 public key without the sign bit of its point, in hexadecimal."""
    return (public_key[:31] + bytes([public_key[31] & 0x7F])).hex()


def _decode(text: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(f"not base64: {error}") from error
    if base64.b64encode(raw).decode() != text:
        raise ValueError("not canonical base64")
    return raw
