"""Numbers of things in a list: each follows the one before it, unless the file gives it another.

They determine ports and consenter ids, which stay the same when an earlier thing in the list is removed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def numbered(names: Sequence[str], given: Mapping[str, int], first: int = 0) -> dict[str, int]:
    """The number of each name.

    Args:
        names: the list.
        given: numbers that the file gives.
        first: the number of the first, if none is given.
    """
    found: dict[str, int] = {}
    following = first
    for name in names:
        found[name] = given.get(name, following)
        following = found[name] + 1
    return found


def pinned(numbers: Mapping[str, int], first: int = 0) -> dict[str, int]:
    """The numbers that a file has to give, so that `numbered` finds these."""
    default = numbered(tuple(numbers), {}, first)
    found: dict[str, int] = {}
    for name, number in numbers.items():
        if default[name] != number:
            found[name] = number
            default = numbered(tuple(numbers), found, first)
    return found


def first_free(numbers: Mapping[str, int], first: int = 0) -> int:
    """The lowest number that nothing has."""
    taken = set(numbers.values())
    return next(number for number in range(first, first + len(taken) + 1) if number not in taken)
