"""Changes single settings of a topology, given as `path=value`."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from kindpakket_network.description.topology import Topology
from kindpakket_network.errors import NetworkError

_NAMES = ("name", "organisation")


def with_settings(topology: Topology, settings: Mapping[str, str]) -> Topology:
    """The topology with some settings changed.

    Args:
        topology: the network.
        settings: values as YAML, by path: the names of members down to the setting, joined by dots; items
            of a list go by their names. Such as `ordering.batch_messages` or
            `channels.zuidhorn.acls.event/Block`. An empty value removes the setting.

    Raises:
        NetworkError: there is no such path.
        TopologyError: the resulting topology has mistakes.
    """
    document = copy.deepcopy(dict(topology.document))
    for place, text in settings.items():
        *parents, name = place.split(".")
        holder: Any = document
        for number, parent in enumerate(parents):
            holder = _below(holder, parent, ".".join(parents[: number + 1]))
        if not isinstance(holder, dict):
            raise NetworkError(f"{place!r} is not a setting: give the path of a single value")
        try:
            value = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise NetworkError(f"the value of {place} is not YAML: {error}") from error
        if value is None:
            holder.pop(name, None)
        else:
            holder[name] = value
    return Topology.read(document, Path("/"), "the resulting topology")


def _below(holder: Any, name: str, place: str) -> Any:
    if isinstance(holder, dict):
        return holder.setdefault(name, {})
    if not isinstance(holder, list):
        raise NetworkError(f"{place!r} is not a setting: give the path of a single value")
    known = {item[key]: item for item in holder if isinstance(item, dict) for key in _NAMES if key in item}
    if name not in known:
        raise NetworkError(f"there is no {place}: use one of {', '.join(known)}")
    return known[name]
