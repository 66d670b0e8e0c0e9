"""A town whose people reach the organisations' machines from another one, as a program that takes commands.

It reads a command on each line, `found` or `pay`, and answers with a line of JSON.
"""

from __future__ import annotations

import itertools
import json
import sys
import time
from pathlib import Path
from random import Random

from support import Town, found_town

from fabric_gateway import FabricError
from kindpakket.holder.orders import PaymentOrder
from kindpakket.ledger.records import Proof
from kindpakket.ledger.refusals import Refusal
from kindpakket_demo.desk import Desk
from kindpakket_network import Network

CENTS = 100
PATIENCE = 300.0
VOUCHERS = 6


def pay(town: Town, order: PaymentOrder, proof: Proof) -> dict[str, object]:
    """Pay as a till does: send the same order until there is an answer; it counts once."""
    begun = time.monotonic()
    for tries in itertools.count(1):
        try:
            town.till.shop.pay(order, proof)
        except (FabricError, Refusal) as error:
            if time.monotonic() - begun > PATIENCE:
                return {"error": str(error)}
        else:
            return {"seconds": time.monotonic() - begun, "tries": tries}
    raise AssertionError


def main(home: str, results: str) -> None:
    """Serve the commands until there are no more."""
    with Desk(Network.open(home), Path(results), Random(1)) as desk:
        town = None
        for line in sys.stdin:
            if line.strip() == "found":
                town = found_town(desk, VOUCHERS)
                wallet = next(town.keys)
                answer: dict[str, object] = {"vouchers": VOUCHERS}
            else:
                assert town is not None
                order = town.order(wallet, CENTS)
                answer = pay(town, order, wallet.authorise(order))
            print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
