"""What the ledger says of the requests, and whether the clients' streams agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from fabric_gateway import Network as Ledger
from fabric_gateway.blocks import Block
from soak.job import CHAINCODE, Job, Report, Tally


@dataclass(frozen=True, slots=True)
class Found:
    """The requests that are on the ledger.

    Attributes:
        valid: how many valid transactions each has.
        height: the ledger's height.
        invalid: transactions that are not valid.
    """

    valid: Counter[str]
    height: int
    invalid: int


def read(ledger: Ledger) -> Found:
    """Read all blocks.

    Raises:
        FabricError: a peer refused or failed.
    """
    height = ledger.ledger_height()
    valid: Counter[str] = Counter()
    invalid = 0
    with ledger.blocks(0, height - 1) as blocks:
        for message in blocks:
            for transaction in Block.decode(message).transactions:
                if transaction.chaincode == CHAINCODE and transaction.valid:
                    valid[transaction.arguments[1].decode()] += 1
                elif not transaction.valid:
                    invalid += 1
    return Found(valid, height, invalid)


def complaints(found: Found, clients: Sequence[tuple[Job, Report]]) -> list[str]:
    """What is not as it must be, in a sentence each."""
    wanted = {job.request(number) for job, report in clients for number in range(report.requests)}
    missing = wanted - found.valid.keys()
    doubled = [key for key, times in found.valid.items() if times > 1]
    strange = found.valid.keys() - wanted
    sentences = [
        f"{len(keys)} requests are {how}, such as {min(keys)}"
        for keys, how in (
            (missing, "not on the ledger"),
            (doubled, "on the ledger more than once"),
            (strange, "on the ledger that nobody made"),
        )
        if keys
    ]
    tally = Tally.of(found.valid)
    for job, report in clients:
        if report.events != tally:
            sentences.append(
                f"the {job.style} client received {report.events.count} events, "
                f"and not once each of the ledger's {tally.count}"
            )
        if report.blocks != found.height:
            sentences.append(
                f"the {job.style} client received {report.blocks} blocks, and not the ledger's {found.height}"
            )
    return sentences
