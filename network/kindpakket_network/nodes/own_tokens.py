"""The PKCS#11 tokens of the organisations that a home acts for; those of others are on other machines."""

from __future__ import annotations

from collections.abc import Collection

from kindpakket_network.description.topology import Topology
from kindpakket_network.errors import Mistake
from kindpakket_network.programs.token import TokenError, TokenKeys


def uses_tokens(topology: Topology, organisations: Collection[str]) -> bool:
    """Whether nodes of some organisations keep keys in tokens, which only another build of Fabric can use."""
    return any(
        organisation.token is not None
        for organisation in topology.organisations
        if organisation.name in organisations
    )


def ensure_tokens(topology: Topology, organisations: Collection[str]) -> None:
    """Check that the tokens of some organisations can be used.

    Args:
        topology: the network.
        organisations: the names of the organisations.

    Raises:
        TopologyError: some cannot; all of them are listed, with their lines.
    """
    mistakes = []
    for number, organisation in enumerate(topology.organisations):
        if organisation.token is None or organisation.name not in organisations:
            continue
        try:
            TokenKeys(organisation.token).ensure_usable()
        except TokenError as error:
            place = f"organisations[{number}].keys.pkcs11.{error.member}"
            mistakes.append(Mistake(place, str(error)))
    if mistakes:
        raise topology.error(mistakes)


def ensure_no_tokens(topology: Topology, organisations: Collection[str], reason: str) -> None:
    """Refuse an export whose nodes could not use the tokens that hold their keys.

    Args:
        topology: the network.
        organisations: the names of the organisations whose nodes are exported.
        reason: why the nodes could not use a token, and what to do instead.

    Raises:
        TopologyError: some organisations keep keys in a token; all of them are listed, with their lines.
    """
    mistakes = [
        Mistake(
            f"organisations[{number}].keys.pkcs11", f"{organisation.name} keeps keys in a token: {reason}"
        )
        for number, organisation in enumerate(topology.organisations)
        if organisation.token is not None and organisation.name in organisations
    ]
    if mistakes:
        raise topology.error(mistakes)
