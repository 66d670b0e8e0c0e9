"""Verification of blocks from a source, as one stream of findings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kindpakket.fabric.blocks import BlockMessage
from kindpakket.fabric.verification._chain import ChainVerifier
from kindpakket.fabric.verification._files import BlockFileError
from kindpakket.fabric.verification._findings import Finding
from kindpakket.fabric.verification._pool import SignaturePool


def verify_chain(
    blocks: Iterable[BlockMessage], verifier: ChainVerifier, pool: SignaturePool | None = None
) -> Iterator[Finding]:
    """Verify blocks and who signed them.

    Memory does not grow with the number of blocks. At the end, `verifier.checkpoint` says where the ledger
    stood.

    Args:
        blocks: `common.Block` messages in their order: `BlockFiles`, or blocks of a peer.
        verifier: where to begin; the verification can go on later from its `position`.
        pool: processes that verify signatures; the verifier must have it as its `verdicts`. None: this
        process
            does it alone.

    Yields:
        Findings in the order of the ledger. A block file that is damaged is the last one: what comes after
        the damage cannot be read.
    """
    source = blocks if pool is None else pool.ahead(blocks, lambda: verifier.configuration)
    try:
        for block in source:
            yield from verifier.check(block).findings
    except BlockFileError as error:
        number = verifier.position.height if error.block is None else error.block
        yield Finding(number, "", "file.damaged", "error", str(error))
    yield from verifier.end()
