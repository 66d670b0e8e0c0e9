"""`kindpakket person erase` and `retention`: the private records on the ledger first, then the register."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
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
    purges the private records on all peers that have them, certifies that, and erases the register. A voucher
    that waits to be issued is issued first, or its allocation rejected or withdrawn.
    """
    from kindpakket_cli.person import find

    with place.open(session, "person-erase", reason) as register:
        account = find(session, register, voucher_id, "person.erase")
        municipality = session.municipality()
        never_issued = _never_issued(municipality, register, account)
        register.check_erasable([each.entry.voucher for each in account.entries])
        ledger = _purge(municipality, account, never_issued, reason)
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
    Lines of the log of look-ups are deleted once they are older than `register keep-log` says.
    """
    with place.open(session, "retention", "retention") as register:
        municipality = session.municipality()
        certified = [
            erasure
            for erasure in municipality.erasures.list()
            if erasure["collection"] == "citizens" and erasure["state"] == "certified"
        ]
        vouchers = {record["id"]: erasure["id"] for erasure in certified for record in erasure["records"]}
        expired = {"look_ups_deleted": register.expire_log()}
        left = register.present(list(vouchers))
        if not left:
            session.answer({"vouchers": [], "persons": 0, **expired})
            return
        for bulk in {register.bulk_of(voucher) for voucher in left} - {None}:
            _note_issued(municipality, register, str(bulk))
        certificate = register.erase(
            left,
            backups_until=backups_until.date(),
            ledger=sorted({vouchers[voucher] for voucher in left}),
            peers=lagging(session),
        )
        session.answer({**certificate.as_json(), **expired})


def _never_issued(municipality: Municipality, register: Register, account: Account) -> set[str]:
    """Those of a person's vouchers that were never issued, as the ledger and then the register know it."""
    from kindpakket.backoffice.batches.stock import take_stock

    bulks = {each.entry.bulk: each.scheme for each in account.entries if each.issued_at is None}
    for scheme in sorted(set(bulks.values())):
        take_stock(municipality, register, scheme, mend=False)
    still_open = {bulk.id for scheme in set(bulks.values()) for bulk in register.open_bulks(scheme)}
    return {each.entry.voucher for each in account.entries if each.entry.bulk in still_open}


def _note_issued(municipality: Municipality, register: Register, bulk: str) -> None:
    if municipality.requests.show(bulk)["state"] == "committed":
        register.mark_issued([bulk])


def _purge(municipality: Municipality, account: Account, never_issued: set[str], reason: str) -> list[str]:
    """Purge a person's private records; return the ids of the certified erasures.

    Args:
        municipality: acts as an issuer or approver.
        account: the person.
        never_issued: vouchers of which the ledger may have a private record or not.
        reason: why: a code.

    Raises:
        Waits: another person has to approve an erasure.
    """
    from kindpakket.ledger.refusals import CaseRecordMissing

    by_voucher = _newest(municipality.erasures.list())
    missing: dict[str, list[str]] = defaultdict(list)
    found: dict[str, Erasure] = {}
    for each in account.entries:
        erasure = by_voucher.get(each.entry.voucher)
        if erasure is not None:
            found[erasure["id"]] = erasure
        elif each.entry.voucher not in never_issued:
            missing[each.scheme].append(each.entry.voucher)
        else:
            with suppress(CaseRecordMissing):
                made = municipality.erasures.order(
                    "citizens", [each.entry.voucher], reason, scheme=each.scheme
                )
                found[made["id"]] = made
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
