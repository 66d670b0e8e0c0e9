"""What an audit finds: one form for everything, for people a sentence and for programs one line of JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["error", "uncertainty", "note"]
"""An error is wrong; an uncertainty could not be made certain; a note is worth knowing."""
KINDS: tuple[Kind, ...] = ("error", "uncertainty", "note")
Part = Literal["chain", "rules", "writes", "sums", "personal", "state", "view", "payments", "statements"]
"""What was looked at: blocks and signatures, the rules, what the chaincode wrote, sums, personal values, and
what was compared: the peer's state, a ledger view, payment files, bank statements."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that an audit found.

    Attributes:
        block: number of the block; -1 if it is in none, such as a line of a bank statement.
        transaction_id: the transaction; "" if it is in none, or in all together.
        part: what was looked at.
        rule: a stable code of what is broken: `payment:Pay/proof`, `header.previous-hash`, `state/voucher`.
        kind: `error`, `uncertainty` or `note`.
        sentence: what is wrong, with its values.
        cents: the euro cents that it is about; None if it is not about an amount, or that is not known.
        item: of a batch of payments, the number of the request that it is about, from 0; None if it is about
            the transaction.
    """

    block: int
    transaction_id: str
    part: Part
    rule: str
    kind: Kind
    sentence: str
    cents: int | None = None
    item: int | None = None

    @property
    def block_number(self) -> int:
        """Number of the block."""
        return self.block

    def as_json(self) -> dict[str, object]:
        """The finding as one line of a findings file."""
        return {
            "block": self.block if self.block >= 0 else None,
            "transaction": self.transaction_id or None,
            "part": self.part,
            "rule": self.rule,
            "kind": self.kind,
            "cents": self.cents,
            "sentence": self.sentence,
            **({} if self.item is None else {"item": self.item}),
        }

    def __str__(self) -> str:
        """The finding on one line."""
        names_its_place = self.part == "state" or self.sentence.startswith(f"block {self.block} ")
        if self.block < 0 or names_its_place:
            return self.sentence
        place = f"block {self.block}, transaction {self.transaction_id}"
        return f"{place if self.transaction_id else place.partition(',')[0]}: {self.sentence}"
