"""Signatures verified in several processes: the same findings in the same order, and no silence."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import pytest

from fabric_gateway._wire import messages as m
from fabric_gateway.blocks import BlockMessage
from fabric_gateway.verification import ChainVerifier, Membership, SignaturePool, WorkerDied, verify_chain
from forge import Channel, Invocation, Ledger, Sets


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    """Blocks with several flaws, before and after another consenter."""
    ledger = Ledger()
    channel = ledger.channel
    client, peers = channel.member("AMSP"), [channel.member(mspid, "peer") for mspid in ("AMSP", "BMSP")]
    for number in range(12):
        call = Invocation(client, peers, sets={"basic": Sets(writes={f"key{number}": b"value"})})
        signer = channel.member("AMSP") if number % 5 == 0 else client
        ledger.add([call.envelope(signer=signer)], signers={} if number == 3 else None)
        if number == 6:
            consenters = {**channel.consenters, 4: channel.member("DMSP", "orderer")}
            ledger.configure(channel.update(channel.with_consenters(consenters), channel.admins.values()))
            channel.consenters = consenters
    return ledger


def test_findings_are_those_of_one_process(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """And every signature that was asked for had been verified ahead, but for those of a new consenter."""
    monkeypatch.setattr("fabric_gateway.verification._pool._BATCH", 4_000)
    alone = list(verify_chain(ledger.blocks, ChainVerifier(anchor=ledger.anchor)))
    assert [item.block for item in alone] == [1, 4, 6, 12]
    with SignaturePool(1) as pool:
        verifier = ChainVerifier(anchor=ledger.anchor, verdicts=pool)
        assert list(verify_chain(ledger.blocks, verifier, pool)) == alone
        assert pool.missed < 10


class _Lengths:
    """Counts the bytes of blocks in a worker."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.answered: list[tuple[int, ...]] = []

    def work(self, blocks: Sequence[BlockMessage]) -> Callable[[], object]:
        self.asked += [block.header.number for block in blocks]
        return partial(_lengths, [block.SerializeToString() for block in blocks])

    def done(self, result: object) -> None:
        assert isinstance(result, tuple)
        self.answered.append(result)


def _lengths(contents: list[bytes]) -> tuple[int, ...]:
    return (os.getpid(), *map(len, contents))


def test_workers_do_what_else_a_caller_has_for_them(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the order of the blocks, each time before the blocks that it is for are passed on."""
    monkeypatch.setattr("fabric_gateway.verification._pool._BATCH", 4_000)
    lengths = _Lengths()
    with SignaturePool(1) as pool:
        verifier = ChainVerifier(anchor=ledger.anchor, verdicts=pool)
        left: list[int] = []
        for block in pool.ahead(ledger.blocks, lambda: verifier.configuration, lengths):
            verifier.check(block)
            if block.header.number:  # the first one is passed on at once: it names the consenters
                worker, *left = left or lengths.answered[-1]
                assert worker != os.getpid()
                assert left.pop(0) == len(block.SerializeToString())
                left = [worker, *left] if left else []
    assert lengths.asked == [block.header.number for block in ledger.blocks[1:]]
    assert len(lengths.answered) > 1
    assert not left


def test_a_verdict_is_not_taken_for_another_one() -> None:
    """An Ed25519 message and signature are not those that begin a byte earlier or later."""
    channel = Channel()
    identity = channel.member("AMSP", algorithm="Ed25519")
    ledger = Ledger(channel)
    block = ledger.add([Invocation(identity, []).envelope()])
    envelope = m.common.Envelope.FromString(block.data.data[0])
    shifted = m.common.Envelope(
        payload=envelope.payload[:-1], signature=envelope.payload[-1:] + envelope.signature
    )
    member = Membership([channel.authorities["AMSP"].msp()], ed25519_allowed=True)
    with SignaturePool(1) as pool:
        for _ in pool.ahead([ledger.genesis, block], lambda: None):
            pass
        asked = Membership([channel.authorities["AMSP"].msp()], ed25519_allowed=True, verdicts=pool)
        found = asked.member(identity.serialized)
        assert found.verify(envelope.payload, envelope.signature)
        assert pool.missed == 0
        assert not found.verify(shifted.payload, shifted.signature)
        assert pool.missed == 1
    assert not member.member(identity.serialized).verify(shifted.payload, shifted.signature)


def test_a_worker_that_is_killed_is_an_error(ledger: Ledger) -> None:
    """And never a block without findings."""

    def endless() -> Iterator[Any]:
        while True:
            yield from ledger.blocks

    with SignaturePool(1) as pool:
        stream = pool.ahead(endless(), lambda: None)
        next(stream)
        next(stream)
        for process in list(pool._executor._processes.values()):
            assert process.pid is not None
            os.kill(process.pid, signal.SIGKILL)
        with pytest.raises(WorkerDied, match="was ended from outside"):
            for _ in stream:
                pass
