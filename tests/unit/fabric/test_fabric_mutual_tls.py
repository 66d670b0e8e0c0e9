"""Mutual TLS: the peer asks the client for a certificate of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from fabric_helpers import AMPLE, ledger
from grpc import StatusCode

from fabric_gateway import (
    ClientCertificate,
    EvaluateError,
    EventsError,
    Gateway,
    Profile,
    ProfileError,
    aio,
    connect,
)
from fabric_gateway.testing import MemoryGateway

SERVER = "peer0.memory"


@pytest.fixture(scope="module")
def guarded() -> Iterator[MemoryGateway]:
    with MemoryGateway({"ledger": ledger}, mutual_tls=True) as service:
        yield service


@pytest.fixture(scope="module")
def stranger() -> MemoryGateway:
    """Another peer, which asks for another certificate."""
    with MemoryGateway({}, mutual_tls=True) as service:
        return service


def options(service: MemoryGateway, **changed: Any) -> Any:
    return {
        "identity": service.identity,
        "endpoint": service.endpoint,
        "tls_root": service.tls_root,
        "server_name": SERVER,
        "client_certificate": service.client_certificate,
        "client_key": service.client_key,
        "deadlines": AMPLE,
        **changed,
    }


def first_numbers(network: Any) -> list[int]:
    with network.filtered_blocks(0, 0) as filtered, network.blocks(0, 0) as blocks:
        return [block.number for block in filtered] + [block.header.number for block in blocks]


def test_a_client_that_shows_its_certificate_does_all_steps(guarded: MemoryGateway) -> None:
    with guarded.connect() as gateway:
        network = gateway.network("channel")
        assert network.contract("ledger").submit("Add", "sync", "5") == b"5"
        assert first_numbers(network) == [0, 0]


def test_aio_shows_the_certificate_too(guarded: MemoryGateway) -> None:
    async def main() -> list[int]:
        async with aio.connect(**options(guarded)) as gateway:
            network = gateway.network("channel")
            assert await network.contract("ledger").submit("Add", "aio", "5") == b"5"
            async with network.blocks(0, 0) as blocks:
                return [block.header.number async for block in blocks]

    assert asyncio.run(main()) == [0]


def refused(gateway: Gateway) -> None:
    with gateway, pytest.raises(EvaluateError) as caught:
        gateway.network("channel").ledger_height(timeout=0.5)
    assert caught.value.status in {StatusCode.UNAVAILABLE, StatusCode.DEADLINE_EXCEEDED}


def test_a_client_without_a_certificate_or_with_a_foreign_one_is_not_let_in(
    guarded: MemoryGateway, stranger: MemoryGateway
) -> None:
    before = len(guarded.calls)
    refused(connect(**options(guarded, client_certificate=None, client_key=None)))
    foreign = {"client_certificate": stranger.client_certificate, "client_key": stranger.client_key}
    refused(connect(**options(guarded, **foreign)))
    assert len(guarded.calls) == before


def test_a_request_for_blocks_that_names_another_tls_certificate_is_refused(guarded: MemoryGateway) -> None:
    with guarded.connect() as gateway:
        gateway._session.tls_certificate_hash = b"\x00" * 32
        with pytest.raises(EventsError, match="status=BAD_REQUEST"):
            next(gateway.network("channel").blocks(0, 0))


def write_profile(folder: Path, service: MemoryGateway, client: Any) -> Path:
    certificate, key = service.client_certificate or b"", service.client_key or b""
    (folder / "client.pem").write_bytes(certificate)
    (folder / "client.key").write_bytes(key)
    content = {
        "client": {"organization": "gemeente", "tlsCerts": {"client": client}},
        "organizations": {"gemeente": {"mspid": "GemeenteMSP", "peers": ["peer0"]}},
        "peers": {
            "peer0": {
                "url": f"grpcs://{service.endpoint}",
                "tlsCACerts": {"pem": (service.tls_root or b"").decode()},
                "grpcOptions": {"ssl-target-name-override": SERVER},
            }
        },
    }
    file = folder / "profile.yaml"
    file.write_text(yaml.safe_dump(content))
    return file


def test_a_profile_brings_the_certificate_as_files_or_in_place(
    guarded: MemoryGateway, stranger: MemoryGateway, tmp_path: Path
) -> None:
    inline = {
        "cert": {"pem": (guarded.client_certificate or b"").decode()},
        "key": {"pem": (guarded.client_key or b"").decode()},
    }
    for client in ({"cert": {"path": "client.pem"}, "key": {"path": "client.key"}}, inline):
        file = write_profile(tmp_path, guarded, client)
        with connect(file, guarded.identity, deadlines=AMPLE) as gateway:
            assert first_numbers(gateway.network("channel")) == [0, 0]
    foreign = {"client_certificate": stranger.client_certificate, "client_key": stranger.client_key}
    refused(connect(file, guarded.identity, **foreign))  # type: ignore[arg-type]  # options replace the profile


def test_a_mistake_in_the_profile_names_the_member(
    guarded: MemoryGateway, stranger: MemoryGateway, tmp_path: Path
) -> None:
    certificate = {"path": "client.pem"}
    other_key = {"pem": (stranger.client_key or b"").decode()}
    for client, words in (
        ({"cert": certificate}, "client.tlsCerts.client cannot be used: .* the key is missing"),
        ({"key": other_key}, "the certificate is missing"),
        ({"cert": certificate, "key": other_key}, "does not belong to the certificate of CN=client.memory"),
        ({"cert": certificate, "key": {"path": "no"}}, "client.key.path is 'no', which cannot be read"),
        ({"cert": {"pem": "x"}, "key": other_key}, "TLS certificate cannot be read as X.509"),
        ({"cert": certificate, "key": {"pem": "x"}}, "cannot be read: give PEM, and the password"),
    ):
        with pytest.raises(ProfileError, match=words):
            Profile.load(write_profile(tmp_path, guarded, client))


def test_a_certificate_without_tls_is_a_mistake(guarded: MemoryGateway) -> None:
    with pytest.raises(ProfileError, match="is without TLS: leave out the client certificate, or use TLS"):
        connect(**options(guarded, endpoint="grpc://127.0.0.1:1"))


def test_the_key_is_not_shown(guarded: MemoryGateway) -> None:
    certificate = ClientCertificate(guarded.client_certificate or b"", guarded.client_key or b"")
    assert repr(certificate) == "ClientCertificate('CN=client.memory')"
