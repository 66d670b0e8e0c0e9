"""`kindpakket letters …` with the register and the ledger: addresses, print, print again, approve."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kindpakket_cli.contract import Waits, not_as_it_should_be
from kindpakket_cli.files import READABLE
from kindpakket_cli.output import complain, counted, note
from kindpakket_cli.registers import RegisterPlace, register_options
from kindpakket_cli.session import MUNICIPALITY, Session, acting_as, because

if TYPE_CHECKING:
    from kindpakket.backoffice.mailing import Mailed, MailingOrder

_FOLDER = click.Path(file_okay=False, path_type=Path)
_ORDER = (
    click.option(
        "--templates",
        "templates_folder",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        required=True,
        help="Your templates, from kindpakket letters template.",
    ),
    click.option(
        "--pages",
        type=click.IntRange(2, 256),
        default=32,
        show_default=True,
        help="Pages of each booklet; one of them is not printed.",
    ),
    click.option(
        "--language",
        default="nl",
        show_default=True,
        help="For households whose language is not known or has no texts.",
    ),
    click.option(
        "--address",
        type=click.Choice(["required", "if-known", "none"]),
        default="required",
        show_default=True,
        help="Refuse households without an address, print theirs without one, or print none at all.",
    ),
    click.option(
        "--texts",
        default="",
        metavar="NAME",
        help="Which texts below schemes in settings.yaml.  [default: those with the scheme's name]",
    ),
    click.option(
        "--per-file",
        type=click.IntRange(min=1),
        default=1,
        show_default=True,
        help="Letters in each PDF.",
    ),
    click.option(
        "--dated",
        type=click.DateTime(["%Y-%m-%d"]),
        help="The date in the letters.  [default: the day on which the run begins]",
    ),
)


def _order_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_ORDER):
        command = option(command)
    return command


@click.command("addresses")
@click.argument("file", metavar="FILE", type=READABLE)
@click.option("--encoding", default="", help="The encoding of CSV.  [default: found in the file]")
@click.option("--delimiter", default="", help="The delimiter of CSV.  [default: found in the file]")
@click.option("--sheet", default="", help="The sheet of a spreadsheet.  [default: the only one]")
@register_options()
@acting_as(*MUNICIPALITY)
def addresses(
    session: Session, *, file: Path, encoding: str, delimiter: str, sheet: str, place: RegisterPlace
) -> None:
    """Keep in the register where households get their letters, from FILE: CSV or a spreadsheet.

    Its columns are huishouden, geadresseerde, straat, huisnummer, postcode, plaats, land and taal, or their
    usual names; others are not read. Households without a child in the register are left out.
    """
    from kindpakket.backoffice.mailing import read_addresses

    found = read_addresses(file, encoding=encoding, delimiter=delimiter.replace("\\t", "\t"), sheet=sheet)
    with place.open(session, "letters-addresses", "letters") as register:
        kept = register.households.keep(found)
    session.answer(
        {
            "new": kept.new,
            "changed": kept.changed,
            "unchanged": kept.unchanged,
            "not_in_register": kept.unknown,
            "still_without_address": kept.missing,
        }
    )


@click.command("print")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("folder", metavar="DIRECTORY", type=_FOLDER)
@click.option("--batch", help="Only vouchers that this batch of the register enrolled.")
@click.option(
    "--kind",
    type=click.Choice(["booklet", "phone"]),
    default="booklet",
    show_default=True,
    help="Print booklets, or activation codes for a service that binds phones.",
)
@_order_options
@register_options()
@acting_as("approver", "issuer")
def print_letters(
    session: Session,
    /,
    *,
    scheme_id: str,
    folder: Path,
    batch: str | None,
    place: RegisterPlace,
    templates_folder: Path,
    **order: Any,
) -> None:
    """Print a letter to each household whose vouchers have been issued and have no letter, to DIRECTORY.

    Each voucher is bound to the booklet in its letter once all letters are whole; by somebody other than who
    issued it. If it is interrupted, run it again with the same options: no voucher gets two booklets.

    DIRECTORY goes to the print house. Whoever has it can spend the vouchers: once the letters are printed,
    run kindpakket letters destroy.
    """
    from kindpakket.backoffice.letters import Templates
    from kindpakket.backoffice.mailing import print_letters as print_all

    templates = Templates.load(templates_folder)
    with place.open(session, "letters-print", "letters") as register:
        mailed = print_all(
            session.municipality(),
            register,
            scheme_id,
            folder,
            templates,
            _order_of(**order),
            batch=batch,
            official=session.official,
            progress=counted,
        )
    _tell(session, mailed)


@click.command("reprint")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("folder", metavar="DIRECTORY", type=_FOLDER)
@click.argument("voucher_ids", metavar="[VOUCHER...]", nargs=-1)
@click.option(
    "--run", "run_id", metavar="RUN", help="All vouchers of a run of letters whose print file is lost."
)
@_order_options
@register_options()
@because("lost")
@acting_as("issuer")
def reprint(
    session: Session,
    /,
    *,
    scheme_id: str,
    folder: Path,
    voucher_ids: tuple[str, ...],
    run_id: str | None,
    place: RegisterPlace,
    templates_folder: Path,
    reason: str,
    **order: Any,
) -> None:
    """Print letters with new booklets for VOUCHERs whose booklets or print file are lost, to DIRECTORY.

    Each voucher is blocked at once, and can be spent again when another person has approved its new booklet
    with kindpakket letters approve. If it is interrupted, run it again with the same options.
    """
    from kindpakket.backoffice.letters import Templates
    from kindpakket.backoffice.mailing import reprint_letters

    if bool(voucher_ids) == (run_id is not None):
        raise click.UsageError("give VOUCHERs, or --run, and not both")
    templates = Templates.load(templates_folder)
    with place.open(session, "letters-reprint", reason) as register:
        if run_id is not None:
            voucher_ids = tuple(register.letters.current(register.letters.run(run_id).id))
        mailed = reprint_letters(
            session.municipality(),
            register,
            scheme_id,
            folder,
            templates,
            _order_of(kind="booklet", **order),
            vouchers=voucher_ids,
            reason=reason,
            progress=counted,
        )
    _tell(session, mailed)


@click.command("approve")
@click.argument("run_id", metavar="RUN")
@register_options()
@acting_as("approver")
def approve(session: Session, run_id: str, place: RegisterPlace) -> None:
    """Approve the new booklets of a RUN of kindpakket letters reprint, which another person proposed.

    The vouchers can then be spent again, with the new booklets only.
    """
    from kindpakket.backoffice.mailing import approve as approve_all

    with place.open(session, "letters-approve", "letters") as register:
        count = register.letters.run(run_id).letters
        with counted(count, "Approving") as progress:
            approved = approve_all(session.municipality(), register, run_id, progress)
    session.answer({"run": run_id, "approved": approved})


def _order_of(
    *,
    kind: Any,
    pages: int,
    language: str,
    address: Any,
    texts: str,
    per_file: int,
    dated: datetime | None,
) -> MailingOrder:
    from kindpakket.backoffice.mailing import MailingOrder
    from kindpakket.ledger.days import today

    day = dated.date() if dated is not None else today()
    return MailingOrder(kind, pages, language, address, texts, per_file, day)


def _tell(session: Session, mailed: Mailed) -> None:
    """Print what a run made; end otherwise than well if something is left to do."""
    run, summary = mailed.run, mailed.summary
    if run is None or summary is None:
        session.answer({"letters": 0, "left_out": dict(mailed.left_out)})
        return
    members: dict[str, Any] = {
        "run": run.id,
        "folder": str(summary.folder),
        "order": str(mailed.order),
        "records": str(summary.records),
        "pages": None if mailed.pages is None else str(mailed.pages),
        "letters": summary.totals.letters,
        "sheets": summary.totals.sheets,
        "languages": summary.totals.languages,
        "vouchers": run.vouchers["valid"],
        "left_out": dict(mailed.left_out),
        "take_out": dict(mailed.take_out),
        "waiting": dict(mailed.waiting),
    }
    if mailed.waiting:
        if not session.as_json:
            session.answer({name: value for name, value in members.items() if value not in ({}, None)})
        sentence = f"Another person has to run: kindpakket letters approve {run.id}"
        raise Waits(sentence, waits_for=[sentence], run=run.id, vouchers=dict(mailed.waiting))
    session.answer(members if session.as_json else {k: v for k, v in members.items() if v not in ({}, None)})
    if mailed.take_out:
        for reference, file in mailed.take_out.items():
            if not session.as_json:
                complain(f"Take letter {reference} out of {file}: a voucher in it changed meanwhile")
        not_as_it_should_be()
    note(
        f"{summary.folder} and {mailed.order} go to the print house. Then: kindpakket letters destroy "
        f"{summary.folder}"
    )


COMMANDS = (addresses, print_letters, reprint, approve)
"""Commands of the group `letters`."""
