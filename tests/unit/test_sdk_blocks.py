"""The short blocks of code on the SDK's pages, those that no example holds, run as they are written."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
import yaml

import fabric_gateway
from fabric_gateway import Deadlines, Identity, Limits, connect
from fabric_gateway.identity import key_pem, load_key
from fabric_gateway.testing import Invocation, MemoryGateway, make_enrolment

SDK = Path(__file__).parents[2] / "sdk"
PAGES = [SDK / "README.md", *sorted((SDK / "docs").glob("*.md"))]
_BLOCK = re.compile(r"^( *)```python\n(.*?)^ *```", re.DOTALL | re.MULTILINE)


def blocks() -> list[tuple[str, str]]:
    """Each block, with the page that it is on."""
    found = [
        (page.relative_to(SDK).as_posix(), match[2])
        for page in PAGES
        for match in _BLOCK.finditer(page.read_text("utf-8"))
    ]
    return [(page, code) for page, code in found if "--8<--" not in code]


def basic(call: Invocation) -> bytes:
    """The chaincode of fabric-samples, as far as the blocks call it."""
    if call.name == "CreateAsset":
        call.put(call.arguments[0].decode(), json.dumps([one.decode() for one in call.arguments]))
        return b""
    return (call.get(call.arguments[0].decode()) or b"").strip()


class Signer:
    """A signer of one's own."""

    def sign(self, message: bytes) -> bytes:
        raise AssertionError("nothing is signed")


@pytest.fixture
def names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """What a reader has by then: files in the folder, and names from the lines before."""
    monkeypatch.chdir(tmp_path)
    made = make_enrolment()
    certificate, key = made.certificate, key_pem(load_key(made.key))
    with MemoryGateway({"basic": basic}, channel="mychannel") as memory:
        profile = {
            "client": {"organization": "Org1"},
            "organizations": {"Org1": {"mspid": "Org1MSP", "peers": ["peer0"]}},
            "peers": {"peer0": {"url": memory.endpoint}},
        }
        for name in ("profile.yaml", "connection-org1.yaml"):
            Path(name).write_text(yaml.safe_dump(profile))
        for user in ("me", "appuser"):
            made.save(Path("users", user, "msp"))
        Path("cert.pem").write_bytes(certificate)
        Path("key.pem").write_bytes(key_pem(load_key(key), "…"))
        Path("wallet").mkdir()
        entry = {
            "credentials": {"certificate": certificate.decode(), "privateKey": key.decode()},
            "mspId": "Org1MSP",
            "type": "X.509",
            "version": 1,
        }
        Path("wallet", "appUser.id").write_text(json.dumps(entry))
        yield {
            **{
                name: getattr(fabric_gateway, name) for name in ("connect", "Deadlines", "Limits", "Identity")
            },
            "structlog": structlog,
            "profile": "profile.yaml",
            "identity": Identity("Org1MSP", certificate, key),
            "certificate_pem": certificate,
            "key_pem": key,
            "signer": Signer(),
        }


@pytest.mark.parametrize(("page", "code"), blocks(), ids=lambda value: value.split("\n")[0][:40])
def test_a_block_runs_as_it_is_written(page: str, code: str, names: dict[str, Any]) -> None:
    exec(compile(code, page, "exec"), names)  # noqa: S102
    if isinstance(gateway := names.get("gateway"), fabric_gateway.Gateway):
        gateway.close()


def test_the_first_block_of_the_readme_says_what_it_stored(
    names: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    (code,) = (code for page, code in blocks() if page == "README.md")
    exec(compile(code, "README.md", "exec"), names)  # noqa: S102
    assert json.loads(capsys.readouterr().out) == ["asset1", "blue", "5"]


def test_the_formatter_of_structlog_shows_what_the_sdk_logs(
    names: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    (code,) = (code for page, code in blocks() if page == "docs/logging.md")
    exec(compile(code, "logging.md", "exec"), names)  # noqa: S102
    caplog.set_level(logging.DEBUG, "fabric_gateway")
    with connect("profile.yaml", names["identity"], deadlines=Deadlines(), limits=Limits()) as gateway:
        gateway.network("mychannel").contract("basic").evaluate("ReadAsset", "asset1")
    (record,) = (one for one in caplog.records if getattr(one, "fabric_step", "") == "evaluate")
    shown = json.loads(names["formatter"].format(record))
    assert (shown["fabric_step"], shown["fabric_status"]) == ("evaluate", "OK")


def test_there_are_blocks_to_run() -> None:
    assert len(blocks()) >= 8
    assert {page for page, _ in blocks()} >= {"README.md", "docs/index.md", "docs/connecting.md"}
