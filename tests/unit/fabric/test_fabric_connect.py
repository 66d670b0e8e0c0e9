"""Connecting: by profile or by endpoint, with and without TLS."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from fabric_helpers import ledger
from grpc import StatusCode

from fabric_gateway import Deadlines, EvaluateError, Profile, ProfileError, aio, connect
from fabric_gateway.testing import MemoryGateway, make_identity


@pytest.fixture
def secured() -> Iterator[MemoryGateway]:
    with MemoryGateway({"ledger": ledger}, tls=True) as service:
        yield service


def write_profile(folder: Path, service: MemoryGateway, override: str) -> Path:
    content = {
        "client": {"organization": "gemeente"},
        "organizations": {"gemeente": {"mspid": "GemeenteMSP", "peers": ["peer0"]}},
        "peers": {
            "peer0": {
                "url": f"grpcs://{service.endpoint}",
                "tlsCACerts": {"pem": (service.tls_root or b"").decode()},
                "grpcOptions": {"ssl-target-name-override": override},
            }
        },
    }
    file = folder / "profile.yaml"
    file.write_text(yaml.safe_dump(content))
    return file


def height(gateway: Any) -> int:
    with gateway:
        found: int = gateway.network("channel").ledger_height(timeout=5)
        return found


def test_a_profile_by_path_or_as_an_object(secured: MemoryGateway, tmp_path: Path) -> None:
    file = write_profile(tmp_path, secured, "peer0.memory")
    assert height(connect(file, secured.identity)) == 1
    assert height(connect(Profile.load(file), secured.identity, peers=["peer0"])) == 1


def test_aio_connects_with_tls(secured: MemoryGateway, tmp_path: Path) -> None:
    async def main() -> int:
        file = write_profile(tmp_path, secured, "peer0.memory")
        async with aio.connect(file, secured.identity) as gateway:
            assert gateway.identity is secured.identity
            return await gateway.network("channel").ledger_height()

    assert asyncio.run(main()) == 1


def test_an_endpoint_with_a_root_as_bytes_or_as_a_file(secured: MemoryGateway, tmp_path: Path) -> None:
    assert height(secured.connect()) == 1
    root = tmp_path / "ca.pem"
    root.write_bytes(secured.tls_root or b"")
    gateway = connect(
        identity=secured.identity, endpoint=secured.endpoint, tls_root=root, server_name="peer0.memory"
    )
    assert gateway.identity is secured.identity
    assert height(gateway) == 1


@pytest.mark.parametrize("mistake", ["name", "root"])
def test_a_peer_that_cannot_prove_itself_is_not_spoken_to(secured: MemoryGateway, mistake: str) -> None:
    gateway = connect(
        identity=secured.identity,
        endpoint=secured.endpoint,
        tls_root=make_identity().certificate_pem if mistake == "root" else secured.tls_root,
        server_name="elsewhere" if mistake == "name" else "peer0.memory",
        deadlines=Deadlines(evaluate=1),
    )
    with pytest.raises(EvaluateError) as caught:
        height(gateway)
    assert caught.value.status is StatusCode.UNAVAILABLE
    assert secured.calls == []


def test_arguments_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    identity = make_identity()
    anything: Any = connect
    with pytest.raises(TypeError, match="either a profile or an endpoint"):
        anything(identity=identity)
    with pytest.raises(TypeError, match="needs an identity"):
        anything(endpoint="grpc://127.0.0.1:1")
    with pytest.raises(ProfileError, match="endpoint 'http://x:1': give host:port"):
        connect(identity=identity, endpoint="http://x:1")
    with pytest.raises(ProfileError, match=r"tls_root .*no\.pem' cannot be read"):
        connect(identity=identity, endpoint="127.0.0.1:1", tls_root=tmp_path / "no.pem")


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
def test_deadlines_are_above_zero(seconds: float) -> None:
    with pytest.raises(ValueError, match=r"deadline endorse is .*: give a number of seconds above 0"):
        Deadlines(endorse=seconds)
