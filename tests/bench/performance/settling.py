"""Settlement of a number of payments: a day is closed, drafted, approved and put into a file for the bank."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import time_machine

from kindpakket.backoffice.payments.transfers import Debtor
from kindpakket.backoffice.payout.composing import Form, compose
from kindpakket.backoffice.payout.drafting import draft, due
from kindpakket.backoffice.payout.settings import PayoutSettings
from kindpakket.ledger.days import today
from kindpakket.municipality import BULK
from performance.growth import pour
from performance.load import Cost, metered
from performance.purse import Purse
from performance.stage import Stage

_DEBTOR = Debtor("Gemeente Zuidhorn", "NL91ABNA0417164300", "ABNANL2A")
_MOST_PER_VOUCHER = 5


class NotSettled(Exception):
    """Other payments were settled than were made."""


def settlement(
    stage: Stage, payments: int, times: int, progress: Callable[[str], None]
) -> list[dict[str, Any]]:
    """On the day after, settle so many payments of a scheme of their own, several times.

    Raises:
        NotTaken: the network did not take the payments.
        NotSettled: other payments were settled than were made.
    """
    purses = []
    for _ in range(times):
        purses.append(stage.new_purse(max(payments // _MOST_PER_VOUCHER, 1)))
        pour(stage, payments, progress, purses[-1])
    day = today()
    with time_machine.travel(time.time() + timedelta(days=1).total_seconds(), tick=True):
        return [
            row
            for number, purse in enumerate(purses, 1)
            for row in _settled(stage, purse, day, number, progress)
        ]


def _settled(
    stage: Stage, purse: Purse, day: date, number: int, progress: Callable[[str], None]
) -> list[dict[str, Any]]:
    treasurer, manager, scheme = stage.desk.treasurer, stage.desk.manager, purse.scheme
    steps: dict[str, Cost] = {}
    with metered(stage) as steps["close the day"]:
        treasurer.schemes.close_day(scheme, day)
    with metered(stage) as steps["draft"]:
        drafted = draft(treasurer, due(treasurer, [scheme])).settlements
    with metered(stage) as steps["approve"]:
        approved = [manager.settlements.approve(scheme, one["id"]) for one in drafted]
    with metered(stage) as steps["payment file"]:
        now = datetime.now(UTC)
        form = Form(PayoutSettings(_DEBTOR), now, now.date())
        made = compose(treasurer, approved, form)
        ids = [one["id"] for one in made.settlements]
        for start in range(0, len(ids), BULK):
            treasurer.settlements.export(scheme, ids[start : start + BULK], made.file.sha256)
    items = sum(one["item_count"] for one in approved)
    if (items, made.file.cents) != (purse.paid, purse.cents):
        raise NotSettled(
            f"{items} payments of {made.file.cents} cents were settled, {purse.paid} of {purse.cents} made"
        )
    whole = Cost.of_all(steps.values())
    progress(f"settlement {number}: {purse.paid} payments in {whole.seconds:.1f} s")
    return [
        {
            "round": number,
            "step": step,
            "payments": purse.paid,
            "settlements": len(approved),
            **cost.each(purse.paid),
        }
        for step, cost in {**steps, "in all": whole}.items()
    ]
