"""Keys in a hardware module, through PKCS#11. Needs the extra `fabric-gateway[pkcs11]`.

with Pkcs11Signer("/usr/lib/softhsm/libsofthsm2.so", "fabric", pin, key_label="treasurer") as signer:
    identity = Identity("Org1MSP", certificate, signer)

A new key is made in the token, which it never leaves, and a certificate is requested for it:

with Pkcs11Signer.generate(module, "fabric", pin, key_label="treasurer") as signer:
    enrolment = ca.enrol("treasurer", secret, key=signer)
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal, Self

from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from fabric_gateway.errors import IdentityError
from fabric_gateway.extras import extra
from fabric_gateway.identity._signatures import PublicKey

with extra("pkcs11"):
    import pkcs11
    from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass, PKCS11Error, SignMixin

__all__ = ["Pkcs11Signer"]

_DIGESTS = {32, 48}


# EC_PARAMS, a DER object identifier
_NAMES = {
    "P-256": bytes.fromhex("06082a8648ce3d030107"),
    "P-384": bytes.fromhex("06052b81040022"),
}
_EC: dict[bytes, ec.EllipticCurve] = {_NAMES["P-256"]: ec.SECP256R1(), _NAMES["P-384"]: ec.SECP384R1()}


class Pkcs11Signer:
    """A private key in a PKCS#11 token: ECDSA P-256 or P-384, or Ed25519 where the module can.

    Give it to `Identity` in place of the key. May be used by many threads at once, but signs one thing at a
    time: python-pkcs11 loads modules without their own locking (`C_Initialize(NULL)`). Use it in a `with`
    statement, or close it. After a fork make a new one in the child.
    """

    def __init__(
        self,
        module: str | os.PathLike[str],
        token_label: str,
        pin: str,
        *,
        key_label: str | None = None,
        key_id: bytes | None = None,
    ) -> None:
        """Log in to the token and find the key.

        A process is logged in to a token once, and stays so until its last signer of that token is closed:
        the PIN of a second signer is ignored.

        Args:
            module: path of the vendor's library, such as `/usr/lib/softhsm/libsofthsm2.so`.
            token_label: label of the token.
            pin: the user's PIN.
            key_label: label of the private key (`CKA_LABEL`).
            key_id: its identifier (`CKA_ID`). One of both, or both, must lead to exactly one key.

        Raises:
            IdentityError: the module, token or key cannot be used; the message names which.
        """
        if key_label is None and key_id is None:
            raise IdentityError("a key in a PKCS#11 token is found by key_label or key_id: give one of them")
        self._name = _name(module, token_label)
        self._closed = False
        with _lock:
            self._login = _Login.enter(os.fspath(module), token_label, pin, self._name)
            self._session: pkcs11.Session | None = None
            try:
                self._session = self._login.token.open()
                self._key = _find(self._session, key_label, key_id, self._name)
                self._mechanism, self._room = _kind(self._key, self._name)
            except (IdentityError, PKCS11Error) as error:
                self.close()
                if isinstance(error, IdentityError):
                    raise
                raise IdentityError(f"{self._name} cannot be used: {_words(error)}") from error

    @classmethod
    def generate(
        cls,
        module: str | os.PathLike[str],
        token_label: str,
        pin: str,
        *,
        key_label: str,
        key_id: bytes | None = None,
        algorithm: Literal["P-256", "P-384"] = "P-256",
    ) -> Self:
        """Make a key in the token, and return a signer for it.

        Args:
            module: as for the class itself.
            token_label: as for the class itself.
            pin: as for the class itself.
            key_label: the label of the new key, private and public; the token must hold none of it yet.
            key_id: its identifier; default: random.
            algorithm: the curve.

        Raises:
            IdentityError: the token cannot be used, or holds a key of that label.
        """
        name = _name(module, token_label)
        with _lock:
            login = _Login.enter(os.fspath(module), token_label, pin, name)
            try:
                _generate(login.token, key_label, key_id or os.urandom(16), algorithm, name)
            except PKCS11Error as error:
                raise IdentityError(f"{name} made no key: {_words(error)}") from error
            finally:
                login.leave()
        return cls(module, token_label, pin, key_label=key_label, key_id=key_id)

    @property
    def public_key(self) -> PublicKey:
        """The key's other half, which the token must hold beside it, for certificate requests.

        Raises:
            IdentityError: it does not.
        """
        with _lock:
            if self._closed or self._session is None:
                raise IdentityError(f"the signer on {self._name} was closed: make a new one")
            try:
                return _public(self._session, self._key, self._name)
            except PKCS11Error as error:
                raise IdentityError(f"{self._name} cannot be read: {_words(error)}") from error

    def sign(self, digest: bytes) -> bytes:
        """Sign a digest, or with Ed25519 a message; `Identity.sign` calls it.

        Raises:
            IdentityError: the token refuses, or the signer was closed.
        """
        if self._mechanism is Mechanism.EDDSA:
            return self._sign(digest)
        if len(digest) not in _DIGESTS:
            raise IdentityError(
                f"{self._name} signs digests of 32 or 48 bytes, not {len(digest)} bytes: "
                "give the identity a hash"
            )
        raw = self._sign(digest[: self._room])
        half = len(raw) // 2
        return encode_dss_signature(int.from_bytes(raw[:half]), int.from_bytes(raw[half:]))

    def _sign(self, data: bytes) -> bytes:
        with _lock:
            if self._closed:
                raise IdentityError(f"the signer on {self._name} was closed: make a new one")
            try:
                return bytes(self._key.sign(data, mechanism=self._mechanism))
            except PKCS11Error as error:
                raise IdentityError(f"{self._name} could not sign: {_words(error)}") from error

    def close(self) -> None:
        """Close the session; the last signer on a token logs out."""
        with _lock:
            if self._closed:
                return
            self._closed = True
            with suppress(PKCS11Error):  # the token was pulled out: there is nothing left to close
                if self._session:
                    self._session.close()
            self._login.leave()

    def __enter__(self) -> Pkcs11Signer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Pkcs11Signer({self._name!r})"


@dataclass(slots=True)
class _Login:
    """A process's login to a token, which all its sessions share, as PKCS#11 has it."""

    token: pkcs11.Token
    session: pkcs11.Session | None
    key: tuple[str, str]
    users: int = field(default=0)

    @classmethod
    def enter(cls, module: str, label: str, pin: str, name: str) -> _Login:
        login = _logins.get((module, label))
        if login is None:
            login = _logins[module, label] = cls._fresh(module, label, pin, name)
        login.users += 1
        return login

    @classmethod
    def _fresh(cls, module: str, label: str, pin: str, name: str) -> _Login:
        try:
            token = pkcs11.lib(module).get_token(token_label=label)
        except RuntimeError as error:  # also what a library that cannot be loaded raises
            raise IdentityError(f"{name} cannot be opened: {_words(error)}") from error
        try:
            return cls(token, token.open(user_pin=pin), (module, label))
        except pkcs11.UserAlreadyLoggedIn:  # by other code of this process, which then logs out
            return cls(token, None, (module, label))
        except PKCS11Error as error:
            raise IdentityError(f"{name} refused the login: {_words(error)}") from error

    def leave(self) -> None:
        self.users -= 1
        if not self.users:
            del _logins[self.key]
            with suppress(PKCS11Error):  # the token was pulled out
                if self.session:
                    self.session.close()


_lock = threading.RLock()  # around every call of a module
_logins: dict[tuple[str, str], _Login] = {}


def _name(module: str | os.PathLike[str], token_label: str) -> str:
    return f"PKCS#11 token {token_label!r} of {os.fspath(module)}"


def _generate(token: pkcs11.Token, label: str, key_id: bytes, algorithm: str, name: str) -> None:
    with token.open(rw=True) as session:
        if list(session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.LABEL: label})):
            raise IdentityError(f"{name} already holds a private key with label {label!r}: choose another")
        if algorithm not in _NAMES:
            raise ValueError(f"there is no key algorithm {algorithm!r}: use P-256 or P-384")
        curve = {Attribute.EC_PARAMS: _NAMES[algorithm]}
        parameters = session.create_domain_parameters(KeyType.EC, curve, local=True)
        parameters.generate_keypair(label=label, id=key_id, store=True)


def _public(session: pkcs11.Session, key: SignMixin, name: str) -> PublicKey:
    """The public key beside a private one: by its identifier, else by its label."""
    wanted: dict[Attribute, object] = {Attribute.CLASS: ObjectClass.PUBLIC_KEY}
    label, key_id = str(key[Attribute.LABEL]), bytes(key[Attribute.ID])
    if key_id:
        wanted[Attribute.ID] = key_id
    else:
        wanted[Attribute.LABEL] = label
    found = list(session.get_objects(wanted))
    if len(found) != 1:
        raise IdentityError(
            f"{name} holds {len(found)} public keys for the private key {label!r}: a certificate can be "
            "requested where the token holds both halves"
        )
    point = bytes(found[0][Attribute.EC_POINT])
    if key.key_type is KeyType.EC_EDWARDS:
        return ed25519.Ed25519PublicKey.from_public_bytes(point[-32:])
    curve = _EC[bytes(key[Attribute.EC_PARAMS])]
    size = 1 + 2 * ((curve.key_size + 7) // 8)  # an uncompressed point, which DER wraps as an octet string
    return ec.EllipticCurvePublicKey.from_encoded_point(curve, point[-size:])


def _find(session: pkcs11.Session, label: str | None, key_id: bytes | None, name: str) -> SignMixin:
    wanted: dict[Attribute, object] = {Attribute.CLASS: ObjectClass.PRIVATE_KEY}
    words = []
    if label is not None:
        wanted[Attribute.LABEL] = label
        words.append(f"label {label!r}")
    if key_id is not None:
        wanted[Attribute.ID] = key_id
        words.append(f"id {key_id.hex()}")
    which = f"private key with {' and '.join(words)}"
    found = list(session.get_objects(wanted))
    if len(found) != 1:
        raise IdentityError(f"{name} holds {len(found)} keys instead of one: {which}")
    (key,) = found
    if not isinstance(key, SignMixin):
        raise IdentityError(f"the {which} in {name} may not sign (CKA_SIGN is false)")
    return key


def _kind(key: SignMixin, name: str) -> tuple[Mechanism, int]:
    """How a key signs, and the bytes of a digest that it has room for."""
    if key.key_type is KeyType.EC_EDWARDS:
        return Mechanism.EDDSA, 0
    curve = _EC.get(bytes(key[Attribute.EC_PARAMS])) if key.key_type is KeyType.EC else None
    if curve is None:
        raise IdentityError(f"the key in {name} is not one that Fabric uses: ECDSA P-256, P-384 or Ed25519")
    return Mechanism.ECDSA, curve.key_size // 8


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".rstrip(": ")
