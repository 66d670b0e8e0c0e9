"""The tables of calls of Fabric's own SDKs: nothing is missing, and what they name exists."""

from __future__ import annotations

import ast
import re
from itertools import islice
from pathlib import Path
from typing import Any

import official_sdks
import pytest

import fabric_gateway as fabric
from fabric_gateway import FileCheckpointer, Stream
from fabric_gateway.checkpoints.sql import SqlCheckpointer
from fabric_gateway.identity.pkcs11 import Pkcs11Signer
from fabric_gateway.testing import Invocation, MemoryGateway

REPOSITORY = Path(__file__).parents[3]
TABLES = REPOSITORY / "sdk/docs/calls.md"
LANGUAGES = ("Go", "Node", "Java")
FOLDERS = {
    "": ("tests/unit/fabric", "test_fabric_"),
    "scenario": ("tests/scenario", "test_scenario_"),
}
ELSEWHERE = {"Pkcs11Signer": Pkcs11Signer, "SqlCheckpointer": SqlCheckpointer}


def rows() -> list[dict[str, str]]:
    """The rows of all tables, by column."""
    found = []
    for line in TABLES.read_text("utf-8").splitlines():
        if line.startswith("| ") and not line.startswith("| Go "):
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            assert len(cells) == 5, line
            found.append(dict(zip((*LANGUAGES, "here", "test"), cells, strict=True)))
    return found


def functions_of(folder: str, file: str) -> set[str]:
    path, prefix = FOLDERS[folder]
    tree = ast.parse((REPOSITORY / path / f"{prefix}{file}.py").read_text("utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_row_names_tests_that_exist() -> None:
    assert len(rows()) > 60
    missing = []
    for row in rows():
        named = re.fullmatch(r"`(?:(\w+)/)?(\w+)::(test_\w+)`", row["test"])
        assert named is not None, row["test"]
        folder, file, test = named.groups()
        if test not in functions_of(folder or "", file):
            missing.append(row["test"])
    assert missing == []


def test_every_name_of_ours_exists() -> None:
    """Methods of objects are looked up by the test of the site's pages; these are classes and options."""
    spans = [span for row in rows() for span in re.findall(r"`([^`]+)`", row["here"])]
    classes = {
        name for span in spans for name in re.findall(r"(?<![\w.\"/])([A-Z][a-z]\w+)(?=[(.:]|$)", span)
    }
    assert {"Identity", "Hash", "UnknownOutcome", "SqlCheckpointer"} <= classes
    assert [name for name in classes if not hasattr(fabric, name) and name not in ELSEWHERE] == []


@pytest.fixture(scope="module")
def official() -> dict[str, set[str]]:
    root = official_sdks.sources()
    if root is None:
        pytest.skip("there is no Go to fetch the sources of fabric-gateway with")
    return official_sdks.names(root)


def test_the_official_names_are_found(official: dict[str, set[str]]) -> None:
    assert {"WithTransient", "StatusWithContext", "BlockNumber"} <= official["Go"]
    assert {"connect", "getBlockAndPrivateDataEvents", "inMemory", "sha3_384"} <= official["Node"]
    assert {"putAllTransient", "CommitException", "deadlineAfter", "SHA3_256"} <= official["Java"]
    assert all(len(names) > 90 for names in official.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_name_of_the_official_sdk_is_in_the_tables(
    official: dict[str, set[str]], language: str
) -> None:
    cells = " ".join(row[language] for row in rows())
    named = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`]+)`", cells))))
    assert sorted(official[language] - named) == []


def test_a_contract_within_a_chaincode_is_part_of_the_functions_name() -> None:
    """What the other SDKs send for a contract `Transfers` and a function `Move`."""

    def chaincode(call: Invocation) -> str:
        return call.name

    with MemoryGateway({"assets": chaincode}) as memory, memory.connect() as gateway:
        contract = gateway.network("channel").contract("assets")
        assert contract.chaincode == "assets"
        assert contract.submit("Transfers:Move") == b"Transfers:Move"


@pytest.mark.parametrize(
    "content",
    [
        '{"blockNumber":3,"transactionId":""}',  # Go, after a block
        '{"blockNumber":"3"}',  # Node, after a block
        '{"blockNumber":3}',  # Java, after a block
        '{"blockNumber":"2","transactionId":"%s"}',  # Node, after a transaction
        '{"blockNumber":2,"transactionId":"%s"}',  # Go and Java, after a transaction
    ],
)
def test_a_file_of_the_other_sdks_is_continued(content: str, network: Any, tmp_path: Path) -> None:
    contract = network.contract("ledger")
    handled = [contract.submit_async("Add", "sum", str(number)) for number in (1, 1, 1)]
    for submitted in handled:
        submitted.status()
    second = next(item for item in handled if item.status().block_number == 2)
    path = tmp_path / "position"
    path.write_text(content.replace("%s", second.transaction_id), "utf-8")
    with FileCheckpointer(path) as position:
        stream: Stream[Any]
        with network.chaincode_events("ledger", start_block=0, checkpoint=position) as stream:
            (event,) = islice(stream, 1)
        assert event.block_number == 3
        position.checkpoint_event(event)
    with FileCheckpointer(path) as position:
        assert (position.block_number, position.transaction_id) == (3, event.transaction_id)
