"""Signatures per second of a ledger's verification, and what share that is of bare signature checks.

    python tests/bench/verification.py [--transactions 5000] [--block 50] [--workers 2]

A ledger is forged first, which is not counted: four consenters with BFT, each transaction with two
endorsements. Then the same signatures are verified twice in the same run: by `cryptography` alone, in as many
processes, with nothing around them, and as a ledger. So the ratio does not depend on the machine's speed.
"""

from __future__ import annotations

import hashlib
import os
import resource
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

sys.path.insert(0, str(Path(__file__).parents[1]))

from fabric_gateway.verification import BlockFiles, ChainVerifier, SignaturePool, verify_chain
from forge import Invocation, Ledger, Sets, write_block_files

_ENDORSERS = ("AMSP", "BMSP")
CORES = len(os.sched_getaffinity(0))
_SIGNED = hashlib.sha256(b"a message").digest()


def forged(ledger: Ledger, transactions: int, block: int) -> Iterator[Any]:
    """The blocks of a ledger of so many transactions, each of a new key and 200 bytes."""
    channel = ledger.channel
    clients = [channel.member("AMSP", name=f"client{number}") for number in range(20)]
    peers = [channel.member(mspid, "peer") for mspid in _ENDORSERS]
    yield ledger.genesis
    for start in range(0, transactions, block):
        numbers = range(start, min(start + block, transactions))
        calls = [
            Invocation(
                clients[number % len(clients)],
                peers,
                sets={"basic": Sets(reads={f"k{number}": None}, writes={f"k{number}": b"v" * 200})},
            )
            for number in numbers
        ]
        yield ledger.add([call.envelope() for call in calls])


def bare(pem: bytes, signature: bytes, count: int) -> tuple[float, float]:
    """Seconds of so many checks of one signature: by the clock, and of the processor."""
    key = x509.load_pem_x509_certificate(pem).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    algorithm = ec.ECDSA(Prehashed(hashes.SHA256()))
    start, worked = time.perf_counter(), time.process_time()
    for _ in range(count):
        key.verify(signature, _SIGNED, algorithm)
    return time.perf_counter() - start, time.process_time() - worked


def bare_rate(ledger: Ledger, count: int, workers: int) -> tuple[float, float]:
    """Signatures per second that all workers check together, and seconds of a processor for each."""
    client = ledger.channel.member("AMSP")
    task = (client.certificate_pem, client.sign(b"a message"), count // workers)
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        list(pool.map(bare, *zip(*[(*task[:2], 10)] * workers, strict=True)))  # starts the processes
        taken = list(pool.map(bare, *zip(*[task] * workers, strict=True)))
    checks = task[2] * workers
    return checks / max(seconds for seconds, _ in taken), sum(worked for _, worked in taken) / checks


def worked() -> float:
    """Seconds of a processor that this process and those that it started, and that ended, have used."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(found.ru_utime + found.ru_stime for found in used)


@click.command()
@click.option("--transactions", default=5_000, show_default=True, type=click.IntRange(min=1))
@click.option("--block", default=50, show_default=True, help="Transactions in a block.")
@click.option("--workers", default=CORES, show_default=True, type=click.IntRange(min=1))
def main(transactions: int, block: int, workers: int) -> None:
    """Forge a ledger, verify it, and compare."""
    ledger = Ledger(keep=False)
    with TemporaryDirectory() as folder:
        start = time.perf_counter()
        write_block_files(Path(folder), forged(ledger, transactions, block))
        click.echo(f"forged          {transactions:>9,} transactions in {time.perf_counter() - start:.1f} s")
        signatures = transactions * (1 + len(_ENDORSERS)) + (ledger.height - 1) * len(ledger.quorum)
        limit, least = bare_rate(ledger, signatures, workers)
        click.echo(
            f"bare checks     {limit:>9,.0f} signatures/s with {workers} processes, {least * 1e6:.0f} µs each"
        )
        before = worked()
        with SignaturePool(workers) as pool:
            verifier = ChainVerifier(anchor=ledger.anchor, verdicts=pool)
            start = time.perf_counter()
            found = list(verify_chain(BlockFiles(folder), verifier, pool))
            seconds = time.perf_counter() - start
    if found or verifier.position.height != ledger.height:
        raise click.ClickException(f"the ledger was not verified whole: {found[:3]}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    each = (worked() - before) / signatures
    rate, calls = signatures / seconds, transactions / seconds
    click.echo(f"verification    {rate:>9,.0f} signatures/s, {calls:,.0f} transactions/s")
    click.echo(f"share           {rate / limit:>9.0%} of bare checks by the clock")
    click.echo(
        f"processors      {least / each:>9.0%} of their work is bare checks: {each * 1e6:.0f} µs a signature"
    )
    click.echo(f"peak memory     {peak:>9,} MB, forging included")


if __name__ == "__main__":
    main()
