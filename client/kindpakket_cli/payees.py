"""What people are shown of shops' accounts, and of what the bank found about their holders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from kindpakket.ledger.days import day_of
from kindpakket_cli.output import note

if TYPE_CHECKING:
    from kindpakket.backoffice.register import PayeeCheck
    from kindpakket.municipality import Municipality
    from kindpakket_cli.registers import RegisterPlace
    from kindpakket_cli.session import Session

_DOUBTS = ("close-match", "no-match")


def masked(iban: str) -> str:
    """An account number of which enough is shown to compare it with what the shop sent."""
    return f"{iban[:4]} … {iban[-4:]}"


def check_json(check: PayeeCheck, account_sha256: str | None) -> dict[str, object]:
    """A check of a payee as a JSON document, with the bank's words.

    Args:
        check: the check.
        account_sha256: hash of the account that is in force.
    """
    return {
        "result": check.result,
        "checked_on": _day(check),
        "settlement": check.settlement,
        "of_this_account": check.account_sha256 == account_sha256,
        "said": check.said or None,
    }


def payee_warnings(
    session: Session, place: RegisterPlace | None, municipality: Municipality, shops: Iterable[str]
) -> list[dict[str, object]]:
    """The shops whose account's holder has another name by the bank's last check, as JSON documents.

    What was found about an earlier account does not count.
    """
    wanted = set(shops)
    if not wanted:
        return []
    if place is None:
        note("no register was named, so results of the Verification of Payee are not shown: give --register")
        return []
    if not place.exists:  # the first export makes it
        return []
    with place.open(session, "payout", "payment") as register:
        checks = register.bank.checks()
    in_force = {shop["id"]: shop.get("account_sha256") for shop in municipality.shops.list()}
    return [
        {"shop": shop, "result": check.result, "checked_on": _day(check), "settlement": check.settlement}
        for shop, check in sorted(checks.items())
        if shop in wanted and check.result in _DOUBTS and check.account_sha256 == in_force.get(shop)
    ]


def sentence(warning: Mapping[str, object]) -> str:
    """A warning for people."""
    how = "is almost" if warning["result"] == "close-match" else "is not"
    return (
        f"shop {warning['shop']}: on {warning['checked_on']} the bank found that the account holder's name "
        f"{how} the one that it knows; see kindpakket shop account {warning['shop']}"
    )


def _day(check: PayeeCheck) -> str:
    return day_of(check.checked_at)
