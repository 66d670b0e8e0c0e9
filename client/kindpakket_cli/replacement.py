"""`kindpakket voucher …`: block vouchers, and replace a lost key or booklet."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

import click

from kindpakket_cli.contract import Refused, Wrong
from kindpakket_cli.files import READABLE, read_json
from kindpakket_cli.page import pages_option
from kindpakket_cli.session import TILLS, Session, acting_as, because

_ID_DIGITS = 32


@click.command("block")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("voucher_id", metavar="VOUCHER")
@because("lost")
@acting_as("issuer", "approver")
def block(session: Session, scheme_id: str, voucher_id: str, reason: str) -> None:
    """Block a voucher: it cannot be spent until it is unblocked."""
    session.answer(session.municipality().vouchers.block(scheme_id, voucher_id, reason))


@click.command("unblock")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("voucher_id", metavar="VOUCHER")
@because("found")
@acting_as("approver")
def unblock(session: Session, scheme_id: str, voucher_id: str, reason: str) -> None:
    """Unblock a voucher that another person blocked."""
    session.answer(session.municipality().vouchers.unblock(scheme_id, voucher_id, reason))


@click.command("self-block")
@click.argument("numbers", metavar="[SCHEME] VOUCHER", nargs=-1, required=True)
@click.option(
    "--code",
    type=click.File("r"),
    default="-",
    help="A file with the holder's self-block code.  [default: standard input]",
)
@pages_option
@acting_as("issuer", "approver", *TILLS)
def self_block(session: Session, numbers: tuple[str, ...], code: TextIO, pages_file: Path | None) -> None:
    """Block a voucher for its holder, who gives the number and the block code of the letter.

    VOUCHER is the number as the letter shows it, with or without its spaces. SCHEME may be left out at the
    municipality, and at a till that has the file of printed pages.
    """
    scheme_id, voucher_id = _numbers(numbers)
    words = _block_code(code.readline().strip())
    if scheme_id is None:
        scheme_id = _scheme_of(session, voucher_id, pages_file)
    if session.at_till:
        session.answer(session.shop().self_block(scheme_id, voucher_id, words))
    else:
        session.answer(session.municipality().vouchers.self_block(scheme_id, voucher_id, words))


def _numbers(texts: tuple[str, ...]) -> tuple[str | None, str]:
    """The scheme, if it was given, and the voucher, whose number may be in groups."""
    from kindpakket.ledger.ids import is_id

    digits = "".join(texts).replace(" ", "").lower()
    scheme, voucher = digits[:-_ID_DIGITS], digits[-_ID_DIGITS:]
    if not is_id(voucher) or not (not scheme or is_id(scheme)):
        raise Wrong(
            f"a number has {_ID_DIGITS} of the characters 0 to 9 and a to f; this has {len(digits)}, or "
            "others: compare with the letter"
        )
    return scheme or None, voucher


def _scheme_of(session: Session, voucher: str, pages_file: Path | None) -> str:
    """The scheme of a voucher of which only the number is known."""
    from kindpakket.holder.printed_pages import PrintedPages
    from kindpakket.ledger.refusals import VoucherNotFound

    if session.at_till:
        if pages_file is None:
            raise Wrong("give SCHEME as well, or the file of printed pages with --printed-pages")
        try:
            found = PrintedPages(pages_file).scheme_of(voucher)
        except ValueError as error:
            raise Wrong(str(error), "FILE") from None
        if found is None:
            raise Wrong(
                f"{pages_file} has no voucher {voucher}: compare with the letter, or give SCHEME as well"
            )
        return found
    reader = session.reader()
    for scheme in reader.schemes.list():
        try:
            reader.vouchers.show(scheme["id"], voucher)
        except VoucherNotFound:
            continue
        return scheme["id"]
    raise Refused(f"no scheme has a voucher {voucher}: compare the number with the letter", "NO_SUCH")


def _block_code(text: str) -> str:
    """A self-block code in hexadecimal, from that or from the form of the letter."""
    from kindpakket.holder import typeable
    from kindpakket.ledger.ids import is_id

    if is_id(text.lower()):
        return text.lower()
    try:
        return typeable.decode(typeable.Kind.BLOCK, text, [16]).hex()
    except ValueError as error:
        raise Wrong(str(error)) from None


@click.command("replace")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("voucher_id", metavar="VOUCHER")
@click.argument("replacement_file", metavar="FILE", type=READABLE)
@because("lost")
@acting_as("issuer")
def replace(session: Session, scheme_id: str, voucher_id: str, replacement_file: Path, reason: str) -> None:
    """Propose another key or booklet for a voucher, which is blocked at once.

    FILE contains the JSON object that HolderKey.replace and Booklet.replace make.
    """
    replacement = read_json(replacement_file, dict, "replacement")
    session.answer(session.municipality().vouchers.replace(scheme_id, voucher_id, replacement, reason))


@click.command("approve-replacement")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("voucher_id", metavar="VOUCHER")
@click.argument("change_id", metavar="CHANGE")
@acting_as("approver")
def approve_replacement(session: Session, scheme_id: str, voucher_id: str, change_id: str) -> None:
    """Approve the key or booklet that another person proposed; the voucher can then be spent again.

    CHANGE is the id of the pending replacement, which `show` prints.
    """
    session.answer(session.municipality().vouchers.approve_replacement(scheme_id, voucher_id, change_id))


@click.command("reject-replacement")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("voucher_id", metavar="VOUCHER")
@click.argument("change_id", metavar="CHANGE")
@because("mistake")
@acting_as("approver", "issuer")
def reject_replacement(
    session: Session, scheme_id: str, voucher_id: str, change_id: str, reason: str
) -> None:
    """Reject a proposed key or booklet; the voucher stays blocked."""
    session.answer(
        session.municipality().vouchers.reject_replacement(scheme_id, voucher_id, change_id, reason)
    )


@click.command("record-bindings")
@click.argument("scheme_id", metavar="SCHEME")
@acting_as("issuer")
def record_bindings(session: Session, scheme_id: str) -> None:
    """Record what a scheme's vouchers are and were bound to, so that no key or booklet is bound again.

    Run it once for each scheme after the upgrade from version 0.4. `shared` lists vouchers whose key or
    booklet is on record for another voucher: replace it.
    """
    answers = list(session.municipality().vouchers.record_bindings(scheme_id))
    recorded = sum(answer["recorded"] for answer in answers)
    shared = [voucher for answer in answers for voucher in answer["shared"]]
    session.answer({"scheme": scheme_id, "recorded": recorded, "shared": shared})


COMMANDS = (
    block,
    unblock,
    self_block,
    replace,
    approve_replacement,
    reject_replacement,
    record_bindings,
)
"""Commands of the group `voucher`."""
