"""The table of what must be refused: each row prepares an attempt, and names the refusal that must follow.

    @case(1, "shop", "takes a payment without a holder's proof", "HOLDER_PROOF_MISSING")
    def without_proof(ground):
        order = ground.order(ground.wallet())
        return lambda: ground.till.shop.pay(order, None)

The function runs before the values are read; what it returns must fail and change nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from verdict import Place

if TYPE_CHECKING:
    from ground import Ground

Attempt = Callable[[], object]
Prepare = Callable[..., Attempt]

CASES: list[Case] = []
NUMBERS = range(1, 32)
ELSEWHERE = {4: "test_races.py", 30: "test_flood.py"}
"""Numbers that are not single attempts, with the tests that cover them."""


@dataclass(frozen=True)
class Case:
    """A row of the table.

    Attributes:
        number: its number in the list of what must be refused.
        who: who tries it.
        tries: what is tried.
        code: the chaincode's code, the validation code, or a part of Fabric's message.
        place: where it is refused.
        prepare: makes the attempt.
    """

    number: int
    who: str
    tries: str
    code: str
    place: Place
    prepare: Prepare
    arguments: tuple[Any, ...] = ()

    def __str__(self) -> str:
        return f"{self.number:02}: {self.who} {self.tries}"

    def attempt(self, ground: Ground) -> Attempt:
        """Prepare the attempt."""
        return self.prepare(ground, *self.arguments)


def case(
    number: int,
    who: str,
    tries: str,
    code: str,
    place: Place = Place.CHAINCODE,
    *,
    each: Mapping[str, Any] | None = None,
) -> Callable[[Prepare], Prepare]:
    """Add a row to the table, or one for each of some values.

    Args:
        number: the number in the list.
        who: who tries it.
        tries: what is tried; with `each`, the value's name replaces `{}`, here and in `who`.
        code: what it must be refused with.
        place: where it must be refused.
        each: values by name, for the function's second argument; a pair is a value and its own code.
    """

    def add(prepare: Prepare) -> Prepare:
        if each is None:
            CASES.append(Case(number, who, tries, code, place, prepare))
        for name, value in (each or {}).items():
            argument, expected = value if isinstance(value, tuple) else (value, code)
            texts = (who.format(name), tries.format(name))
            CASES.append(Case(number, *texts, expected, place, prepare, arguments=(argument,)))
        return prepare

    return add


def by_name(*names: str) -> dict[str, str]:
    """Values for `each` that are their own names."""
    return {name: name for name in names}
