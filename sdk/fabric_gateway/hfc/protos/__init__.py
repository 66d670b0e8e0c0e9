"""Fabric's protobuf messages under hfc's names: `fabric_gateway.hfc.protos.common.common_pb2` and the like.

They are those of `hyperledger-fabric-protos`, the same objects: two copies could not be in one process. What
Fabric no longer has (`idemix`, `token`, `orderer.kafka_pb2`, `peer.admin_pb2`) can be imported, and raises
`Impossible` when something in it is used.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from types import ModuleType
from typing import NoReturn

import fabric_protos

from fabric_gateway.hfc.errors import Impossible

_GONE = {
    "idemix": ("idemix_pb2",),
    "token": ("expectations_pb2", "prover_pb2", "transaction_pb2"),
    "orderer": ("kafka_pb2",),
    "peer": ("admin_pb2",),
}


class _Gone(ModuleType):
    """A module of messages that Fabric no longer has."""

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):  # what Python itself asks a module for
            raise AttributeError(name)
        raise Impossible(f"{self.__name__}.{name} belongs to a part of Fabric that Fabric 3 does not have")


def _share() -> None:
    """Have every module of Fabric's messages known under its name here."""
    for found in pkgutil.walk_packages(fabric_protos.__path__, "fabric_protos."):
        if found.name != "fabric_protos.gateway" and not found.name.startswith("fabric_protos.gateway."):
            _know(found.name.removeprefix("fabric_protos."), importlib.import_module(found.name))
    for package, modules in _GONE.items():
        if not hasattr(sys.modules[__name__], package):
            _know(package, ModuleType(f"{__name__}.{package}"))
            sys.modules[f"{__name__}.{package}"].__path__ = []
        for module in modules:
            _know(f"{package}.{module}", _Gone(f"{__name__}.{package}.{module}"))


def _know(name: str, module: ModuleType) -> None:
    sys.modules[f"{__name__}.{name}"] = module
    package, _, last = name.rpartition(".")
    parent = sys.modules[f"{__name__}.{package}" if package else __name__]
    if not hasattr(parent, last):
        setattr(parent, last, module)


_share()
