"""What the templates are given: all texts of a letter, filled in, and its QR codes as pictures."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from kindpakket.backoffice.letters.language import Language
from kindpakket.backoffice.letters.letter import Letter, LetterVoucher
from kindpakket.backoffice.letters.settings import Settings
from kindpakket.extras import extra
from kindpakket.holder import typeable
from kindpakket.holder.slip import Slip

with extra("backoffice"):
    import segno

ERROR_CORRECTION = "m"
"""Level M of ISO/IEC 18004 restores 15 % of a code, such as folds, with modules large enough to print."""
_QUIET_ZONE = 4  # modules around a code, as ISO/IEC 18004 asks
_MASK = 3  # a page is random, so no mask is better than another; choosing one takes most of the time
_GROUPS_IN_LINE = 4


def content_of(letter: Letter, settings: Settings, language: Language) -> dict[str, Any]:
    """A letter as `letter.typ` takes it: JSON members. It contains everything that can spend the vouchers."""
    words = settings.words_in(language.code)
    places = {name: words[name] for name in ("phone", "hours", "email", "balance", "municipality")}
    places["schemes"] = language.listed(list(dict.fromkeys(v.terms.scheme_name for v in letter.vouchers)))
    places["activation_site"] = words["activation_site"].removeprefix("https://")

    facts = _what_is_true(letter)

    def filled(text: str) -> str:
        return text.format_map(places).strip()

    return {
        "language": language.code,
        "region": language.region,
        "direction": language.direction,
        "title": filled(language.words["title"]),
        "subject": filled(language.words["subject"]),
        "salutation": filled(language.words["salutation"]),
        "opening": [filled(text) for text in _opening(letter, language)],
        "sections": [
            {
                "heading": filled(section.heading),
                "text": [filled(text) for text in section.text],
                "shows": section.shows,
            }
            for section in language.sections
            if facts >= set(section.when)
        ],
        "closing": filled(language.words["closing"]),
        "address": list(letter.address),
        "facts": _facts(letter, language, places),
        "footer": words["footer"],
        "page_number": language.words["page_number"],
        "sender": {
            "name": settings.name,
            "logo": settings.logo.name if settings.logo else None,
            "name_beside_logo": settings.name_beside_logo,
            "colour": settings.colour,
            "return_address": settings.return_address,
            "window": settings.window,
            "signature": words["signature"],
            "font": list(settings.fonts),
            "code_font": list(settings.code_fonts),
        },
        "duplex": settings.duplex,
        "vouchers": [
            _voucher(voucher, language, places, words["activation_site"], "more booklets" in facts)
            for voucher in letter.vouchers
        ],
    }


def _opening(letter: Letter, language: Language) -> Sequence[str]:
    several = language.lists["opening_more"] if len(letter.vouchers) > 1 else ()
    return several or language.lists["opening"]


def _what_is_true(letter: Letter) -> set[str]:
    """What is true of a letter, as sections ask for it."""
    booklets = sum(voucher.booklet is not None for voucher in letter.vouchers)
    phones = len(letter.vouchers) - booklets
    facts = {
        "always": True,
        "booklet": booklets > 0,
        "one booklet": booklets == 1,
        "more booklets": booklets > 1,
        "only booklets": not phones,
        "activation": phones > 0,
        "only phones": not booklets,
        "both": bool(booklets and phones),
        "block": any(voucher.block_code is not None for voucher in letter.vouchers),
    }
    return {name for name, is_true in facts.items() if is_true}


def _facts(letter: Letter, language: Language, places: Mapping[str, str]) -> list[list[str]]:
    facts = [[language.words["date_label"], language.date(letter.dated)]]
    if letter.our_reference:
        facts.append([language.words["reference_label"], letter.our_reference])
    facts.append([language.words["phone_label"], places["phone"]])
    facts.append([language.words["email_label"], places["email"]])
    booklets = sum(voucher.booklet is not None for voucher in letter.vouchers)
    if booklets:
        several = language.words["enclosure_more"] if booklets > 1 else ""
        enclosed = several.format(count=booklets) or language.words["enclosure"]
        facts.append([language.words["enclosure_label"], enclosed])
    return facts


def _voucher(
    voucher: LetterVoucher, language: Language, places: Mapping[str, str], site: str, is_one_of_several: bool
) -> dict[str, Any]:
    words, terms = language.words, voucher.terms
    until = language.date(terms.until)
    title = (
        language.fill("voucher_for", scheme=terms.scheme_name, child=terms.child)
        if terms.child
        else language.fill("voucher", scheme=terms.scheme_name)
    )
    facts = [
        [words["purpose_label"], terms.purpose],
        [words["where_label"], terms.where],
        [words["until_label"], until],
    ]
    if terms.cents is not None:
        facts.insert(0, [words["amount_label"], language.amount(terms.cents)])
    block = []
    if voucher.block_code is not None:
        code = typeable.encode(typeable.Kind.BLOCK, bytes.fromhex(voucher.block_code))
        block = [[words["number_label"], _in_fours(voucher.voucher)], [words["block_label"], code]]
    return {
        "title": title,
        # slips of several children must not be mixed up once they are cut out
        "on_slip": title if is_one_of_several else terms.scheme_name,
        "until": language.fill("slip_until", until=until),
        "facts": facts,
        "block": block,
        "staff": words["staff"].format_map(places),
        "activation": _activation(voucher, language, places, site),
        "booklet": _booklet(voucher, title, language, places),
    }


def _activation(
    voucher: LetterVoucher, language: Language, places: Mapping[str, str], site: str
) -> dict[str, Any] | None:
    if voucher.activation_code is None:
        return None
    code = typeable.encode(typeable.Kind.ACTIVATION, bytes.fromhex(voucher.activation_code))
    return {
        "qr": qr_code(f"{site}#{code.replace(' ', '-')}"),
        "alt": language.words["activation_alt"],
        "lines": [line.format_map(places) for line in language.lists["activation_lines"]],
        "code": code,
    }


def _booklet(
    voucher: LetterVoucher, title: str, language: Language, places: Mapping[str, str]
) -> dict[str, Any] | None:
    booklet = voucher.booklet
    if booklet is None:
        return None
    last = booklet.pages - 1
    pages = []
    for number in range(1, booklet.pages):
        groups = booklet.typed_page(number).as_text().split()
        pages.append(
            {
                "label": language.fill("slip", number=str(number), last=str(last)),
                "qr": qr_code(Slip(voucher.scheme, voucher.voucher, booklet.page(number)).as_text(), _MASK),
                "alt": language.fill("slip_alt", number=str(number)),
                "code": [
                    " ".join(groups[at : at + _GROUPS_IN_LINE])
                    for at in range(0, len(groups), _GROUPS_IN_LINE)
                ],
            }
        )
    return {
        "title": language.fill("booklet", voucher=title),
        "how": language.words["booklet_how"].format_map(places),
        "pages": pages,
    }


def qr_code(text: str, mask: int | None = None) -> str:
    """A QR code as SVG, with its quiet zone.

    Args:
        text: the text.
        mask: the mask of the code, 0 to 7; None: the best of them, which takes five times as long.
    """
    picture = io.BytesIO()
    code = segno.make(text, error=ERROR_CORRECTION, mask=mask, boost_error=False, micro=False)
    code.save(picture, kind="svg", border=_QUIET_ZONE, xmldecl=False)
    return picture.getvalue().decode()


def _in_fours(code: str) -> str:
    return " ".join(code[at : at + 4] for at in range(0, len(code), 4))
