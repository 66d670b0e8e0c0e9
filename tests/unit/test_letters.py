"""Letters as they come out: what can be read from their pictures, and what the templates may say."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest
import zxingcpp
from story import DOMAIN, SCHEME, VOUCHER

from kindpakket.backoffice.letters import (
    Letter,
    LetterVoucher,
    Renderer,
    TemplateError,
    Templates,
    VoucherTerms,
    booklet_voucher,
    phone_voucher,
)
from kindpakket.backoffice.letters.sample import sample_letter
from kindpakket.backoffice.letters.templates import copy
from kindpakket.holder import typeable
from kindpakket.holder.booklet import Booklet, Page
from kindpakket.holder.slip import Slip
from kindpakket.holder.typed_page import TypedPage
from kindpakket.ledger.ids import new_code

DAY = date(2026, 12, 31)
DOTS_PER_POINT = 150 / 72  # an ordinary office scanner
MILLIMETRES_PER_POINT = 25.4 / 72
QR_CODES = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer(Templates.load())


@pytest.fixture(scope="module")
def sample(renderer: Renderer) -> bytes:
    return renderer.render([sample_letter("nl", pages=8)], invented=True).pdf


def codes(pdf: bytes) -> list[tuple[str, float]]:
    """The text of each QR code in the pictures of a document, and its width in millimetres."""
    found = []
    for page in pypdfium2.PdfDocument(pdf):
        picture = page.render(scale=DOTS_PER_POINT, grayscale=True).to_pil()
        for code in zxingcpp.read_barcodes(picture, formats=QR_CODES):
            width = code.position.top_right.x - code.position.top_left.x
            found.append((code.text, width / DOTS_PER_POINT * MILLIMETRES_PER_POINT))
    return found


def words(pdf: bytes) -> str:
    """The text of a document, with single spaces."""
    pages = [page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(pdf)]
    return " ".join(" ".join(pages).split())


def own(folder: Path, file: str, old: str, new: str) -> Path:
    """Templates in which one text is another one."""
    if not folder.exists():
        copy(folder)
    path = folder / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    return folder


def test_the_printed_codes_are_the_pages_of_the_booklet_and_the_activation_code(sample: bytes) -> None:
    clothes, swimming = sample_letter("nl", pages=8).vouchers
    assert clothes.booklet is not None
    assert swimming.activation_code is not None
    read = codes(sample)
    slips = [Slip.from_text(text) for text, _ in read if text.startswith(Slip.PREFIX)]
    expected = [Slip(clothes.scheme, clothes.voucher, clothes.booklet.page(number)) for number in range(1, 8)]
    assert sorted(slips, key=lambda slip: slip.page.number) == expected
    (link,) = [text for text, _ in read if not text.startswith(Slip.PREFIX)]
    site, _, code = link.partition("#")
    assert site == "https://tegoed.voorbeeldstad.example/start"
    assert typeable.decode(typeable.Kind.ACTIVATION, code, [16]).hex() == swimming.activation_code
    assert min(width for _, width in read) >= 20


def test_the_largest_booklet_can_be_scanned(renderer: Renderer) -> None:
    voucher, _ = booklet_voucher(DOMAIN, SCHEME, VOUCHER, VoucherTerms("S", "p", "w", DAY), pages=256)
    read = codes(renderer.render([Letter("nl", DAY, (voucher,))]).pdf)
    assert sorted(Slip.from_text(text).page.number for text, _ in read) == list(range(1, 256))


def test_every_page_and_block_code_can_be_typed(sample: bytes) -> None:
    text = words(sample)
    clothes, swimming = sample_letter("nl", pages=8).vouchers
    booklet = clothes.booklet
    assert booklet is not None
    group = f"[{typeable.ALPHABET}]{{5}}"
    printed = set(re.findall(rf"(?=\b({group}(?: {group}){{6}})\b)", text))
    for number in range(1, 8):
        code = booklet.typed_page(number).as_text()
        assert code in printed
        assert Page.from_typed(TypedPage.from_text(code), booklet.public_keys) == booklet.page(number)
    assert booklet.typed_page(0).as_text() not in text
    for voucher in (clothes, swimming):
        assert voucher.block_code is not None
        assert typeable.encode(typeable.Kind.BLOCK, bytes.fromhex(voucher.block_code)) in printed
        assert " ".join(re.findall("....", voucher.voucher)) in text


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "nl",
            [
                "31 december 2027",
                "€ 150",
                "blokkeercode",
                "Bon 3 van 7",
                "in alle winkels",
                "Hoeveel staat er",
            ],
        ),
        ("en", ["31 December 2027", "€150", "block code", "Slip 3 of 7", "in all shops", "How much is left"]),
    ],
)
def test_a_letter_says_all_in_its_language(renderer: Renderer, language: str, expected: list[str]) -> None:
    text = words(renderer.render([sample_letter(language, pages=8)], invented=True).pdf)
    for part in [*expected, "Sem", "Noor", "Winkel: scan of typ de code."]:
        assert part in text
    assert "{" not in text


def test_an_address_is_in_the_window_of_the_envelope(renderer: Renderer, tmp_path: Path) -> None:
    letter = sample_letter("nl", pages=2)
    right = Renderer(Templates.load(own(tmp_path / "own", "settings.yaml", "window: left", "window: right")))
    for setter, begin in ((renderer, 20), (right, 110)):
        page = pypdfium2.PdfDocument(setter.render([letter], invented=True).pdf)[0]
        text = page.get_textpage()
        for part in ("Retouradres", "mevrouw Voorbeeld", "Dorpsstraat 1 b", "VOORBEELDSTAD"):
            at, count = text.search(part, match_case=True).get_next()
            for left, bottom, right_edge, top in [text.get_charbox(place) for place in range(at, at + count)]:
                assert (
                    begin <= left * MILLIMETRES_PER_POINT <= right_edge * MILLIMETRES_PER_POINT <= begin + 85
                )
                assert 45 <= 297 - top * MILLIMETRES_PER_POINT <= 297 - bottom * MILLIMETRES_PER_POINT <= 90


def test_a_letter_without_an_address_shows_none(renderer: Renderer) -> None:
    text = words(renderer.render([sample_letter("nl", pages=2, addressed=False)]).pdf)
    assert "Retouradres" not in text
    assert "Dorpsstraat" not in text


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize(("booklets", "phones"), [(1, 0), (2, 0), (0, 1), (0, 2), (1, 1)])
def test_every_letter_says_what_belongs_to_it(
    renderer: Renderer, booklets: int, phones: int, language: str
) -> None:
    """Whatever its vouchers have: one opening, how to use each, how to see the balance, all block codes."""
    terms = [VoucherTerms("S", "p", "w", DAY, child=f"Kind{at}") for at in range(booklets + phones)]
    vouchers = [
        booklet_voucher(DOMAIN, SCHEME, new_code(), each, pages=3)[0]
        if at < booklets
        else phone_voucher(DOMAIN, SCHEME, new_code(), each)[0]
        for at, each in enumerate(terms)
    ]
    text = words(renderer.render([Letter(language, DAY, tuple(vouchers))]).pdf)
    dutch = language == "nl"
    assert text.count("Blokkeercode" if dutch else "Block code") == booklets + phones
    assert text.count("Hoeveel staat er nog op?" if dutch else "How much is left?") == 1
    assert text.count("geen lening" if dutch else "not a loan") == 1
    assert ("telefoon kwijt" if dutch else "or phone?") in text or not phones
    assert ("op uw telefoon" if dutch else "on your phone") in text or not phones
    assert (("telefoon" if dutch else "your phone") in text.replace("Telefoon", "")) == bool(phones)
    several = booklets + phones > 1
    assert ("ieder kind in deze brief" if dutch else "each child in this letter") in text or not several
    assert (f"{booklets} boekjes" if dutch else f"{booklets} booklets") in text or booklets < 2
    assert text.count("S voor Kind1" if dutch else "S for Kind1") > 1 or booklets < 2  # on its slips


def test_a_letter_names_no_child_and_no_amount_that_it_was_not_given(renderer: Renderer) -> None:
    voucher, _ = phone_voucher(DOMAIN, SCHEME, VOUCHER, VoucherTerms("Fonds", "sport", "overal", DAY))
    text = words(renderer.render([Letter("nl", DAY, (replace(voucher, block_code=None),))]).pdf)
    assert "Fonds Waarvoor sport" in text
    for absent in ("voor Sem", "€", "Blokkeercode", "bonnen", "Ons kenmerk"):
        assert absent not in text


def test_slips_are_on_sheets_of_their_own(renderer: Renderer) -> None:
    rendered = renderer.render([sample_letter("nl", pages=32), sample_letter("en", pages=8)], invented=True)
    document = pypdfium2.PdfDocument(rendered.pdf)
    texts = [page.get_textpage().get_text_bounded() for page in document]
    assert rendered.pages == ((1, 8), (9, 11))
    with_slips = [number for number, text in enumerate(texts, 1) if "Eén bon, één betaling" in text]
    assert with_slips == [3, 5, 7, 11]
    assert [number for number, text in enumerate(texts, 1) if not text.strip()] == [4, 6, 8]
    assert "pagina 1" in texts[0]
    assert "page 1" in texts[8]
    assert "page 2" in texts[9]


def test_the_same_letter_gives_the_same_bytes(renderer: Renderer, sample: bytes) -> None:
    assert Renderer(renderer.templates).render([sample_letter("nl", pages=8)]).pdf == sample


def test_a_document_says_what_it_is_and_is_tagged(sample: bytes) -> None:
    with pikepdf.open(io.BytesIO(sample)) as pdf:
        metadata = pdf.open_metadata()
        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("2", "A")
        assert metadata["pdfuaid:part"] == "1"
        assert metadata["dc:title"] == "Brief over Kindpakket en Zwemles"
        root: Any = pdf.Root
        assert str(root.Lang) in ("nl", "nl-NL")
        assert bool(root.MarkInfo.Marked)
        assert "/StructTreeRoot" in root
        fonts = [font for item in pdf.objects if (font := _descriptor(item)) is not None]
        assert fonts
        assert all("/FontFile2" in font or "/FontFile3" in font for font in fonts)


def _descriptor(item: Any) -> Any:
    is_font = isinstance(item, pikepdf.Dictionary) and item.get("/Type") == pikepdf.Name.FontDescriptor
    return item if is_font else None


def test_a_further_language_is_a_further_file(tmp_path: Path) -> None:
    folder = own(tmp_path / "own", "languages/en.yaml", "language: en", "language: pl")
    (folder / "languages" / "en.yaml").rename(folder / "languages" / "pl.yaml")
    own(folder, "languages/pl.yaml", "Dear parent or carer,", "Szanowni Państwo!")
    own(folder, "settings.yaml", "  en:", "  pl:")
    templates = Templates.load(folder)
    assert sorted(templates.languages) == ["nl", "pl"]
    pdf = Renderer(templates).render([sample_letter("pl", pages=2)], invented=True).pdf
    assert "Szanowni Państwo!" in words(pdf)
    with pytest.raises(TemplateError, match=r"no language 'en'.*use nl, pl"):
        templates.language("en")


def test_all_mistakes_in_templates_are_listed_with_their_lines(tmp_path: Path) -> None:
    folder = own(tmp_path / "own", "settings.yaml", '"#154273"', "blue")
    own(folder, "settings.yaml", "window: left", "window: top\ncolor: red")
    own(folder, "settings.yaml", "logo: logo.svg", "logo: ../logo.svg")
    own(folder, "languages/nl.yaml", "{day} {month}", "{day} {bsn}")
    own(folder, "languages/nl.yaml", "shows: block codes", "shows: nothing")
    own(folder, "languages/nl.yaml", 'closing: "Met vriendelijke groet,"', "")
    (folder / "letter.typ").unlink()
    with pytest.raises(TemplateError) as error:
        Templates.load(folder)
    lines = str(error.value).splitlines()
    assert lines[0] == "10 mistakes in the templates:"
    for place, sentence in [
        ("letter.typ", "is missing: take it from kindpakket letters template"),
        ("settings.yaml, line 7:", "colour is 'blue': write # and six hexadecimal digits"),
        ("settings.yaml, line 11:", "window is 'top': it must be left or right"),
        ("settings.yaml, line 12:", "'color' is unknown"),
        ("settings.yaml, line 4:", "logo is '../logo.svg': there is no such file"),
        ("nl.yaml, line 3:", "closing is missing"),
        ("nl.yaml, line 7:", "{bsn} is unknown here; allowed: {day}, {month}, {year}"),
        ("nl.yaml", "shows is 'nothing': it must be one of activation codes, block codes"),
        ("nl.yaml", "no section shows the block codes"),
    ]:
        assert [line for line in lines[1:] if place in line and sentence in line], (place, sentence, lines)


@pytest.mark.parametrize(
    "text", ["{municipality.__class__}", "{municipality!r}", "{phone:>9}", "{0}", "{", "{}"]
)
def test_texts_reach_nothing_but_their_words(tmp_path: Path, text: str) -> None:
    folder = own(tmp_path / "own", "languages/nl.yaml", "Beste ouder of verzorger,", text)
    with pytest.raises(TemplateError, match=r"nl\.yaml, line 13: .*(unknown here|no counterpart)"):
        Templates.load(folder)


def test_a_mistake_in_typst_is_shown_with_invented_data_only(tmp_path: Path) -> None:
    folder = own(tmp_path / "own", "letter.typ", "  letter-head(it)", "  panic(it.address, it.vouchers)")
    renderer = Renderer(Templates.load(folder))
    with pytest.raises(TemplateError, match="Dorpsstraat"):
        renderer.render([sample_letter("nl", pages=2)], invented=True)
    letter = replace(sample_letter("nl", pages=2), address=("Jansen", "Straat 1"))
    with pytest.raises(
        TemplateError, match=r"at letter\.typ, line \d+\): run kindpakket letters sample"
    ) as error:
        renderer.render([letter])
    assert "Jansen" not in str(error.value)
    assert error.value.__cause__ is None


def test_an_unknown_font_is_noticed_with_the_sample(tmp_path: Path) -> None:
    folder = own(tmp_path / "own", "settings.yaml", "font: [Source Sans Pro,", "font: [No Such Font,")
    with pytest.raises(TemplateError, match="no such font"):
        Renderer(Templates.load(folder)).render([sample_letter("nl", pages=2)], invented=True)


def test_templates_are_copied_whole_or_not_at_all(tmp_path: Path) -> None:
    files = copy(tmp_path / "own")
    assert {path.name for path in files} >= {"main.typ", "letter.typ", "settings.yaml", "nl.yaml", "en.yaml"}
    assert Templates.load(tmp_path / "own").sha256 == Templates.load().sha256
    with pytest.raises(FileExistsError, match="not empty"):
        copy(tmp_path / "own")


PRINTED: dict[str, Any] = {
    "scheme": SCHEME,
    "voucher": VOUCHER,
    "terms": VoucherTerms("S", "p", "w", DAY),
    "activation_code": "0" * 32,
}


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ({"voucher": "x"}, "the voucher 'x' is not an id"),
        ({"activation_code": None}, "either a booklet or an activation code"),
        ({"booklet": Booklet.generate(2)}, "either a booklet or an activation code"),
        ({"block_code": "secret"}, "the block_code is not 32 lower-case hexadecimal characters"),
    ],
)
def test_a_voucher_that_cannot_be_printed_is_refused(members: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)) as error:
        LetterVoucher(**{**PRINTED, **members})
    assert "secret" not in str(error.value)


def test_a_voucher_is_worth_something_or_its_letter_does_not_say() -> None:
    with pytest.raises(ValueError, match="0 cents: it must be above zero"):
        VoucherTerms("S", "p", "w", DAY, cents=0)


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        (("Jansen",) * 7, "the address has 7 lines"),
        (("Jansen", "x" * 46), "line 2 of the address has 46 characters"),
        (("Jansen", ""), "line 2 of the address has 0 characters"),
        (("Jan\nsen",), "line 1 of the address"),
    ],
)
def test_an_address_that_does_not_fit_is_refused_without_its_text(
    address: tuple[str, ...], sentence: str
) -> None:
    voucher = LetterVoucher(**PRINTED)
    with pytest.raises(ValueError, match=sentence) as error:
        Letter("nl", DAY, (voucher,), address)
    assert "Jansen" not in str(error.value)


def test_nothing_secret_or_personal_is_in_the_repr() -> None:
    code, terms = new_code(), VoucherTerms("S", "p", "w", DAY, child="Sem")
    voucher = LetterVoucher(**{**PRINTED, "terms": terms, "activation_code": code, "block_code": code})
    shown = repr(Letter("nl", DAY, (voucher,), ("Jansen",), "Z-1"))
    for hidden in (code, "Sem", "Jansen", "Z-1"):
        assert hidden not in shown
