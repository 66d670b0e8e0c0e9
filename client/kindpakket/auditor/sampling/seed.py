"""The seed of a sample: what nobody knew while the payments were made.

It covers the header hash of the block after the one that closed the period, and what the sample is of. Who
can place a transaction of their own in that block could try many and keep the one whose sample suits them.
Against that, the auditor may add a number of their own: its commitment is filed before the period closes, and
the number is shown with the sample.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from kindpakket.auditor.sampling.errors import SamplingError
from kindpakket.holder.orders import frame
from kindpakket.ledger.domain import Domain

_DOMAIN = "kindpakket/sample/1"
_NUMBER = re.compile("[0-9a-f]{32,64}")


def seed_of(
    domain: Domain, first_day: str, last_day: str, schemes: Sequence[str], block_hash: str, number: str = ""
) -> str:
    """The seed, 64 hexadecimal characters.

    Args:
        domain: the channel and chaincode.
        first_day: first day of the period, `YYYY-MM-DD`.
        last_day: last day of the period.
        schemes: ids of the schemes, in any order.
        block_hash: header hash of the first block after the period closed, hexadecimal.
        number: the auditor's own number, 32 to 64 hexadecimal characters; "" if there is none.

    Raises:
        SamplingError: the number has another form.
    """
    if number and not _NUMBER.fullmatch(number):
        raise SamplingError("the auditor's number must be 32 to 64 lower-case hexadecimal characters")
    fields = [
        _DOMAIN,
        domain.channel,
        domain.chaincode,
        first_day,
        last_day,
        str(len(set(schemes))),
        *sorted(set(schemes)),
        block_hash,
        number,
    ]
    return hashlib.sha256(frame(fields)).hexdigest()


def commitment_of(number: str) -> str:
    """What is filed of the auditor's number before the period closes: SHA-256 of its characters."""
    return hashlib.sha256(number.encode()).hexdigest() if number else ""
