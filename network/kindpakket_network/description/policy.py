"""Signature policies as Fabric reads them: `AND('A.peer', OR("B.peer", "C.peer"))`."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

ROLES = ("member", "admin", "client", "peer", "orderer")
_TOKEN = re.compile(r"\s*(?:(AND|OR|OutOf)\b|(?:'([^']*)'|\"([^\"]*)\")|(\d+)|([(),]))", re.IGNORECASE)


class PolicySyntaxError(ValueError):
    """An expression is not a signature policy; the message gives the character."""


@dataclass(frozen=True)
class Principal:
    """A role in an organisation.

    Attributes:
        msp: the organisation's MSP id.
        role: one of `ROLES`; `member` is anyone of the organisation.
    """

    msp: str
    role: str


@dataclass(frozen=True)
class Threshold:
    """A number of policies that must be satisfied.

    Attributes:
        needed: how many.
        policies: the policies.
    """

    needed: int
    policies: tuple[Policy, ...]


Policy = Principal | Threshold


def parse(expression: str) -> Policy:
    """Read an expression.

    Raises:
        PolicySyntaxError: it is not a signature policy, or OutOf asks for none or for more than it lists.
    """
    reader = _Reader(expression)
    found = reader.rule()
    reader.end()
    return found


def principals(expression: str) -> tuple[Principal, ...]:
    """The principals that an expression names, in its order.

    Raises:
        PolicySyntaxError: the expression is not a signature policy.
    """
    return principals_of(parse(expression))


def single_quoted(expression: str) -> str:
    """The same expression with single quotes; Fabric takes both, and names contain neither."""
    return expression.replace('"', "'")


def satisfied(expression: str, signers: Collection[str]) -> bool:
    """Whether signatures of organisations, in whichever roles an expression asks for, satisfy it.

    Args:
        expression: a signature policy.
        signers: the MSP ids of the organisations that sign.

    Raises:
        PolicySyntaxError: the expression is not a signature policy.
    """
    return can_be_satisfied_by(parse(expression), signers)


def any_of(msp: str, roles: tuple[str, ...]) -> str:
    """The expression for anyone who has one of the roles in an organisation."""
    return "OR(" + ", ".join(f"'{msp}.{role}'" for role in roles) + ")"


def without(policy: Policy, msp: str, *, even_if_required: bool = False) -> Policy | None:
    """A policy without an organisation's signatures.

    Args:
        policy: the policy.
        msp: the organisation's MSP id.
        even_if_required: where its signature was required with others', ask for the others' alone.

    Returns:
        The policy; None if it needs that organisation.
    """
    if isinstance(policy, Principal):
        return None if policy.msp == msp else policy
    left = [without(part, msp, even_if_required=even_if_required) for part in policy.policies]
    staying = tuple(part for part in left if part is not None)
    needed = min(policy.needed, len(staying)) if even_if_required else policy.needed
    if not staying or needed > len(staying):
        return None
    return staying[0] if len(staying) == 1 else Threshold(needed, staying)


def written(policy: Policy) -> str:
    """A policy as an expression for `parse` and for Fabric, which takes no principal without an operator."""
    return f"OR({_written(policy)})" if isinstance(policy, Principal) else _written(policy)


def is_satisfied_by(policy: Policy, signers: Sequence[Principal]) -> bool:
    """Whether signatures satisfy a policy; as in Fabric, each counts once, in the policy's order."""
    return _left_over(policy, list(signers)) is not None


def can_be_satisfied_by(policy: Policy, msps: Collection[str]) -> bool:
    """Whether organisations can satisfy a policy together, without any other."""
    if isinstance(policy, Principal):
        return policy.msp in msps
    return sum(can_be_satisfied_by(part, msps) for part in policy.policies) >= policy.needed


def principals_of(policy: Policy) -> tuple[Principal, ...]:
    """The principals of a policy, in its order."""
    if isinstance(policy, Principal):
        return (policy,)
    return tuple(principal for part in policy.policies for principal in principals_of(part))


def _written(policy: Policy) -> str:
    if isinstance(policy, Principal):
        return f"'{policy.msp}.{policy.role}'"
    parts = ", ".join(map(_written, policy.policies))
    if policy.needed == 1:
        return f"OR({parts})"
    return f"AND({parts})" if policy.needed == len(policy.policies) else f"OutOf({policy.needed}, {parts})"


def _left_over(policy: Policy, signers: list[Principal]) -> list[Principal] | None:
    if isinstance(policy, Principal):
        for number, signer in enumerate(signers):
            if signer.msp == policy.msp and policy.role in (signer.role, "member"):
                return signers[:number] + signers[number + 1 :]
        return None
    met = 0
    for part in policy.policies:
        left = _left_over(part, signers)
        if left is not None:
            met, signers = met + 1, left
    return signers if met >= policy.needed else None


class _Reader:
    def __init__(self, expression: str) -> None:
        self._text = expression
        self._at = 0

    def rule(self) -> Policy:
        word, principal, _, _ = self._next("AND(…), OR(…), OutOf(n, …) or 'MspId.role'")
        if principal is not None:
            return self._principal(principal)
        if word is None:
            raise self._error("AND, OR, OutOf or 'MspId.role' expected")
        self._expect("(")
        needed = self._needed() if word.lower() == "outof" else None
        policies = [self.rule()]
        while self._symbol(", or )") == ",":
            policies.append(self.rule())
        if self._text[self._at - 1] != ")":
            raise self._error(") expected")
        if needed is None:
            needed = len(policies) if word.lower() == "and" else 1
        if not 1 <= needed <= len(policies):
            raise self._error(
                f"OutOf asks for {needed} of {len(policies)}; a number from 1 to {len(policies)} expected"
            )
        return Threshold(needed, tuple(policies))

    def end(self) -> None:
        if self._text[self._at :].strip():
            raise self._error("end of the policy expected")

    def _needed(self) -> int:
        number = self._next("a number")[2]
        if number is None:
            raise self._error("a number expected after OutOf(")
        self._expect(",")
        return int(number)

    def _principal(self, text: str) -> Principal:
        msp, _, role = text.rpartition(".")
        if not msp or role not in ROLES:
            raise self._error(f"'{text}' is not 'MspId.role' with one of the roles {', '.join(ROLES)}")
        return Principal(msp, role)

    def _next(self, expected: str) -> tuple[str | None, str | None, str | None, str | None]:
        match = _TOKEN.match(self._text, self._at)
        if match is None:
            raise self._error(f"{expected} expected")
        self._at = match.end()
        word, single, double, number, symbol = match.groups()
        return word, double if single is None else single, number, symbol

    def _symbol(self, expected: str) -> str:
        symbol = self._next(expected)[3]
        if symbol is None:
            raise self._error(f"{expected} expected")
        return symbol

    def _expect(self, symbol: str) -> None:
        if self._symbol(symbol) != symbol:
            raise self._error(f"{symbol} expected")

    def _error(self, problem: str) -> PolicySyntaxError:
        return PolicySyntaxError(f"{problem} at character {self._at + 1} of {self._text!r}")
