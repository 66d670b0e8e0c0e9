"""What a holder signs: messages of length-prefixed fields, so that no two requests share a message."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from kindpakket.ledger.domain import Domain
from kindpakket.ledger.records import Authorisation, Line, Proof

_DOMAIN = "kindpakket/authorisation/1"
_SELF_BLOCK = "kindpakket/self-block/1"
_BOUND = "kindpakket/bound/1"
FIRST_VERSION = 1
"""The version of the authorisation with which a voucher is activated."""
MAX_DEADLINE = 900
"""How long after the transaction its deadline may be, in seconds; the chaincode has the same limit."""


@dataclass(frozen=True, slots=True)
class Order:
    """What the till asks the holder to authorise; complete before anyone signs.

    Attributes:
        domain: the channel and chaincode that it is for.
        scheme: id of the scheme.
        voucher: id of the voucher.
        version: version of the voucher's authorisation, as in its binding.
        request_id: id of the request, which becomes the payment's id.
        shop: id of the shop.
        lines: category and euro cents, in the order in which they are sent.
        deadline: instant after which the order is void, in Unix seconds; at most `MAX_DEADLINE` seconds after
            the transaction.
    """

    operation: ClassVar[str]

    domain: Domain
    scheme: str
    voucher: str
    version: int
    request_id: str
    shop: str
    lines: tuple[Line, ...]
    deadline: int

    @classmethod
    def of_request(cls, domain: Domain, content: Mapping[str, Any], version: int) -> Self:
        """The order that a transaction's argument, as `request` makes it, was made of.

        Args:
            domain: the channel and chaincode that it was sent to.
            content: the argument, decoded.
            version: version of the voucher's authorisation.

        Raises:
            KeyError: a member is missing.
            TypeError: the lines are no list.
        """
        return cls(
            domain=domain,
            scheme=content["scheme"],
            voucher=content["voucher"],
            version=version,
            request_id=content["request_id"],
            shop=content["shop"],
            lines=tuple(content["lines"]),
            deadline=content["deadline"],
            **cls._terms_of(content),
        )

    @property
    def cents(self) -> int:
        """The sum of the lines, in cents."""
        return sum(line["cents"] for line in self.lines)

    def request(self, proof: Proof | None) -> dict[str, object]:
        """The transaction's argument, with the holder's proof."""
        members: dict[str, object] = {
            "request_id": self.request_id,
            "scheme": self.scheme,
            "voucher": self.voucher,
            "shop": self.shop,
            "lines": list(self.lines),
            "deadline": self.deadline,
            **self._terms(),
        }
        return members if proof is None else {**members, "proof": proof}

    def message(self) -> bytes:
        """What the holder signs."""
        fields = [
            *_header(self.domain, self.operation),
            self.scheme,
            self.voucher,
            str(self.version),
            self.request_id,
            self.shop,
            str(self.deadline),
            *map(str, self._terms().values()),
            str(len(self.lines)),
        ]
        for line in self.lines:
            fields += [line["category"], str(line["cents"])]
        return frame(fields)

    def _terms(self) -> dict[str, int]:
        """The members that only this kind of order has, in the order in which they are signed."""
        return {}

    @classmethod
    def _terms_of(cls, content: Mapping[str, Any]) -> dict[str, int]:
        """The same members, of a transaction's argument."""
        return {}


@dataclass(frozen=True, slots=True)
class PaymentOrder(Order):
    """A payment that is taken immediately."""

    operation: ClassVar[str] = "payment:Pay"


@dataclass(frozen=True, slots=True)
class HoldOrder(Order):
    """A hold: money set aside, to be captured in full or in part, or released, later.

    Attributes:
        expires_at: instant at which the hold expires, in Unix seconds; limited by the scheme's `hold_days`.
    """

    operation: ClassVar[str] = "payment:Hold"

    expires_at: int

    def _terms(self) -> dict[str, int]:
        return {"expires_at": self.expires_at}

    @classmethod
    def _terms_of(cls, content: Mapping[str, Any]) -> dict[str, int]:
        return {"expires_at": content["expires_at"]}


@dataclass(frozen=True, slots=True)
class ReleaseOrder:
    """What the holder agrees to when a hold is released before the shop captures it.

    Any till, or the municipality, may send it. Of a booklet it is signed with the page that the hold was
    agreed with, so it uses up no page.

    Attributes:
        domain: the channel and chaincode that it is for.
        scheme: id of the scheme.
        voucher: id of the voucher.
        version: version of the voucher's authorisation, as in its binding.
        request_id: id of the request.
        payment: id of the hold.
        deadline: instant after which the order is void, in Unix seconds; at most `MAX_DEADLINE` seconds after
            the transaction.
    """

    operation: ClassVar[str] = "payment:ReleaseByHolder"

    domain: Domain
    scheme: str
    voucher: str
    version: int
    request_id: str
    payment: str
    deadline: int

    def request(self, proof: Proof) -> dict[str, object]:
        """The transaction's argument, with the holder's proof."""
        return {
            "request_id": self.request_id,
            "payment": self.payment,
            "deadline": self.deadline,
            "proof": proof,
        }

    def message(self) -> bytes:
        """What the holder signs."""
        fields = [
            *_header(self.domain, self.operation),
            self.scheme,
            self.voucher,
            str(self.version),
            self.request_id,
            self.payment,
            str(self.deadline),
        ]
        return frame(fields)


@dataclass(frozen=True, slots=True)
class AllowanceOrder:
    """What the holder agrees to when a shop may see what the voucher can still buy there.

    Of a booklet it is signed with the next page, which is not used up by it.

    Attributes:
        domain: the channel and chaincode that it is for.
        scheme: id of the scheme.
        voucher: id of the voucher.
        version: version of the voucher's authorisation, as in its binding.
        shop: id of the shop.
        deadline: instant after which the order is void, in Unix seconds; at most `MAX_DEADLINE` seconds after
            the query.
    """

    operation: ClassVar[str] = "voucher:Allowance"

    domain: Domain
    scheme: str
    voucher: str
    version: int
    shop: str
    deadline: int

    def request(self, proof: Proof | None) -> dict[str, object]:
        """The query's argument, with the holder's proof."""
        members: dict[str, object] = {"scheme": self.scheme, "voucher": self.voucher, "shop": self.shop}
        return members if proof is None else {**members, "deadline": self.deadline, "proof": proof}

    def message(self) -> bytes:
        """What the holder signs; a query has no request id, so the voucher's id takes its place."""
        fields = [
            *_header(self.domain, self.operation),
            self.scheme,
            self.voucher,
            str(self.version),
            self.voucher,
            self.shop,
            str(self.deadline),
        ]
        return frame(fields)


AnyOrder = Order | ReleaseOrder | AllowanceOrder
"""What a holder may be asked to sign once the voucher is bound."""


def activation_message(
    domain: Domain, scheme: str, voucher: str, authorisation: Authorisation, self_block: str | None = None
) -> bytes:
    """What a holder signs to bind a voucher to a key or a booklet for the first time.

    The voucher's id takes the place of the request id, because the request that will contain the activation
    does not exist yet.

    Args:
        domain: the channel and chaincode that the signature is for.
        scheme: id of the scheme.
        voucher: id of the voucher.
        authorisation: the key or the booklet that signs.
        self_block: hash of the holder's self-block code; None if the holder has none.
    """
    return _binding(domain, "voucher:Activate", scheme, voucher, FIRST_VERSION, authorisation, self_block)


def replacement_message(
    domain: Domain,
    scheme: str,
    voucher: str,
    version: int,
    authorisation: Authorisation,
    self_block: str | None = None,
) -> bytes:
    """What a holder signs to bind a voucher to another key or booklet.

    Args as for `activation_message`; `version` is the new authorisation's: that of the replaced one plus one.
    """
    return _binding(domain, "voucher:Replace", scheme, voucher, version, authorisation, self_block)


def self_block_hash(domain: Domain, scheme: str, voucher: str, code: str) -> str:
    """The hash of a holder's self-block code that the ledger keeps: 64 hexadecimal characters.

    Args:
        domain: the channel and chaincode that the code is valid on.
        scheme: id of the scheme.
        voucher: id of the voucher.
        code: the code, 32 hexadecimal characters, as `kindpakket.ledger.ids.new_code` makes it.
    """
    fields = [_SELF_BLOCK, domain.channel, domain.chaincode, scheme, voucher, code]
    return hashlib.sha256(frame(fields)).hexdigest()


def binding_digest(authorisation: Authorisation) -> str:
    """What identifies a key or booklet on a channel, which binds each once: 64 hexadecimal characters.

    Args:
        authorisation: the key, or the booklet, of which only the root counts.
    """
    if authorisation["kind"] == "booklet":
        fields = [_BOUND, "booklet", authorisation["root"]]
    else:
        fields = [_BOUND, "key", authorisation["algorithm"], authorisation["public_key"]]
    return hashlib.sha256(frame(fields)).hexdigest()


def frame(fields: Sequence[str]) -> bytes:
    """Encode each field as its length in four bytes, big-endian, followed by its UTF-8 bytes."""
    encoded = [field.encode() for field in fields]
    return b"".join(struct.pack(">I", len(field)) + field for field in encoded)


def _binding(
    domain: Domain,
    operation: str,
    scheme: str,
    voucher: str,
    version: int,
    authorisation: Authorisation,
    self_block: str | None,
) -> bytes:
    fields = [*_header(domain, operation), scheme, voucher, str(version), voucher]
    if authorisation["kind"] == "booklet":
        fields += ["booklet", str(authorisation["pages"]), authorisation["root"]]
    else:
        fields += ["key", authorisation["algorithm"], authorisation["public_key"]]
    if self_block is not None:
        fields += ["self-block", self_block]
    return frame(fields)


def _header(domain: Domain, operation: str) -> list[str]:
    return [_DOMAIN, domain.channel, domain.chaincode, operation]
