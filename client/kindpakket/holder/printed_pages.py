"""The pages of printed booklets, by which a till knows the voucher of a page that somebody typed.

A typed page has a number and a secret. Which voucher it pays from, and the Merkle path to the booklet's root,
follow from the public keys of the booklet's pages. The municipality gives tills a file with these: a line of
JSON for each booklet, with `scheme`, `voucher` and `public_keys`, page 0 first, in hexadecimal. Nothing in it
is secret, and with it alone nobody can pay.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from kindpakket.holder.booklet import Page
from kindpakket.holder.slip import Slip
from kindpakket.holder.typed_page import TypedPage

_KEY_BYTES = 32


class PrintedPages:
    """A file of printed booklets. It is read anew for each page, so that it can be replaced at any time."""

    def __init__(self, path: Path) -> None:
        """Use a file; it is not read yet."""
        self.path = path

    def slip(self, typed: TypedPage) -> Slip:
        """The slip that a page was typed from.

        Raises:
            ValueError: no booklet of the file has the page, or a line is not one of a booklet. The message
                does not have the code: it can pay.
            OSError: the file cannot be read.
        """
        key = typed.public_key
        # Looking for the key in the text of many thousand lines is fast, and decoding each of them is not.
        wanted = key.hex().encode()
        for number, line in self._lines():
            if wanted in line:
                scheme, voucher, keys = self._read(number, line)
                if key in keys:
                    return Slip(scheme, voucher, Page.from_typed(typed, keys))
        raise ValueError(
            f"no booklet in {self.path} has this page: scan the QR code instead, or ask the municipality for "
            "the newest file of pages"
        )

    def scheme_of(self, voucher: str) -> str | None:
        """The scheme of a voucher with a booklet in the file; None: it has none.

        Raises:
            ValueError: a line is not one of a booklet.
            OSError: the file cannot be read.
        """
        wanted = voucher.encode()
        for number, line in self._lines():
            if wanted in line:
                scheme, found, _ = self._read(number, line)
                if found == voucher:
                    return scheme
        return None

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        with self.path.open("rb") as file:
            yield from enumerate(file, 1)

    def _read(self, number: int, line: bytes) -> tuple[str, str, list[bytes]]:
        try:
            members = json.loads(line)
            keys = [bytes.fromhex(key) for key in members["public_keys"]]
            if any(len(key) != _KEY_BYTES for key in keys):
                raise ValueError
            return str(members["scheme"]), str(members["voucher"]), keys
        except (ValueError, KeyError, TypeError):
            raise ValueError(
                f"{self.path}, line {number}: it is not a booklet of a file of pages: ask for the file again"
            ) from None


def read_code(text: str, pages: PrintedPages | None = None) -> Slip | Page:
    """What a till was shown: a slip that was scanned, a page that was typed, or the code of a page alone.

    Args:
        text: what the scanner read, or somebody typed, in upper or lower case, with or without spaces or
            hyphens.
        pages: knows the booklets of typed pages; None: typed pages are refused.

    Raises:
        ValueError: it is none of these, or a typed page is wrong. The message says which group is wrong, and
            does not have the code: it can pay.
        OSError: the file of pages cannot be read.
    """
    text = text.strip()
    if text.startswith(Slip.PREFIX):
        return Slip.from_text(text)
    if text.startswith(Page.PREFIX):
        return Page.from_text(text)
    if ":" in text:  # a scanner's text, of something else
        raise ValueError("the text is not the code of a slip: scan it again")
    typed = TypedPage.from_text(text)
    if pages is None:
        raise ValueError("a typed page needs the municipality's file of pages: name it, or scan the QR code")
    return pages.slip(typed)
