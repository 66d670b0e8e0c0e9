"""How fast an audit verifies a signed ledger, without a network: payments in blocks of ten.

PYTHONPATH=tests:tests/unit .venv/bin/python tests/bench/audit.py --payments 10000 100000

The ledger is made first, really signed with test keys, and kept as block files. Then it is audited in a
process of its own: transactions a second, the most memory it took, and how that compares with the bare checks
of the same number of signatures by `cryptography`, on as many cores.
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
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from forge import write_block_files
from signed_town import SignedTown

_PER_BLOCK = 10
_PER_VOUCHER = 100
# Signatures of a payment: its creator's and two endorsers', and of its block a quorum of three; the holder's
# is Ed25519.
_ECDSA = 3 + 3 / _PER_BLOCK
_BARE = 4_000


def make(folder: Path, payments: int) -> None:
    """Write the block files of a town with so many payments."""
    town = SignedTown(max(payments // _PER_VOUCHER, 1), keep=False)
    write_block_files(folder, town.large(payments, _PER_BLOCK))


def audit(folder: Path, workers: int) -> None:
    """Audit block files, and print what it took as JSON."""
    from fabric_gateway.verification import BlockFiles, SignaturePool
    from kindpakket.auditor.copies import domain_of
    from kindpakket.auditor.offline import audit_blocks
    from kindpakket.auditor.state import State
    from kindpakket.auditor.verification import LedgerCheck

    files = BlockFiles(folder)
    domain = domain_of(files.read())
    began = time.monotonic()
    with SignaturePool(workers) as pool:
        state = State(folder.parent / "state.db", again=True, channel=domain.channel)
        check = LedgerCheck(state, domain.channel, pool=pool)
        result = audit_blocks(files.read, domain, state=state, checks=[check])
    seconds = time.monotonic() - began
    assert result.passed, [*map(str, result.found[:5])]
    print(
        json.dumps(
            {
                "seconds": seconds,
                "transactions": sum(result.codes.values()),
                "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                "worker_megabytes": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
                "state_megabytes": (folder.parent / "state.db").stat().st_size / 2**20,
            }
        )
    )


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


def main() -> None:
    """Make ledgers, audit them, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else "")
    parser.add_argument("--payments", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--audit", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.audit is not None:
        audit(given.audit, given.workers)
        return
    limit = bare(given.workers)
    print(f"bare checks of the signatures: {limit:,.0f} payments a second on {given.workers} cores")
    for payments in given.payments:
        with tempfile.TemporaryDirectory() as folder:
            blocks = Path(folder) / "blocks"
            began = time.monotonic()
            make(blocks, payments)
            made = time.monotonic() - began
            command = [sys.executable, __file__, "--audit", str(blocks), "--workers", str(given.workers)]
            found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        rate = found["transactions"] / found["seconds"]
        print(
            f"{found['transactions']:,} transactions (made in {made:.0f} s): {found['seconds']:.1f} s, "
            f"{rate:,.0f} a second, {rate / limit:.2f} of bare checks; {found['megabytes']:.0f} MB, "
            f"{found['worker_megabytes']:.0f} MB each worker, state {found['state_megabytes']:.0f} MB"
        )


if __name__ == "__main__":
    main()
