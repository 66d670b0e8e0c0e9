"""Who asked for what, read from the certificate and the argument in a block."""

from __future__ import annotations

import json

import pytest

from fabric_gateway.blocks import Block
from fabric_gateway.testing import Invocation, MemoryGateway, make_identity
from kindpakket.auditor.committed_requests import CommittedRequest, requests_in

PERSON = {"kindpakket.role": "cashier", "kindpakket.person": "p-shop", "kindpakket.shop": "b" * 32}


def note(call: Invocation) -> str:
    call.put("request", "{}")
    return "{}"


def request_with(attributes: dict[str, str]) -> CommittedRequest:
    """What the auditor reads of one payment."""
    with MemoryGateway({"kindpakket": note}, channel="zuidhorn") as memory:
        identity = make_identity("WinkelsMSP", attributes=attributes)
        with memory.connect(identity) as gateway:
            network = gateway.network("zuidhorn")
            network.contract("kindpakket").submit("payment:Pay", json.dumps({"request_id": "1" * 32}))
            last = network.ledger_height() - 1
            (block,) = map(Block.decode, network.blocks(last, last))
    (request,), unreadable = requests_in(block, "kindpakket")
    assert not unreadable
    return request


def test_the_caller_is_read_from_the_certificate() -> None:
    request = request_with({**PERSON, "kindpakket.till": "till-2"})
    assert (request.operation, request.request) == ("payment:Pay", {"request_id": "1" * 32})
    assert (request.mspid, request.role, request.person) == ("WinkelsMSP", "cashier", "p-shop")
    assert (request.shop, request.till) == ("b" * 32, "till-2")


@pytest.mark.parametrize(
    "till", ["", "Till 2", "2-till", "t" * 33, "nl91abna0417164300", "nl91-abna-0417-1643-00"]
)
def test_a_till_that_is_no_code_is_none(till: str) -> None:
    assert request_with({**PERSON, "kindpakket.till": till}).till == ""


def test_a_certificate_without_attributes_names_nobody() -> None:
    request = request_with({})
    assert (request.role, request.person, request.shop, request.till) == ("", "", "", "")
