"""A town whose people reach the organisations' machines from another one: a program that is told what to do.

It reads a word on each line, `found` or `pay`, and answers with a line of JSON.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from random import Random

from support import found_town

from kindpakket.fabric import FabricError
from kindpakket.refusal import Refusal
from kindpakket_demo.desk import Desk
from kindpakket_network import Network

CENTS = 100
VOUCHERS = 6


def main(home: str, results: str) -> None:
    """Serve the commands until there are no more."""
    with Desk(Network.open(home), Path(results), Random(1)) as desk:
        town = None
        for line in sys.stdin:
            if line.strip() == "found":
                town = found_town(desk, VOUCHERS)
                wallet = next(town.keys)
                answer = {"vouchers": VOUCHERS}
            else:
                assert town is not None
                order = town.order(wallet, CENTS)
                begun = time.monotonic()
                try:
                    town.till.shop.pay(order, wallet.authorise(order))
                    answer = {"seconds": time.monotonic() - begun}
                except (FabricError, Refusal) as error:
                    answer = {"error": str(error)}
            print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
