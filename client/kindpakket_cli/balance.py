"""`kindpakket voucher …`: top up, extend, revoke and lapse vouchers, and free their entitlements."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

import click

from kindpakket.ledger.money import euros
from kindpakket_cli.allocation import allocation_options, over, waits_for
from kindpakket_cli.contract import Wrong
from kindpakket_cli.decision import COLUMNS
from kindpakket_cli.registers import RegisterPlace, register_options
from kindpakket_cli.session import READERS, Session, acting_as, because

if TYPE_CHECKING:
    from kindpakket.backoffice.register import Register
    from kindpakket.ledger.records import Moved


@click.command("top-up")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("voucher_ids", metavar="VOUCHER...", nargs=-1, required=True)
@click.option("--preset", required=True, help="The code of a preset of the newest rules.")
@click.option(
    "--units", type=click.IntRange(min=1), default=1, show_default=True, help="How many times the preset."
)
@click.option(
    "--period", required=True, help="The period that a child is topped up for once, such as 2026-winter."
)
@register_options()
@because("hardship")
@allocation_options
@acting_as("issuer")
def top_up(
    session: Session,
    *,
    scheme_id: str,
    voucher_ids: tuple[str, ...],
    preset: str,
    units: int,
    period: str,
    place: RegisterPlace,
    reason: str,
    days: int,
    again: bool,
) -> None:
    """Top up vouchers of the register, each child once for a period, once another person has approved that.

    The first run proposes an allocation; the same command again tops up.
    """
    from kindpakket.backoffice.batches.stock import is_over
    from kindpakket.backoffice.topping_up import top_up_listed
    from kindpakket.ledger.records import TopUp

    with place.open(session, "voucher-top-up", reason) as register:
        top_ups = [
            TopUp(
                voucher=voucher,
                entitlement=_entitlement(register, scheme_id, voucher, period),
                preset=preset,
                units=units,
            )
            for voucher in voucher_ids
        ]
    try:
        parts, allocation = top_up_listed(
            session.municipality(), scheme_id, top_ups, reason, days=days, again=again
        )
    except ValueError as error:
        raise Wrong(str(error)) from error
    if not parts:
        raise over(allocation) if is_over(allocation, time.time()) else waits_for([allocation])
    _answer(session, scheme_id, parts)


def _entitlement(register: Register, scheme: str, voucher: str, period: str) -> str:
    from kindpakket.backoffice.citizens import entitlement_id

    entry = register.find(voucher)
    if entry is None:
        raise Wrong(f"voucher {voucher} is not in {register.name}: give the register it was issued from")
    return entitlement_id(register.secret, scheme, entry.child.bsn, period)


@click.command("extend")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("voucher_ids", metavar="VOUCHER...", nargs=-1, required=True)
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), required=True, help="The new last day.")
@because("illness")
@acting_as("approver")
def extend(
    session: Session, scheme_id: str, voucher_ids: tuple[str, ...], until: datetime, reason: str
) -> None:
    """Let vouchers be spent until a later day, even if they have expired but not lapsed."""
    from kindpakket.municipality import bulks

    municipality = session.municipality()
    done: list[str] = []
    for bulk in bulks(voucher_ids):
        done += municipality.vouchers.extend(scheme_id, bulk, until.date(), reason)["vouchers"]
    session.answer({"scheme": scheme_id, "vouchers": done, "ends_on": until.date().isoformat()})


@click.command("revoke")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("voucher_ids", metavar="VOUCHER...", nargs=-1, required=True)
@because("moved-away")
@acting_as("approver")
def revoke(session: Session, scheme_id: str, voucher_ids: tuple[str, ...], reason: str) -> None:
    """Revoke vouchers that another person blocked, permanently; their balance returns to the budget.

    For others, see propose-revocation.
    """
    from kindpakket.municipality import bulks

    municipality = session.municipality()
    _answer(
        session,
        scheme_id,
        [municipality.vouchers.revoke(scheme_id, bulk, reason) for bulk in bulks(voucher_ids)],
    )


@click.command("propose-revocation")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("voucher_ids", metavar="VOUCHER...", nargs=-1, required=True)
@because("moved-away")
@acting_as("issuer", "approver")
def propose_revocation(session: Session, scheme_id: str, voucher_ids: tuple[str, ...], reason: str) -> None:
    """Propose to revoke vouchers in any state; another person decides, see decision approve."""
    session.answer(
        session.municipality().vouchers.propose_revocation(scheme_id, voucher_ids, reason), COLUMNS
    )


@click.command("propose-freeing")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("voucher_ids", metavar="VOUCHER...", nargs=-1, required=True)
@because("wrong-revocation")
@acting_as("issuer", "approver")
def propose_freeing(session: Session, scheme_id: str, voucher_ids: tuple[str, ...], reason: str) -> None:
    """Propose that new vouchers may be issued in place of these, which were revoked by mistake.

    Nothing of them may remain spent. Another person decides, see decision approve.
    """
    vouchers = session.municipality().vouchers
    entitlements = [vouchers.show(scheme_id, voucher)["entitlement"] for voucher in voucher_ids]
    session.answer(vouchers.propose_freeing(scheme_id, entitlements, reason), COLUMNS)


@click.command("lapsable")
@click.argument("scheme_id", metavar="SCHEME")
@acting_as(*READERS)
def lapsable(session: Session, scheme_id: str) -> None:
    """List the vouchers whose balance, or a part of it, can no longer be spent."""
    session.answer(
        list(session.reader().vouchers.lapsable(scheme_id)),
        {
            "voucher": lambda voucher: voucher["id"],
            "state": lambda voucher: voucher["state"],
            "product": lambda voucher: voucher.get("product", "-"),
            "available": lambda voucher: euros(voucher["available_cents"]),
            "with grace": lambda voucher: euros(voucher.get("grace_cents", 0)),
        },
    )


@click.command("lapse")
@click.argument("scheme_id", metavar="SCHEME")
@click.argument("voucher_ids", metavar="[VOUCHER...]", nargs=-1)
@because("period-over")
@acting_as("issuer", "treasurer")
def lapse(session: Session, scheme_id: str, voucher_ids: tuple[str, ...], reason: str) -> None:
    """Return to the budget what can no longer be spent; without VOUCHERs, everything that is lapsable.

    If it is interrupted, run it again: what has lapsed is no longer lapsable.
    """
    from kindpakket.municipality import bulks

    municipality = session.municipality()
    ids = list(voucher_ids) or [found["id"] for found in municipality.vouchers.lapsable(scheme_id)]
    moved: list[Moved] = []
    parts = list(bulks(ids))
    with click.progressbar(
        parts, label=f"Lapsing {len(ids)} vouchers", file=sys.stderr, hidden=session.as_json
    ) as bar:
        moved += [municipality.vouchers.lapse(scheme_id, bulk, reason) for bulk in bar]
    _answer(session, scheme_id, moved)


def _answer(session: Session, scheme: str, parts: Iterable[Moved]) -> None:
    """Print what moved: each voucher as JSON, or their number and sum."""
    vouchers = [voucher for part in parts for voucher in part["vouchers"]]
    cents = sum(voucher["cents"] for voucher in vouchers)
    if session.as_json:
        session.answer({"scheme": scheme, "vouchers": vouchers, "cents": cents})
    else:
        session.answer({"scheme": scheme, "vouchers": len(vouchers), "amount": euros(cents)})


COMMANDS = (top_up, extend, revoke, propose_revocation, propose_freeing, lapsable, lapse)
"""Commands of the group `voucher`."""
