"""A paper booklet: pages that each pay once, under one Merkle root. Everything here works offline.

Anyone who has the pages' seeds can spend the voucher. They exist in the printer's file, which is destroyed
after printing, and on the pages themselves.
"""

from __future__ import annotations

import base64
import secrets
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kindpakket.holder.credential import Credential
from kindpakket.holder.orders import AnyOrder
from kindpakket.ledger.merkle import HASH_BYTES, path_in, tree
from kindpakket.ledger.records import Authorisation, Proof

SEED_BYTES = 32
"""Length of a page's seed, the private key of Ed25519 (RFC 8032, section 5.1.5)."""
_PAGES = range(2, 257)  # the chaincode takes the same numbers; see InvalidAuthorisation
_PREFIX = "kp1"


@dataclass(frozen=True, slots=True)
class Page:
    """One page: all that is needed to pay once, and nothing about the other pages' seeds.

    Attributes:
        number: page 0 activates the voucher, the others pay.
        seed: the seed of the page's Ed25519 key, 32 bytes.
        path: the Merkle path, the siblings from the leaf up, 32 bytes each.
    """

    number: int
    seed: bytes
    path: tuple[bytes, ...]

    def authorise(self, order: AnyOrder) -> Proof:
        """Authorise exactly this payment, hold, release of a hold, or look at the voucher."""
        return self.sign(order.message(), order.version)

    def sign(self, message: bytes, version: int) -> Proof:
        """The proof over a message, for a version of the voucher's authorisation."""
        key = Ed25519PrivateKey.from_private_bytes(self.seed)
        return {
            "kind": "booklet",
            "version": version,
            "page": self.number,
            "public_key": base64.b64encode(key.public_key().public_bytes_raw()).decode(),
            "path": [sibling.hex() for sibling in self.path],
            "signature": base64.b64encode(key.sign(message)).decode(),
        }

    def as_text(self) -> str:
        """The text of the page's QR code."""
        body = struct.pack(">H", self.number) + self.seed + b"".join(self.path)
        return f"{_PREFIX}:{base64.urlsafe_b64encode(body).decode().rstrip('=')}"

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read the text of a page's QR code.

        Raises:
            ValueError: the text is not a page's code. The message does not repeat it: it can pay.
        """
        prefix, _, body = text.partition(":")
        try:
            data = base64.b64decode(body + "=" * (-len(body) % 4), b"-_", validate=True)
        except ValueError:
            data = b""
        path = data[2 + SEED_BYTES :]
        if prefix != _PREFIX or not path or len(path) % HASH_BYTES:
            raise ValueError("the text is not the code of a booklet page: scan it again")
        siblings = tuple(path[at : at + HASH_BYTES] for at in range(0, len(path), HASH_BYTES))
        return cls(struct.unpack(">H", data[:2])[0], data[2 : 2 + SEED_BYTES], siblings)


class Booklet(Credential):
    """All pages of a booklet, as in the printer's file."""

    def __init__(self, seeds: Sequence[bytes]) -> None:
        """Make a booklet from seeds, one for each page, page 0 first.

        Raises:
            ValueError: there are fewer than 2 or more than 256 seeds, a seed is not 32 bytes long, or two are
                equal.
        """
        if len(seeds) not in _PAGES:
            raise ValueError(f"{len(seeds)} seeds: a booklet has 2 to 256 pages")
        if any(len(seed) != SEED_BYTES for seed in seeds) or len(set(seeds)) != len(seeds):
            raise ValueError(f"the seeds of a booklet must be {SEED_BYTES} bytes each, and all different")
        self._seeds = tuple(seeds)
        keys = [Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw() for seed in seeds]
        self._levels = tree(keys)

    @classmethod
    def generate(cls, pages: int) -> Self:
        """Make a new booklet with random seeds; `pages` includes the activation page."""
        return cls([secrets.token_bytes(SEED_BYTES) for _ in range(pages)])

    @property
    def pages(self) -> int:
        """The number of pages, the activation page included."""
        return len(self._seeds)

    @property
    def root(self) -> bytes:
        """The Merkle root over the pages' public keys."""
        return self._levels[-1][0]

    def page(self, number: int) -> Page:
        """A page.

        Raises:
            IndexError: the booklet has no such page.
        """
        if not 0 <= number < self.pages:
            raise IndexError(f"no page {number}: the booklet has pages 0 to {self.pages - 1}")
        return Page(number, self._seeds[number], path_in(self._levels, number))

    def authorisation(self) -> Authorisation:
        """The document that binds a voucher to this booklet."""
        return {"kind": "booklet", "pages": self.pages, "root": self.root.hex()}

    def prove(self, message: bytes, version: int) -> Proof:
        """The proof by page 0, which binds and never pays."""
        return self.page(0).sign(message, version)
