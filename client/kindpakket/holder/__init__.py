"""How a voucher's holder authorises a shop's order: with a key on a device, or a page of a paper booklet."""

from kindpakket.holder.booklet import Booklet
from kindpakket.holder.key import HolderKey
from kindpakket.holder.orders import HoldOrder, PaymentOrder

__all__ = ["Booklet", "HoldOrder", "HolderKey", "PaymentOrder"]
