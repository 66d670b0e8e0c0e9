"""An organisation's root certificates, and how far their renewal has come.

Two roots overlap while they are exchanged. The files beside the CA server's own say which:

    next/       the new roots with their keys, from when they are made until the server issues with them
    previous/   the old root certificates, from then until they are retired
    retiring/   the same while they are being taken out of everything that trusts them

`next/introduced` and `previous/replaced` mark that every node of the home has taken that step.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from kindpakket_network.programs.files import move
from kindpakket_network.programs.home import write
from kindpakket_network.programs.token import key_id

_USED = ".used"
_CHANNELS = "channels-changed"
_DONE = {"next": "introduced", "previous": "replaced"}


@dataclass(frozen=True)
class Roots:
    """The roots of one CA server.

    Attributes:
        folder: the server's folder.
        certificates: the root certificates that it issues with: its own authority's, and the inner one's.
    """

    folder: Path
    certificates: tuple[Path, ...]

    @property
    def phase(self) -> str:
        """How far the renewal has come: `settled` if none is going on, else the step that was begun or done.

        `introducing`, `introduced`, `replacing`, `replaced` or `retiring`.
        """
        if self._at("retiring").is_dir():
            return "retiring"
        if self._at("previous").is_dir():
            done = self._is_done("previous") and not self._at("next").is_dir()
            return "replaced" if done else "replacing"
        if self._at("next").is_dir():
            return "introduced" if self._is_done("next") else "introducing"
        return "settled"

    @property
    def in_files(self) -> bool:
        """Whether the key of a root that the server issues with is in a file."""
        return any(
            certificate.is_file() and key_file(certificate).is_file() for certificate in self.certificates
        )

    def trusted(self, certificate: Path) -> list[bytes]:
        """The roots to trust in the place of one of the certificates, oldest first, PEM."""
        inner = certificate.relative_to(self.folder)
        places = (self._at("previous") / inner, certificate, self._at("next") / inner)
        return list(dict.fromkeys(path.read_bytes() for path in places if path.is_file()))

    def retiring(self, certificate: Path) -> list[bytes]:
        """The root that is being retired in the place of one of the certificates, PEM; none if none is."""
        path = self._at("retiring") / certificate.relative_to(self.folder)
        return [path.read_bytes()] if path.is_file() else []

    def keep_next(self, made: Path) -> None:
        """Keep new roots, which a CA server made in a folder of the same layout on the same disk."""
        move(made, self._at("next"))

    def note_done(self) -> None:
        """Note that every node has taken the step that was begun."""
        name = "next" if self._at("next").is_dir() else "previous"
        write(self._at(name) / _DONE[name], "")

    def replace(self) -> None:
        """Have the stopped server issue with the new roots from its next start on. It can be repeated."""
        previous, following = self._at("previous"), self._at("next")
        if not following.is_dir():
            return
        for certificate in self.certificates:
            inner = certificate.relative_to(self.folder)
            old = previous / inner
            if not old.is_file():
                write(old, certificate.read_bytes())
        for certificate in self.certificates:
            new = following / certificate.relative_to(self.folder)
            key = key_file(new)
            if key.is_file():  # else it is in a token
                write(key_file(certificate).with_name(key.name), key.read_bytes(), mode=0o600)
            write(certificate, new.read_bytes())
        used = self._at(_USED)
        shutil.rmtree(used, ignore_errors=True)
        move(following, used)
        shutil.rmtree(used)

    def changed_channels(self) -> datetime | None:
        """When the channels got the roots of the step that was begun, UTC; None if they have not yet."""
        for name in ("retiring", "next"):
            path = self._at(name) / _CHANNELS
            if path.is_file():
                return datetime.fromisoformat(path.read_text("utf-8"))
        return None

    def note_channels(self) -> None:
        """Note that the channels have the roots of the step that was begun."""
        name = "retiring" if self._at("retiring").is_dir() else "next"
        write(self._at(name) / _CHANNELS, datetime.now(UTC).isoformat())

    def begin_retiring(self) -> None:
        """Trust the old roots no longer from now on."""
        move(self._at("previous"), self._at("retiring"))

    def retired(self) -> list[Path]:
        """The certificates that are being retired."""
        inner = [certificate.relative_to(self.folder) for certificate in self.certificates]
        return [path for part in inner if (path := self._at("retiring") / part).is_file()]

    def end_retiring(self) -> None:
        """Delete the files with keys of the old roots, which nothing trusts any longer."""
        for certificate in self.certificates:
            old = self._at("retiring") / certificate.relative_to(self.folder)
            if old.is_file():
                key_file(certificate).with_name(key_file(old).name).unlink(missing_ok=True)
        shutil.rmtree(self._at("retiring"))

    def _at(self, name: str) -> Path:
        return self.folder / name

    def _is_done(self, name: str) -> bool:
        return (self._at(name) / _DONE[name]).is_file()


def bundle(roots: Sequence[bytes]) -> bytes:
    """Root certificates in one file, PEM."""
    return b"".join(root if root.endswith(b"\n") else root + b"\n" for root in roots)


def split(pem: bytes) -> list[bytes]:
    """The certificates in a PEM file, each in the same form however the file was written."""
    return [found.public_bytes(Encoding.PEM) for found in x509.load_pem_x509_certificates(pem)]


def is_issued_by(certificate: x509.Certificate, roots: Iterable[x509.Certificate]) -> bool:
    """Whether one of some roots issued a certificate."""
    for root in roots:
        with suppress(InvalidSignature, ValueError, TypeError):
            certificate.verify_directly_issued_by(root)
            return True
    return False


def key_file(certificate: Path) -> Path:
    """The file with the key of a CA server's certificate; it is missing if the key is in a token.

    Fabric CA names it after the SHA-256 of the public point.
    """
    public_key = x509.load_pem_x509_certificate(certificate.read_bytes()).public_key()
    assert isinstance(public_key, ec.EllipticCurvePublicKey)  # noqa: S101 - Fabric CA makes no others here
    return certificate.parent / "msp" / "keystore" / f"{key_id(public_key).hex()}_sk"
