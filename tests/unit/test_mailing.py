"""Letters for issued vouchers: one for each household, bound when they are whole, and what can go wrong."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from letter_town import ORDER, PAGES, LetterTown
from old_register import children
from story import SCHEME

from kindpakket.backoffice.letters import Templates, read_records
from kindpakket.backoffice.letters.manifest import lines_of, problems
from kindpakket.backoffice.mailing import (
    Mailed,
    MailingError,
    MailingOrder,
    approve,
    destroy,
    discard,
    print_letters,
    reprint_letters,
)
from kindpakket.backoffice.register import Household, RegisterError
from kindpakket.holder import typeable
from kindpakket.holder.orders import self_block_hash
from kindpakket.holder.printed_pages import PrintedPages, read_code
from kindpakket.holder.slip import Slip

QR_CODES = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)


@pytest.fixture
def town(tmp_path: Path) -> LetterTown:
    return LetterTown.found(tmp_path / "town")


def print_all(town: LetterTown, order: MailingOrder = ORDER, folder: str = "letters", **more: str) -> Mailed:
    with town.register() as register:
        return print_letters(
            town.municipality(),
            register,
            SCHEME,
            town.root / folder,
            Templates.load(town.templates),
            order,
            official="p-manager",
            **more,  # type: ignore[arg-type]
        )


def reprint(town: LetterTown, vouchers: list[str], folder: str = "again", person: str = "p-clerk") -> Mailed:
    with town.register() as register:
        return reprint_letters(
            town.municipality(person),
            register,
            SCHEME,
            town.root / folder,
            Templates.load(town.templates),
            ORDER,
            vouchers=vouchers,
            reason="lost",
        )


def text_of(pdf: Path) -> str:
    pages = [page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(pdf)]
    return " ".join(" ".join(pages).split())


def slips_of(pdf: Path) -> list[Slip]:
    return [
        Slip.from_text(code.text)
        for page in pypdfium2.PdfDocument(pdf)
        for code in zxingcpp.read_barcodes(page.render(scale=150 / 72).to_pil(), formats=QR_CODES)
    ]


def test_each_household_gets_one_letter_and_each_voucher_its_booklet(town: LetterTown) -> None:
    mailed = print_all(town)
    assert mailed.run is not None
    assert mailed.summary is not None
    assert (mailed.run.state, mailed.run.letters) == ("done", 2)
    assert mailed.run.vouchers == {"ordered": 0, "valid": 4, "void": 0}
    assert problems(town.folder) == []
    first, second = sorted(town.folder.glob("*.pdf"))
    text = text_of(first)
    for expected in (
        "Kindpakket voor Kind0",
        "Kind1",
        "Kind2",
        "Familie huis-0",
        "€ 300",
        "31 december 2026",
    ):
        assert expected in text
    for hidden in ("Ångström", "Testerdam", "Z-00000", children(1)[0].bsn):
        assert hidden not in text
    assert "Kind3" in text_of(second)
    slips = slips_of(first) + slips_of(second)
    assert len(slips) == 4 * (PAGES - 1)
    for slip in slips:
        bound = town.ledger.voucher(slip.voucher)["authorisation"]
        assert (bound["kind"], bound["pages"], bound["version"]) == ("booklet", PAGES, 1)
    assert {slip.voucher for slip in slips} == set(town.vouchers)


def test_what_the_letter_says_works(town: LetterTown) -> None:
    """The reference, the number and the block code of a letter, and a slip's code as it is typed."""
    mailed = print_all(town)
    assert mailed.pages is not None
    text = text_of(town.folder / "000002.pdf")
    reference = lines_of(town.folder)[1]["reference"]
    assert " ".join(re.findall("....", reference)) in text
    (number,) = re.findall(r"Nummer ((?:[0-9a-f]{4} ?){8})", text)
    voucher = number.replace(" ", "")
    (code,) = re.findall(r"Blokkeercode ((?:[0-9A-Z]{5} ?){7})", text)
    block = typeable.decode(typeable.Kind.BLOCK, code, [16]).hex()
    domain = town.municipality().caller.domain
    assert town.ledger.voucher(voucher)["self_block"] == self_block_hash(domain, SCHEME, voucher, block)
    (typed,) = re.findall(r"Bon 2 van 2 ((?:[0-9A-Z]{5} ?){7})", text)
    pages = PrintedPages(mailed.pages)
    scanned = {slip.page.number: slip for slip in slips_of(town.folder / "000002.pdf")}
    assert read_code(typed.lower().replace(" ", "-"), pages) == scanned[2]
    assert pages.scheme_of(voucher) == SCHEME
    with town.register() as register:
        (found,) = register.letters.find(reference)
    assert (found["voucher"], found["state"]) == (voucher, "valid")


def test_who_printed_is_in_the_log_of_the_child(town: LetterTown) -> None:
    print_all(town)
    with town.register() as register:
        account = register.account(children(1)[0].bsn)
    (line,) = [line for line in account.look_ups if line.name == "letters.print"]
    assert (line.purpose.activity, line.purpose.official, line.persons) == ("letters-print", "p-manager", 4)
    (letter,) = account.letters
    assert (letter["voucher"], letter["state"], letter["file"]) == (
        account.entries[0].entry.voucher,
        "valid",
        "000001.pdf",
    )
    document = account.as_json()
    assert document["household"] == {
        "address": ["Familie huis-0", "Dorpsstraat 7", "9801 AB  STAD"],
        "language": "",
    }


def test_who_has_a_letter_gets_no_other(town: LetterTown) -> None:
    print_all(town)
    bound = town.ledger.state["bound"]
    nothing = print_all(town, folder="more")
    assert (nothing.run, nothing.left_out) == (None, {})
    assert not (town.root / "more").exists()
    with town.register() as register:
        more = register.enrol(SCHEME, "2026", children(6)[4:])
        (new,) = [bulk.entries for bulk in more]
    town.ledger.issue([new[0].voucher])
    mailed = print_all(town, replace(ORDER, address="if-known"), folder="more")
    assert mailed.run is not None
    assert mailed.run.vouchers["valid"] == 1
    assert mailed.left_out == {"not issued yet": 1}
    assert town.ledger.state["bound"][:4] == bound


def test_the_same_again_answers_the_same_unless_there_is_more_to_print(town: LetterTown) -> None:
    """As after a kill when everything was done."""
    first, again = print_all(town), print_all(town)
    assert first.run is not None
    assert again.run is not None
    assert (again.run.id, again.summary, again.pages) == (first.run.id, first.summary, first.pages)
    assert len(town.ledger.state["bound"]) == 4
    with pytest.raises(MailingError, match="exists: give a folder that does not"):
        print_all(town, replace(ORDER, pages=PAGES + 1))
    with town.register() as register:
        more = register.enrol(SCHEME, "2026", children(5)[4:])[-1].entries
    town.ledger.issue([entry.voucher for entry in more])
    with pytest.raises(MailingError, match="exists: give a folder that does not"):
        print_all(town)


def test_a_letter_is_not_printed_for_what_cannot_be_bound(town: LetterTown) -> None:
    blocked, revoked, bound, fine = town.vouchers
    town.ledger.change(blocked, state="blocked")
    town.ledger.change(revoked, state="revoked")
    town.ledger.change(bound, state="active", authorisation={"kind": "key", "version": 1})
    mailed = print_all(town)
    assert mailed.left_out == {
        "blocked": 1,
        "revoked": 1,
        "bound already, without a letter of the register": 1,
    }
    assert mailed.settled.valid == [fine]


def test_a_voucher_that_changes_while_letters_are_made_keeps_its_letter_out(
    town: LetterTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = town.vouchers[3]
    made = type(Templates.load()).language

    def revoking(self: Templates, code: str) -> object:
        if town.folder.with_name(".letters.unfinished").exists():
            town.ledger.change(lost, state="revoked")
        return made(self, code)

    monkeypatch.setattr(Templates, "language", revoking)
    mailed = print_all(town)
    assert mailed.settled.void == {lost: "revoked"}
    (reference,) = mailed.take_out
    assert mailed.take_out == {reference: "000002.pdf"}
    assert mailed.run is not None
    assert mailed.run.vouchers == {"ordered": 0, "valid": 3, "void": 1}
    assert mailed.pages is not None
    assert lost not in mailed.pages.read_text()


def test_who_issued_does_not_bind(town: LetterTown) -> None:
    with town.register() as register, pytest.raises(MailingError, match="you issued 4 vouchers"):
        print_letters(
            town.municipality("p-clerk"),
            register,
            SCHEME,
            town.folder,
            Templates.load(town.templates),
            ORDER,
            official="p-clerk",
        )
    assert not town.folder.exists()


def test_an_address_is_required_left_out_or_printed_if_known(town: LetterTown) -> None:
    with town.register() as register:
        new = register.enrol(SCHEME, "2026", children(9)[6:])[-1].entries
    town.ledger.issue([entry.voucher for entry in new])
    with pytest.raises(MailingError, match="no address for the households of 3 vouchers") as refused:
        print_all(town)
    assert "huis" not in str(refused.value)
    mailed = print_all(town, replace(ORDER, address="if-known"))
    assert mailed.run is not None
    assert mailed.run.letters == 3
    assert "Dorpsstraat" in text_of(town.folder / "000001.pdf")
    assert "Retouradres" not in text_of(town.folder / "000003.pdf")


def test_letters_that_are_handed_over_have_no_address(town: LetterTown) -> None:
    print_all(town, replace(ORDER, address="none"))
    assert "Dorpsstraat" not in text_of(town.folder / "000001.pdf")


def test_a_household_gets_its_own_language_if_there_are_texts(town: LetterTown) -> None:
    with town.register() as register:
        known = {
            f"huis-{number}": Household(("Familie", "Straat 1", "9801 AB  STAD"), language)
            for number, language in enumerate(["en", "pl"])
        }
        register.households.keep(known)
    mailed = print_all(town)
    assert mailed.summary is not None
    assert mailed.summary.totals.languages == {"en": 1, "nl": 1}
    assert "Your credit from" in text_of(town.folder / "000001.pdf")


def test_phones_get_a_code_and_nothing_is_bound(town: LetterTown) -> None:
    mailed = print_all(town, replace(ORDER, kind="phone"))
    assert mailed.run is not None
    assert mailed.summary is not None
    assert mailed.run.vouchers["valid"] == 4
    assert mailed.pages is None
    assert town.ledger.state["bound"] == []
    records = list(read_records(mailed.summary.records))
    assert all(record.activation_code_sha256 and record.self_block for record in records)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"texts": "Zwemles"}, "no texts for the scheme 'Zwemles'"),
        ({"language": "fr"}, "no language 'fr'"),
    ],
)
def test_an_order_that_cannot_be_printed_plans_nothing(
    town: LetterTown, change: dict[str, str], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        print_all(town, replace(ORDER, **change))  # type: ignore[arg-type]
    with town.register() as register:
        assert register.letters.runs() == []


def test_a_run_goes_on_only_as_it_began(town: LetterTown, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupt(town, monkeypatch, after=1)
    with pytest.raises(MailingError, match="was started otherwise"):
        print_all(town, replace(ORDER, pages=PAGES + 1))
    with town.register() as register:
        (run,) = register.letters.runs()
    assert run.state == "planned"
    mailed = print_all(town)
    assert mailed.run is not None
    assert (mailed.run.id, mailed.run.letters, mailed.run.vouchers["valid"]) == (run.id, 2, 4)


def interrupt(town: LetterTown, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """Begin a run that ends after some letters."""
    from kindpakket.backoffice.mailing import writing

    real, left = writing.LetterMaker._make, after

    def make(self: writing.LetterMaker, letter: object) -> object:
        nonlocal left
        if not left:
            raise KeyboardInterrupt
        left -= 1
        return real(self, letter)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(writing.LetterMaker, "_make", make)
        with pytest.raises(KeyboardInterrupt):
            print_all(town)


def test_a_run_that_is_discarded_leaves_its_vouchers_for_another(
    town: LetterTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupt(town, monkeypatch, after=1)
    with town.register() as register:
        (run,) = register.letters.runs()
        with pytest.raises(RegisterError, match=f"unfinished run of letters {run.id}"):
            register.check_erasable([town.vouchers[0]])
        assert discard(town.municipality(), register, run.id) == 4
        with pytest.raises(MailingError, match="is discarded"):
            discard(town.municipality(), register, run.id)
    assert not (town.root / ".letters.unfinished").exists()
    mailed = print_all(town)
    assert mailed.run is not None
    assert mailed.run.vouchers["valid"] == 4


def test_letters_that_vanish_before_all_is_bound_are_not_made_again(town: LetterTown) -> None:
    """The second bulk is refused, and somebody deletes the folder."""
    from kindpakket.municipality import vouchers

    first = print_all  # the run is made and partly bound
    bound = vouchers.VoucherDesk.activate

    def half(self: vouchers.VoucherDesk, scheme: str, activations: list[object], **more: str) -> object:
        bound(self, scheme, activations[:2], **more)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vouchers.VoucherDesk, "activate", half)
        with pytest.raises(KeyboardInterrupt):
            first(town)
    for path in town.folder.iterdir():
        path.unlink()
    town.folder.rmdir()
    with pytest.raises(MailingError, match="are no longer in") as refused:
        print_all(town)
    assert "letters discard" in str(refused.value)
    with town.register() as register:
        (run,) = register.letters.runs()
        assert discard(town.municipality(), register, run.id) == 2
        assert register.letters.run(run.id).vouchers == {"ordered": 0, "valid": 2, "void": 2}
    again = print_all(town)
    assert again.run is not None
    assert again.run.vouchers["valid"] == 2
    assert len(town.ledger.state["bound"]) == 4


def test_a_lost_booklet_is_printed_again_and_approved_by_another_person(town: LetterTown) -> None:
    print_all(town)
    voucher = town.vouchers[1]
    mailed = reprint(town, [voucher])
    assert mailed.run is not None
    waiting = town.ledger.voucher(voucher)
    assert waiting["state"] == "blocked"
    assert mailed.waiting == {voucher: waiting["replacement"]["id"]}
    slips = slips_of(town.root / "again" / "000001.pdf")
    assert {slip.voucher for slip in slips} == {voucher}
    with town.register() as register:
        assert approve(town.municipality("p-manager"), register, mailed.run.id) == 1
        assert approve(town.municipality("p-manager"), register, mailed.run.id) == 0
        states = [found["state"] for found in register.account(children(2)[1].bsn).letters]
    now = town.ledger.voucher(voucher)
    assert (now["state"], now["authorisation"]["version"]) == ("active", 2)
    assert states == ["valid", "valid"]
    third = reprint(town, [voucher], folder="third")
    assert third.run is not None
    assert third.waiting


def test_what_cannot_be_printed_again_is_said_of_each(town: LetterTown) -> None:
    issued, *_ = town.vouchers
    with pytest.raises(MailingError) as refused:
        reprint(town, [issued, "e" * 32])
    assert f"voucher {issued} is not bound to anything yet" in str(refused.value)
    assert f"voucher {'e' * 32} is not in the register" in str(refused.value)
    print_all(town)
    town.ledger.change(issued, state="revoked")
    with pytest.raises(MailingError, match="is revoked: it cannot get another booklet"):
        reprint(town, [issued])
    reprint(town, [town.vouchers[1]])
    with pytest.raises(MailingError, match="has a replacement that waits"):
        reprint(town, [town.vouchers[1]], folder="third")


def test_destroyed_letters_are_gone_and_that_is_noted(town: LetterTown) -> None:
    print_all(town)
    with town.register() as register:
        assert destroy(register, town.folder) == 2
        (run,) = register.letters.runs()
        assert run.destroyed_at is not None
        certificate = register.erase([town.vouchers[0]], backups_until=ORDER.dated)
        stays = [stay.where for stay in certificate.stays]
        with pytest.raises(MailingError, match="not the folder of a run"):
            destroy(register, town.templates)
    assert [path.name for path in sorted(town.folder.iterdir())] == ["manifest.csv", "manifest.json"]
    assert str(town.folder) not in stays


def test_a_certificate_names_letters_that_still_exist(town: LetterTown) -> None:
    print_all(town)
    with town.register() as register:
        certificate = register.erase([town.vouchers[0]], backups_until=ORDER.dated)
    (stay,) = [stay for stay in certificate.stays if stay.where == str(town.folder)]
    assert stay.until == "kindpakket letters destroy"
    assert "address" in certificate.as_json()["erased"]  # type: ignore[operator]


def test_an_address_goes_with_the_last_child_of_a_household(town: LetterTown) -> None:
    print_all(town)
    *siblings, alone = town.vouchers
    with town.register() as register:
        register.erase(siblings[:2], backups_until=ORDER.dated)
        assert register.households.find("huis-0") is not None
        register.erase(siblings[2:], backups_until=ORDER.dated)
        assert register.households.find("huis-0") is None
        assert register.households.find("huis-1") is not None
        assert register.account_of_voucher(siblings[0]) is None
        assert register.account_of_voucher(alone) is not None


def test_the_order_for_the_print_house_has_the_sums(town: LetterTown) -> None:
    mailed = print_all(town)
    assert mailed.order is not None
    text = mailed.order.read_text("utf-8")
    manifest = json.loads((town.folder / "manifest.json").read_text())
    assert f"Vellen A4      {manifest['totals']['sheets']}, dubbelzijdig" in text
    assert mailed.run is not None
    assert (manifest["run"], mailed.run.id in text) == (mailed.run.id, True)
    assert "huis" not in text
    (town.templates / "order.txt").write_text("{brieven}")
    with pytest.raises(ValueError, match=r"order.txt has \{brieven\}"):
        print_all(town, folder="more")
