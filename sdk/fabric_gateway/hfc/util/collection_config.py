"""Private data collections, which are part of a definition that tools make today."""

from __future__ import annotations

from typing import NoReturn

from fabric_gateway.hfc._commands import refuse


def build_collection_config_proto(collections_config: object) -> NoReturn:
    """Make collections' definitions; raises `Impossible`."""
    refuse("build_collection_config_proto", "approve")
