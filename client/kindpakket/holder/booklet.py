"""A paper booklet: pages that each pay once, under one Merkle root. Everything here works offline.

Anyone who has the pages' seeds can spend the voucher. They exist in the printer's file, which is destroyed
after printing, and on the pages themselves.
"""

from __future__ import annotations

import base64
import secrets
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kindpakket.holder.credential import Credential
from kindpakket.holder.orders import AnyOrder
from kindpakket.holder.typed_page import SECRET_BYTES, SEED_BYTES, TypedPage, public_key_of, seed_of
from kindpakket.ledger.merkle import HASH_BYTES, path_in, tree
from kindpakket.ledger.records import Authorisation, Proof

_PAGES = range(2, 257)  # the chaincode takes the same numbers; see InvalidAuthorisation


@dataclass(frozen=True, slots=True)
class Page:
    """One page: all that is needed to pay once, and nothing about the other pages' seeds.

    Attributes:
        number: page 0 activates the voucher, the others pay.
        seed: the seed of the page's Ed25519 key, 32 bytes.
        path: the Merkle path, the siblings from the leaf up, 32 bytes each.
    """

    PREFIX: ClassVar[str] = "kp1:"
    """What the text of a page alone begins with."""

    number: int
    seed: bytes = field(repr=False)
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

    def as_bytes(self) -> bytes:
        """The number in two bytes, big-endian, the seed and the path."""
        return struct.pack(">H", self.number) + self.seed + b"".join(self.path)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read what `as_bytes` wrote.

        Raises:
            ValueError: it is too short, or the path has a part of a hash.
        """
        path = data[2 + SEED_BYTES :]
        if not path or len(path) % HASH_BYTES:
            raise ValueError(f"{len(data)} bytes are not a booklet page")
        siblings = tuple(path[at : at + HASH_BYTES] for at in range(0, len(path), HASH_BYTES))
        return cls(struct.unpack(">H", data[:2])[0], data[2 : 2 + SEED_BYTES], siblings)

    def as_text(self) -> str:
        """The text of a QR code with the page alone; a `kindpakket.holder.slip.Slip` has the voucher too."""
        return self.PREFIX + base64.urlsafe_b64encode(self.as_bytes()).decode().rstrip("=")

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read what `as_text` wrote.

        Raises:
            ValueError: the text is not a page's code. The message does not repeat it: it can pay.
        """
        body = text.removeprefix(cls.PREFIX)
        try:
            data = base64.b64decode(body + "=" * (-len(body) % 4), b"-_", validate=True)
            if body == text:
                raise ValueError
            return cls.from_bytes(data)
        except ValueError:
            raise ValueError("the text is not the code of a booklet page: scan it again") from None

    @classmethod
    def from_typed(cls, typed: TypedPage, public_keys: Sequence[bytes]) -> Self:
        """The page that somebody typed, with its path.

        Args:
            typed: what was typed.
            public_keys: those of all pages of the booklet, `Booklet.public_keys`.

        Raises:
            ValueError: the page is not one of this booklet.
        """
        if not typed.number < len(public_keys) or typed.public_key != public_keys[typed.number]:
            raise ValueError("the code is of a page of another booklet: check which voucher it belongs to")
        return cls(typed.number, typed.seed, path_in(tree(public_keys), typed.number))


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
        self._secrets = self._seeds
        self.public_keys = tuple(public_key_of(seed) for seed in seeds)
        """The pages' public keys, page 0 first: 32 bytes each. They are not secret."""
        self._levels = tree(self.public_keys)

    @classmethod
    def generate(cls, pages: int) -> Self:
        """Make a new booklet with random secrets; `pages` includes the activation page."""
        return cls.of_secrets([secrets.token_bytes(SECRET_BYTES) for _ in range(pages)])

    @classmethod
    def of_secrets(cls, page_secrets: Sequence[bytes]) -> Self:
        """Make a booklet from secrets of 16 bytes, one for each page, from which the seeds are derived.

        Raises:
            ValueError: as for seeds.
        """
        booklet = cls([seed_of(secret) for secret in page_secrets])
        booklet._secrets = tuple(page_secrets)
        return booklet

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

    def typed_page(self, number: int) -> TypedPage:
        """A page in the form that people type.

        Raises:
            IndexError: the booklet has no such page.
        """
        return TypedPage(self.page(number).number, self._secrets[number])

    def authorisation(self) -> Authorisation:
        """The document that binds a voucher to this booklet."""
        return {"kind": "booklet", "pages": self.pages, "root": self.root.hex()}

    def prove(self, message: bytes, version: int) -> Proof:
        """The proof by page 0, which binds and never pays."""
        return self.page(0).sign(message, version)
