"""The programs of the guide to fabric-samples' test-network, on the files that test-network makes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fabric_gateway import Identity, Profile, connect
from fabric_gateway.testing import MemoryGateway, make_enrolment
from samples_layout import Made, Organisation, lay_out
from sdk_programs import EXAMPLES, REPOSITORY, module, ran

basic: Any = module("web/basic.py").basic


@pytest.fixture(params=[1, 2])
def number(request: pytest.FixtureRequest) -> int:
    value: int = request.param
    return value


@pytest.fixture
def peer(number: int) -> Iterator[MemoryGateway]:
    name = f"peer0.org{number}.example.com"
    with MemoryGateway({"basic": basic}, channel="mychannel", tls=True, server_name=name) as memory:
        yield memory


def laid_out(folder: Path, number: int, peer: MemoryGateway, made: Made) -> Path:
    organizations = folder / "organizations"
    user = make_enrolment("user1")
    lay_out(
        organizations, Organisation(number, peer.endpoint, peer.server_name, peer.tls_root or b"", user), made
    )
    return organizations


@pytest.mark.parametrize("made", ["cryptogen", "ca"])
@pytest.mark.parametrize("number", [1], indirect=True)
def test_the_first_program_prints_what_the_page_shows(
    peer: MemoryGateway, number: int, made: Made, tmp_path: Path
) -> None:
    printed = ran("samples/first.py", laid_out(tmp_path, number, peer, made), cwd=tmp_path)
    assert printed == shown("samples.md", "first.txt")
    assert peer.calls.count("Submit") == 4


@pytest.mark.parametrize("number", [2], indirect=True)
def test_an_organisation_is_reached_by_address(peer: MemoryGateway, number: int, tmp_path: Path) -> None:
    organizations = laid_out(tmp_path, number, peer, "cryptogen")
    assert (
        ran("samples/address.py", organizations, peer.endpoint, cwd=tmp_path) == "Org2MSP is on mychannel\n"
    )


@pytest.mark.parametrize("number", [1], indirect=True)
def test_a_profile_of_yesterdays_network_says_that_tls_fails(
    peer: MemoryGateway, number: int, tmp_path: Path
) -> None:
    """Each start of test-network makes new authorities; a file that was copied before does not fit."""
    organizations = laid_out(tmp_path, number, peer, "cryptogen")
    root = organizations / "peerOrganizations/org1.example.com"
    profile = root / "connection-org1.json"
    old = MemoryGateway({}, tls=True, server_name=peer.server_name).tls_root or b""
    written = profile.read_text().replace(_escaped(peer.tls_root), _escaped(old))
    assert _escaped(old) in written
    profile.write_text(written)
    loaded = Profile.load(profile)
    identity = Identity.from_msp(root / "users/User1@org1.example.com/msp", loaded.mspid)
    with connect(loaded, identity) as gateway:
        (health,) = gateway.check()
    assert not health.healthy
    assert "certificate" in health.last_error.lower()


def _escaped(pem: bytes | None) -> str:
    return (pem or b"").decode().replace("\n", "\\n")


def shown(page: str, name: str) -> str:
    """The output that a page shows from a file of the examples."""
    text = (REPOSITORY / "sdk/docs" / page).read_text("utf-8")
    found: list[str] = re.findall(rf'--8<-- "([\w/]*{re.escape(name)})"', text)
    return "".join((EXAMPLES / path).read_text("utf-8") for path in found)
