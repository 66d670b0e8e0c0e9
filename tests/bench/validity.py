"""How fast the validity of transactions is derived from copied block files, against bare signature checks.

    python tests/bench/validity.py nodes/peer0.auditor/data/ledgersData/chains/chains/zuidhorn

User time of one process, so that a busy machine changes little. Signatures are verified once and timed apart,
as they are by the workers of a `SignaturePool`; the state is in a file, as it is when it must survive.
"""

from __future__ import annotations

import sqlite3
import tempfile
import time
from pathlib import Path

import click

from fabric_gateway.blocks import BlockMessage
from fabric_gateway.verification import BlockFiles, ChainVerifier, Validity
from fabric_gateway.verification._signatures import PublicKey, signature_holds


class Timed:
    """Verifies each signature once.

    Attributes:
        seconds: how long that took.
        number: how many there were.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[bytes, bytes, bytes], bool] = {}
        self.seconds = 0.0

    @property
    def number(self) -> int:
        """How many signatures there were."""
        return len(self._known)

    def verified(self, key: PublicKey, certificate: bytes, digest: bytes, signature: bytes) -> bool:
        """Whether a signature is right, from memory if it was seen before."""
        name = certificate, digest, signature
        if name not in self._known:
            start = time.process_time()
            self._known[name] = signature_holds(key, digest, signature)
            self.seconds += time.process_time() - start
        return self._known[name]


def derive(blocks: list[BlockMessage], verdicts: Timed, file: Path) -> tuple[float, float]:
    """Seconds for the chain, and for the validity, of some blocks."""
    chain, seconds = ChainVerifier(verdicts=verdicts), [0.0, 0.0]
    with sqlite3.connect(file) as connection:
        validity = Validity(connection)
        for block in blocks:
            before = time.process_time()
            checked = chain.check(block)
            between = time.process_time()
            if checked.configuration is None:
                raise click.ClickException("the block files do not begin with block 0: copy all of them")
            validity.add(block, checked.configuration, checked.creators)
            seconds[0] += between - before
            seconds[1] += time.process_time() - between
    return seconds[0], seconds[1]


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def main(folder: Path) -> None:
    """Print transactions a second, derived from the block files of a channel."""
    blocks = list(BlockFiles(folder))
    number = sum(len(block.data.data) for block in blocks)
    verdicts = Timed()
    with tempfile.TemporaryDirectory() as place:
        derive(blocks, verdicts, Path(place) / "first.sqlite")
        chain, validity = derive(blocks, verdicts, Path(place) / "second.sqlite")
    click.echo(f"{number} transactions in {len(blocks)} blocks, {verdicts.number} signatures")
    for name, seconds in (
        ("bare signature checks", verdicts.seconds),
        ("chain, signatures known", chain),
        ("validity, signatures known", validity),
        ("all of it on one core", verdicts.seconds + chain + validity),
    ):
        ratio = seconds / verdicts.seconds
        click.echo(f"{name:28}{number / seconds:8.0f} transactions/s{ratio:8.2f} of the checks")


if __name__ == "__main__":
    main()
