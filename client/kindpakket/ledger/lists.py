"""Lists of vouchers to issue, or of top-ups, that an allocation is proposed for.

    vouchers = ApprovableList.cut(issuances)
    cents = vouchers.cents(municipality.schemes.show(scheme)["rules"])
    allocation = municipality.allocations.propose(scheme, "issue", vouchers, cents, until, "intake")
    # after another person has called allocations.approve:
    for part in vouchers.parts:
        municipality.vouchers.issue(scheme, allocation["id"], part)

Who approves sees the number of vouchers, the sum and the hash of the list. The chaincode accepts the parts of
that list, and nothing else.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, Self, TypeVar

from kindpakket.ledger import merkle
from kindpakket.ledger.records import Drawing, Issuance, Rules, TopUp

PART = 500
"""How many vouchers or top-ups one part has at most; as in the chaincode."""
MAX_PARTS = 1 << 14
"""How many parts a list has at most; as in the chaincode."""
_Line = TypeVar("_Line", Issuance, TopUp)


@dataclass(frozen=True, slots=True)
class ListPart(Generic[_Line]):
    """A part of a list, which one request issues or tops up.

    Attributes:
        number: its number, from 0.
        lines: its vouchers or top-ups.
        path: the siblings, in hexadecimal, from the part up to the root of the list.
    """

    number: int
    lines: tuple[_Line, ...]
    path: tuple[str, ...]

    def drawing(self, allocation: str) -> Drawing:
        """The members of a request that draw on an allocation for this part."""
        return {"allocation": allocation, "part": self.number, "path": list(self.path)}


class ListOutline(Generic[_Line]):
    """A list by the digests of its parts: enough to propose it, and to issue its parts one at a time.

    Attributes:
        sha256: the root over the parts, in hexadecimal: what is approved.
        vouchers: how many vouchers or top-ups the list has.
        length: how many parts it has.
    """

    def __init__(self, parts: Iterable[Sequence[_Line]]) -> None:
        """Take the digests of parts, which are read one after another and not kept.

        Raises:
            ValueError: there is no part, or there are too many, or one of them is empty or too long.
        """
        digests: list[bytes] = []
        self.vouchers = 0
        for part in parts:
            if not 0 < len(part) <= PART:
                raise ValueError(f"a part of a list has 1 to {PART} lines")
            self.vouchers += len(part)
            digests.append(part_digest(part))
        self.length = len(digests)
        if not 0 < self.length <= MAX_PARTS:
            raise ValueError(f"{self.length} parts: a list has 1 to {MAX_PARTS}")
        self._levels = merkle.tree(digests)
        self.sha256 = self._levels[-1][0].hex()

    def part(self, number: int, lines: Sequence[_Line]) -> ListPart[_Line]:
        """A part with its path.

        Args:
            number: its number, from 0.
            lines: its lines, which are those of that part.
        """
        path = tuple(node.hex() for node in merkle.path_in(self._levels, number))
        return ListPart(number, tuple(lines), path)


class ApprovableList(ListOutline[_Line]):
    """A list of vouchers or top-ups in parts of at most `PART`, under one hash.

    Attributes:
        parts: the parts, in order.
        sha256: the root over the parts, in hexadecimal: what is approved.
    """

    def __init__(self, parts: Sequence[Sequence[_Line]]) -> None:
        """Make a list of parts that are cut already.

        Raises:
            ValueError: there is no part, or there are too many, or one of them is empty or too long.
        """
        ListOutline.__init__(self, parts)
        self.parts: tuple[ListPart[_Line], ...] = tuple(
            self.part(number, part) for number, part in enumerate(parts)
        )

    @classmethod
    def cut(cls, lines: Sequence[_Line]) -> Self:
        """Cut lines into parts.

        Raises:
            ValueError: there are no lines, or too many.
        """
        return cls([lines[start : start + PART] for start in range(0, len(lines), PART)])

    def cents(self, rules: Rules) -> int:
        """What the list costs under rules, in cents.

        Raises:
            ValueError: a line names a preset or product that the rules do not have.
        """
        return sum(cost(line["preset"], line["units"], rules) for part in self.parts for line in part.lines)


def part_digest(lines: Sequence[Issuance] | Sequence[TopUp]) -> bytes:
    """SHA-256 of a part as canonical JSON (RFC 8785); ids and codes are ASCII, and units are integers."""
    return hashlib.sha256(json.dumps(lines, sort_keys=True, separators=(",", ":")).encode()).digest()


def cost(preset: str, units: int, rules: Rules) -> int:
    """What one voucher or top-up costs under rules, in cents.

    Raises:
        ValueError: the rules have no such preset or product.
    """
    if preset in rules["presets"]:
        return rules["presets"][preset] * units
    products = rules.get("products", {})
    if preset in products:
        return products[preset]["max_cents"]
    raise ValueError(f"the scheme has no preset {preset}: it has {', '.join([*rules['presets'], *products])}")
