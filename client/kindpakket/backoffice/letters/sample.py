"""A letter with invented data, so that a municipality sees what it changes."""

from __future__ import annotations

import hashlib
from datetime import date

from kindpakket.backoffice.letters.letter import Letter, LetterVoucher, VoucherTerms
from kindpakket.holder.booklet import Booklet
from kindpakket.holder.typed_page import SECRET_BYTES

SAMPLE_PAGES = 32
_UNTIL = date(2027, 12, 31)
_ADDRESS = ("De heer en mevrouw Voorbeeld", "Dorpsstraat 1 b", "9801 AB  VOORBEELDSTAD")
_TEXTS = {
    "nl": (
        (
            "Kindpakket",
            "kleding, schoenen en spullen voor school",
            "in alle winkels met de Kindpakket-sticker",
        ),
        ("Zwemles", "zwemles tot en met diploma A", "in zwembad De Waterlelie"),
    ),
    "en": (
        ("Kindpakket", "clothes, shoes and things for school", "in all shops with the Kindpakket sticker"),
        ("Swimming lessons", "swimming lessons up to diploma A", "at the swimming pool De Waterlelie"),
    ),
}


def sample_letter(language: str = "nl", *, addressed: bool = True, pages: int = SAMPLE_PAGES) -> Letter:
    """A letter with a booklet and an activation code; the same each time, and bound to nothing.

    Args:
        language: the code of a language; the invented scheme is Dutch in all but English.
        addressed: with an address.
        pages: pages of the booklet, page 0 included.
    """
    clothes, swimming = _TEXTS.get(language, _TEXTS["nl"])
    scheme = _code("scheme")
    booklet = Booklet.of_secrets([_draw(f"page {number}") for number in range(pages)])
    return Letter(
        language,
        date(2027, 1, 4),
        (
            LetterVoucher(
                scheme,
                _code("first voucher"),
                VoucherTerms(*clothes, _UNTIL, cents=15_000, child="Sem"),
                booklet=booklet,
                block_code=_code("first block code"),
            ),
            LetterVoucher(
                scheme,
                _code("second voucher"),
                VoucherTerms(*swimming, _UNTIL, child="Noor"),
                activation_code=_code("activation code"),
                block_code=_code("second block code"),
            ),
        ),
        address=_ADDRESS if addressed else (),
        our_reference="VB-2027-00012",
    )


def _draw(what: str) -> bytes:
    return hashlib.sha256(f"kindpakket/sample/{what}".encode()).digest()[:SECRET_BYTES]


def _code(what: str) -> str:
    return _draw(what).hex()
