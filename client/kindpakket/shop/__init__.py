"""A shop at its till, and the desks for its own record and its settlements."""

from kindpakket.ledger.receipts import receipt_hash
from kindpakket.shop.gathering import Gathering, GatheringClosed, UnknownPayment
from kindpakket.shop.orders import DEADLINE_SECONDS
from kindpakket.shop.shop import Shop

__all__ = ["DEADLINE_SECONDS", "Gathering", "GatheringClosed", "Shop", "UnknownPayment", "receipt_hash"]
