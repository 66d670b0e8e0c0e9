"""What a verification has to say about a ledger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["error", "uncertainty", "note"]
"""How much a finding weighs.

`error`: the ledger breaks a rule. `uncertainty`: it cannot be told whether it does, or a trace of tampering
was found that the rules tolerate. `note`: worth knowing, nothing is wrong.
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found.

    Attributes:
        block: number of the block.
        transaction_id: the transaction; "" if the finding is about the block.
        rule: a stable code of what was checked, such as `block.signatures`.
        kind: how much it weighs.
        sentence: what was found, for a person: with its values, and without personal data.
    """

    block: int
    transaction_id: str
    rule: str
    kind: Kind
    sentence: str
