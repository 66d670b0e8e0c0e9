"""Whether a holder's proof fits, judged without the chaincode. The auditor and wallets use it."""

from __future__ import annotations

import base64
import binascii
import re

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from kindpakket.holder.booklet import depth, root_of
from kindpakket.holder.orders import FIRST_VERSION, Order, activation_message, replacement_message
from kindpakket.ledger.domain import Domain
from kindpakket.ledger.records import Authorisation, Proof

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
"""The y coordinates of Ed25519's points of small order, little-endian: anybody can sign for them."""


def activation_proof_error(
    domain: Domain,
    scheme: str,
    voucher: str,
    authorisation: Authorisation,
    proof: Proof,
    self_block: str | None = None,
) -> str:
    """Why an activation's proof does not fit; "" when it does."""
    message = activation_message(domain, scheme, voucher, authorisation, self_block)
    return _flaw_of_binding(authorisation, proof, FIRST_VERSION, message)


def replacement_proof_error(
    domain: Domain,
    scheme: str,
    voucher: str,
    version: int,
    authorisation: Authorisation,
    proof: Proof,
    self_block: str | None = None,
) -> str:
    """Why the proof for another authorisation does not fit; "" when it does.

    `version` is the one that the authorisation will have.
    """
    message = replacement_message(domain, scheme, voucher, version, authorisation, self_block)
    return _flaw_of_binding(authorisation, proof, version, message)


def payment_proof_error(authorisation: Authorisation, last_page: int, order: Order, proof: Proof) -> str:
    """Why the proof for a payment or hold does not fit; "" when it does.

    Args:
        authorisation: what the voucher is bound to.
        last_page: the last page of its booklet that was used; of no account for a key.
        order: the payment or hold, with the version of the authorisation that the voucher has.
        proof: what the holder is said to have given.
    """
    flaw = _flaw(authorisation, proof, order.version, order.message())
    if not flaw and authorisation["kind"] == "booklet" and proof["page"] <= last_page:
        return f"page {proof['page']} was void: page {last_page} had been used"
    return flaw


def _flaw_of_binding(authorisation: Authorisation, proof: Proof, version: int, message: bytes) -> str:
    flaw = _flaw_of_authorisation(authorisation) or _flaw(authorisation, proof, version, message)
    if not flaw and authorisation["kind"] == "booklet" and proof["page"] != 0:
        return f"page {proof['page']} activates, which only page 0 may"
    return flaw


def _flaw_of_authorisation(authorisation: Authorisation) -> str:
    """Why nothing may be bound to it, whoever signs; "" when it may."""
    if authorisation["kind"] == "key":
        fits = {"kind", "algorithm", "public_key"} == authorisation.keys()
        return "" if fits and authorisation["algorithm"] in _KEY_BYTES else "it is no key"
    fits = {"kind", "pages", "root"} == authorisation.keys() and bool(_ROOT.fullmatch(authorisation["root"]))
    return "" if fits and 2 <= authorisation["pages"] <= _MAX_PAGES else "it is no booklet"


def _flaw(authorisation: Authorisation, proof: Proof, version: int, message: bytes) -> str:
    try:
        if proof["kind"] != authorisation["kind"]:
            return f"the proof is by {proof['kind']}, the voucher is bound to a {authorisation['kind']}"
        if proof["version"] != version:
            return f"the proof is for version {proof['version']}, the authorisation has version {version}"
        signature = _decode(proof["signature"])
        if authorisation["kind"] == "key":
            paged = "page" in proof or proof.get("public_key") or proof.get("path")
            own = _decode(authorisation["public_key"])
            flaw = _signature_flaw(authorisation["algorithm"], own, message, signature)
            return "a proof by key has no page" if paged else flaw
        key = _decode(proof["public_key"])
        path = [bytes.fromhex(sibling) for sibling in proof["path"]]
        page = proof["page"]
        outside = not 0 <= page < authorisation["pages"] or len(path) != depth(authorisation["pages"])
        if outside or root_of(page, key, path).hex() != authorisation["root"]:
            return f"the key is not that of page {page} of the voucher's booklet"
        return _signature_flaw("ed25519", key, message, signature)
    except (KeyError, TypeError, ValueError) as error:
        return f"the proof cannot be read: {type(error).__name__}: {error}"


def _signature_flaw(algorithm: str, public_key: bytes, message: bytes, signature: bytes) -> str:
    if len(public_key) != _KEY_BYTES[algorithm]:
        return f"{len(public_key)} bytes are no public key of {algorithm}"
    if algorithm == "ed25519" and _unsigned(public_key) in _SMALL_ORDER:
        return "the public key is of small order: anybody can sign for it"
    try:
        if algorithm == "ed25519":
            ed25519.Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
        else:
            point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public_key)
            point.verify(signature, message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return "the signature does not fit"
    return ""


def _unsigned(public_key: bytes) -> str:
    """An Ed25519 key without the sign of its point, hexadecimal."""
    return (public_key[:31] + bytes([public_key[31] & 0x7F])).hex()


def _decode(text: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(f"not base64: {error}") from error
    if base64.b64encode(raw).decode() != text:
        raise ValueError("not the one form of base64")
    return raw
