"""A page of a booklet as it is printed: the page, and the voucher that it pays from."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import ClassVar, Self

from kindpakket.holder.booklet import Page
from kindpakket.ledger.ids import is_id

_ID_BYTES = 16


@dataclass(frozen=True, slots=True)
class Slip:
    """All that a till has to scan.

    Attributes:
        scheme: id of the scheme.
        voucher: id of the voucher.
        page: the page.
    """

    PREFIX: ClassVar[str] = "kp2:"
    """What the text of a slip begins with."""

    scheme: str
    voucher: str
    page: Page

    def __post_init__(self) -> None:
        """Raise `ValueError` if the scheme or the voucher is not an id of the ledger."""
        for name in ("scheme", "voucher"):
            if not is_id(getattr(self, name)):
                raise ValueError(
                    f"the {name} {getattr(self, name)!r} is not an id: 32 hexadecimal characters"
                )

    def as_text(self) -> str:
        """The text of the slip's QR code."""
        body = bytes.fromhex(self.scheme + self.voucher) + self.page.as_bytes()
        return self.PREFIX + base64.urlsafe_b64encode(body).decode().rstrip("=")

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read the text of a slip's QR code.

        Raises:
            ValueError: the text is not a slip's code. The message does not repeat it: it can pay.
        """
        body = text.removeprefix(cls.PREFIX)
        try:
            data = base64.b64decode(body + "=" * (-len(body) % 4), b"-_", validate=True)
            if body == text:
                raise ValueError
            page = Page.from_bytes(data[2 * _ID_BYTES :])
        except ValueError:
            raise ValueError("the text is not the code of a slip: scan it again") from None
        return cls(data[:_ID_BYTES].hex(), data[_ID_BYTES : 2 * _ID_BYTES].hex(), page)
