"""A certificate authority as a profile names it; `fabric_gateway.hfc.fabric_ca` speaks to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class certificateAuthority:
    """A name, and what the profile says under it, in the attributes that hfc gives it."""

    def __init__(self, name: str = "ca") -> None:
        self._name = name
        self._url: str | None = None
        self._grpc_options: Mapping[str, Any] = {}
        self._tlsCACerts: Mapping[str, Any] = {}
        self._registrar: Any = []

    def init_with_bundle(self, info: Mapping[str, Any]) -> bool:
        """Take what a profile says."""
        self._url = info.get("url")
        self._grpc_options = info.get("grpc_options", {})
        self._tlsCACerts = info.get("tlsCACerts", {})
        self._registrar = info.get("registrar", [])
        return True


def create_ca(name: str, info: Mapping[str, Any]) -> certificateAuthority:
    """Make one of what a profile says."""
    made = certificateAuthority(name)
    made.init_with_bundle(info)
    return made
