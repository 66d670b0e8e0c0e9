"""The network that is measured: the packaged one, with a plain chaincode and with what is varied."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from kindpakket_network import Topology

ASSETS = "assets"
_SOURCE = Path(__file__).resolve().parent / "chaincode"
# Settlements are drafted of days that are over: the last job asks on the day after.
_DAYS_AHEAD = ("CORE_PEER_AUTHENTICATION_TIMEWINDOW", "72h")


@dataclass(frozen=True)
class Variant:
    """What is different from the packaged network.

    Attributes:
        name: how reports call it.
        topology: members of a topology, which replace those of the packaged one; mappings are merged.
        peer: environment of peers that a topology cannot set.
        orderer: environment of orderers that a topology cannot set.
        chaincode: the folder of another version of the chaincode; "": the present one.
    """

    name: str
    topology: Mapping[str, Any] = field(default_factory=dict)
    peer: Mapping[str, str] = field(default_factory=dict)
    orderer: Mapping[str, str] = field(default_factory=dict)
    chaincode: str = ""

    @classmethod
    def load(cls, path: Path) -> Variant:
        """Read a variant from a YAML file with the members `topology`, `peer`, `orderer` and `chaincode`.

        Raises:
            ValueError: it has other members, or names a folder that is not there.
        """
        members = yaml.safe_load(path.read_text("utf-8")) or {}
        strange = members.keys() - {"topology", "peer", "orderer", "chaincode"}
        if strange:
            strangers = ", ".join(sorted(strange))
            raise ValueError(f"{path} has {strangers}: use topology, peer, orderer and chaincode")
        if members.get("chaincode"):
            folder = (path.parent / members["chaincode"]).resolve()
            if not folder.is_dir():
                raise ValueError(f"{path} takes the chaincode from {folder}, which is no folder")
            members["chaincode"] = str(folder)
        for kind in ("peer", "orderer"):
            members[kind] = {name: str(value) for name, value in (members.get(kind) or {}).items()}
        return cls(path.stem, **members)

    def made(self) -> Topology:
        """The topology, on ports that are free now."""
        document: dict[str, Any] = deepcopy(dict(Topology.packaged("kindpakket").document))
        document = _merged(document, self.topology)
        (channel,) = document["channels"]
        kindpakket = channel["chaincodes"][0]
        kindpakket["source"] = self.chaincode or kindpakket["source"]
        channel["chaincodes"].append(
            {
                "name": ASSETS,
                "version": "1.0",
                "source": str(_SOURCE),
                "endorsement": kindpakket["endorsement"],
            }
        )
        topology = Topology.read(document, Path("/")).with_free_ports()
        tuning = topology.tuning
        peer = (*tuning.peer, _DAYS_AHEAD, *self.peer.items())
        return replace(
            topology, tuning=replace(tuning, peer=peer, orderer=(*tuning.orderer, *self.orderer.items()))
        )


PACKAGED = Variant("packaged")


def _merged(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(first)
    for name, value in second.items():
        both = isinstance(value, Mapping) and isinstance(merged.get(name), Mapping)
        merged[name] = _merged(merged[name], value) if both else value
    return merged
