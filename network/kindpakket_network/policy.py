"""Signature policies as Fabric writes them: `AND('A.peer', OR('B.peer', 'C.peer'))`."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

ROLES = ("member", "admin", "client", "peer", "orderer")
_TOKEN = re.compile(r"\s*(?:(AND|OR|OutOf)\b|'([^']*)'|(\d+)|([(),]))", re.IGNORECASE)


class PolicySyntaxError(ValueError):
    """An expression is not a signature policy; the message says at which character."""


@dataclass(frozen=True)
class Principal:
    """Whoever has a role in an organisation.

    Attributes:
        msp: the organisation's MSP id.
        role: one of `ROLES`.
    """

    msp: str
    role: str


def principals(expression: str) -> tuple[Principal, ...]:
    """The principals that an expression names, in its order.

    Raises:
        PolicySyntaxError: the expression is not a signature policy.
    """
    reader = _Reader(expression, ())
    reader.rule()
    reader.end()
    return tuple(reader.found)


def satisfied(expression: str, signers: Collection[str]) -> bool:
    """Whether signatures of some organisations, in the roles that an expression asks for, satisfy it.

    Args:
        expression: a signature policy.
        signers: the MSP ids of those who sign.

    Raises:
        PolicySyntaxError: the expression is not a signature policy.
    """
    return _Reader(expression, signers).rule()


def any_of(msp: str, roles: tuple[str, ...]) -> str:
    """The expression for anyone who has one of the roles in an organisation."""
    return "OR(" + ", ".join(f"'{msp}.{role}'" for role in roles) + ")"


class _Reader:
    def __init__(self, expression: str, signers: Collection[str]) -> None:
        self._text = expression
        self._signers = signers
        self._at = 0
        self.found: list[Principal] = []

    def rule(self) -> bool:
        word, principal, _, _ = self._next("AND(…), OR(…), OutOf(n, …) or 'MspId.role'")
        if principal is not None:
            return self._principal(principal)
        if word is None:
            raise self._error("AND, OR, OutOf or 'MspId.role' expected")
        self._expect("(")
        number: str | None = None
        if word.lower() == "outof":
            number = self._next("a number")[2]
            if number is None:
                raise self._error("OutOf begins with a number")
            self._expect(",")
        parts = [self.rule()]
        while self._symbol(", or )") == ",":
            parts.append(self.rule())
        if self._text[self._at - 1] != ")":
            raise self._error(") expected")
        if number is not None:
            return sum(parts) >= int(number)
        return all(parts) if word.lower() == "and" else any(parts)

    def end(self) -> None:
        if self._text[self._at :].strip():
            raise self._error("nothing more expected")

    def _principal(self, text: str) -> bool:
        msp, _, role = text.rpartition(".")
        if not msp or role not in ROLES:
            raise self._error(f"'{text}' is not 'MspId.role' with a role of {', '.join(ROLES)}")
        self.found.append(Principal(msp, role))
        return msp in self._signers

    def _next(self, expected: str) -> tuple[str | None, str | None, str | None, str | None]:
        match = _TOKEN.match(self._text, self._at)
        if match is None:
            raise self._error(f"{expected} expected")
        self._at = match.end()
        word, principal, number, symbol = match.groups()
        return word, principal, number, symbol

    def _symbol(self, expected: str) -> str:
        symbol = self._next(expected)[3]
        if symbol is None:
            raise self._error(f"{expected} expected")
        return symbol

    def _expect(self, symbol: str) -> None:
        if self._symbol(symbol) != symbol:
            raise self._error(f"{symbol} expected")

    def _error(self, words: str) -> PolicySyntaxError:
        return PolicySyntaxError(f"{words} at character {self._at + 1} of {self._text!r}")
