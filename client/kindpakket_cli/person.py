"""`kindpakket person …`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kindpakket_cli import person_erasure
from kindpakket_cli.contract import Refused, Wrong, group
from kindpakket_cli.output import print_json
from kindpakket_cli.register import LOG_COLUMNS
from kindpakket_cli.registers import RegisterPlace, activities_option, register_options
from kindpakket_cli.session import MUNICIPALITY, Session, acting_as, because

if TYPE_CHECKING:
    from kindpakket.backoffice.register import Account, Register

_bsn_option = click.option(
    "--voucher",
    "voucher_id",
    help="Find the person by a voucher.  [default: by the BSN, asked for or read from standard input]",
)


@group("person")
def person() -> None:
    """Persons in the register: show and export what is kept of one, who looked, and erase it.

    The person is found by a BSN, which is asked for, or read from standard input: arguments can be seen by
    everybody on the machine. Every look-up is logged with its reason.
    """


@person.command("show")
@_bsn_option
@register_options()
@because("objection")
@acting_as(*MUNICIPALITY)
def show(session: Session, place: RegisterPlace, voucher_id: str | None, reason: str) -> None:
    """Show a person's vouchers."""
    with place.open(session, "person-show", reason) as register:
        account = find(session, register, voucher_id, "person.show")
    child = account.entries[-1].entry.child
    session.answer(
        [
            {"voucher": each.entry.voucher, "scheme": each.scheme, "period": each.period, **_terms(each)}
            for each in account.entries
        ],
        {
            "voucher": lambda row: row["voucher"],
            "scheme": lambda row: row["scheme"],
            "period": lambda row: row["period"] or "-",
            "case": lambda row: row["case"],
            "preset": lambda row: f"{row['units']} of {row['preset']}",
            "issued": lambda row: "yes" if row["issued_at"] else "not known",
        },
        title=f"{child.first_names} {child.family_name}, {child.born.isoformat()}",
    )


@person.command("export")
@_bsn_option
@click.option(
    "--file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to this file, readable for its owner only.  [default: standard output]",
)
@click.option("--offline", is_flag=True, help="Leave out what is on the ledger.")
@activities_option
@register_options()
@because("access-request")
@acting_as(*MUNICIPALITY)
def export(
    session: Session,
    *,
    place: RegisterPlace,
    voucher_id: str | None,
    file: Path | None,
    offline: bool,
    activities: str,
    reason: str,
) -> None:
    """Export all that is kept of a person, in the register and on the ledger, and who looked, as JSON."""
    if file is not None and file.exists():
        raise Wrong(f"{file} exists: name a new file")
    with place.open(session, "person-export", reason) as register:
        account = find(session, register, voucher_id, "person.export")
    document = account.as_json(activities)
    if not offline:
        document["ledger"] = list(_on_ledger(session, account))
    if file is None:
        print_json(document)
        return
    _write(file, document)
    session.answer({"file": str(file), "vouchers": len(account.entries), "look_ups": len(account.look_ups)})


@person.command("log")
@_bsn_option
@register_options()
@because("access-request")
@acting_as(*MUNICIPALITY)
def show_log(session: Session, place: RegisterPlace, voucher_id: str | None, reason: str) -> None:
    """Show who looked at a person's data, when and why; also of somebody who was erased."""
    with place.open(session, "person-log", reason) as register:
        account = find(session, register, voucher_id, "person.log", known=False)
    lines = list(account.look_ups)
    session.answer([line.as_json() for line in lines] if session.as_json else lines, LOG_COLUMNS)


def find(
    session: Session, register: Register, voucher: str | None, name: str, *, known: bool = True
) -> Account:
    """The account of the person whom the call means.

    Args:
        session: the command's session.
        register: the register.
        voucher: a voucher of theirs; None: by the BSN, which is asked for.
        name: what the log calls it.
        known: refuse somebody whom the register does not know.

    Raises:
        Wrong: what was typed is not a BSN.
        Refused: the register does not know the person.
    """
    if voucher is None:
        account: Account | None = register.account(_bsn(), name=name)
    else:
        account = register.account_of_voucher(voucher, name=name)
    if account is None or (known and not account.entries):
        raise Refused(f"{register.name} has nothing of this person: the look-up was logged", "NO_SUCH")
    return account


def _bsn() -> str:
    from stdnum.exceptions import ValidationError
    from stdnum.nl import bsn

    asked = sys.stdin.isatty()
    text = (click.prompt("BSN", hide_input=True, err=True) if asked else sys.stdin.readline()).strip()
    try:
        return str(bsn.validate(text.zfill(9)))
    except ValidationError:
        raise Wrong("that is not a citizen service number: nine digits that pass the eleven-test") from None


def _terms(each: Any) -> dict[str, object]:
    child = each.entry.child
    return {
        "case": child.case,
        "preset": child.preset,
        "units": child.units,
        "issued_at": each.issued_at,
    }


def _on_ledger(session: Session, account: Account) -> Iterator[dict[str, object]]:
    """What the ledger has of each voucher, with what each transaction changed, and its private record."""
    from kindpakket.ledger.refusals import VoucherNotFound

    reader = session.reader()
    purged = {
        record["id"]: erasure["id"]
        for erasure in reader.erasures.list()
        if erasure["collection"] == "citizens" and erasure["state"] == "certified"
        for record in erasure["records"]
    }
    for each in account.entries:
        scheme, voucher = each.scheme, each.entry.voucher
        record: dict[str, object] = {
            "collection": "citizens",
            "on": "the municipality's peers",
            "case": each.entry.child.case,
            "purged_by": purged.get(voucher),
        }
        if voucher in purged:
            del record["case"]
        try:
            shown: Any = reader.vouchers.show(scheme, voucher)
            statement = list(reader.audit.voucher_statement(scheme, voucher))
        except VoucherNotFound:
            shown, statement = {"id": voucher, "scheme": scheme, "state": "not issued"}, []
        yield {"voucher": shown, "statement": statement, "private_record": record}


def _write(file: Path, document: dict[str, object]) -> None:
    import json

    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        json.dump(document, stream, ensure_ascii=False, indent=2)
        stream.write("\n")


for _command in person_erasure.COMMANDS:
    person.add_command(_command)
