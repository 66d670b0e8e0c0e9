"""A request that may travel with others, and the parcels in which requests travel."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field

from kindpakket.ledger.caller import CONFLICT_ATTEMPTS

BATCH = "payment:Batch"
GATHERED = frozenset({"payment:Pay", "payment:Capture", "payment:Refund"})
"""The operations that a batch takes."""
_ENVELOPE = len('{"operation":"","request":},')


@dataclass(eq=False, slots=True)
class Item:
    """A request of a caller who waits for its answer.

    Attributes:
        operation: its transaction, such as `payment:Pay`.
        request: its argument, JSON.
        request_id: its id.
        deadline: until when the holder agreed to it, in Unix seconds; None if nobody signed it.
        bytes: how much of a batch's argument it takes.
        subjects: what it changes. Two transactions in flight that change the same would conflict.
        since: when it began to wait, in seconds of a clock that never jumps.
    """

    operation: str
    request: str
    request_id: str
    deadline: int | None
    bytes: int
    subjects: frozenset[Hashable]
    since: float = 0.0

    @classmethod
    def of(cls, operation: str, members: Mapping[str, object]) -> Item:
        """The item of a request with its id."""
        request_id, deadline = str(members["request_id"]), members.get("deadline")
        about = (
            ("payment", members["payment"]) if "payment" in members else ("voucher", members.get("voucher"))
        )
        request = json.dumps(members, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        return cls(
            operation,
            request,
            request_id,
            deadline if isinstance(deadline, int) else None,
            _ENVELOPE + len(operation) + len(request.encode()),
            frozenset({("payment", request_id), about}),
        )


@dataclass(frozen=True, slots=True)
class Parcel:
    """Requests that are sent in one transaction: one alone, or several as a batch.

    Attributes:
        items: the requests.
        conflicts: how often what it read had changed when it was to be committed.
        differing: how often some peers endorsed it and others refused.
        pause: seconds to wait before it is sent.
    """

    items: tuple[Item, ...]
    conflicts: int = 0
    differing: int = 0
    pause: float = field(default=0.0, compare=False)

    @property
    def alone(self) -> bool:
        """Whether it is one request, which is sent as it would be without gathering."""
        return len(self.items) == 1

    @property
    def name(self) -> str:
        """Its transaction."""
        return self.items[0].operation if self.alone else BATCH

    @property
    def argument(self) -> str:
        """The argument of its transaction, JSON."""
        if self.alone:
            return self.items[0].request
        items = (f'{{"operation":"{item.operation}","request":{item.request}}}' for item in self.items)
        return f'{{"items":[{",".join(items)}]}}'

    @property
    def conflict_attempts(self) -> int:
        """How often the SDK proposes it; a batch is sent again by rules of its own."""
        return CONFLICT_ATTEMPTS if self.alone else 1
