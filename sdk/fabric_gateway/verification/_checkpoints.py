"""Checkpoints of a ledger: how high it was and the hash of its last block, as a text that auditors sign.

A checkpoint says nothing else. Who starts from one takes over from its signers that the blocks below it were
verified; what state they amount to, and which configuration was in force, is read from the blocks again,
which the hash binds.

Form: C2SP `tlog-checkpoint`: origin, height and hash, each on a line. The hash is that of the last block's
header and not of a Merkle tree, so that a later ledger is compared by reading it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass

from fabric_gateway.verification._notes import Note, NoteError, NoteKey, NotePublicKey, sign_note

_PREFIX = "fabric-ledger"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How high a ledger was, and the hash of its last block.

    Attributes:
        channel: name of the channel.
        genesis: SHA-256 of the header of block 0: which ledger it is.
        height: how many blocks there were; at least 1.
        hash: SHA-256 of the header of block `height - 1`.
    """

    channel: str
    genesis: bytes
    height: int
    hash: bytes

    @property
    def origin(self) -> str:
        """Which ledger it is, on one line."""
        return f"{_PREFIX}/{self.channel}/{self.genesis.hex()}"

    @property
    def text(self) -> str:
        """The text that is signed."""
        return f"{self.origin}\n{self.height}\n{base64.b64encode(self.hash).decode()}\n"

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Read the text of a checkpoint, without its signatures. Further lines are ignored.

        Raises:
            NoteError: it is none of a Fabric ledger.
        """
        lines = text.split("\n")
        try:
            prefix, channel, genesis = lines[0].split("/")
            digits, content = lines[1], base64.b64decode(lines[2], validate=True)
            found = cls(channel, bytes.fromhex(genesis), int(digits), content)
        except (ValueError, IndexError, binascii.Error) as error:
            raise NoteError(
                "this is not a checkpoint: origin, height and hash, each on a line of its own"
            ) from error
        if (
            prefix != _PREFIX
            or len(found.genesis) != 32
            or len(found.hash) != 32
            or found.height < 1
            or not text.startswith(found.text)
        ):
            raise NoteError(f"this is not a checkpoint of a Fabric ledger: {lines[0][:120]!r}")
        return found

    def signed(self, *keys: NoteKey) -> Note:
        """The checkpoint, signed."""
        return sign_note(self.text, keys)

    def contradicts(self, other: Checkpoint) -> str:
        """Why no honest ledger has both; "" if one may have.

        At different heights only the blocks can tell: give both to the verification of one ledger.
        """
        if self.channel != other.channel:
            return ""
        if self.genesis != other.genesis:
            return (
                f"two ledgers call themselves {self.channel}: one begins with block "
                f"{self.genesis.hex()}, the other with {other.genesis.hex()}"
            )
        if self.height == other.height and self.hash != other.hash:
            return (
                f"at height {self.height} block {self.height - 1} of {self.channel} is {self.hash.hex()} "
                f"in one and {other.hash.hex()} in the other"
            )
        return ""


def open_checkpoint(note: Note | str | bytes, keys: Iterable[NotePublicKey], needed: int = 1) -> Checkpoint:
    """Read a signed checkpoint, and insist that keys that are trusted signed it.

    Args:
        note: the signed note.
        keys: whom one trusts.
        needed: how many of them must have signed it; at least 1.

    Raises:
        ValueError: `needed` is less than 1.
        NoteError: too few of them did, a signature does not hold, or it is not a checkpoint.
    """
    if needed < 1:
        raise ValueError(f"a checkpoint that {needed} keys must have signed is not a signed one")
    found = note if isinstance(note, Note) else Note.parse(note)
    trusted = tuple(keys)
    signers = {key.content: key.name for key in found.signed_by(trusted)}
    if len(signers) < needed:
        who = ", ".join(sorted(signers.values())) or "none"
        raise NoteError(
            f"{len(signers)} of the {len(trusted)} keys that are trusted signed this checkpoint ({who}): "
            f"{needed} must"
        )
    return Checkpoint.parse(found.text)


def cosigned(note: Note | str | bytes, key: NoteKey) -> Note:
    """A signed checkpoint with one signature more; that of the same key is replaced.

    Raises:
        NoteError: it is not a checkpoint.
    """
    found = note if isinstance(note, Note) else Note.parse(note)
    Checkpoint.parse(found.text)
    mine = key.sign(found.text)
    others = [item for item in found.signatures if (item.name, item.key_id) != (mine.name, mine.key_id)]
    return Note(found.text, (*others, mine))
