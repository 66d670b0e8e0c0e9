"""What the ledger keeps of a till's own reference."""

from __future__ import annotations

import hashlib


def receipt_hash(reference: str) -> str:
    """The `receipt` of a payment, hold, capture or refund: SHA-256 of the till's own reference.

    The ledger takes no free text, as that could name the customer. The till finds the payment of a receipt
    again by hashing its reference once more.

    The hash alone does not keep a reference secret: whoever may read the payment can try all numbers such as
    `2026-0001234` until one has the same hash. If that matters, let the till add something that cannot be
    guessed, such as 16 random characters that it keeps with the receipt.

    Args:
        reference: the till's own text, such as the number of its receipt; it is hashed as UTF-8, as it is.

    Returns:
        64 lower-case hexadecimal characters.

    Raises:
        ValueError: the reference is empty.
    """
    if not reference:
        raise ValueError("the reference of a receipt is empty: give the till's own, or leave the receipt out")
    return hashlib.sha256(reference.encode()).hexdigest()
