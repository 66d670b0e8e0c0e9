"""What the ledger itself says of the requests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from fabric_gateway import Network
from fabric_gateway.blocks import Block
from sdk.job import Transaction


def stored(network: Network, chaincode: str) -> Counter[str]:
    """How many valid transactions wrote each key, by all blocks that a peer has."""
    last = network.ledger_height() - 1
    found: Counter[str] = Counter()
    with network.blocks(0, last) as blocks:
        for message in blocks:
            for transaction in Block.decode(message).transactions:
                if transaction.valid:
                    found.update(write.key for write in transaction.writes(chaincode))
    return found


@dataclass(frozen=True, slots=True)
class Found:
    """Requests of one client, as they are on the ledger.

    Attributes:
        once: there as one valid transaction.
        missing: not there.
        doubled: there as several valid transactions.
        lost: missing, although the client called it valid.
        disowned: there, although the client called it failed or invalid: who believes it, sends it again.
        late: there, and the client did not know.
    """

    once: int
    missing: int
    doubled: int
    lost: int
    disowned: int
    late: int

    @property
    def sought(self) -> int:
        """How many were looked up."""
        return self.once + self.missing + self.doubled

    @classmethod
    def among(cls, ledger: Counter[str], transactions: Iterable[Transaction]) -> Found:
        """Look up what clients say of transactions."""
        times = [(ledger[one.key], one.outcome) for one in transactions]
        return cls(
            once=sum(count == 1 for count, _ in times),
            missing=sum(count == 0 for count, _ in times),
            doubled=sum(count > 1 for count, _ in times),
            lost=sum(count == 0 and outcome == "valid" for count, outcome in times),
            disowned=sum(count > 0 and outcome in {"failed", "invalid"} for count, outcome in times),
            late=sum(count > 0 and outcome == "unknown" for count, outcome in times),
        )
