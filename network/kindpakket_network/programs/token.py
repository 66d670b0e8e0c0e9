"""Keys in a PKCS#11 token: made there, found, used for a request, and deleted. Needs `kindpakket[pkcs11]`.

A key's identifier (`CKA_ID`) is the SHA-256 of its uncompressed public point, by which Fabric finds it. Its
label names the node and the home that it was made for.
"""

from __future__ import annotations

import hashlib
import os
import stat
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from fabric_gateway.errors import IdentityError
from kindpakket.extras import MissingExtra
from kindpakket_network.description.token import Token
from kindpakket_network.errors import NetworkError

if TYPE_CHECKING:
    import pkcs11

_CURVE = "secp256r1"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
# A process loads a vendor's library once, without the library's own locks, and logs in to a token once.
_lock = threading.RLock()


class TokenError(NetworkError):
    """A token cannot be used.

    Attributes:
        member: the member of the topology to look at: `library`, `label` or `pin_file`.
    """

    def __init__(self, member: str, message: str) -> None:
        super().__init__(message)
        self.member = member


def key_id(public_key: ec.EllipticCurvePublicKey) -> bytes:
    """The identifier of a key in a token: the SHA-256 of its uncompressed point."""
    point = public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return hashlib.sha256(point).digest()


def key_id_of(certificate: Path) -> bytes | None:
    """The identifier of a certificate's key; None if the file is missing, or has none for such a key."""
    try:
        public_key = x509.load_pem_x509_certificate(certificate.read_bytes()).public_key()
    except (OSError, ValueError):
        return None
    return key_id(public_key) if isinstance(public_key, ec.EllipticCurvePublicKey) else None


def read_pin(token: Token) -> str:
    """The user's PIN.

    Raises:
        TokenError: the file is missing, empty, or others can read it.
    """
    path = Path(token.pin_file)
    try:
        mode = path.stat().st_mode
        pin = path.read_text("utf-8").strip()
    except (OSError, ValueError) as error:
        raise TokenError(
            "pin_file", f"{path} cannot be read ({error}): write the PIN of {token} to it"
        ) from error
    if mode & _OTHERS:
        raise TokenError("pin_file", f"other users can read the PIN in {path}: run chmod 600 {path}")
    if not pin or "\n" in pin:
        raise TokenError("pin_file", f"{path} must hold the PIN of {token} on one line")
    return pin


def pin_variable(token: Token | None, prefix: str) -> dict[str, str]:
    """The variable with which one of Fabric's programs gets the PIN; none without a token.

    Args:
        token: the token.
        prefix: the prefix of its variables for keys, such as `ORDERER_GENERAL_BCCSP`.

    Raises:
        TokenError: the PIN cannot be read.
    """
    return {} if token is None else {f"{prefix}_PKCS11_PIN": read_pin(token)}


@dataclass(frozen=True)
class TokenKeys:
    """The keys in a token. Every call logs in and out again.

    Args:
        token: the token.
    """

    token: Token

    def ensure_usable(self) -> None:
        """Check that the token is there, and lets its user in.

        Raises:
            TokenError: the library, the label, the PIN or the extra `pkcs11` is missing or wrong.
        """
        with self._session():
            pass

    def make(self, label: str) -> TokenKey:
        """Make a key pair, P-256, that cannot leave the token.

        Args:
            label: its label.

        Raises:
            TokenError: the token cannot be used, or refused.
        """
        with self._session() as session:
            from pkcs11 import Attribute, KeyType
            from pkcs11.util.ec import encode_ec_public_key, encode_named_curve_parameters

            parameters = {Attribute.EC_PARAMS: encode_named_curve_parameters(_CURVE)}
            domain = session.create_domain_parameters(KeyType.EC, parameters, local=True)
            public, private = domain.generate_keypair(store=True, label=label)
            made = serialization.load_der_public_key(encode_ec_public_key(public))
            assert isinstance(made, ec.EllipticCurvePublicKey)  # noqa: S101
            for half in (public, private):
                half[Attribute.ID] = key_id(made)
        return TokenKey(self.token, made)

    def pairs(self) -> set[bytes]:
        """The identifiers of the key pairs in it. Fabric looks for both halves.

        Raises:
            TokenError: the token cannot be used.
        """
        with self._session() as session:
            from pkcs11 import Attribute, ObjectClass

            private, public = (
                {bytes(half[Attribute.ID]) for half in session.get_objects({Attribute.CLASS: kind})}
                for kind in (ObjectClass.PRIVATE_KEY, ObjectClass.PUBLIC_KEY)
            )
            return private & public

    def delete(self, identifier: bytes) -> None:
        """Delete a key pair, if it is there.

        Raises:
            TokenError: the token cannot be used, or refused.
        """
        with self._session() as session:
            from pkcs11 import Attribute

            for half in list(session.get_objects({Attribute.ID: identifier})):
                half.destroy()

    def delete_labelled(self, label: str, but: Collection[bytes]) -> None:
        """Delete the key pairs of a label that are superseded.

        Args:
            label: the label.
            but: the identifiers of those to keep.

        Raises:
            TokenError: the token cannot be used, or refused.
        """
        with self._session() as session:
            from pkcs11 import Attribute

            for half in list(session.get_objects({Attribute.LABEL: label})):
                if bytes(half[Attribute.ID]) not in but:
                    half.destroy()

    @contextmanager
    def _session(self) -> Iterator[pkcs11.Session]:
        pin = read_pin(self.token)
        if not Path(self.token.library).is_file():
            raise TokenError(
                "library", f"{self.token.library} is missing: install the library of {self.token}, or name it"
            )
        with _lock:
            os.environ.update(self.token.environment)
            try:
                import pkcs11
            except ModuleNotFoundError as error:
                raise TokenError(
                    "library", "keys in tokens need a further package: run pip install 'kindpakket[pkcs11]'"
                ) from error
            try:
                library = pkcs11.lib(self.token.library)
            except (RuntimeError, pkcs11.PKCS11Error) as error:
                raise TokenError(
                    "library",
                    f"{self.token.library} cannot be loaded ({_words(error)}): name a PKCS#11 library",
                ) from error
            try:
                found = library.get_token(token_label=self.token.label)
            except pkcs11.PKCS11Error as error:
                raise TokenError(
                    "label",
                    f"{self.token.library} has no token {self.token.label!r} ({_words(error)}): make it, or "
                    "give the label of one that it has",
                ) from error
            try:
                with found.open(rw=True, user_pin=pin) as session:
                    yield session
            except pkcs11.PinIncorrect as error:
                raise TokenError(
                    "pin_file",
                    f"{self.token} refused the PIN in {self.token.pin_file}: correct it, before it is "
                    "refused so often that the token locks itself",
                ) from error
            except pkcs11.PKCS11Error as error:
                raise TokenError("label", f"{self.token} refused: {_words(error)}") from error


class TokenKey:
    """A private key in a token: a `fabric_gateway.identity.KeyHolder`, for which a certificate is requested.

    Args:
        token: the token.
        public: the public key.
    """

    def __init__(self, token: Token, public: ec.EllipticCurvePublicKey) -> None:
        self._token = token
        self._public = public

    @property
    def public_key(self) -> ec.EllipticCurvePublicKey:
        """The public key."""
        return self._public

    def sign(self, digest: bytes) -> bytes:
        """Sign a digest.

        Raises:
            TokenError: the token cannot be used, or refused.
        """
        pin = read_pin(self._token)
        with _lock:
            os.environ.update(self._token.environment)
            try:
                from fabric_gateway.identity.pkcs11 import Pkcs11Signer

                library, label = self._token.library, self._token.label
                with Pkcs11Signer(library, label, pin, key_id=key_id(self._public)) as signer:
                    return signer.sign(digest)
            except (IdentityError, MissingExtra) as error:
                raise TokenError("label", str(error)) from error


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".rstrip(": ")
