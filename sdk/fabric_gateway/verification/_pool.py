"""Signatures verified ahead of need by all cores.

Worker processes read blocks that will come next, and verify every signature in them. Whether the signer is a
member, and what the signature amounts to, is decided later, in order, by one process: a signature that holds
is a fact about a key and some bytes, and depends on nothing else. So findings never depend on how many
workers there are, and a signature that no worker has seen is verified when it is asked for.
"""

from __future__ import annotations

import hashlib
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import lru_cache
from itertools import islice
from multiprocessing import get_context
from types import TracebackType
from typing import Any, NamedTuple, Protocol, Self, TypeAlias

from cryptography.hazmat.primitives import serialization

from fabric_gateway._wire import gateway as wire
from fabric_gateway._wire import messages as m
from fabric_gateway.blocks import BlockMessage, header_bytes
from fabric_gateway.errors import DecodeError, FabricError
from fabric_gateway.identity import load_certificate
from fabric_gateway.verification._configuration import Configuration
from fabric_gateway.verification._signatures import (
    PublicKey,
    message_digest,
    public_key,
    signature_holds,
)

_DER = serialization.Encoding.DER
_BATCH = 1_000_000  # bytes; large enough that passing a batch on costs little beside its signatures
_WAITING = 3  # batches for each worker, so that none waits for the reader
_Verdicts: TypeAlias = dict[bytes, bool]
_Identities: TypeAlias = Mapping[int, bytes]
"""Serialised identities of consenters by their ids."""


class WorkerDied(FabricError):
    """A worker process ended by itself, so that nothing is known about the signatures that it had."""


class Further(Protocol):
    """What a caller has done by the workers ahead of need, beside the signatures."""

    def work(self, blocks: Sequence[BlockMessage]) -> Callable[[], object]:
        """What a worker is to do for blocks that come later; asked in their order.

        It is passed to another process, and must not raise.
        """

    def done(self, result: object) -> None:
        """What came of it, before the blocks that it was for are passed on."""


class _Batch(NamedTuple):
    blocks: list[BlockMessage]
    results: Future[tuple[_Verdicts, object]]


class SignaturePool:
    """Verifies signatures in several processes; a `Verdicts`, and a context manager.

    Workers are started afresh and import the program's main module, as `multiprocessing` does: a program that
    is a script must keep its work below `if __name__ == "__main__"`.
    """

    def __init__(self, workers: int | None = None) -> None:
        """Make a pool; its processes start with the first blocks.

        Args:
            workers: how many processes; default: one for each core.
        """
        self._workers = workers or len(os.sched_getaffinity(0))
        self._executor = ProcessPoolExecutor(
            self._workers, mp_context=get_context("spawn"), initializer=_ignore_interrupts
        )
        self._known: _Verdicts = {}
        self.missed = 0
        """How many signatures were asked for that no worker had seen."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._executor.shutdown(wait=True, cancel_futures=True)

    def verified(self, key: PublicKey, certificate: bytes, digest: bytes, signature: bytes) -> bool:
        """Whether a signature is right; see `Verdicts`."""
        known = self._known.get(_name(certificate, digest, signature))
        if known is None:
            self.missed += 1
            return signature_holds(key, digest, signature)
        return known

    def ahead(
        self,
        blocks: Iterable[BlockMessage],
        configuration: Callable[[], Configuration | None],
        further: Further | None = None,
    ) -> Iterator[BlockMessage]:
        """Pass blocks on, each when its signatures have been verified.

        Args:
            blocks: `common.Block` messages.
            configuration: gives the configuration in force, whose consenters sign by number.
            further: what else the workers do for the blocks.

        Raises:
            WorkerDied: a worker process ended by itself.
        """
        source = iter(blocks)
        if configuration() is None:
            self._known = {}
            yield from islice(source, 1)  # from which the consenters become known
        waiting: deque[_Batch] = deque()
        for batch in _batches(source):
            waiting.append(self._submitted(batch, configuration(), further))
            if len(waiting) > self._workers * _WAITING:
                yield from self._done(waiting.popleft(), further)
        while waiting:
            yield from self._done(waiting.popleft(), further)

    def _submitted(
        self, blocks: list[BlockMessage], configuration: Configuration | None, further: Further | None
    ) -> _Batch:
        content = [block.SerializeToString() for block in blocks]
        work = None if further is None else further.work(blocks)
        try:
            results = self._executor.submit(_results, content, _consenters(configuration), work)
        except BrokenProcessPool as error:
            raise _died() from error
        return _Batch(blocks, results)

    def _done(self, batch: _Batch, further: Further | None) -> Iterator[BlockMessage]:
        try:
            self._known, result = batch.results.result()
        except BrokenProcessPool as error:
            raise _died() from error
        if further is not None:
            further.done(result)
        yield from batch.blocks


def _ignore_interrupts() -> None:
    """Ctrl-C is for the process that waits for the workers, which ends them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _died() -> WorkerDied:
    return WorkerDied(
        "a process that verified signatures was ended from outside, perhaps for want of memory: "
        "verify again, with fewer workers"
    )


def _batches(blocks: Iterable[BlockMessage]) -> Iterator[list[BlockMessage]]:
    batch: list[BlockMessage] = []
    size = 0
    for block in blocks:
        batch.append(block)
        size += sum(map(len, block.data.data))
        if size >= _BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _consenters(configuration: Configuration | None) -> _Identities:
    if configuration is None:
        return {}
    return {
        consenter.id: wire.serialized_identity(consenter.mspid, consenter.certificate_pem)
        for consenter in configuration.ordering.consenters
        if consenter.certificate_pem
    }


def _name(certificate: bytes, digest: bytes, signature: bytes) -> bytes:
    """Under what a verdict is kept. The length keeps digest and signature apart: with Ed25519, both vary."""
    content = certificate + len(signature).to_bytes(8, "big") + digest + signature
    return hashlib.blake2b(content, digest_size=32).digest()


def _results(
    blocks: Sequence[bytes], consenters: _Identities, work: Callable[[], object] | None
) -> tuple[_Verdicts, object]:
    """What is found out about some blocks; runs in a worker."""
    return _verify(blocks, consenters), None if work is None else work()


def _verify(blocks: Sequence[bytes], consenters: _Identities) -> _Verdicts:
    """Verify every signature in some blocks."""
    verdicts: _Verdicts = {}
    for content in blocks:
        for identity, message, signature in _signed(m.common.Block.FromString(content), consenters):
            found = _key(identity)
            if found is not None:
                key, certificate = found
                digest = message_digest(key, message)
                name = _name(certificate, digest, signature)
                verdicts[name] = signature_holds(key, digest, signature)
    return verdicts


def _signed(block: Any, consenters: _Identities) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Identity, message and signature of each signature in a block that can be read."""
    header = header_bytes(block.header.number, block.header.previous_hash, block.header.data_hash)
    try:
        metadata = wire.parse(m.common.Metadata, block.metadata.metadata[0])
        for item in metadata.signatures:
            own = item.identifier_header or item.signature_header
            if item.identifier_header:
                number = wire.parse(m.common.IdentifierHeader, item.identifier_header).identifier
                identity = consenters.get(number, b"")
            else:
                identity = wire.parse(m.common.SignatureHeader, item.signature_header).creator
            yield identity, metadata.value + own + header, item.signature
    except (DecodeError, IndexError):
        pass  # the process that judges the block says so
    for envelope in block.data.data:
        try:
            yield from _signed_in(envelope)
        except DecodeError:
            continue


def _signed_in(envelope: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    content, signature = wire.split_envelope(envelope)
    payload = wire.parse(m.common.Payload, content)
    signer = wire.parse(m.common.SignatureHeader, payload.header.signature_header)
    yield signer.creator, content, signature
    header = wire.parse(m.common.ChannelHeader, payload.header.channel_header)
    if header.type != m.common.ENDORSER_TRANSACTION:
        return
    for action in wire.parse(m.transaction.Transaction, payload.data).actions:
        endorsed = wire.parse(m.transaction.ChaincodeActionPayload, action.payload).action
        for item in endorsed.endorsements:
            yield item.endorser, endorsed.proposal_response_payload + item.endorser, item.signature


@lru_cache(maxsize=4096)
def _key(identity: bytes) -> tuple[PublicKey, bytes] | None:
    """The key of a serialised identity, and the hash of its certificate; None if it has none."""
    try:
        pem = wire.parse(m.identities.SerializedIdentity, identity).id_bytes
        certificate = load_certificate(pem)
    except (DecodeError, ValueError):
        return None
    key = public_key(certificate)
    return None if key is None else (key, hashlib.sha256(certificate.public_bytes(_DER)).digest())
