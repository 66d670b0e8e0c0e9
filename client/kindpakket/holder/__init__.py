"""The holder of a voucher agrees to a shop's order: by a key of their own, or by a page of a booklet."""

from kindpakket.holder.booklet import Booklet
from kindpakket.holder.key import HolderKey
from kindpakket.holder.orders import HoldOrder, PaymentOrder

__all__ = ["Booklet", "HoldOrder", "HolderKey", "PaymentOrder"]
