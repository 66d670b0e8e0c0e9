"""The roots by which a peer finds consenters when the genesis block names old ones."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from issuing import self_signed

from kindpakket_network import NetworkError
from kindpakket_network.nodes.peer_configuration import write_configuration

FABRICS = """peer:
  id: jdoe # the peer's
  deliveryclient:
    # When found in channel configurations.
    addressOverrides:
      # - from:
      #   to:
    policy: cluster
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "core.yaml").write_text(FABRICS, "utf-8")
    return tmp_path / "core.yaml"


def test_consenters_whose_roots_the_genesis_block_names_need_nothing(source: Path, tmp_path: Path) -> None:
    root = self_signed("tls", 9).certificate
    (tmp_path / "ca.pem").write_bytes(root)
    (tmp_path / "genesis.block").write_bytes(b"before" + root + b"after")
    consenters = {"a.example:7050": tmp_path / "ca.pem", "b.example:7050": tmp_path / "missing.pem"}
    write_configuration(source, tmp_path / "written.yaml", consenters, [tmp_path / "genesis.block"])
    assert (tmp_path / "written.yaml").read_text("utf-8") == FABRICS


def test_consenters_with_renewed_roots_are_found_by_those(source: Path, tmp_path: Path) -> None:
    old, new = (self_signed("tls", 9).certificate for _ in range(2))
    roots, target = tmp_path / "a home: with spaces.pem", tmp_path / "written.yaml"
    roots.write_bytes(old + new)
    (tmp_path / "genesis.block").write_bytes(b"before" + old + b"after")
    write_configuration(source, target, {"a.example:7050": roots}, [tmp_path / "genesis.block"])
    client = yaml.safe_load(target.read_text("utf-8"))["peer"]["deliveryclient"]
    entry = {"from": "a.example:7050", "to": "a.example:7050", "caCertsFile": str(roots)}
    assert client == {"addressOverrides": [entry], "policy": "cluster"}
    write_configuration(source, target, {"a.example:7050": roots}, [])
    assert target.read_text("utf-8") == FABRICS


def test_another_fabric_is_told(source: Path, tmp_path: Path) -> None:
    source.write_text("peer: {}\n", "utf-8")
    (tmp_path / "ca.pem").write_bytes(self_signed("tls", 9).certificate)
    (tmp_path / "genesis.block").write_bytes(b"")
    with pytest.raises(NetworkError, match="has no member addressOverrides"):
        write_configuration(
            source, tmp_path / "x", {"a:1": tmp_path / "ca.pem"}, [tmp_path / "genesis.block"]
        )
