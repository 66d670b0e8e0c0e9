"""Chaincodes in other languages than this project's own, side by side on one channel."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from disaster import document
from support import gateway_at, identity_of, running

from fabric_gateway import Contract, EvaluateError
from kindpakket_demo.desk import CHANNEL, MUNICIPALITY, SHOPS
from kindpakket_network import Network, NetworkError, Topology
from kindpakket_network.chaincodes.sample import LANGUAGES, write_sample

PYTHON = Path(__file__).parent / "chaincodes" / "python"
MISSING, CHANGED = "there is no value under", "nothing was ever put under"
# It connects to its peer, as programs do that the peer itself starts.
PLAIN_MAIN = """\
package main

import (
	"log"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"
)

func main() {
	chaincode, err := contractapi.NewChaincode(new(Store))
	if err != nil {
		log.Fatal(err)
	}
	if err := shim.Start(chaincode); err != nil {
		log.Fatal(err)
	}
}
"""


def described(sources: dict[str, Path]) -> dict[str, Any]:
    """A network of two organisations whose channel has a chaincode for each source."""
    made = document("raft")
    organisations = [one for one in made["organisations"] if one["name"] in (MUNICIPALITY, SHOPS)]
    channel = made["channels"][0]
    channel["members"] = [one for one in channel["members"] if one["organisation"] in (MUNICIPALITY, SHOPS)]
    both = "AND('GemeenteMSP.peer', 'WinkelsMSP.peer')"
    channel["lifecycle_endorsement"] = both
    channel["administration"] = both.replace("peer", "admin")
    channel["chaincodes"] = [
        {"name": name, "version": "1", "source": str(source), "endorsement": both}
        for name, source in sources.items()
    ]
    by_hand = channel["chaincodes"][-1]
    by_hand |= {"build": "true", "run": f"{sys.executable} main.py"}
    return {**made, "ports": {"base": 17050, "chaincodes": 18000}, "organisations": organisations}


# What npm and Maven say when their registry is out of reach.
UNREACHABLE = ("npm error code E", "npm error network", "Could not transfer artifact", "Non-resolvable")


@pytest.fixture(autouse=True)
def tools() -> None:
    missing = [tool for tool in ("npm", "node", "mvn", "javac") if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} not installed")


@pytest.fixture
def sources(tmp_path: Path) -> dict[str, Path]:
    """The source of a chaincode in each language."""
    found = {name: tmp_path / name for name in (*LANGUAGES, "plain", "python")}
    for language in LANGUAGES:
        write_sample(language, found[language])
    write_sample("go", found["plain"])
    (found["plain"] / "main.go").write_text(PLAIN_MAIN, "utf-8")
    shutil.copytree(PYTHON, found["python"])
    return found


@pytest.fixture
def network(sources: dict[str, Path], tmp_path: Path) -> Iterator[Network]:
    try:
        with running(Topology.read(described(sources), tmp_path), tmp_path) as made:
            yield made
    except NetworkError as error:
        if any(words in str(error) for words in UNREACHABLE):
            pytest.skip(f"libraries of other languages cannot be fetched here: {error}")
        raise


@contextmanager
def contracts(network: Network, names: list[str]) -> Iterator[dict[str, Contract]]:
    with gateway_at(network, MUNICIPALITY, identity_of(network, MUNICIPALITY, "clerk")) as gateway:
        ledger = gateway.network(CHANNEL)
        yield {name: ledger.contract(name) for name in names}


def test_each_language_is_served_changed_and_brought_back(network: Network, sources: dict[str, Path]) -> None:
    with contracts(network, list(sources)) as found:
        for name, contract in found.items():
            contract.submit("Put", "key", f"put by {name}")
            assert contract.evaluate("Get", "key") == f"put by {name}".encode()
            with pytest.raises(EvaluateError, match=MISSING):
                contract.evaluate("Get", "other")

    for source in sources.values():
        for file in source.rglob("*"):
            if file.is_file() and MISSING in (text := file.read_text("utf-8")):
                file.write_text(text.replace(MISSING, CHANGED), "utf-8")
    assert [record.sequence for record in network.deploy()] == [2] * len(sources)
    assert network.plan().done

    network.down()
    network.up()
    assert network.status().findings == ()
    with contracts(network, list(sources)) as found:
        for name, contract in found.items():
            assert contract.evaluate("Get", "key") == f"put by {name}".encode()
            with pytest.raises(EvaluateError, match=CHANGED):
                contract.evaluate("Get", "other")

    index = sources["javascript"] / "index.js"
    index.write_text("throw new Error('it is broken');\n", "utf-8")
    with pytest.raises(NetworkError, match=r"because its process ended.*Error: it is broken"):
        network.deploy("javascript")
    with contracts(network, ["javascript"]) as found:
        assert found["javascript"].evaluate("Get", "key") == b"put by javascript"
