"""`kindpakket audit`: on block files and bundles without a home, and on the ledger of a peer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner, Result
from desk import Command
from story import DOMAIN

from fabric_gateway.testing import ChaincodeRefusal
from forge import write_block_files
from kindpakket.auditor.copies import BundleError, opened_bundle
from kindpakket_cli.main import main
from signed_town import SignedTown


@pytest.fixture(scope="module")
def town() -> SignedTown:
    town = SignedTown()
    town.begin()
    town.pay()
    town.seal()
    return town


@pytest.fixture
def folder(town: SignedTown, tmp_path: Path) -> Path:
    write_block_files(tmp_path / "blocks", town.ledger.blocks)
    return tmp_path / "blocks"


def run(*arguments: object, code: int = 0) -> Result:
    result = CliRunner().invoke(main, ["audit", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == code, result.output
    return result


def test_block_files_are_verified_without_a_home(town: SignedTown, folder: Path) -> None:
    output = run("verify", "--blocks", folder).output
    assert "uncertainty: chain: block 0 has the hash" in output
    assert "The state of a peer was not compared" in output
    assert "no problems found. 1 uncertainty." in output
    anchored = run("verify", "--blocks", folder, "--anchor", town.ledger.anchor.hex()).output
    assert "Verdict: no problems found. Head" in anchored
    genesis = folder.parent / "genesis.block"
    genesis.write_bytes(town.ledger.genesis.SerializeToString())
    assert "Verdict: no problems found. Head" in run("verify", "--blocks", folder, "--anchor", genesis).output


def test_findings_are_a_file_of_lines_and_part_of_the_answer(folder: Path) -> None:
    file = folder.parent / "findings.jsonl"
    answer = json.loads(run("verify", "--blocks", folder, "--findings", file, "--json").stdout)
    line, last = map(json.loads, file.read_text().splitlines())
    assert answer["found"] == [line]
    assert last["verified"].keys() == {"channel", "height", "head", "passed", "counts", "untested"}
    assert all(last["verified"][name] == answer[name] for name in last["verified"])
    assert line.keys() == {"block", "transaction", "part", "rule", "kind", "cents", "sentence"}
    assert (line["block"], line["rule"], line["kind"]) == (0, "anchor.missing", "uncertainty")
    assert answer["counts"] == {"error": 0, "uncertainty": 1, "note": 0}
    assert answer["flaws"] == answer["findings"] == answer["differences"] == []


def test_it_goes_on_with_a_state(town: SignedTown, folder: Path) -> None:
    state = folder.parent / "state.db"
    run("verify", "--blocks", folder, "--state", state)
    again = json.loads(run("verify", "--blocks", folder, "--state", state, "--json").stdout)
    assert again["started"] == again["height"] == town.ledger.height
    assert again["counts"]["uncertainty"] == 1, "what was found before is told again"
    other = run("verify", "--blocks", folder, "--state", state, "--anchor", "ab" * 32, code=2)
    assert "give --again" in other.output
    fresh = run("verify", "--blocks", folder, "--state", state, "--again", "--json").stdout
    assert json.loads(fresh)["started"] == 0


def test_a_damaged_file_is_named_with_its_byte(folder: Path) -> None:
    (path,) = folder.iterdir()
    path.write_bytes(path.read_bytes()[:-10])
    output = run("verify", "--blocks", folder, code=1).output
    assert f"{path}, byte" in output
    assert "1 problem found" in output


def test_a_bundle_is_the_same_bytes_and_the_same_audit(town: SignedTown, folder: Path) -> None:
    one, other = folder.parent / "one.zip", folder.parent / "other.zip"
    said = json.loads(run("bundle", one, "--blocks", folder, "--json").stdout)
    run("bundle", other, "--blocks", folder)
    assert one.read_bytes() == other.read_bytes()
    assert (said["height"], said["genesis"]) == (town.ledger.height, town.ledger.anchor.hex())
    answer = json.loads(run("verify", "--bundle", one, "--json").stdout)
    assert answer["head"] == said["head"]
    assert "exists already" in run("bundle", one, "--blocks", folder, code=2).output


def test_a_bundle_that_is_not_whole_is_refused(folder: Path) -> None:
    bundle = folder.parent / "bundle.zip"
    run("bundle", bundle, "--blocks", folder)
    content = bundle.read_bytes()
    bundle.write_bytes(content[: len(content) // 2])
    assert "is not a whole bundle" in run("verify", "--bundle", bundle, code=2).output
    flipped = bytearray(content)
    flipped[200] ^= 1
    bundle.write_bytes(flipped)
    assert "fetch it again" in run("verify", "--bundle", bundle, code=2).output


def test_a_flipped_bit_of_a_bundle_is_told_or_changes_nothing(folder: Path) -> None:
    """Some bits, such as those of times and attributes of the archive, say nothing of the blocks."""
    bundle = folder.parent / "bundle.zip"
    run("bundle", bundle, "--blocks", folder)
    content = bundle.read_bytes()
    whole = list(blocks_of(bundle))
    places = Random(7).sample(range(len(content)), 200)
    refused = 0
    for place in (*range(60), *places, *range(len(content) - 300, len(content))):
        flipped = bytearray(content)
        flipped[place] ^= 1 << place % 8
        bundle.write_bytes(flipped)
        try:
            assert list(blocks_of(bundle)) == whole, place
        except BundleError:
            refused += 1
    assert refused > len(places) * 0.9


def blocks_of(bundle: Path) -> Iterator[bytes]:
    with opened_bundle(bundle) as (_, files):
        yield from (message.SerializeToString() for message in files.read(0))


def test_a_checkpoint_is_signed_cosigned_and_anchors(folder: Path) -> None:
    state, note = folder.parent / "state.db", folder.parent / "checkpoint"
    key, other = folder.parent / "auditor.key", folder.parent / "other.key"
    public = json.loads(run("checkpoint", "key", "auditor.example", "--out", key, "--json").stdout)[
        "public_key"
    ]
    run("checkpoint", "key", "other.example", "--cosigns", "--out", other)
    assert (
        "run kindpakket audit verify first"
        in run(
            "checkpoint", "sign", "--key", key, "--home", folder.parent, "--channel", "zuidhorn", code=2
        ).output
    )
    run("verify", "--blocks", folder, "--state", state)
    run("checkpoint", "sign", "--key", key, "--state", state, "--out", note)
    run("checkpoint", "cosign", note, "--key", other, "--state", state, "--out", note)
    shown = json.loads(run("checkpoint", "show", note, "--signer", public, "--json").stdout)
    assert [(one["name"], one["verified"]) for one in shown["signatures"]] == [
        ("auditor.example", True),
        ("other.example", False),
    ]
    trusting = run("verify", "--blocks", folder, "--anchor", note, "--signer", public, "--trusting").output
    assert "Verdict: no problems found. Head" in trusting
    assert "They are the same" in run("checkpoint", "compare", note, note).output


def test_two_ledgers_contradict_each_other(town: SignedTown, folder: Path, tmp_path: Path) -> None:
    key = tmp_path / "auditor.key"
    run("checkpoint", "key", "auditor.example", "--out", key)
    other = SignedTown(1)
    other.begin()
    write_block_files(tmp_path / "other", other.ledger.blocks)
    notes = []
    for blocks in (folder, tmp_path / "other"):
        state, note = tmp_path / f"{blocks.name}.db", tmp_path / f"{blocks.name}.note"
        run("verify", "--blocks", blocks, "--state", state)
        run("checkpoint", "sign", "--key", key, "--state", state, "--out", note)
        notes.append(note)
    assert "They contradict each other: two ledgers" in run("checkpoint", "compare", *notes, code=1).output
    output = run("verify", "--blocks", folder, "--anchor", notes[1], code=1).output
    assert "a checkpoint begins with" in output
    refused = run("checkpoint", "cosign", notes[1], "--key", key, "--state", tmp_path / "blocks.db", code=1)
    assert "has not verified the ledger up to" in refused.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--blocks", "{}", "--bundle", "{}/blockfile_000000"], "two sources"),
        (["--blocks", "{}", "--anchor", "12ab"], "neither a hash"),
        (["--blocks", "{}", "--signer", "x"], "--signer"),
        (["--blocks", "{}", "--trusting"], "go with a checkpoint"),
        (["--blocks", "{}", "--channel", "delfzijl"], "of channel zuidhorn"),
        (["--blocks", "{}/.."], "holds no file blockfile_000000"),
        (["--blocks", "{}", "--statements", "{}/blockfile_000000"], "--payments"),
        (["--bundle", "{}/blockfile_000000"], "not a whole bundle"),
    ],
)
def test_what_cannot_be_used_is_said_in_a_sentence(folder: Path, arguments: list[str], said: str) -> None:
    result = run("verify", *(argument.format(folder) for argument in arguments), code=2)
    assert said in result.output
    assert "Traceback" not in result.output


NONE = {"items": [], "next": ""}


def test_watch_tells_findings_as_lines_and_ends_with_1(kindpakket: Command, tmp_path: Path) -> None:
    """The ledger in memory is signed by nobody, which a watch must tell."""
    lists = ("shop:List", "decision:List", "decision:Waiting", "erasure:List")
    kindpakket.desk.answers |= dict.fromkeys(lists, NONE)
    with kindpakket.memory.connect() as gateway:
        contract = gateway.network(DOMAIN.channel).contract(DOMAIN.chaincode)
        contract.submit("scheme:Open", json.dumps({"request_id": "1" * 32, "scheme": "2" * 32}))
    file = tmp_path / "findings.jsonl"
    first = kindpakket("audit", "watch", "--once", "--json", "--findings", str(file))
    assert first.exit_code == 1, first.output
    lines: list[dict[str, Any]] = [*map(json.loads, first.stdout.splitlines())]
    assert {line["rule"] for line in lines} > {"anchor.missing", "block.signatures"}
    assert "state" not in {line["part"] for line in lines}
    assert lines == [*map(json.loads, file.read_text().splitlines())]
    again = kindpakket("audit", "watch", "--once", "--json")
    assert (again.exit_code, again.stdout) == (1, ""), "what was told is not told again"


def test_watch_tells_what_differs_in_the_state_every_time(kindpakket: Command) -> None:
    """A record of the peer that no block has written."""
    lists = ("decision:List", "decision:Waiting", "erasure:List")
    kindpakket.desk.answers |= dict.fromkeys(lists, NONE)
    shop = {"id": "7" * 32, "categories": []}
    kindpakket.desk.answers["shop:List"] = {"items": [shop], "next": ""}
    with kindpakket.memory.connect() as gateway:
        contract = gateway.network(DOMAIN.channel).contract(DOMAIN.chaincode)
        contract.submit("scheme:Open", json.dumps({"request_id": "1" * 32, "scheme": "2" * 32}))
    for _ in range(2):
        result = kindpakket("audit", "watch", "--once", "--json")
        assert result.exit_code == 1, result.output
        found = [line for line in map(json.loads, result.stdout.splitlines()) if line["part"] == "state"]
        assert [(line["rule"], "7" * 32 in line["sentence"]) for line in found] == [("state/shop", True)]


def test_watch_says_why_a_state_could_not_be_compared(kindpakket: Command) -> None:
    kindpakket.desk.answers["shop:List"] = ChaincodeRefusal("the chaincode does not run")
    result = kindpakket("audit", "watch", "--once")
    assert "The peer's state could not be compared: " in result.output
    assert "the chaincode does not run" in result.output


def test_metrics_need_an_address(kindpakket: Command) -> None:
    result = kindpakket("audit", "watch", "--once", "--metrics", "localhost:x")
    assert result.exit_code == 2
    assert "give HOST:PORT" in result.output
