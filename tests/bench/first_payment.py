"""How long it takes from `up` on an empty folder to the first valid payment, with the programs built.

    PYTHONPATH=demo:tests:tests/network:tests/bench python tests/bench/first_payment.py [--at-most 12]

That includes certificate authorities, enrolment, channel, chaincode, a scheme, a shop and a voucher.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from random import Random

import click
from payments import prepare

from kindpakket_demo.desk import Desk
from kindpakket_network import Network, Topology
from kindpakket_network.programs.fabric import programs
from kindpakket_network.programs.wait import until


def first_payment(folder: Path) -> dict[str, float]:
    """Seconds from the beginning of `up`, by what was reached then."""
    network = Network(Topology.packaged("kindpakket").with_free_ports(), folder / "home")
    begun = time.monotonic()
    try:
        network.up(progress=print)
        up = time.monotonic() - begun
        with Desk(network, folder, Random(1)) as desk:
            scheme, till, (wallet,) = prepare(desk, 1)
            ready = time.monotonic() - begun
            order = till.shop.order(scheme.id, wallet.voucher, [{"category": "books", "cents": 1_000}])
            till.shop.pay(order, wallet.authorise(order))
            paid = time.monotonic() - begun
            left = until(lambda: _left(desk, scheme.id, wallet.voucher), 10)
    finally:
        network.down()
    if left != 30_000 - order.cents:
        raise click.ClickException(f"the voucher holds {left} cents after a payment of {order.cents}")
    return {"up": up, "scheme, shop and voucher there": ready, "first valid payment": paid}


def _left(desk: Desk, scheme: str, voucher: str) -> int | None:
    cents: int = desk.clerk.vouchers.show(scheme, voucher)["available_cents"]
    return cents if cents < 30_000 else None


@click.command()
@click.option("--at-most", type=float, help="Fail when the payment came later than so many seconds.")
def main(at_most: float | None) -> None:
    """Start a network, pay, stop it."""
    programs(print)
    with tempfile.TemporaryDirectory() as folder:
        found = first_payment(Path(folder))
    for name, seconds in found.items():
        click.echo(f"{name}: {seconds:.1f} s")
    if at_most is not None and found["first valid payment"] > at_most:
        raise click.ClickException(f"that is more than {at_most:g} s")


if __name__ == "__main__":
    main()
