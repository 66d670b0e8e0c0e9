"""Ledgers: blocks that consenters sign, one after another."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fabric_gateway import Identity
from fabric_gateway._wire import messages as m
from fabric_gateway.blocks import hash_of_data, hash_of_header, header_bytes
from forge.channels import Channel

_VALID = 0


class Ledger:
    """The ledger of a channel, from its genesis block on.

    Attributes:
        channel: the channel.
        blocks: `common.Block` messages, if they are kept.
        height: how many blocks there are.
    """

    def __init__(self, channel: Channel | None = None, *, keep: bool = True) -> None:
        """Begin with the channel's genesis block.

        Args:
            channel: the channel; default: a fresh one of four organisations with BFT.
            keep: keep blocks in `blocks`; else they are only returned.
        """
        self.channel = channel or Channel()
        self.blocks: list[Any] = []
        self.height = 0
        self._keep = keep
        self._previous = b""
        self._last_config = 0
        self.genesis = self._sealed([self.channel.genesis()], {}, last_config=0)

    @property
    def anchor(self) -> bytes:
        """Hash of block 0."""
        header = self.genesis.header
        return hash_of_header(header.number, header.previous_hash, header.data_hash)

    @property
    def quorum(self) -> dict[int, Identity]:
        """As many consenters as must sign."""
        consenters = self.channel.consenters
        needed = -(-(len(consenters) + (len(consenters) - 1) // 3 + 1) // 2) if self.channel.bft else 1
        return dict(list(consenters.items())[-needed:])

    def add(
        self,
        envelopes: Sequence[bytes],
        *,
        signers: Mapping[int, Identity] | None = None,
        flags: Sequence[int] | None = None,
        commit_hash: bytes = b"",
        last_config: int | None = None,
    ) -> Any:
        """The next block, of transactions.

        Args:
            envelopes: the transactions.
            signers: the consenters that sign, by the ids that they sign with; default: a quorum.
            flags: the peer's validation codes; default: all are valid. Empty: a block of an orderer.
            commit_hash: the peer's hash over what it committed.
            last_config: a forger's statement about the last configuration block.
        """
        signing = self.quorum if signers is None else signers
        stated = self._last_config if last_config is None else last_config
        return self._sealed(envelopes, signing, last_config=stated, flags=flags, commit_hash=commit_hash)

    def configure(self, envelope: bytes, *, signers: Mapping[int, Identity] | None = None) -> Any:
        """The next block, which `Channel.update` made, signed by those who were consenters before."""
        signing = self.quorum if signers is None else signers
        self._last_config = self.height
        return self._sealed([envelope], signing, last_config=self.height)

    def _sealed(
        self,
        envelopes: Sequence[bytes],
        signers: Mapping[int, Identity],
        *,
        last_config: int,
        flags: Sequence[int] | None = None,
        commit_hash: bytes = b"",
    ) -> Any:
        number, data_hash = self.height, hash_of_data(envelopes)
        header = m.common.BlockHeader(number=number, previous_hash=self._previous, data_hash=data_hash)
        statement = m.common.OrdererBlockMetadata(
            last_config=m.common.LastConfig(index=last_config)
        ).SerializeToString()
        signed = m.common.Metadata(
            value=statement,
            signatures=list(
                self._signatures(signers, statement, header_bytes(number, self._previous, data_hash))
            ),
        )
        validity = bytes([_VALID] * len(envelopes) if flags is None else flags)
        commit = m.common.Metadata(value=commit_hash).SerializeToString() if commit_hash else b""
        block = m.common.Block(
            header=header,
            data=m.common.BlockData(data=envelopes),
            metadata=m.common.BlockMetadata(
                metadata=[signed.SerializeToString(), b"", validity, b"", commit]
            ),
        )
        self._previous = hash_of_header(number, self._previous, data_hash)
        self.height += 1
        if self._keep:
            self.blocks.append(block)
        return block

    def _signatures(
        self, signers: Mapping[int, Identity], statement: bytes, header: bytes
    ) -> Iterable[object]:
        for number, identity in signers.items():
            nonce = os.urandom(24)
            if self.channel.bft:
                own = m.common.IdentifierHeader(identifier=number, nonce=nonce).SerializeToString()
                signature = identity.sign(statement + own + header)
                yield m.common.MetadataSignature(identifier_header=own, signature=signature)
            else:
                own = m.common.SignatureHeader(creator=identity.serialized, nonce=nonce).SerializeToString()
                signature = identity.sign(statement + own + header)
                yield m.common.MetadataSignature(signature_header=own, signature=signature)
