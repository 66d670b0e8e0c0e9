"""Modules that programs import, often for a constant: they are there, and refuse only what is used."""

from __future__ import annotations

import asyncio
import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import fabric_protos.peer.proposal_response_pb2
import pytest
from hfc_place import CHAINCODE, CHANNEL, PEER, Place

from fabric_gateway.hfc.errors import Impossible
from fabric_gateway.hfc.fabric.channel.channel_configuration import ChannelConfiguration
from fabric_gateway.hfc.fabric.lifecycle import Lifecycle
from fabric_gateway.hfc.fabric.transaction.tx_context import TXContext, create_tx_context
from fabric_gateway.hfc.fabric.transaction.tx_proposal_request import TXProposalRequest, create_tx_prop_req
from fabric_gateway.hfc.util.crypto.crypto import ecies

MODULES = [
    "fabric.chaincode",
    "fabric.channel.channel_configuration",
    "fabric.config.default",
    "fabric.lifecycle",
    "fabric.transaction.tx_context",
    "fabric.transaction.tx_proposal_request",
    "fabric_network.couchdbwalletstore",
    "protos.common.common_pb2",
    "protos.idemix.idemix_pb2",
    "protos.ledger.rwset.kvrwset.kv_rwset_pb2",
    "protos.orderer.ab_pb2_grpc",
    "protos.orderer.kafka_pb2",
    "protos.peer.admin_pb2",
    "protos.peer.lifecycle.lifecycle_pb2",
    "protos.peer.peer_pb2_grpc",
    "protos.token.transaction_pb2",
    "protos.utils",
    "util.archive",
    "util.channel",
    "util.collection_config",
    "util.consts",
    "util.policies",
    "util.utils",
    "version",
]


@pytest.mark.parametrize("name", MODULES)
def test_a_module_is_there(name: str) -> None:
    assert importlib.import_module(f"fabric_gateway.hfc.{name}")


def test_fabrics_messages_are_the_same_objects_under_hfcs_names() -> None:
    code = (
        "from fabric_gateway.hfc.protos.peer.proposal_response_pb2 import Response\n"
        "from fabric_gateway.hfc.protos.peer import proposal_response_pb2 as ours\n"
        "from fabric_protos.peer import proposal_response_pb2 as theirs\n"
        "assert ours is theirs and Response is theirs.Response\n"
        "assert theirs.__spec__.name == theirs.__name__ == 'fabric_protos.peer.proposal_response_pb2'\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=240)
    module = importlib.import_module("fabric_gateway.hfc.protos.peer.proposal_response_pb2")
    assert module is fabric_protos.peer.proposal_response_pb2


def test_a_client_does_not_load_all_messages() -> None:
    code = "import sys, fabric_gateway.hfc.fabric; sys.exit('fabric_gateway.hfc.protos' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=240).returncode == 0


@pytest.mark.parametrize(
    ("module", "use", "words"),
    [
        ("protos.peer.admin_pb2", lambda it: it.ServerStatus, "a part of Fabric that Fabric 3 does not have"),
        ("fabric_network.couchdbwalletstore", lambda it: it.CouchDBWalletStore("w"), "FileSystenWallet"),
        ("util.archive", lambda it: it.package_chaincode("path"), "peer lifecycle chaincode package"),
        ("util.collection_config", lambda it: it.build_collection_config_proto([]), "approveformyorg"),
        ("util.policies", lambda it: it.s2d().parse("OR('A.member')"), "peer lifecycle chaincode commit"),
        ("util.policies", lambda it: it.d2s.parse({}), "peer lifecycle chaincode commit"),
        ("util.utils", lambda it: it.send_install_proposal(None, []), "peer lifecycle chaincode install"),
    ],
)
def test_what_cannot_work_is_refused_when_it_is_used(module: str, use: Any, words: str) -> None:
    with pytest.raises(Impossible, match=words):
        use(importlib.import_module(f"fabric_gateway.hfc.{module}"))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("package", "`peer lifecycle chaincode package`"),
        ("install", "`peer lifecycle chaincode install`"),
        ("approve_for_my_org", "`peer lifecycle chaincode approveformyorg`"),
        ("commit_definition", "`peer lifecycle chaincode commit`"),
    ],
)
def test_deploying_names_the_command(place: Place, call: str, words: str) -> None:
    async def calling() -> None:
        found = getattr(Lifecycle(place.client, "assets"), call)(place.user, [PEER])
        if asyncio.iscoroutine(found):
            await found

    with pytest.raises(Impossible, match=f"{words}.*kindpakket network deploy"):
        asyncio.run(calling())


def test_a_context_signs_and_names_its_transaction(place: Place) -> None:
    context = create_tx_context(place.user, ecies(), create_tx_prop_req(cc_name=CHAINCODE))
    enrollment = place.user.enrollment
    assert enrollment is not None
    assert enrollment.private_key is not None
    assert ecies().verify(enrollment.private_key.public_key(), b"said", context.sign(b"said"))
    assert context.tx_id == ecies().hash(context.nonce + context.identity).hexdigest()
    assert TXContext(place.user, None).tx_id != context.tx_id
    with pytest.raises(ValueError, match="Missing 'tx_prop_req'"):
        create_tx_context(place.user, ecies(), None)
    with pytest.raises(ValueError, match="Missing 'cc_name'"):
        create_tx_prop_req()


def test_a_proposal_goes_to_the_peer_itself(place: Place) -> None:
    channel = place.client.new_channel(CHANNEL)
    request = TXProposalRequest(cc_name="cscc", fcn="GetChannels")
    peer = place.client.get_peer(PEER)
    assert peer is not None

    async def asked() -> list[Any]:
        context = TXContext(place.user, ecies(), request)
        sent, proposal, header = channel._send_tx_proposal("", context, [peer])
        assert header.SerializeToString() == proposal.header
        try:
            return list(await asyncio.gather(*sent))
        finally:
            await place.client.close_grpc_channels()

    (answer,) = asyncio.run(asked())
    assert answer.response.status == 200
    assert CHANNEL.encode() in answer.response.payload


def test_an_argument_of_a_proposal_is_text_or_bytes(place: Place) -> None:
    channel = place.client.new_channel(CHANNEL)
    context = TXContext(place.user, ecies(), TXProposalRequest(cc_name=CHAINCODE, fcn="Read", args=[5]))  # type: ignore[list-item]
    with pytest.raises(TypeError, match="argument 5 of the chaincode"):
        channel.send_tx_proposal(context, list(place.client.peers.values()))


def test_a_configuration_is_bytes_or_a_file(tmp_path: Path) -> None:
    file = tmp_path / "channel.tx"
    file.write_bytes(b"update")
    assert ChannelConfiguration(file_path=str(file)).config == ChannelConfiguration(b"update").config
    with pytest.raises(ValueError, match="either config or file_path"):
        ChannelConfiguration()
