"""A peer's `core.yaml`: Fabric's own, with the roots by which a peer that starts at block 0 finds consenters.

A peer trusts the consenters that the channel's configuration names, as far as it has read the channel. When
roots have been renewed since, the genesis block names old ones, and a new or rebuilt peer could not fetch
the block that names the new ones.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path

from kindpakket_network.errors import NetworkError
from kindpakket_network.nodes.authority_roots import split
from kindpakket_network.programs.home import write

# What Fabric 3.1.1 reads as `peer.deliveryclient.addressOverrides`.
_MEMBER = "    addressOverrides:\n"


def write_configuration(
    source: Path, target: Path, consenters: Mapping[str, Path], genesis: Collection[Path]
) -> None:
    """Write a peer's configuration.

    Args:
        source: Fabric's own.
        target: the peer's.
        consenters: the file with the TLS roots of each consenter that may order for it, by `host:port`.
        genesis: the genesis blocks of the channels.

    Raises:
        NetworkError: Fabric's own lacks the member for these roots.
    """
    text = source.read_text("utf-8")
    blocks = [path.read_bytes() for path in genesis if path.is_file()]
    renewed = {
        address: roots
        for address, roots in consenters.items()
        if roots.is_file() and not all(_names(block, roots) for block in blocks)
    }
    if renewed:
        if text.count(_MEMBER) != 1:
            raise NetworkError(f"{source} has no member addressOverrides: check that it is of Fabric 3.1.1")
        entries = "".join(
            f"      - from: {json.dumps(address)}\n"
            f"        to: {json.dumps(address)}\n"
            f"        caCertsFile: {json.dumps(str(roots))}\n"
            for address, roots in renewed.items()
        )
        text = text.replace(_MEMBER, _MEMBER + entries)
    write(target, text)


def _names(block: bytes, roots: Path) -> bool:
    """Whether a block contains each of the certificates in a file; configtxgen copies their PEM."""
    return all(root.strip() in block for root in split(roots.read_bytes()))
