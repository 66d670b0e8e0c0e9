"""Verification of blocks from a source, as one stream of findings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fabric_gateway.blocks import BlockMessage
from fabric_gateway.verification._chain import ChainVerifier
from fabric_gateway.verification._files import BlockFileError
from fabric_gateway.verification._findings import Finding
from fabric_gateway.verification._pool import SignaturePool
from fabric_gateway.verification._validity import Validity


def verify_chain(
    blocks: Iterable[BlockMessage],
    verifier: ChainVerifier,
    pool: SignaturePool | None = None,
    validity: Validity | None = None,
) -> Iterator[Finding]:
    """Verify blocks and who signed them, and which of their transactions are valid.

    Memory does not grow with the number of blocks. At the end, `verifier.checkpoint` says where the ledger
    stood.

    Args:
        blocks: `common.Block` messages in their order: `BlockFiles`, or blocks of a peer.
        verifier: where to begin; the verification can go on later from its `position`.
        pool: processes that verify signatures; the verifier must have it as its `verdicts`. None: this
            process does it alone.
        validity: what derives validity; it must begin where the verifier does. None: who signed is all that
            is looked at.

    Yields:
        Findings in the order of the ledger. A block file that is damaged is the last one: what comes after
        the damage cannot be read.
    """
    source = blocks if pool is None else pool.ahead(blocks, lambda: verifier.configuration)
    try:
        for block in source:
            checked = verifier.check(block)
            yield from checked.findings
            if validity is None:
                continue
            if checked.configuration is not None and checked.number == validity.height:
                yield from validity.add(block, checked.configuration, checked.creators).findings
            else:
                missing = f"block {validity.height} or its configuration is missing"
                said = f"validity is not derived from block {checked.number} on: {missing}"
                yield Finding(checked.number, "", "validity.gap", "uncertainty", said)
                validity = None
    except BlockFileError as error:
        number = verifier.position.height if error.block is None else error.block
        yield Finding(number, "", "file.damaged", "error", str(error))
    yield from verifier.end()
