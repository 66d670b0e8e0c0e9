"""The connection to Fabric CA: whom the client trusts, what it shows, and how a call is cancelled."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from pathlib import Path

import pytest
from fake_ca import FakeCa

from fabric_gateway import Profile
from fabric_gateway.ca import CaClient, CaError, CaUnreachable
from fabric_gateway.ca import aio as aio_ca
from fabric_gateway.profile import ClientCertificate
from fabric_gateway.testing import make_enrolment


def test_certificates_to_trust_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    (tmp_path / "bad.pem").write_text("nothing")
    for flavour in (CaClient, aio_ca.CaClient):
        with pytest.raises(CaError, match=r"tls_root: .*absent\.pem cannot be used .* No such file"):
            flavour("https://127.0.0.1:1", "ca", tmp_path / "absent.pem")
        with pytest.raises(CaError, match=r"tls_root: .*bad\.pem cannot be used"):
            flavour("https://127.0.0.1:1", "ca", tmp_path / "bad.pem")


def test_nobody_answers_or_somebody_else_does(fake: FakeCa) -> None:
    other = make_enrolment("127.0.0.1").certificate
    with (
        CaClient("https://127.0.0.1:1", "ca", fake.root) as client,
        pytest.raises(CaUnreachable, match=r"no answer from the authority ca at https://127\.0\.0\.1:1"),
    ):
        client.chain()
    with CaClient(fake.url, "ca", other) as client, pytest.raises(CaUnreachable, match="CERTIFICATE_VERIFY"):
        client.chain()
    assert fake.paths == []


def test_a_client_comes_from_a_profile(fake: FakeCa) -> None:
    content = {
        "client": {"organization": "o"},
        "organizations": {"o": {"mspid": "OMSP", "certificateAuthorities": ["ca.o"]}},
        "certificateAuthorities": {
            "ca.o": {"url": fake.url, "caName": "tlsca", "tlsCACerts": {"path": str(fake.root)}}
        },
    }
    fake.says(200, {"success": True, "result": {"CAName": "x", "CAChain": ""}})
    for name in (None, "ca.o"):
        with CaClient.from_profile(Profile.from_mapping(content), name) as client:
            client.info()
        assert json.loads(fake.bodies[-1]) == {"caname": "tlsca"}


def test_mutual_tls_shows_the_clients_certificate(fake: FakeCa, tmp_path: Path) -> None:
    own = make_enrolment("till")
    (tmp_path / "clients.pem").write_bytes(own.certificate)
    fake.context.load_verify_locations(tmp_path / "clients.pem")
    fake.context.verify_mode = ssl.CERT_REQUIRED
    fake.says(200, {"success": True, "result": {"CAName": "x", "CAChain": ""}})
    shown = ClientCertificate(own.certificate, own.key)
    with CaClient(fake.url, "ca", fake.root, client_certificate=shown) as client:
        client.info()
    assert fake.shown[-1]["subject"] == ((("commonName", "till"),),)
    with CaClient(fake.url, "ca", fake.root) as client, pytest.raises(CaUnreachable):
        client.info()


def test_a_cancelled_call_leaves_nothing_running(fake: FakeCa) -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    async def cancel() -> None:
        async with aio_ca.CaClient(f"http://127.0.0.1:{listener.getsockname()[1]}") as client:
            call = asyncio.create_task(client.info())
            connection, _ = await asyncio.to_thread(listener.accept)
            with connection:
                connection.settimeout(5)
                await asyncio.to_thread(connection.recv, 1)
                call.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await call
                while await asyncio.to_thread(connection.recv, 4096):
                    pass  # the connection ends

    with listener:
        listener.settimeout(5)
        asyncio.run(cancel())
