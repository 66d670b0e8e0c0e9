"""Whether a holder's proof fits, judged without the chaincode. The auditor and wallets use it."""

from __future__ import annotations

import base64
import binascii

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from kindpakket.booklet import depth, root_of
from kindpakket.records import Authorisation, Proof
from kindpakket.signing import FIRST_VERSION, Domain, Order, activation_message, replacement_message


def flaw_of_activation(
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


def flaw_of_replacement(
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


def flaw_of_payment(authorisation: Authorisation, last_page: int, order: Order, proof: Proof) -> str:
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
    flaw = _flaw(authorisation, proof, version, message)
    if not flaw and authorisation["kind"] == "booklet" and proof["page"] != 0:
        return f"page {proof['page']} activates, which only page 0 may"
    return flaw


def _flaw(authorisation: Authorisation, proof: Proof, version: int, message: bytes) -> str:
    try:
        if proof["kind"] != authorisation["kind"]:
            return f"the proof is by {proof['kind']}, the voucher is bound to a {authorisation['kind']}"
        if proof["version"] != version:
            return f"the proof is for version {proof['version']}, the authorisation has version {version}"
        signature = _decode(proof["signature"])
        if authorisation["kind"] == "key":
            return _signature_flaw(
                authorisation["algorithm"], _decode(authorisation["public_key"]), message, signature
            )
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
    try:
        if algorithm == "ed25519":
            ed25519.Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
        else:
            point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public_key)
            point.verify(signature, message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return "the signature does not fit"
    return ""


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(f"not base64: {error}") from error
