"""A change of a channel's configuration: what it touches, and what results from it.

A change lists the elements that it read, with their versions, and those that it writes. An element written
with a higher version is changed; one written with the version that was read is only there as a parent or
member. Source: Fabric 3.1 `common/configtx/update.go`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import DecodeError

from kindpakket_network.channel import messages as m
from kindpakket_network.channel.configuration import APPLICATION, Configuration
from kindpakket_network.errors import CommandFailed, NetworkError
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs.command import Command, run

CHANNEL = "/Channel"
_PARTS = ("values", "policies", "groups")


@dataclass(frozen=True)
class Touched:
    """An element of the configuration that is changed.

    Attributes:
        path: its path, such as `/Channel/Orderer/BatchSize`.
        policy: the path of the policy that its change must satisfy.
    """

    path: str
    policy: str


def compute_update(session: Session, present: Configuration, wanted: Any) -> bytes | None:
    """The change from one configuration to another, a `common.ConfigUpdate`; None if they are the same.

    Raises:
        CommandFailed: configtxlator rejected them.
    """
    with session.home.scratch() as folder:
        for name, group in (("original", present.group), ("updated", _normalised(present.group, wanted))):
            config = m.configtx.Config(sequence=present.sequence, channel_group=group)
            (folder / name).write_bytes(config.SerializeToString())
        arguments = [
            *(session.programs.path("configtxlator"), "compute_update", "--channel_id", present.channel),
            *("--original", str(folder / "original"), "--updated", str(folder / "updated")),
            *("--output", str(folder / "update")),
        ]
        try:
            run(Command(f"configtxlator for {present.channel}", arguments))
        except CommandFailed as error:
            if "no differences detected" in error.output:
                return None
            raise
        return (folder / "update").read_bytes()


def read_update(update: bytes) -> Any:
    """The `common.ConfigUpdate` in bytes.

    Raises:
        NetworkError: the bytes are not a change of a configuration.
    """
    try:
        return m.configtx.ConfigUpdate.FromString(update)
    except DecodeError as error:
        raise NetworkError(
            f"these {len(update)} bytes are not a change of a configuration: {error}"
        ) from error


def outdated(present: Any, update: Any) -> list[str]:
    """The paths of elements that have changed since a change was computed.

    Args:
        present: the channel's configuration, a `common.ConfigGroup`.
        update: the change, a `common.ConfigUpdate`.
    """
    versions, read = (_elements(group) for group in (present, update.read_set))
    found = [
        key for key, before in read.items() if key not in versions or versions[key].version != before.version
    ]
    for key, element in _written(update).items():
        before = versions[key].version if key in versions else -1
        if element.version != before + 1:
            found.append(key)
    return [path for _, path in dict.fromkeys(found)]


def holds(present: Any, update: Any) -> bool:
    """Whether a configuration contains everything that a change writes, exactly as written."""
    elements = _elements(present)
    return all(key in elements and _same(element, elements[key]) for key, element in _written(update).items())


def touched(present: Any, update: Any) -> list[Touched]:
    """The elements of a configuration that a change alters. What it adds counts as a change of its group."""
    return list(_touched(CHANNEL, present, update.write_set))


def applied(present: Any, update: Any) -> Any:
    """The configuration that results from a change, a `common.ConfigGroup`."""
    return _applied(present, update.write_set)


def _elements(group: Any) -> dict[tuple[str, str], Any]:
    """Everything in a configuration by its kind and path: groups, values and policies."""
    found: dict[tuple[str, str], Any] = {}

    def add(path: str, group: Any) -> None:
        found["groups", path] = group
        for part in ("values", "policies"):
            for name, element in getattr(group, part).items():
                found[part, f"{path}/{name}"] = element
        for name, below in group.groups.items():
            add(f"{path}/{name}", below)

    add(CHANNEL, group)
    return found


def _written(update: Any) -> dict[tuple[str, str], Any]:
    """What a change writes, without elements that keep the version that was read."""
    read = _elements(update.read_set)
    return {
        key: element
        for key, element in _elements(update.write_set).items()
        if key not in read or read[key].version != element.version
    }


def _same(written: Any, element: Any) -> bool:
    """Whether an element is as written; groups, whose members are compared apart, compare by version."""
    if isinstance(written, m.configtx.ConfigGroup):
        return bool((written.version, written.mod_policy) == (element.version, element.mod_policy))
    return bool(written == element)


def _touched(path: str, present: Any, written: Any) -> Iterator[Touched]:
    if written.version != present.version:
        yield Touched(path, _policy(path, present.mod_policy))
    for part in ("values", "policies"):
        elements = getattr(present, part)
        for name, element in getattr(written, part).items():
            if name in elements and element.version != elements[name].version:
                yield Touched(f"{path}/{name}", _policy(path, elements[name].mod_policy))
    for name, below in written.groups.items():
        if name in present.groups:
            yield from _touched(f"{path}/{name}", present.groups[name], below)


def _policy(path: str, name: str) -> str:
    return name if name.startswith("/") else f"{path}/{name}"


def _applied(present: Any, written: Any) -> Any:
    result = m.configtx.ConfigGroup()
    result.CopyFrom(present)
    if written.version != present.version:
        result.version, result.mod_policy = written.version, written.mod_policy
        for part in _PARTS:
            members = getattr(result, part)
            for name in [name for name in members if name not in getattr(written, part)]:
                del members[name]
    for part in ("values", "policies"):
        members = getattr(result, part)
        for name, element in getattr(written, part).items():
            if name not in members or members[name].version != element.version:
                members[name].CopyFrom(element)
    for name, below in written.groups.items():
        before = present.groups[name] if name in present.groups else m.configtx.ConfigGroup()
        result.groups[name].CopyFrom(_applied(before, below))
    return result


def _normalised(present: Any, wanted: Any) -> Any:
    """The wanted configuration, with the present ACLs if only the order of the map's entries differs."""
    result = m.configtx.ConfigGroup()
    result.CopyFrom(wanted)
    acls, target = (group.groups[APPLICATION].values["ACLs"] for group in (present, result))
    if m.peer.ACLs.FromString(acls.value) == m.peer.ACLs.FromString(target.value):
        target.value = acls.value
    return result
