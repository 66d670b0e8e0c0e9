"""How fast an audit verifies a signed ledger, without a network: payments in blocks of ten.

PYTHONPATH=tests:tests/unit .venv/bin/python tests/bench/audit.py --payments 10000 100000

The ledger is made first, really signed with test keys, and kept as block files. Then it is audited in a
process of its own: transactions a second, CPU, and memory, after each tenth of the ledger too, which shows
whether time grows with the ledger alone and memory not at all. How that compares with the bare checks of the
same signatures by `cryptography` is measured just before and just after, on as many cores: other work on the
machine slows both.

--keep FOLDER keeps the ledger, and audits one that is there already; --limit audits its first blocks only.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from multiprocessing import active_children
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from fabric_gateway.blocks import BlockMessage
from forge import write_block_files
from signed_town import SignedTown

_PER_BLOCK = 10
_PER_VOUCHER = 100
# Signatures of a payment: its creator's and two endorsers', and of its block a quorum of three; the holder's
# is Ed25519.
_ECDSA = 3 + 3 / _PER_BLOCK
_BARE = 2_000
_PARTS = 10
_TICKS = os.sysconf("SC_CLK_TCK")


def make(folder: Path, payments: int) -> None:
    """Write the block files of a town with so many payments."""
    town = SignedTown(max(payments // _PER_VOUCHER, 1), keep=False)
    write_block_files(folder, town.large(payments, _PER_BLOCK))


class _Meter:
    """Shows what an audit has taken each time that it has read so many blocks."""

    def __init__(self, every: int) -> None:
        self._every = every
        self._began = time.monotonic()
        self._transactions = 0

    def __call__(self, message: BlockMessage) -> None:
        self._transactions += len(message.data.data)
        if (message.header.number + 1) % self._every == 0:
            self.show()

    def show(self, **more: object) -> None:
        """Print a line of JSON: seconds, CPU seconds and megabytes, of this process and of its workers."""
        workers = [_of_process(child.pid) for child in active_children() if child.pid]
        own = _of_process(os.getpid())
        found = {
            "transactions": self._transactions,
            "seconds": time.monotonic() - self._began,
            "cpu": own[0],
            "worker_cpu": sum(cpu for cpu, _ in workers),
            "megabytes": own[1],
            "worker_megabytes": max((size for _, size in workers), default=0),
            **more,
        }
        print(json.dumps(found), flush=True)


def _of_process(number: int) -> tuple[float, float]:
    """CPU seconds of a process so far, and the most memory that it had, in MB."""
    folder = Path(f"/proc/{number}")
    fields = (folder / "stat").read_text().rpartition(")")[2].split()
    status = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines())
    return (int(fields[11]) + int(fields[12])) / _TICKS, int(status["VmHWM"].split()[0]) / 1024


def audit(folder: Path, workers: int, limit: int | None) -> None:
    """Audit block files, and print what it took as JSON."""
    from fabric_gateway.verification import BlockFiles, SignaturePool
    from kindpakket.auditor.copies import domain_of
    from kindpakket.auditor.offline import audit_blocks
    from kindpakket.auditor.state import State
    from kindpakket.auditor.verification import LedgerCheck

    files = BlockFiles(folder)
    domain = domain_of(files.read())
    blocks = sum(1 for _ in files.read()) if limit is None else limit

    def read(start: int) -> Iterator[BlockMessage]:
        return islice(files.read(start), blocks - start)

    meter = _Meter(max(blocks // _PARTS, 1))
    with tempfile.TemporaryDirectory() as kept, SignaturePool(workers) as pool:
        where = Path(kept) / "state.db"
        state = State(where, again=True, channel=domain.channel)
        check = LedgerCheck(state, domain.channel, pool=pool)
        result = audit_blocks(read, domain, state=state, checks=[check], progress=meter)
        assert result.passed, [*map(str, result.found[:5])]
        state.close()
        meter.show(state_megabytes=where.stat().st_size / 2**20, missed=pool.missed)


def _bare(count: int) -> float:
    """Seconds that bare checks of the signatures of so many payments take in one process."""
    key, message = ec.generate_private_key(ec.SECP256R1()), b"m" * 3_000
    signature, public = key.sign(message, ec.ECDSA(hashes.SHA256())), key.public_key()
    holder = ed25519.Ed25519PrivateKey.generate()
    agreed, known = holder.sign(message[:300]), holder.public_key()
    began = time.monotonic()
    for _ in range(int(count * _ECDSA)):
        public.verify(signature, message, ec.ECDSA(hashes.SHA256()))
    for _ in range(count):
        known.verify(agreed, message[:300])
    return time.monotonic() - began


def bare(workers: int) -> float:
    """Payments a second whose signatures bare checks verify, on so many cores at once."""
    with ProcessPoolExecutor(workers) as pool:
        longest = max(pool.map(_bare, [_BARE] * workers))
    return workers * _BARE / longest


def _said(found: dict[str, Any]) -> str:
    """A line of figures, for people."""
    count, seconds = found["transactions"], found["seconds"]
    used = found["cpu"] + found["worker_cpu"]
    return (
        f"{count:,} transactions: {seconds:.1f} s, {count / seconds:,.0f} a second; "
        f"{used / count * 1e6:.0f} µs of CPU each, {found['cpu'] / count * 1e6:.0f} of them in the main "
        f"process; {found['megabytes']:.0f} MB, {found['worker_megabytes']:.0f} MB the largest worker"
    )


def _measure(folder: Path, payments: int, workers: int, limit: int | None) -> None:
    """Make a ledger, unless it is there, and audit it."""
    if not folder.exists():
        began = time.monotonic()
        make(folder, payments)
        made = time.monotonic() - began
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"a ledger of {payments:,} payments: made in {made:.0f} s, {most:.0f} MB", flush=True)
    before = bare(workers)
    command = [sys.executable, __file__, "--audit", str(folder), "--workers", str(workers)]
    if limit is not None:
        command += ["--limit", str(limit)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        for line in running.stdout:
            found = json.loads(line)
            print(_said(found), flush=True)
    assert not running.returncode
    limit_rate = (before + bare(workers)) / 2
    rate = found["transactions"] / found["seconds"]
    print(
        f"bare checks of the signatures: {limit_rate:,.0f} payments a second on {workers} cores; the audit "
        f"is at {rate / limit_rate:.2f} of that; state {found['state_megabytes']:.0f} MB, "
        f"{found['missed']} signatures not verified ahead",
        flush=True,
    )


def main() -> None:
    """Make ledgers, audit them, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else "")
    parser.add_argument("--payments", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--keep", type=Path, help="keep the block files of one ledger here, or use those")
    parser.add_argument("--limit", type=int, help="number of blocks to audit; default: all")
    parser.add_argument("--audit", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.audit is not None:
        audit(given.audit, given.workers, given.limit)
        return
    for payments in given.payments:
        with tempfile.TemporaryDirectory() as folder:
            where = given.keep or Path(folder) / "blocks"
            _measure(where, payments, given.workers, given.limit)


if __name__ == "__main__":
    main()
