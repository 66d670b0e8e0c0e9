"""A channel's capabilities: what its nodes must know to run it. They are raised by a change of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kindpakket_network.channel import messages as m
from kindpakket_network.channel.configuration import APPLICATION, ORDERER
from kindpakket_network.description.build import BUILDS, CAPABILITIES, Build
from kindpakket_network.description.channel import Channel
from kindpakket_network.errors import NetworkError
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.nodes.session import Session

_NAME = "Capabilities"


def capabilities_of(group: Any) -> dict[str, str]:
    """The capabilities of a configuration, by group; several of one group are joined by commas.

    Args:
        group: the channel's configuration, a `common.ConfigGroup`.
    """
    found: dict[str, str] = {}
    for name, below in _groups(group).items():
        if _NAME in below.values:
            message = m.configuration.Capabilities.FromString(below.values[_NAME].value)
            found[name] = ", ".join(sorted(message.capabilities))
    return found


def keep_capabilities(present: Any, wanted: Any) -> None:
    """Give a wanted configuration the capabilities of the present one."""
    before = _groups(present)
    for name, below in _groups(wanted).items():
        if _NAME in before[name].values:
            below.values[_NAME].CopyFrom(before[name].values[_NAME])


def raised(channel: Channel, present: Any) -> dict[str, tuple[str, str]]:
    """The capabilities that the topology raises: the present one and the wanted one, by group.

    Args:
        channel: the channel as the topology describes it.
        present: its configuration, a `common.ConfigGroup`.
    """
    found: dict[str, tuple[str, str]] = {}
    for name, before in capabilities_of(present).items():
        wanted, known = channel.capabilities[name], CAPABILITIES[name]
        if before in known and known.index(before) < known.index(wanted):
            found[name] = before, wanted
    return found


def with_raised(channel: Channel, present: Any) -> Any:
    """The configuration with the capabilities that the topology raises; the same object if there are none."""
    changes = raised(channel, present)
    if not changes:
        return present
    result = m.configtx.ConfigGroup()
    result.CopyFrom(present)
    for name, (_, wanted) in changes.items():
        message = m.configuration.Capabilities()
        message.capabilities[wanted].SetInParent()
        _groups(result)[name].values[_NAME].value = message.SerializeToString()
    return result


def ensure_all_know(session: Session, channel: Channel, wanted: Mapping[str, str]) -> None:
    """Check that this home's nodes of a channel run builds that know capabilities.

    A node that does not know one exits when it reads the block with it.

    Raises:
        NetworkError: a node's build is too old, or it does not answer.
    """
    nodes: list[Orderer | Peer] = [*session.own_consenters_of(channel), *session.own_peers_on(channel)]
    problems = [problem for node in nodes for problem in _problems(node, wanted)]
    if problems:
        raise NetworkError(f"the capabilities of {channel.name} stay as they are: {'; '.join(problems)}")


def ensure_known(build: Build, channel: str, present: Mapping[str, str]) -> None:
    """Check that a build knows a channel's present capabilities.

    Raises:
        NetworkError: it does not, and its nodes would end themselves.
    """
    for group, capability in present.items():
        if capability not in CAPABILITIES[group] or not build.knows(group, capability):
            raise NetworkError(
                f"{channel} has the {group} capability {capability}, but build {build.name} knows "
                f"{build.capabilities[group]} at most, and its nodes would exit: choose a newer build"
            )


def _problems(node: Orderer | Peer, wanted: Mapping[str, str]) -> Iterator[str]:
    name = node.build()
    if name is None:
        yield f"{node.node} does not say which build it runs: start it first"
    elif name not in BUILDS:
        yield f"{node.node} runs the unknown build {name}: run `kindpakket network upgrade` first"
    else:
        lacking = [words for group, words in wanted.items() if not BUILDS[name].knows(group, words)]
        if lacking:
            yield (
                f"{node.node} runs build {name}, which is too old for {' and '.join(lacking)}: "
                "upgrade it first"
            )


def _groups(group: Any) -> dict[str, Any]:
    return {"channel": group, "orderer": group.groups[ORDERER], "application": group.groups[APPLICATION]}
