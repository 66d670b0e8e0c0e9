"""The desk for schemes: drafting, changing and closing them, and closing days."""

from __future__ import annotations

from datetime import date
from typing import Literal, cast

from kindpakket.ledger.queries.schemes import SchemeQueries
from kindpakket.ledger.records import Change, ClosedDay, Rules, Scheme


class SchemeDesk(SchemeQueries):
    """Transactions on schemes."""

    def draft(self, rules: Rules, budget_cents: int, *, request_id: str | None = None) -> Scheme:
        """`scheme:Draft`: propose a scheme; the request id becomes its id."""
        members = {"rules": rules, "budget_cents": budget_cents}
        return cast(Scheme, self._caller.invoke("scheme:Draft", members, request_id=request_id))

    def approve(self, scheme: str, *, request_id: str | None = None) -> Scheme:
        """`scheme:Approve`: by another person than who drafted it."""
        return cast(Scheme, self._caller.invoke("scheme:Approve", {"scheme": scheme}, request_id=request_id))

    def open(self, scheme: str, *, request_id: str | None = None) -> Scheme:
        """`scheme:Open`: let vouchers be issued and spent, for the first time or after a pause.

        After a pause it takes another person than who paused it.
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
        """`scheme:ProposeRules`: other rules, which count once a second person has approved them.

        Args:
            scheme: the scheme.
            rules: all rules, the unchanged ones included; `starts_on` cannot change.
            applies_to: `new`: to vouchers that are issued from then on; `all`: to those that are there too.
            reason: a code.
            request_id: see above; it becomes the change's id.
        """
        members = {"scheme": scheme, "rules": rules, "applies_to": applies_to, "reason": reason}
        return cast(Change, self._caller.invoke("scheme:ProposeRules", members, request_id=request_id))

    def propose_budget(
        self, scheme: str, add_cents: int, reason: str, *, request_id: str | None = None
    ) -> Change:
        """`scheme:ProposeBudget`: let the budget grow by so many cents. The reason is a code."""
        members = {"scheme": scheme, "add_cents": add_cents, "reason": reason}
        return cast(Change, self._caller.invoke("scheme:ProposeBudget", members, request_id=request_id))

    def propose_closing(self, scheme: str, reason: str, *, request_id: str | None = None) -> Change:
        """`scheme:ProposeClosing`: end the scheme for ever: nothing is issued or paid any more.

        What was paid can still be given back and settled, and what is left on vouchers lapses. The reason is
        a code.
        """
        members = {"scheme": scheme, "reason": reason}
        return cast(Change, self._caller.invoke("scheme:ProposeClosing", members, request_id=request_id))

    def approve_change(self, scheme: str, change: str, *, request_id: str | None = None) -> Change:
        """`scheme:ApproveChange`: by another person than who proposed it; it takes effect at once."""
        members = {"scheme": scheme, "change": change}
        return cast(Change, self._caller.invoke("scheme:ApproveChange", members, request_id=request_id))

    def reject_change(
        self, scheme: str, change: str, reason: str, *, request_id: str | None = None
    ) -> Change:
        """`scheme:RejectChange`: by an approver, or by who proposed it. The reason is a code."""
        members = {"scheme": scheme, "change": change, "reason": reason}
        return cast(Change, self._caller.invoke("scheme:RejectChange", members, request_id=request_id))

    def close_day(self, scheme: str, day: date, *, request_id: str | None = None) -> ClosedDay:
        """`scheme:CloseDay`: nothing is booked any more on that day and those before it.

        Args:
            scheme: the scheme.
            day: today (Europe/Amsterdam) or earlier, and later than the last closed one.
            request_id: see above.
        """
        members = {"scheme": scheme, "day": day.isoformat()}
        return cast(ClosedDay, self._caller.invoke("scheme:CloseDay", members, request_id=request_id))
