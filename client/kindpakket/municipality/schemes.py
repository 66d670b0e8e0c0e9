"""The desk for schemes: drafting, changing and closing them, and closing days."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta
from typing import Literal, cast

from kindpakket.ledger.days import today
from kindpakket.ledger.queries.schemes import SchemeQueries
from kindpakket.ledger.records import Change, ClosedDay, Rules, Scheme
from kindpakket.ledger.refusals import DayNotClosable

_NEVER_OPENED = ("draft", "approved")


class SchemeDesk(SchemeQueries):
    """Transactions on schemes."""

    def draft(self, rules: Rules, budget_cents: int, *, request_id: str | None = None) -> Scheme:
        """`scheme:Draft`: propose a scheme; the request id becomes its id."""
        members = {"rules": rules, "budget_cents": budget_cents}
        return cast(Scheme, self._caller.invoke("scheme:Draft", members, request_id=request_id))

    def approve(self, scheme: str, *, request_id: str | None = None) -> Scheme:
        """`scheme:Approve`: by someone other than who drafted it."""
        return cast(Scheme, self._caller.invoke("scheme:Approve", {"scheme": scheme}, request_id=request_id))

    def open(self, scheme: str, *, request_id: str | None = None) -> Scheme:
        """`scheme:Open`: allow vouchers to be issued and spent, for the first time or after a pause.

        After a pause, by someone other than who paused it.
        """
        return cast(Scheme, self._caller.invoke("scheme:Open", {"scheme": scheme}, request_id=request_id))

    def pause(self, scheme: str, reason: str, *, request_id: str | None = None) -> Scheme:
        """`scheme:Pause`: stop issuing and spending; the reason is a code."""
        members = {"scheme": scheme, "reason": reason}
        return cast(Scheme, self._caller.invoke("scheme:Pause", members, request_id=request_id))

    def propose_rules(
        self,
        scheme: str,
        rules: Rules,
        applies_to: Literal["new", "all"],
        reason: str,
        *,
        request_id: str | None = None,
    ) -> Change:
        """`scheme:ProposeRules`: propose new rules, which apply once a second person approves them.

        Args:
            scheme: the scheme.
            rules: the complete rules, including unchanged ones; `starts_on` cannot change.
            applies_to: `new`: vouchers issued from then on; `all`: existing vouchers too.
            reason: a code.
            request_id: becomes the change's id; default: a new id.
        """
        members = {"scheme": scheme, "rules": rules, "applies_to": applies_to, "reason": reason}
        return cast(Change, self._caller.invoke("scheme:ProposeRules", members, request_id=request_id))

    def propose_budget(
        self, scheme: str, cents: int, reason: str, *, request_id: str | None = None
    ) -> Change:
        """`scheme:ProposeBudget`: propose a larger budget, or a smaller one.

        Args:
            scheme: the scheme.
            cents: what the budget is to grow by; below zero: what it is to shrink by.
            reason: a code.
            request_id: becomes the change's id; default: a new id.

        Raises:
            BudgetExceeded: less is unallocated than is to be removed. Approving may raise it too.
        """
        amount = {"remove_cents": -cents} if cents < 0 else {"add_cents": cents}
        members = {"scheme": scheme, **amount, "reason": reason}
        return cast(Change, self._caller.invoke("scheme:ProposeBudget", members, request_id=request_id))

    def propose_closing(self, scheme: str, reason: str, *, request_id: str | None = None) -> Change:
        """`scheme:ProposeClosing`: propose to end the scheme permanently: nothing more is issued or paid.

        Payments can still be refunded and settled, and what is left on vouchers lapses. The reason is a code.
        """
        members = {"scheme": scheme, "reason": reason}
        return cast(Change, self._caller.invoke("scheme:ProposeClosing", members, request_id=request_id))

    def approve_change(self, scheme: str, change: str, *, request_id: str | None = None) -> Change:
        """`scheme:ApproveChange`: by someone other than who proposed it; takes effect immediately."""
        members = {"scheme": scheme, "change": change}
        return cast(Change, self._caller.invoke("scheme:ApproveChange", members, request_id=request_id))

    def reject_change(
        self, scheme: str, change: str, reason: str, *, request_id: str | None = None
    ) -> Change:
        """`scheme:RejectChange`: by an approver, or by whoever proposed it. The reason is a code."""
        members = {"scheme": scheme, "change": change, "reason": reason}
        return cast(Change, self._caller.invoke("scheme:RejectChange", members, request_id=request_id))

    def close_day(self, scheme: str, day: date, *, request_id: str | None = None) -> ClosedDay:
        """`scheme:CloseDay`: close a day: nothing more is booked on it or on earlier days.

        Args:
            scheme: the scheme.
            day: today (Europe/Amsterdam) or earlier, and after the last closed day.
            request_id: default: a new id.
        """
        members = {"scheme": scheme, "day": day.isoformat()}
        return cast(ClosedDay, self._caller.invoke("scheme:CloseDay", members, request_id=request_id))

    def close_past_days(self) -> list[ClosedDay]:
        """Close yesterday and the days before it for each opened scheme; as issuer or treasurer.

        A payment that was endorsed before a day is closed cannot be ordered after it. So when this is called
        every day, nobody can hold a payment back for longer than that. A scheme whose days are closed, now or
        by somebody else meanwhile, is left alone.

        Returns:
            what was closed.
        """
        yesterday = today() - timedelta(days=1)
        closed = []
        for scheme in self.list():
            if scheme["state"] in _NEVER_OPENED or self.show(scheme["id"])["closed_until"] >= str(yesterday):
                continue
            with suppress(DayNotClosable):
                closed.append(self.close_day(scheme["id"], yesterday))
        return closed
