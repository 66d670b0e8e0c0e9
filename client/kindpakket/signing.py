"""What a holder signs: messages of length-delimited fields, so that no two requests share one message."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from kindpakket.records import Authorisation, Line, Proof

_DOMAIN = "kindpakket/authorisation/1"
FIRST_VERSION = 1
"""The version of the authorisation that a voucher is activated with."""
MAX_DEADLINE = 900
"""How far ahead of a payment its deadline may lie, in seconds."""


@dataclass(frozen=True, slots=True)
class Domain:
    """The chaincode on the channel that a signature is made for. It counts nowhere else."""

    channel: str
    chaincode: str


@dataclass(frozen=True, slots=True)
class PaymentOrder:
    """A payment as the till asks the holder for it, complete before anybody signs.

    Attributes:
        domain: where it is to be paid.
        scheme: id of the scheme.
        voucher: id of the voucher.
        version: version of the voucher's authorisation, as its allowance tells.
        request_id: id of the request, which becomes the payment's id.
        shop: id of the shop.
        lines: category and cents, in the order in which they are sent.
        deadline: instant after which the order is void, Unix seconds; at most 900 s after the payment.
    """

    domain: Domain
    scheme: str
    voucher: str
    version: int
    request_id: str
    shop: str
    lines: tuple[Line, ...]
    deadline: int

    @property
    def cents(self) -> int:
        """The sum of the lines, in cents."""
        return sum(line["cents"] for line in self.lines)

    def request(self, proof: Proof | None) -> dict[str, object]:
        """The argument of `payment:Pay`, with what the holder gave."""
        members: dict[str, object] = {
            "request_id": self.request_id,
            "scheme": self.scheme,
            "voucher": self.voucher,
            "shop": self.shop,
            "lines": list(self.lines),
            "deadline": self.deadline,
        }
        return members if proof is None else {**members, "proof": proof}

    def message(self) -> bytes:
        """What the holder signs."""
        fields = [
            *_place(self.domain, "payment:Pay"),
            self.scheme,
            self.voucher,
            str(self.version),
            self.request_id,
            self.shop,
            str(self.deadline),
            str(len(self.lines)),
        ]
        for line in self.lines:
            fields += [line["category"], str(line["cents"])]
        return frame(fields)


def activation_message(domain: Domain, scheme: str, voucher: str, authorisation: Authorisation) -> bytes:
    """What a holder signs to bind a voucher to a key or a booklet.

    The voucher's id stands in the place of the request id, because the bulk that will carry the activation
    does not exist yet.
    """
    head = [*_place(domain, "voucher:Activate"), scheme, voucher, str(FIRST_VERSION), voucher]
    if authorisation["kind"] == "booklet":
        return frame([*head, "booklet", str(authorisation["pages"]), authorisation["root"]])
    return frame([*head, "key", authorisation["algorithm"], authorisation["public_key"]])


def frame(fields: Sequence[str]) -> bytes:
    """Each field as its length in four bytes, big-endian, and its bytes in UTF-8."""
    encoded = [field.encode() for field in fields]
    return b"".join(struct.pack(">I", len(field)) + field for field in encoded)


def _place(domain: Domain, operation: str) -> list[str]:
    return [_DOMAIN, domain.channel, domain.chaincode, operation]
