"""Endorsement policies, which hfc reads for `chaincode_instantiate` only."""

from __future__ import annotations

from typing import NoReturn

from fabric_gateway.hfc._commands import refuse


class _Reader:
    """What hfc parses policies with."""

    def __init__(self, name: str) -> None:
        self._name = name

    def parse(self, policy: object) -> NoReturn:
        """Read a policy; raises `Impossible`."""
        refuse(f"{self._name}.parse", "instantiate")


def s2d() -> _Reader:
    """What reads a policy's text; its `parse` raises `Impossible`."""
    return _Reader("s2d()")


d2s = _Reader("d2s")


def build_policy(policy: object, msps: object = None, returnProto: bool = False) -> NoReturn:
    """Make a policy's message; raises `Impossible`."""
    refuse("build_policy", "instantiate")
