"""What a shop asks holders to authorise and sends with its requests; nothing here is sent."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from kindpakket.holder.orders import FIRST_VERSION, PaymentOrder
from kindpakket.ledger.domain import Domain
from kindpakket.ledger.ids import new_id
from kindpakket.ledger.records import Line

DEADLINE_SECONDS = 300
"""How long a holder has to authorise an order, unless the till says otherwise; the chaincode allows 900 s."""


class Orders:
    """Makes the orders of one shop, and the members of its requests.

    Attributes:
        shop_id: the shop's id.
        till: for an acquirer: the shop's till; or None.
    """

    def __init__(self, domain: Domain, shop_id: str, till: str | None) -> None:
        """Make orders on a channel, for a chaincode."""
        self._domain = domain
        self.shop_id = shop_id
        self.till = till

    def order(
        self,
        scheme: str,
        voucher: str,
        lines: Sequence[Line],
        *,
        version: int = FIRST_VERSION,
        deadline: int | None = None,
        request_id: str | None = None,
    ) -> PaymentOrder:
        """Make a payment for the holder to authorise; nothing is sent.

        Args:
            scheme: id of the scheme.
            voucher: id of the voucher.
            lines: category and euro cents; one line for each category.
            version: version of the voucher's authorisation, as in its `binding`.
            deadline: instant after which the order is void, in Unix seconds; default: five minutes from now.
            request_id: the payment's id; default: a new id.
        """
        return PaymentOrder(**self._order_members(scheme, voucher, lines, version, deadline, request_id))

    def _at_till(self, members: Mapping[str, Any], receipt: str | None = None) -> dict[str, Any]:
        """The members of a request, with the shop's till and the receipt, where there are such."""
        further = {"till": self.till, "receipt": receipt}
        return {**members, **{name: value for name, value in further.items() if value is not None}}

    def _order_members(
        self,
        scheme: str,
        voucher: str,
        lines: Sequence[Line],
        version: int,
        deadline: int | None,
        request_id: str | None,
    ) -> dict[str, Any]:
        return {
            "domain": self._domain,
            "scheme": scheme,
            "voucher": voucher,
            "version": version,
            "request_id": request_id or new_id(),
            "shop": self.shop_id,
            "lines": tuple(lines),
            "deadline": int(time.time()) + DEADLINE_SECONDS if deadline is None else deadline,
        }
