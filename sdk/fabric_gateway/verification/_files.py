"""Block files of a peer or an orderer, copied from its disk: blocks one after another, in constant memory.

Both keep them alike: a folder of files `blockfile_000000`, `blockfile_000001`, …, in which each block is a
length and then numbers, hashes, transactions and metadata.

Source: `common/ledger/blkstorage/block_serialization.go`, `block_stream.go` and `blockfile_mgr.go` of Fabric
3.1.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from fabric_gateway._wire import messages as m
from fabric_gateway._wire.varint import varint
from fabric_gateway.blocks import BlockMessage
from fabric_gateway.errors import FabricError

_NAME = re.compile(r"blockfile_(\d{6,})")
_LARGEST_LENGTH = 10  # bytes of a number of 64 bits
_LARGEST_BLOCK = 1 << 31  # Fabric's messages are smaller; a greater length is damage


class BlockFileError(FabricError):
    """A block file that cannot be read.

    Attributes:
        path: the file.
        offset: the byte from which on it cannot be read, from 0.
        block: number of the block that should be there; None if it is not known.
    """

    def __init__(self, path: Path, offset: int, said: str, block: int | None = None) -> None:
        which = "" if block is None else f" (block {block})"
        super().__init__(f"{path}, byte {offset}{which}: {said}")
        self.path = path
        self.offset = offset
        self.block = block
        self._said = said

    def __reduce__(self) -> tuple[type[BlockFileError], tuple[Path, int, str, int | None]]:
        return type(self), (self.path, self.offset, self._said, self.block)


class BlockFiles:
    """The blocks of one channel in a folder of block files.

    Iterating reads them from the first on, again for each iteration.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        """Look into a folder.

        Raises:
            BlockFileError: it holds no block files, or one of the sequence is missing.
        """
        self.folder = Path(folder)
        self.paths = _paths(self.folder)

    def __iter__(self) -> Iterator[BlockMessage]:
        return self.read()

    def read(self, start: int = 0) -> Iterator[BlockMessage]:
        """Read the blocks from a number on. Those before it are passed over without being decoded.

        Yields:
            Blocks, `common.Block` messages, as they are in the files.

        Raises:
            BlockFileError: a file is damaged or cut off, and where.
        """
        expected: int | None = None
        for path in self.paths:
            try:
                with path.open("rb") as file:
                    reader = _File(path, file)
                    while (content := reader.next(expected)) is not None:
                        number = reader.number(content)
                        if number >= start:
                            yield reader.block(content)
                        expected = number + 1
            except OSError as error:
                raise BlockFileError(path, 0, f"it cannot be read: {error.strerror}", expected) from error


class _File:
    def __init__(self, path: Path, file: BinaryIO) -> None:
        self._path, self._file = path, file
        self._start = self._content = 0
        self._expected: int | None = None

    def next(self, expected: int | None) -> bytes | None:
        """The next block as it is stored; None at the end of the file."""
        self._start = self._file.tell()
        self._expected = expected
        head = self._file.read(_LARGEST_LENGTH)
        if not head:
            return None
        try:
            length, size = _number(head, 0)
        except ValueError as error:
            raise self._damaged(self._start, f"the length of a block cannot be read: {error}") from error
        self._content = self._start + size
        if not 0 < length <= _LARGEST_BLOCK:
            raise self._damaged(self._start, f"a block cannot have {length} bytes")
        # Asked anew for each block: a node that is running makes the file longer meanwhile.
        missing = self._content + length - os.fstat(self._file.fileno()).st_size
        if missing > 0:
            raise self._damaged(
                self._start,
                f"{missing} bytes of a block are missing: the file is cut off, or was copied while the node "
                "was writing (stop the node, or copy the file again)",
            )
        self._file.seek(self._content)
        content = self._file.read(length)
        if len(content) < length:
            raise self._damaged(self._start, "the file became shorter while it was read")
        return content

    def number(self, content: bytes) -> int:
        """The number of a block, from its stored form."""
        try:
            return _number(content, 0)[0]
        except _Damage as damage:
            raise self._damaged(self._content, str(damage)) from None

    def block(self, content: bytes) -> BlockMessage:
        """A block from its stored form."""
        position = 0
        try:
            number, position = _number(content, position)
            data_hash, position = _bytes(content, position)
            previous_hash, position = _bytes(content, position)
            envelopes, position = _list(content, position)
            metadata, position = _list(content, position)
            if position != len(content):
                raise _Damage(position, f"{len(content) - position} bytes belong to nothing")
        except _Damage as damage:
            raise self._damaged(self._content + damage.position, str(damage)) from None
        block: BlockMessage = m.common.Block(
            header=m.common.BlockHeader(number=number, previous_hash=previous_hash, data_hash=data_hash),
            data=m.common.BlockData(data=envelopes),
            metadata=m.common.BlockMetadata(metadata=metadata),
        )
        return block

    def _damaged(self, offset: int, said: str) -> BlockFileError:
        return BlockFileError(self._path, offset, said, self._expected)


class _Damage(ValueError):
    def __init__(self, position: int, said: str) -> None:
        super().__init__(said)
        self.position = position


def _paths(folder: Path) -> tuple[Path, ...]:
    try:
        found = sorted(
            (int(match[1]), path)
            for path in folder.iterdir()
            if (match := _NAME.fullmatch(path.name)) and path.is_file()
        )
    except OSError as error:
        raise BlockFileError(folder, 0, f"the folder cannot be read: {error.strerror}") from error
    if not found:
        below = sorted({path.parent for path in folder.glob("**/blockfile_*")})
        said = "it holds no file blockfile_000000"
        if below:
            said += f"; there are some in {', '.join(map(str, below[:5]))}"
        raise BlockFileError(folder, 0, said)
    numbers = [number for number, _ in found]
    if numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        missing = next(number for number in range(numbers[0], numbers[-1]) if number not in numbers)
        raise BlockFileError(folder, 0, f"blockfile_{missing:06} is missing")
    return tuple(path for _, path in found)


def _number(content: bytes, position: int) -> tuple[int, int]:
    """A number, and where it ends; in its shortest form, as Fabric writes it."""
    value = shift = 0
    for index in range(position, min(position + _LARGEST_LENGTH, len(content))):
        byte = content[index]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            if byte == 0 and shift:
                raise _Damage(position, "a number is not in its shortest form")
            return value, index + 1
        shift += 7
    raise _Damage(position, "a number has no end")


def _bytes(content: bytes, position: int) -> tuple[bytes, int]:
    length, start = _number(content, position)
    end = start + length
    if end > len(content):
        raise _Damage(position, f"{end - len(content)} bytes of a piece are missing")
    return content[start:end], end


def _list(content: bytes, position: int) -> tuple[Sequence[bytes], int]:
    count, position = _number(content, position)
    found: list[bytes] = []
    for _ in range(count):
        if position >= len(content):
            raise _Damage(position, f"{count - len(found)} pieces are missing")
        piece, position = _bytes(content, position)
        found.append(piece)
    return found, position


def stored_form(message: BlockMessage) -> bytes:
    """A block as a peer's or an orderer's block file has it, with its length before it.

    Source: `common/ledger/blkstorage/block_serialization.go` of Fabric 3.1.
    """
    header = message.header
    pieces = (
        varint(header.number),
        _sized(header.data_hash),
        _sized(header.previous_hash),
        _counted(message.data.data),
        _counted(message.metadata.metadata),
    )
    return _sized(b"".join(pieces))


def _sized(content: bytes) -> bytes:
    return varint(len(content)) + content


def _counted(pieces: Sequence[bytes]) -> bytes:
    return varint(len(pieces)) + b"".join(map(_sized, pieces))
