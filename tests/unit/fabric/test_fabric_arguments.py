"""What programs pass by mistake is named where it enters, before anything is sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fabric_helpers import Open

from fabric_gateway import Deadlines, DecodeError, Limits, Profile, ProfileError, connect
from fabric_gateway.ca import CaClient, CaError
from fabric_gateway.testing import MemoryGateway, make_identity

ID = "0" * 64
CONTRACT = [
    (
        lambda contract: contract.submit("Pay", 5),
        r"argument 1 of Pay is of type int: give text or bytes, such as str\(",
    ),
    (
        lambda contract: contract.submit("Pay", "a", None),
        "argument 2 of Pay is of type NoneType: give text or bytes$",
    ),
    (
        lambda contract: contract.evaluate("Pay", ["a"]),
        "argument 1 of Pay is of type list: give text or bytes$",
    ),
    (lambda contract: contract.evaluate(5), "the function's name is of type int: give text or bytes"),
    (lambda contract: contract.evaluate(""), "the function's name is empty"),
    (
        lambda contract: contract.submit("Pay", "\ud800"),
        "argument 1 of Pay holds a character that UTF-8 cannot hold",
    ),
    (
        lambda contract: contract.submit("Pay", transient="iban"),
        r"transient is 'iban' \(str\): give a mapping",
    ),
    (lambda contract: contract.submit("Pay", transient={"iban": 5}), r"transient\['iban'\] is of type int"),
    (
        lambda contract: contract.submit("Pay", transient={5: "x"}),
        r"a name in transient is 5 \(int\): give text",
    ),
    (
        lambda contract: contract.submit("Pay", endorsing_organizations="Org1MSP"),
        "endorsing_organizations is the text 'Org1MSP': give a list",
    ),
    (
        lambda contract: contract.submit("Pay", endorsing_organizations=[5]),
        r"endorsing_organizations\[0\] is 5 \(int\): give text",
    ),
    (
        lambda contract: contract.submit("Pay", endorsing_organizations=7),
        r"endorsing_organizations is 7 \(int\): give a list",
    ),
    (
        lambda contract: contract.evaluate("Pay", timeout="5"),
        r"timeout is '5' \(str\): give a number of seconds",
    ),
    (lambda contract: contract.evaluate("Pay", timeout=0), "timeout is 0: give a number of seconds above 0"),
    (
        lambda contract: contract.proposal("Pay").endorse(timeout=-1),
        "timeout is -1: give a number of seconds above 0",
    ),
    (lambda contract: contract.submit("Pay", deadlines=5), r"deadlines is 5 \(int\): give Deadlines"),
    (lambda contract: contract.submit("Pay", conflict_attempts="3"), r"conflict_attempts is '3' \(str\)"),
    (lambda contract: contract.submit("Pay", conflict_attempts=0), "conflict_attempts is 0: give 1 or more"),
]
NETWORK = [
    (lambda network: network.contract(5), r"chaincode is 5 \(int\): give text"),
    (lambda network: network.contract(""), "chaincode is empty"),
    (lambda network: network.block("7"), r"number is '7' \(str\): give the number of a block"),
    (lambda network: network.block(-1), "number is -1: the first block is number 0"),
    (
        lambda network: network.block(2**64 - 1),
        r"number is 18446744073709551615: block numbers end below 2\^64 - 1",
    ),
    (lambda network: network.block(True), r"number is True \(bool\)"),
    (
        lambda network: network.block_by_hash("ab" * 32),
        r"header_hash is 'abab.* \(str\): give bytes, .*fromhex",
    ),
    (
        lambda network: network.block_of("tx1"),
        r"transaction_id is 'tx1' \(str\): the id .* 64 hexadecimal characters",
    ),
    (lambda network: network.transaction(ID.encode()), "transaction_id is 64 bytes: give text"),
    (lambda network: network.transaction("A" * 64), "in lower case"),
    (lambda network: network.commit(None), r"transaction_id is None \(NoneType\): give text"),
    (
        lambda network: network.transaction_from("envelope"),
        r"envelope is 'envelope' \(str\): give bytes, such as Transaction\.envelope",
    ),
    (lambda network: network.blocks("0"), r"start is '0' \(str\): give the number of a block"),
    (lambda network: network.blocks(-1), "start is -1: the first block is number 0"),
    (lambda network: network.blocks(0, 1.5), r"stop is 1\.5 \(float\)"),
    (lambda network: network.blocks(5, 4), "stop, block 4, is before start, block 5"),
    (lambda network: network.filtered_blocks(-1), "start is -1"),
    (lambda network: network.blocks_request("0"), "start is '0'"),
    (lambda network: network.chaincode_events(""), "chaincode is empty"),
    (lambda network: network.chaincode_events("ledger", start_block="1"), r"start_block is '1' \(str\)"),
    (lambda network: network.chaincode_events("ledger", after_transaction_id="tx"), "transaction_id is 'tx'"),
    (lambda network: network.chaincode_events_request("ledger", start_block=-1), "start_block is -1"),
    (lambda network: network.info(timeout="x"), r"timeout is 'x' \(str\)"),
]


@pytest.mark.parametrize(("call", "words"), CONTRACT, ids=[words[:40] for _, words in CONTRACT])
def test_a_contract_names_the_argument(contract: Any, memory: MemoryGateway, call: Any, words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words):
        call(contract)
    assert memory.calls == []


@pytest.mark.parametrize(("call", "words"), NETWORK, ids=[words[:40] for _, words in NETWORK])
def test_a_network_names_the_argument(network: Any, memory: MemoryGateway, call: Any, words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words):
        call(network)
    assert memory.calls == []


def test_bytes_that_are_no_envelope_are_told(network: Any) -> None:
    with pytest.raises(DecodeError, match="these 3 bytes cannot be read as"):
        network.transaction_from(b"\xff\xff\xff")


def test_a_gateway_names_the_argument(opened: Open) -> None:
    gateway = opened()
    with pytest.raises(TypeError, match=r"channel is 5 \(int\): give text"):
        gateway.network(5)
    with pytest.raises(ValueError, match="channel is empty"):
        gateway.network(" ")
    with pytest.raises(ValueError, match="timeout is 0"):
        gateway.check(timeout=0)


PLACE = {"endpoint": "grpc://127.0.0.1:1"}
OPTIONS: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"endpoint": b"127.0.0.1:1"}, TypeError, "endpoint is 11 bytes: give text, or a list of texts"),
    ({"endpoint": [7051]}, TypeError, r"endpoint has 7051 \(int\): give text"),
    ({"endpoint": ""}, ProfileError, "endpoint '': give host:port"),
    ({"endpoint": []}, ProfileError, "endpoint is empty: name at least one peer"),
    ({"endpoint": "localhost"}, ProfileError, "endpoint 'localhost': give host:port"),
    ({"endpoint": "localhost:70512"}, ProfileError, "endpoint 'localhost:70512': give host:port"),
    ({"endpoint": "localhost:7051/x"}, ProfileError, "endpoint 'localhost:7051/x': give host:port"),
    ({"endpoint": "https://localhost:7051"}, ProfileError, "give host:port, or grpc://host:port without TLS"),
    (
        {**PLACE, "tls_root": make_identity().certificate_pem},
        ProfileError,
        "is without TLS: leave out the tls_root",
    ),
    ({**PLACE, "peers": ["peer0"]}, TypeError, "peers names peers of a profile"),
    ({**PLACE, "deadlines": 5}, TypeError, r"deadlines is 5 \(int\): give Deadlines"),
    ({**PLACE, "limits": 5}, TypeError, r"limits is 5 \(int\): give Limits"),
    ({**PLACE, "observer": print}, TypeError, "give an object with a method on_step"),
    ({**PLACE, "channel_options": [("a", 1)]}, TypeError, "channel_options is .*: give a mapping"),
    (
        {**PLACE, "channel_options": {"grpc.x": 1.5}},
        TypeError,
        r"channel_options\['grpc.x'\] is 1\.5 \(float\)",
    ),
    ({**PLACE, "timeout": 5}, TypeError, "connect has no option 'timeout': it has channel_options, "),
    (
        {"endpoint": "127.0.0.1:1", "tls_root": b"garbage"},
        ProfileError,
        "tls_root, 7 bytes, holds no certificate in PEM",
    ),
    (
        {"endpoint": "127.0.0.1:1", "tls_root": b""},
        ProfileError,
        "tls_root, 0 bytes, holds no certificate in PEM",
    ),
    (
        {"endpoint": "127.0.0.1:1", "tls_root": 5},
        TypeError,
        r"tls_root is 5 \(int\): give the path of a file",
    ),
    ({"endpoint": "127.0.0.1:1", "server_name": 5}, TypeError, r"server_name is 5 \(int\): give text"),
    ({"endpoint": "127.0.0.1:1", "client_key": b"x"}, ProfileError, "the certificate is missing"),
]


@pytest.mark.parametrize(("options", "kind", "words"), OPTIONS, ids=[words[:40] for *_, words in OPTIONS])
def test_connect_names_the_option(options: dict[str, Any], kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        connect(identity=make_identity(), **options)


def test_connect_names_what_does_not_go_with_a_profile() -> None:
    profile = Profile.from_mapping(
        {
            "client": {"organization": "org1"},
            "organizations": {"org1": {"mspid": "Org1MSP", "peers": ["peer0"]}},
            "peers": {"peer0": {"url": "grpc://127.0.0.1:7051"}},
        }
    )
    with pytest.raises(TypeError, match="tls_root goes with endpoint: with a profile, tlsCACerts says it"):
        connect(profile, make_identity(), tls_root=b"x")
    with pytest.raises(TypeError, match=r"identity is 'me\.pem' \(str\): give an Identity"):
        connect(profile, "me.pem")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="profile is 9 bytes: give the path of a file"):
        connect(b"org1.yaml", make_identity())  # type: ignore[arg-type]


def test_roots_may_be_text() -> None:
    pem = make_identity().certificate_pem
    connect(identity=make_identity(), endpoint="127.0.0.1:1", tls_root=pem.decode()).close()


def test_deadlines_and_limits_are_numbers() -> None:
    with pytest.raises(TypeError, match=r"deadline endorse is '15' \(str\): give a number of seconds"):
        Deadlines(endorse="15")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"in_flight is 1\.5 \(float\): give a whole number"):
        Limits(in_flight=1.5)  # type: ignore[arg-type]


@pytest.mark.parametrize("url", ["ca.example.com:7054", "grpcs://ca:7054", "https://"])
def test_an_authority_needs_an_address(url: str) -> None:
    with pytest.raises(CaError, match=r"give https://host:port"):
        CaClient(url)


def test_an_enrolment_needs_a_name_and_a_secret(client: Any) -> None:
    with pytest.raises(ValueError, match="secret is empty"):
        client.enrol("till-1", "")
    with pytest.raises(TypeError, match=r"name is None \(NoneType\): give text"):
        client.enrol(None, "secret")
    with pytest.raises(TypeError, match=r"present is .*: give an Enrolment"):
        client.reenrol(Path("msp"))


def test_no_message_quotes_what_may_be_private(contract: Any) -> None:
    for argument in (123456782, {"bsn": "123456782"}, ["NL91ABNA0417164300"]):
        with pytest.raises(TypeError) as caught:
            contract.submit("Pay", argument, transient={"iban": argument})
        assert "123456782" not in str(caught.value)
        assert "NL91" not in str(caught.value)
        with pytest.raises(TypeError) as caught:
            contract.submit("Pay", transient={"iban": argument})
        assert "123456782" not in str(caught.value)
