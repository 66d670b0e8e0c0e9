"""`kindpakket voucher …`: block vouchers, and replace a lost key or booklet."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

import click

from kindpakket_cli.contract import Wrong
from kindpakket_cli.files import READABLE, read_json
from kindpakket_cli.session import TILLS, Session, acting_as, because


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
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("voucher_id", metavar="VOUCHER")
@click.option(
    "--code",
    type=click.File("r"),
    default="-",
    help="A file with the holder's self-block code.  [default: standard input]",
)
@acting_as("issuer", "approver", *TILLS)
def self_block(session: Session, scheme_id: str, voucher_id: str, code: TextIO) -> None:
    """Block a voucher for its holder, who gives the self-block code, also as the letter shows it."""
    words = _block_code(code.readline().strip())
    if session.at_till:
        session.answer(session.shop().self_block(scheme_id, voucher_id, words))
    else:
        session.answer(session.municipality().vouchers.self_block(scheme_id, voucher_id, words))


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
