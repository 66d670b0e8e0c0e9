"""Keys in a hardware module, through PKCS#11. Needs the extra `kindpakket[pkcs11]`.

with Pkcs11Signer("/usr/lib/softhsm/libsofthsm2.so", "fabric", pin, key_label="treasurer") as signer:
    identity = Identity("GemeenteMSP", certificate, signer)
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from kindpakket.fabric.errors import IdentityError
from kindpakket.fabric.extras import extra

with extra("pkcs11"):
    import pkcs11
    from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass, PKCS11Error, SignMixin

__all__ = ["Pkcs11Signer"]

_DIGESTS = {32, 48}
_CURVES = {  # EC_PARAMS, a DER object identifier, and the bytes of a digest that the curve has room for
    bytes.fromhex("06082a8648ce3d030107"): 32,  # P-256
    bytes.fromhex("06052b81040022"): 48,  # P-384
}


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
        self._name = f"PKCS#11 token {token_label!r} of {os.fspath(module)}"
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
    room = _CURVES.get(bytes(key[Attribute.EC_PARAMS])) if key.key_type is KeyType.EC else None
    if room is None:
        raise IdentityError(f"the key in {name} is not one that Fabric uses: ECDSA P-256, P-384 or Ed25519")
    return Mechanism.ECDSA, room


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".rstrip(": ")
