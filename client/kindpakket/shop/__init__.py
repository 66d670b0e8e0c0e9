"""A shop at its till, and the desks for its own record and its settlements."""

from kindpakket.ledger.receipts import receipt_hash
from kindpakket.shop.shop import DEADLINE_SECONDS, Shop

__all__ = ["DEADLINE_SECONDS", "Shop", "receipt_hash"]
