"""A peer that is not trusted, or does not speak TLS: one attempt, and a sentence that says what to change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fabric_helpers import AMPLE, Open, ledger
from grpc import StatusCode

from fabric_gateway import EvaluateError, EventsError
from fabric_gateway.testing import MemoryGateway, make_identity


@pytest.fixture
def secured() -> Iterator[MemoryGateway]:
    with MemoryGateway({"ledger": ledger}, tls=True) as service:
        yield service


def refusal(opened: Open, **options: Any) -> EvaluateError:
    """The error of an evaluation, which could be repeated for a minute."""
    with pytest.raises(EvaluateError) as caught:
        opened(make_identity(), AMPLE, **options).network("channel").contract("ledger").evaluate("Show", "a")
    assert caught.value.status is StatusCode.UNAVAILABLE
    assert not caught.value.retryable
    return caught.value


def options(secured: MemoryGateway, **others: Any) -> dict[str, Any]:
    return {
        "endpoint": secured.endpoint,
        "tls_root": secured.tls_root,
        "server_name": "peer0.memory",
        **others,
    }


def test_a_name_that_the_certificate_does_not_have(opened: Open, secured: MemoryGateway) -> None:
    error = refusal(opened, **options(secured, server_name="elsewhere"))
    assert "is for peer0.memory, not for elsewhere: give server_name='peer0.memory'" in error.reason


def test_the_host_is_the_name_unless_there_is_another(opened: Open, secured: MemoryGateway) -> None:
    error = refusal(opened, **options(secured, server_name=None))
    assert "is for peer0.memory, not for 127.0.0.1" in error.reason


def test_a_root_that_did_not_issue_it(opened: Open, secured: MemoryGateway) -> None:
    error = refusal(opened, **options(secured, tls_root=make_identity().certificate_pem))
    assert "issued by CN=peer0.memory" in error.reason
    assert "does not chain to tls_root: give its issuer's root as tls_root" in error.reason


def test_no_root_means_those_of_the_system(opened: Open, secured: MemoryGateway) -> None:
    error = refusal(opened, **options(secured, tls_root=None))
    assert "does not chain to the system's certificates" in error.reason


def test_a_stream_says_so_too(opened: Open, secured: MemoryGateway) -> None:
    gateway = opened(make_identity(), AMPLE, **options(secured, server_name="elsewhere"))
    with pytest.raises(EventsError, match=r"is for peer0\.memory, not for elsewhere"):
        next(iter(gateway.network("channel").blocks(0)))


def test_a_peer_that_uses_tls(opened: Open, secured: MemoryGateway) -> None:
    error = refusal(opened, endpoint=f"grpc://{secured.endpoint}")
    assert f"{secured.endpoint} uses TLS: leave out grpc://" in error.reason


def test_a_peer_that_does_not_use_tls(opened: Open, memory: MemoryGateway) -> None:
    address = memory.endpoint.removeprefix("grpc://")
    error = refusal(opened, endpoint=address)
    assert f"{address} does not use TLS: give grpc://{address}" in error.reason
    assert memory.calls == []
