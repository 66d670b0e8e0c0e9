"""Fills the ledger with payments, as fast as batches go."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from performance.load import metered, submit_each
from performance.purse import Purse
from performance.stage import Call, Stage

_LARGEST_BATCH = 100
_AT_ONCE = 8
_MOST_AT_A_TIME = 5_000
_ATTEMPTS = 4
_SECONDS_BETWEEN_WORDS = 15.0


class NotTaken(Exception):
    """The network did not take all payments."""


def pour(
    stage: Stage, payments: int, progress: Callable[[str], None], purse: Purse | None = None
) -> dict[str, Any]:
    """Make so many payments, over the usual shops.

    Each part has a payment of each voucher at most, so that none conflicts. What the network did not take is
    sent again: a request that is on the ledger already is not carried out twice.

    Returns:
        What that took, without handing out vouchers for it.

    Raises:
        NotTaken: it did not take some of them, after several attempts.
    """
    purse = stage.purse if purse is None else purse
    at_a_time = min(max(len(purse), 1), _MOST_AT_A_TIME)
    done, began, told = 0, time.monotonic(), time.monotonic()
    with metered(stage) as cost:
        while done < payments:
            part = min(payments - done, at_a_time)
            batch = min(max(part // len(stage.usual), 1), _LARGEST_BATCH)  # so that each shop has some
            _submit(stage, stage.batches(part, batch, purse))
            stage.desk.in_step()
            done += part
            if time.monotonic() > told + _SECONDS_BETWEEN_WORDS and done < payments:
                told = time.monotonic()
                rate = done / (told - began)
                progress(
                    f"{done:,} of {payments:,} payments, {rate:.0f} per second, "
                    f"{(payments - done) / rate / 60:.0f} minutes to go"
                )
    return {"payments": payments, **cost.each(payments)}


def reach(stage: Stage, size: int, progress: Callable[[str], None]) -> dict[str, Any] | None:
    """Let the ledger grow to so many payments; None if it has them.

    Raises:
        NotTaken: as `pour`.
    """
    return pour(stage, size - stage.payments, progress) if stage.payments < size else None


def _submit(stage: Stage, calls: Sequence[Call]) -> None:
    for _ in range(_ATTEMPTS):
        done = stage.runner.run(submit_each(calls, _AT_ONCE))
        reasons = {one.key: one.reason for one in done if one.outcome != "valid"}
        calls = [call for call in calls if call.arguments[0] in reasons]
        if not calls:
            return
        stage.desk.in_step()
    raise NotTaken(
        f"{len(calls)} batches were not taken in {_ATTEMPTS} attempts: {next(iter(reasons.values()))}"
    )
