"""Chaincode definitions in force, followed from the public writes of `_lifecycle`.

A definition counts from the block after the one that commits it: peers look definitions up in the state
before the block. A later transaction of the same block that was endorsed under the old definition fails its
read of `Sequence`.

Source: Fabric 3.1.1 `core/chaincode/lifecycle/lifecycle.go` (keys), `serializer.go` (values) and
`deployedcc_infoprovider.go` (`ValidationInfo`, `CollectionValidationInfo`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fabric_gateway._wire import gateway as wire
from fabric_gateway._wire import messages as m
from fabric_gateway.errors import DecodeError
from fabric_gateway.verification._state import LIFECYCLE, State
from fabric_gateway.verification._updates import Updates

_TYPE = "ChaincodeDefinition"


@dataclass(frozen=True, slots=True)
class Collection:
    """A private data collection of a definition.

    Attributes:
        name: its name.
        endorsement_policy: a serialised `protos.ApplicationPolicy`; b"": the chaincode's own.
        block_to_live: number of blocks after which its data are removed; 0: never.
    """

    name: str
    endorsement_policy: bytes
    block_to_live: int


@dataclass(frozen=True, slots=True)
class Definition:
    """A chaincode's definition on a channel.

    Attributes:
        name: name of the chaincode.
        sequence: how often it was defined.
        version: its version.
        init_required: its first transaction must be `Init`.
        plugin: the plugin that validates its transactions; Fabric's own is `vscc`.
        endorsement_policy: a serialised `protos.ApplicationPolicy`.
        collections: its private data collections by name.
    """

    name: str
    sequence: int
    version: str
    init_required: bool
    plugin: str
    endorsement_policy: bytes
    collections: Mapping[str, Collection]


class Definitions:
    """The definitions after the last block that was added.

    Args:
        state: where the values of `_lifecycle` are kept.
    """

    def __init__(self, state: State) -> None:
        self._values = dict(state.definition_values())
        self._known: dict[str, Definition | None] = {}

    def get(self, name: str) -> Definition | None:
        """A chaincode's definition; None if it has none.

        Raises:
            DecodeError: there is one that cannot be read; a peer stops at it.
        """
        if name not in self._known:
            self._known[name] = self._read(name)
        return self._known[name]

    def apply(self, updates: Updates) -> None:
        """Take over what a block changes of them."""
        changes = updates.keys(LIFECYCLE)
        for key, update in changes.items():
            if update.value is None:
                self._values.pop(key, None)
            else:
                self._values[key] = update.value
        if changes:
            self._known.clear()

    def _read(self, name: str) -> Definition | None:
        described = self._values.get(f"namespaces/metadata/{name}".encode())
        if described is None:
            return None
        kind = wire.parse(m.lifecycle_state.StateMetadata, described).datatype
        if kind != _TYPE:
            raise DecodeError(f"{name} is defined as {kind!r}, which is not a chaincode")
        endorsing = self._field(name, "EndorsementInfo", m.lifecycle.ChaincodeEndorsementInfo)
        validating = self._field(name, "ValidationInfo", m.lifecycle.ChaincodeValidationInfo)
        collections = self._field(name, "Collections", m.collection.CollectionConfigPackage)
        return Definition(
            name=name,
            sequence=self._data(name, "Sequence", "Int64") or 0,
            version=endorsing.version,
            init_required=endorsing.init_required,
            plugin=validating.validation_plugin,
            endorsement_policy=validating.validation_parameter,
            collections={found.name: found for found in map(_collection, collections.config) if found},
        )

    def _field(self, name: str, field: str, kind: Any) -> Any:
        return wire.parse(kind, self._data(name, field, "Bytes") or b"")

    def _data(self, name: str, field: str, kind: str) -> Any:
        """A field's content; None if it is not there, which Fabric takes for an empty one."""
        value = self._values.get(f"namespaces/fields/{name}/{field}".encode(), b"")
        data = wire.parse(m.lifecycle_state.StateData, value)
        found = data.WhichOneof("Type")
        if found is None:
            return None
        if found != kind:
            raise DecodeError(f"field {field} of the definition of {name} is {found} instead of {kind}")
        return getattr(data, kind)


def _collection(config: Any) -> Collection | None:
    if config.WhichOneof("payload") != "static_collection_config":
        return None
    static = config.static_collection_config
    policy = static.endorsement_policy.SerializeToString() if static.HasField("endorsement_policy") else b""
    return Collection(static.name, policy, static.block_to_live)
