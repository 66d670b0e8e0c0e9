"""Blocks of the chaincode, made by hand: what was asked by whom, and what was written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from story import NOON

from fabric_gateway._wire import messages as m
from fabric_gateway.blocks import Block, hash_of_data, hash_of_header
from fabric_gateway.testing import make_identity

CHANNEL, CHAINCODE = "zuidhorn", "kindpakket"


@cache
def creator(mspid: str, person: str, role: str, shop: str, till: str) -> bytes:
    """Somebody's certificate, with the attributes that are not empty."""
    attributes = {"person": person, "role": role, "shop": shop, "till": till}
    given = {f"kindpakket.{name}": value for name, value in attributes.items() if value}
    return make_identity(mspid, attributes=given).serialized


@dataclass
class Asked:
    """A transaction: who asked for what when, and what it wrote, by key; None for what it deleted."""

    operation: str
    request: Mapping[str, Any]
    writes: Mapping[str, Any]
    at: int = NOON
    mspid: str = "GemeenteMSP"
    person: str = "p-clerk"
    role: str = "issuer"
    shop: str = ""
    till: str = ""
    code: str = "VALID"
    answer: Any = None
    private: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """What it wrote to private collections, by collection and key; blocks have the hashes."""

    def envelope(self, number: int) -> bytes:
        """The transaction as it is in a block; its id follows from its number."""
        who = creator(self.mspid, self.person, self.role, self.shop, self.till)
        channel = m.common.ChannelHeader(
            type=m.common.ENDORSER_TRANSACTION, tx_id=f"{number:064x}", channel_id=CHANNEL
        )
        channel.timestamp.seconds = self.at
        signature = m.common.SignatureHeader(creator=who).SerializeToString()
        header = m.common.Header(channel_header=channel.SerializeToString(), signature_header=signature)
        spec = m.chaincode.ChaincodeSpec(chaincode_id=m.chaincode.ChaincodeID(name=CHAINCODE))
        spec.input.args.extend([self.operation.encode(), json.dumps(self.request).encode()])
        invocation = m.chaincode.ChaincodeInvocationSpec(chaincode_spec=spec).SerializeToString()
        proposal = m.proposal.ChaincodeProposalPayload(input=invocation).SerializeToString()
        result = b"" if self.answer is None else json.dumps(self.answer).encode()
        action = m.proposal.ChaincodeAction(
            results=self._results(), response=m.proposal_response.Response(status=200, payload=result)
        )
        response = m.proposal_response.ProposalResponsePayload(extension=action.SerializeToString())
        endorsed = m.transaction.ChaincodeEndorsedAction(
            proposal_response_payload=response.SerializeToString()
        )
        payload = m.transaction.ChaincodeActionPayload(chaincode_proposal_payload=proposal, action=endorsed)
        transaction = m.transaction.Transaction()
        transaction.actions.add(header=signature, payload=payload.SerializeToString())
        content = m.common.Payload(header=header, data=transaction.SerializeToString()).SerializeToString()
        return bytes(m.common.Envelope(payload=content).SerializeToString())

    def _results(self) -> bytes:
        public = m.kv_rwset.KVRWSet()
        for key in sorted(self.writes):
            value = self.writes[key]
            public.writes.add(
                key=key, is_delete=value is None, value=b"" if value is None else json.dumps(value).encode()
            )
        sets = m.rwset.TxReadWriteSet()
        written = sets.ns_rwset.add(namespace=CHAINCODE, rwset=public.SerializeToString())
        for (collection, key), value in self.private.items():
            hashed = m.kv_rwset.HashedRWSet()
            hashed.hashed_writes.add(key_hash=_sha256(key), value_hash=_sha256(value))
            written.collection_hashed_rwset.add(
                collection_name=collection, hashed_rwset=hashed.SerializeToString()
            )
        return bytes(sets.SerializeToString())


def _sha256(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


@dataclass
class Peer:
    """A peer's ledger: blocks that follow one another, as `fabric_gateway.Network` gives them."""

    messages: list[Any] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def append(self, *asked: Asked) -> None:
        """Add a block with these transactions."""
        envelopes = [transaction.envelope(next(self._numbers)) for transaction in asked]
        codes = bytes(m.transaction.TxValidationCode.Value(transaction.code) for transaction in asked)
        number = len(self.messages)
        previous = self.info().current_block_hash
        header = m.common.BlockHeader(
            number=number, previous_hash=previous, data_hash=hash_of_data(envelopes)
        )
        self.messages.append(
            m.common.Block(
                header=header,
                data=m.common.BlockData(data=envelopes),
                metadata=m.common.BlockMetadata(metadata=[b"", b"", codes, b"", b""]),
            )
        )

    def blocks(self, start: int | None = 0, stop: int | None = None) -> Iterator[Any]:
        """Blocks of the ledger; the stream ends where the ledger does."""
        yield from self.messages[start : None if stop is None else stop + 1]

    def info(self) -> Any:
        """The end of the ledger."""
        if not self.messages:
            return SimpleNamespace(height=0, current_block_hash=b"")
        last = self.messages[-1].header
        hash_ = hash_of_header(last.number, last.previous_hash, last.data_hash)
        return SimpleNamespace(height=len(self.messages), current_block_hash=hash_)

    def save(self, path: Path) -> None:
        """Keep the blocks in a file, for other processes: each with its length before it."""
        with path.open("wb") as file:
            for message in self.messages:
                content = message.SerializeToString()
                file.write(len(content).to_bytes(4, "big") + content)

    @classmethod
    def load(cls, path: Path) -> Peer:
        """A peer with the blocks of a file."""
        content, messages, at = path.read_bytes(), [], 0
        while at < len(content):
            end = at + 4 + int.from_bytes(content[at : at + 4], "big")
            messages.append(m.common.Block.FromString(content[at + 4 : end]))
            at = end
        return cls(messages)

    def decoded(self) -> list[Block]:
        """All blocks."""
        return [Block.decode(message) for message in self.messages]


def peer_of(transactions: Iterable[Asked], sizes: Sequence[int] = (1, 2, 3, 5)) -> Peer:
    """A peer whose blocks hold these transactions, so many in each block, again and again."""
    peer, waiting, turn = Peer(), list(transactions), 0
    while waiting:
        size = sizes[turn % len(sizes)]
        peer.append(*waiting[:size])
        waiting, turn = waiting[size:], turn + 1
    return peer
