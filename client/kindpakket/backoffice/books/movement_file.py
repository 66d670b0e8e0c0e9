"""Movements as a file: JSON Lines, first a line about the ledger, then one for each movement."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, cast, get_args

from kindpakket.backoffice.books.errors import BooksError, MovementsError
from kindpakket.backoffice.books.source import Position
from kindpakket.backoffice.mistakes import Mistake
from kindpakket.ledger.movements import Movement, MovementKind

FORMAT = "kindpakket-movements-1"
_CHANNEL = re.compile(r"[a-z][a-z0-9.-]{0,248}")
_HASH = re.compile(r"(?:[0-9a-f]{64})?")
_ID = re.compile(r"[0-9a-f]{32}")
_ANY_ID = re.compile(r"(?:[0-9a-f]{32})?")
_FORMS = {
    "transaction_id": re.compile(r"[0-9a-f]{1,64}"),
    "scheme": _ID,
    **dict.fromkeys(("voucher", "shop", "payment", "settlement"), _ANY_ID),
    "category": re.compile(r"(?:[a-z][a-z0-9-]{0,31})?"),
}
"""What is written to other files is an id or a code, and never free text."""
_KINDS = frozenset(get_args(MovementKind))
_NUMBERS = ("block", "position", "line", "time", "cents")
_TEXTS = ("transaction_id", "kind", "scheme", "voucher", "shop", "payment", "settlement", "category")
_OPTIONAL = tuple(field.name for field in fields(Movement) if field.default == "")
_MOST = 10**15
_MOST_MISTAKES = 1000


class MovementFile:
    """A file of movements, which is read line by line, once for each pass over it.

    Attributes:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        """Read the line about the ledger.

        Raises:
            MovementsError: it is not a file of movements.
            OSError: it cannot be read.
        """
        self.path = path
        with path.open("rb") as file:
            self._position = _header(file.readline(65_536), str(path))

    def position(self, until_block: int | None = None) -> Position:
        """The file's block; of an earlier block the hash is not known.

        Raises:
            BooksError: the file ends before that block.
        """
        newest = self._position
        if until_block is None or until_block == newest.block:
            return newest
        if not 0 <= until_block < newest.block:
            raise BooksError(f"{self.path} has the blocks 0 to {newest.block}, and not block {until_block}")
        return Position(newest.channel, until_block)

    def movements(self, until_block: int | None = None) -> Iterator[Movement]:
        """The movements up to a block, in the order of the ledger.

        Raises:
            MovementsError: a line is not a movement, or is out of order; all mistakes are listed.
            OSError: it cannot be read.
        """
        last = self._position.block
        until = last if until_block is None else until_block
        mistakes: list[Mistake] = []
        before = (-1, 0, 0)
        with self.path.open("rb") as file:
            file.readline()
            for number, line in enumerate(file, 2):
                if not line.strip():
                    continue
                reason, movement = _read(line)
                if movement is not None:
                    place = movement.block, movement.position, movement.line
                    if place <= before:
                        reason = f"block, position and line {place} do not come after {before}"
                    elif movement.block > last:
                        reason = f"block {movement.block} is beyond block {last}, the file's last one"
                    before = max(before, place)
                if reason:
                    mistakes.append(Mistake(number, reason))
                    if len(mistakes) >= _MOST_MISTAKES:
                        break
                elif movement is not None and not mistakes and movement.block <= until:
                    yield movement
        if mistakes:
            raise MovementsError(str(self.path), mistakes)


def write_movements(path: Path, position: Position, movements: Iterable[Movement]) -> None:
    """Write a file of movements.

    Args:
        path: the file.
        position: the block that it goes up to.
        movements: all movements up to that block, in the order of the ledger.

    Raises:
        OSError: it cannot be written.
    """
    header = {
        "format": FORMAT,
        "channel": position.channel,
        "block": position.block,
        "block_hash": position.block_hash,
    }
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(json.dumps(header) + "\n")
        for movement in movements:
            members = {name: value for name, value in asdict(movement).items() if value != ""}
            file.write(json.dumps(members, separators=(",", ":")) + "\n")


def _header(line: bytes, source: str) -> Position:
    try:
        header = json.loads(line)
    except ValueError:
        header = None
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        reason = f'not a file of movements: its first line has "format": "{FORMAT}"'
        raise MovementsError(source, [Mistake(1, reason)])
    channel, block, block_hash = header.get("channel"), header.get("block"), header.get("block_hash", "")
    if not (
        isinstance(channel, str)
        and isinstance(block_hash, str)
        and _CHANNEL.fullmatch(channel)
        and _HASH.fullmatch(block_hash)
        and _is_number(block)
    ):
        reason = "the first line must have the channel, the block's number and its block_hash in hexadecimal"
        raise MovementsError(source, [Mistake(1, reason)])
    return Position(channel, cast(int, block), block_hash)


def _read(line: bytes) -> tuple[str, Movement | None]:
    """A movement, or what is wrong with its line."""
    try:
        members: Any = json.loads(line)
    except (ValueError, RecursionError):
        return "not JSON", None
    if not isinstance(members, dict):
        return "not an object", None
    reason = _wrong(members)
    return (reason, None) if reason else ("", Movement(**members))


def _wrong(members: dict[str, Any]) -> str:
    """What is wrong with the members of a movement; "" if nothing is."""
    unknown = sorted(members.keys() - {*_NUMBERS, *_TEXTS})
    if unknown:
        return f"the member {unknown[0][:40]!r} is unknown"
    numbers = [name for name in _NUMBERS if not _is_number(members.get(name))]
    texts = [
        name for name in _TEXTS if not isinstance(members.get(name, "" if name in _OPTIONAL else None), str)
    ]
    if numbers or texts:
        kind = "a whole number from 0" if numbers else "a text"
        return f"{[*numbers, *texts][0]} is missing, or is not {kind}"
    if members["kind"] not in _KINDS:
        return f"the kind {members['kind'][:40]!r} is unknown: it must be one of {', '.join(sorted(_KINDS))}"
    if not members["cents"]:
        return "cents is 0: it must be above"
    forms = [name for name, form in _FORMS.items() if not form.fullmatch(members.get(name, ""))]
    return f"{forms[0]} has another form than on the ledger" if forms else ""


def _is_number(value: object) -> bool:
    return type(value) is int and 0 <= value < _MOST
