"""A key out of reach in the form that `cryptography` asks for a signature: for certificate requests."""

from __future__ import annotations

from typing import Any, NoReturn, Protocol, runtime_checkable

from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from fabric_gateway.errors import IdentityError
from fabric_gateway.identity._hashes import Hash
from fabric_gateway.identity._signatures import PublicKey

_HASHES = {"sha256": Hash.SHA256, "sha384": Hash.SHA384}


@runtime_checkable
class KeyHolder(Protocol):
    """A signer that knows its public key, so that a certificate can be requested for it."""

    @property
    def public_key(self) -> PublicKey:
        """The key's other half."""

    def sign(self, digest: bytes) -> bytes:
        """Sign, as `Signer.sign` does."""


def as_private_key(holder: KeyHolder) -> ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey:
    """The key of a holder, which signs and shows nothing else."""
    public = holder.public_key
    return (
        _Ed25519(holder, public) if isinstance(public, ed25519.Ed25519PublicKey) else _Ecdsa(holder, public)
    )


class _OutOfReach:
    """What such a key cannot do."""

    def _no(self, *_: object, **__: object) -> NoReturn:
        raise IdentityError("the key does not leave where it is: it signs, and nothing else")

    exchange = private_bytes = private_bytes_raw = private_numbers = __copy__ = __deepcopy__ = _no


class _Ecdsa(_OutOfReach, ec.EllipticCurvePrivateKey):
    def __init__(self, holder: KeyHolder, public: ec.EllipticCurvePublicKey) -> None:
        self._holder = holder
        self._public = public

    def public_key(self) -> ec.EllipticCurvePublicKey:
        return self._public

    @property
    def curve(self) -> ec.EllipticCurve:
        return self._public.curve

    @property
    def key_size(self) -> int:
        return self._public.curve.key_size

    def sign(self, data: Any, signature_algorithm: ec.EllipticCurveSignatureAlgorithm) -> bytes:
        algorithm = signature_algorithm.algorithm
        if isinstance(algorithm, Prehashed):
            return self._holder.sign(bytes(data))
        return self._holder.sign(_HASHES[algorithm.name].digest(bytes(data)))


class _Ed25519(_OutOfReach, ed25519.Ed25519PrivateKey):
    def __init__(self, holder: KeyHolder, public: ed25519.Ed25519PublicKey) -> None:
        self._holder = holder
        self._public = public

    def public_key(self) -> ed25519.Ed25519PublicKey:
        return self._public

    def sign(self, data: Any) -> bytes:
        return self._holder.sign(bytes(data))
