"""A value is changed in the database of a stopped peer; the audit names the record and the cent."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import plyvel
from click.testing import CliRunner
from support import found_town, running

from kindpakket_cli.main import main
from kindpakket_demo.desk import CHAINCODE, Desk
from kindpakket_network import Network, Topology

_PEER = "peer0.auditor"


def audit(network: Network, code: int) -> Any:
    """What an audit at the auditor's own peer answers."""
    anchor = network.home / "channels" / "zuidhorn" / "genesis.block"
    options = ["--home", str(network.home), "--chaincode", CHAINCODE, "--anchor", str(anchor)]
    result = CliRunner().invoke(main, ["audit", "verify", "--json", *options])
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def watch(network: Network) -> list[dict[str, Any]]:
    """What a watch tells that ends with the blocks that the peer has now."""
    options = ["--home", str(network.home), "--chaincode", CHAINCODE]
    result = CliRunner().invoke(main, ["audit", "watch", "--once", "--json", *options])
    assert result.exit_code == 1, result.output
    return [*map(json.loads, result.stdout.splitlines())]


def give_a_cent(folder: Path) -> str:
    """Add a cent to the first voucher in a peer's database; the voucher's id."""
    database = plyvel.DB(str(folder))
    try:
        for key, value in database:
            kind, _, place = key.partition(b"voucher/")
            if place and kind.endswith(CHAINCODE.encode() + b"\0") and b'"available_cents":30000,' in value:
                database.put(key, value.replace(b'"available_cents":30000,', b'"available_cents":30001,'))
                return str(place.decode().rpartition("/")[2])
    finally:
        database.close()
    raise LookupError("the database has no voucher of 30,000 cents")


def test_a_cent_in_the_database_of_a_peer_is_found(tmp_path: Path) -> None:
    with running(Topology.packaged("kindpakket"), tmp_path) as network:
        with Desk(network, tmp_path / "results", Random(1)) as desk:
            town = found_town(desk, 4)
            wallet = next(town.keys)
            order = town.order(wallet)
            town.till.shop.pay(order, wallet.authorise(order))
            desk.in_step()
        assert audit(network, 0)["found"] == []
        network.stop(_PEER)
        data = network.home / "nodes" / _PEER / "data" / "ledgersData"
        voucher = give_a_cent(data / "stateLeveldb")
        network.start(_PEER)
        found = audit(network, 1)["found"]
        told = watch(network)
    rules = {(one["rule"], one["cents"]) for one in found}
    assert ("state/voucher", 1) in rules, found
    assert {one["part"] for one in found} == {"state"}, "the blocks are what they were"
    assert any(voucher in one["sentence"] for one in found)
    assert told == found, "a watch compares the whole state at its start"
