"""Whether a new configuration follows from the old one by the update that the channel's members signed.

The result that a configuration block states is computed anew and not believed.

Source: `common/configtx/validator.go`, `update.go` and `configmap.go` of Fabric 3.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

from fabric_gateway._wire import gateway as wire
from fabric_gateway._wire import messages as m
from fabric_gateway.errors import DecodeError, FabricError
from fabric_gateway.verification._configuration import Configuration
from fabric_gateway.verification._membership import Member, Membership
from fabric_gateway.verification._policies import Policy
from fabric_gateway.verification._strangers import Stranger

_ROOT = "Channel"
_NAME = re.compile(r"[a-zA-Z0-9.-]{1,249}")
_REPAIRED_MOD_POLICY = "Admins"
_Path: TypeAlias = tuple[str, str]
"""What an element is, `Group`, `Value` or `Policy`, and its path, such as `/Channel/Application`."""


class UnlawfulUpdate(FabricError):
    """A configuration that does not follow from the one before it; the message says why."""


class _Element(NamedTuple):
    message: Any
    groups: tuple[str, ...]
    """Names of the groups above it and, for a group, its own; the first is `Channel`."""


_Map: TypeAlias = dict[_Path, _Element]


def check_update(old: Configuration, envelope: bytes) -> None:
    """Check that a configuration transaction's result follows from the configuration before it.

    Args:
        old: the configuration before it.
        envelope: the transaction, a serialised `common.Envelope`.

    Raises:
        UnlawfulUpdate: it does not, and why.
    """
    try:
        payload = wire.parse(m.common.Payload, wire.split_envelope(envelope)[0])
        new = wire.parse(m.configtx.ConfigEnvelope, payload.data)
        if not new.HasField("config"):
            raise UnlawfulUpdate("it holds no configuration")
        if new.config.sequence != old.sequence + 1:
            raise UnlawfulUpdate(
                f"its sequence is {new.config.sequence}, the one before it has {old.sequence}"
            )
        update = _update_of(new.last_update)
        computed = _result(old, update)
    except DecodeError as error:
        raise UnlawfulUpdate(f"it cannot be read: {error}") from error
    if computed != new.config.channel_group:
        raise UnlawfulUpdate("the signed update leads to another configuration than the block states")


def _update_of(envelope: Any) -> Any:
    payload = wire.parse(m.common.Payload, envelope.payload)
    header = wire.parse(m.common.ChannelHeader, payload.header.channel_header)
    if not payload.HasField("header") or header.type != m.common.CONFIG_UPDATE:
        raise UnlawfulUpdate(f"it comes from a transaction of type {wire.header_type(header.type)}")
    return wire.parse(m.configtx.ConfigUpdateEnvelope, payload.data)


def _result(old: Configuration, signed: Any) -> Any:
    """The channel's group after an update, `common.ConfigGroup`."""
    update = wire.parse(m.configtx.ConfigUpdate, signed.config_update)
    if update.channel_id != old.channel:
        raise UnlawfulUpdate(f"its update is for channel {update.channel_id!r}")
    existing = _mapped(old.group)
    read = _mapped(update.read_set) if update.HasField("read_set") else {}
    written = _mapped(update.write_set) if update.HasField("write_set") else {}
    for path, element in read.items():
        if path not in existing:
            raise UnlawfulUpdate(f"its update read {_named(path)}, which does not exist")
        if existing[path].message.version != element.message.version:
            raise UnlawfulUpdate(
                f"its update read {_named(path)} at version {element.message.version}, "
                f"which is at {existing[path].message.version}"
            )
    changed = {
        path: element
        for path, element in written.items()
        if path not in read or read[path].message.version != element.message.version
    }
    if not changed:
        raise UnlawfulUpdate("its update changes nothing")
    signers = tuple(_signers(signed, old.membership))
    for path, element in changed.items():
        _authorize(old, path, element, existing, signers)
    whole = {**existing, **changed}
    missing = next((path for path in written if path not in whole), None)
    if missing is not None:
        raise UnlawfulUpdate(f"its update wrote {_named(missing)}, which is not part of the result")
    return _group(("Group", f"/{_ROOT}"), whole)


def _signers(signed: Any, membership: Membership) -> Iterator[Member]:
    """Who signed an update, each once."""
    seen: set[Member] = set()
    for item in signed.signatures:
        header = wire.parse(m.common.SignatureHeader, item.signature_header)
        try:
            member = membership.identity(header.creator)
        except Stranger:
            continue
        if member not in seen and member.verify(item.signature_header + signed.config_update, item.signature):
            seen.add(member)
            yield member


def _authorize(
    old: Configuration, path: _Path, element: _Element, existing: _Map, signers: tuple[Member, ...]
) -> None:
    mod_policy, version = element.message.mod_policy, element.message.version
    names = mod_policy.removeprefix("/").split("/")
    if not mod_policy or not all(_valid_name(name) for name in names):
        raise UnlawfulUpdate(f"{_named(path)} names no policy for its changes, or {mod_policy!r}")
    if path not in existing:
        if version != 0:
            raise UnlawfulUpdate(f"{_named(path)} is new and has version {version} instead of 0")
        return
    before = existing[path]
    if version != before.message.version + 1:
        raise UnlawfulUpdate(
            f"{_named(path)} goes from version {before.message.version} to version {version}"
        )
    policy = _policy_for(old, path, before)
    if policy is None:
        raise UnlawfulUpdate(f"{_named(path)} is ruled by {before.message.mod_policy}, which does not exist")
    if not policy.satisfied_by(signers):
        who = ", ".join(sorted({signer.mspid for signer in signers})) or "nobody"
        raise UnlawfulUpdate(
            f"{_named(path)} was changed with signatures of {who}, which do not satisfy "
            f"{before.message.mod_policy}"
        )


def _policy_for(old: Configuration, path: _Path, element: _Element) -> Policy | None:
    """The policy that rules changes of an element, relative to the group that holds it."""
    name = element.message.mod_policy
    # The root takes relative names from itself, as absolute ones do.
    if name.startswith("/") or path == ("Group", f"/{_ROOT}"):
        return old.get_policy(name)
    policies = old.group_policies(element.groups[1:])
    return None if policies is None else policies.get(name)


def _mapped(group: Any) -> _Map:
    """Every element of a group by its path."""
    found: _Map = {}
    _add(found, group, (_ROOT,))
    return found


def _add(found: _Map, group: Any, groups: tuple[str, ...]) -> None:
    path = "/" + "/".join(groups)
    found["Group", path] = _Element(group, groups)
    for name, below in group.groups.items():
        _must_be_name(name)
        _add(found, below, (*groups, name))
    for kind, elements in (("Value", group.values), ("Policy", group.policies)):
        for name, element in elements.items():
            _must_be_name(name)
            found[kind, f"{path}/{name}"] = _Element(element, groups)


def _group(path: _Path, whole: Mapping[_Path, _Element]) -> Any:
    """A group with the newest of everything that its newest version names."""
    newest = _of(whole, path)
    group = m.configtx.ConfigGroup(version=newest.version, mod_policy=newest.mod_policy)
    for name in newest.groups:
        group.groups[name].CopyFrom(_group(("Group", f"{path[1]}/{name}"), whole))
    for kind, names, into in (
        ("Value", newest.values, group.values),
        ("Policy", newest.policies, group.policies),
    ):
        for name in names:
            into[name].CopyFrom(_of(whole, (kind, f"{path[1]}/{name}")))
    if ("Value", f"/{_ROOT}/Orderer/Capabilities") in whole:
        # Fabric repairs channels of version 1.0, which left these policies out (FAB-5309, FAB-6080).
        for element in (group, *group.values.values(), *group.policies.values()):
            element.mod_policy = element.mod_policy or _REPAIRED_MOD_POLICY
    return group


def _of(whole: Mapping[_Path, _Element], path: _Path) -> Any:
    if path not in whole:
        raise UnlawfulUpdate(f"{_named(path)} is missing from the result")
    return whole[path].message


def _must_be_name(name: str) -> None:
    if not _valid_name(name):
        raise UnlawfulUpdate(f"{name!r} cannot be the name of an element")


def _valid_name(name: str) -> bool:
    return bool(_NAME.fullmatch(name)) and name not in (".", "..")


def _named(path: _Path) -> str:
    return f"the {path[0].lower()} {path[1]}"
