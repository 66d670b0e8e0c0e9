"""`kindpakket person erase` and `retention`: the private records on the ledger first, then the register."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

from kindpakket_cli.contract import Waits
from kindpakket_cli.own_peers import lagging
from kindpakket_cli.registers import RegisterPlace, register_options
from kindpakket_cli.session import Session, acting_as, because

if TYPE_CHECKING:
    from kindpakket.backoffice.register import Account, Register
    from kindpakket.ledger.records import Erasure
    from kindpakket.municipality import Municipality

_backups_option = click.option(
    "--backups-until",
    type=click.DateTime(["%Y-%m-%d"]),
    required=True,
    help="The day on which the last backup that still has the data expires; the certificate says so.",
)


@click.command("erase")
@click.option(
    "--voucher",
    "voucher_id",
    help="Find the person by a voucher.  [default: by the BSN, asked for or read from standard input]",
)
@_backups_option
@register_options()
@because("request")
@acting_as("issuer", "approver")
def erase(
    session: Session, *, place: RegisterPlace, voucher_id: str | None, backups_until: datetime, reason: str
) -> None:
    """Erase a person: private records on the ledger, then the register; prints a certificate.

    The first run orders the erasure on the ledger and says who has to approve it; the same command again
    purges the private records on all peers that have them, certifies that, and erases the register.
    """
    from kindpakket_cli.person import find

    with place.open(session, "person-erase", reason) as register:
        account = find(session, register, voucher_id, "person.erase")
        municipality = session.municipality()
        _check_issued(municipality, register, account)
        register.check_erasable([each.entry.voucher for each in account.entries])
        ledger = _purge(municipality, account, reason)
        certificate = register.erase(
            [each.entry.voucher for each in account.entries],
            backups_until=backups_until.date(),
            ledger=ledger,
            peers=lagging(session) if ledger else (),
        )
        session.answer(certificate.as_json())


@click.command("retention")
@_backups_option
@register_options()
@acting_as("issuer", "approver")
def retention(session: Session, *, place: RegisterPlace, backups_until: datetime) -> None:
    """Erase from the register everybody whose private records were purged on the ledger and certified.

    What has passed its term there is listed by `erasure due`, and ordered with `erasure order --all-due`.
    """
    with place.open(session, "retention", "retention") as register:
        municipality = session.municipality()
        certified = [
            erasure
            for erasure in municipality.erasures.list()
            if erasure["collection"] == "citizens" and erasure["state"] == "certified"
        ]
        vouchers = {record["id"]: erasure["id"] for erasure in certified for record in erasure["records"]}
        left = register.present(list(vouchers))
        if not left:
            session.answer({"vouchers": [], "persons": 0})
            return
        for bulk in {register.bulk_of(voucher) for voucher in left} - {None}:
            _note_issued(municipality, register, str(bulk))
        certificate = register.erase(
            left,
            backups_until=backups_until.date(),
            ledger=sorted({vouchers[voucher] for voucher in left}),
            peers=lagging(session),
        )
        session.answer(certificate.as_json())


def _check_issued(municipality: Municipality, register: Register, account: Account) -> None:
    """Let the register know what has been issued; what has not is refused by it."""
    for bulk in {each.entry.bulk for each in account.entries if each.issued_at is None}:
        _note_issued(municipality, register, bulk)


def _note_issued(municipality: Municipality, register: Register, bulk: str) -> None:
    if municipality.requests.show(bulk)["state"] == "committed":
        register.mark_issued([bulk])


def _purge(municipality: Municipality, account: Account, reason: str) -> list[str]:
    """Purge a person's private records; return the ids of the certified erasures.

    Raises:
        Waits: another person has to approve an erasure.
    """
    by_voucher = _newest(municipality.erasures.list())
    missing: dict[str, list[str]] = defaultdict(list)
    found: dict[str, Erasure] = {}
    for each in account.entries:
        erasure = by_voucher.get(each.entry.voucher)
        if erasure is None:
            missing[each.scheme].append(each.entry.voucher)
        else:
            found[erasure["id"]] = erasure
    for scheme, vouchers in missing.items():
        made = municipality.erasures.order("citizens", vouchers, reason, scheme=scheme)
        found[made["id"]] = made
    waiting = [erasure["id"] for erasure in found.values() if erasure["state"] == "ordered"]
    if waiting:
        raise _waits_for(waiting)
    for identifier, erasure in found.items():
        if erasure["state"] == "approved":
            municipality.erasures.purge(identifier)
            municipality.erasures.certify(identifier)
    return sorted(found)


def _newest(erasures: Iterator[Erasure]) -> Mapping[str, Erasure]:
    """The erasure of each voucher's record that was not withdrawn."""
    return {
        record["id"]: erasure
        for erasure in erasures
        if erasure["collection"] == "citizens" and erasure["state"] != "withdrawn"
        for record in erasure["records"]
    }


def _waits_for(erasures: Sequence[str]) -> Waits:
    sentences = [f"Another person has to run: kindpakket erasure approve {each}" for each in erasures]
    return Waits("\n".join([*sentences, "Then run this command again."]), waits_for=sentences)


COMMANDS = (erase, retention)
"""Commands of the group `person`."""
