"""Fabric's protobuf messages, each module loaded at its first use: most programs need few of them.

They carry no types, so this module and `gateway` are where `Any` stays.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from google.protobuf import any_pb2, descriptor_pb2, descriptor_pool, message_factory

_MODULES = {
    "common": "common.common_pb2",
    "configtx": "common.configtx_pb2",
    "configuration": "common.configuration_pb2",
    "ledger": "common.ledger_pb2",
    "policies": "common.policies_pb2",
    "discovery": "discovery.protocol_pb2",
    "gateway": "gateway.gateway_pb2",
    "gossip": "gossip.message_pb2",
    "rwset": "ledger.rwset.rwset_pb2",
    "kv_rwset": "ledger.rwset.kvrwset.kv_rwset_pb2",
    "identities": "msp.identities_pb2",
    "msp_config": "msp.msp_config_pb2",
    "msp_principal": "msp.msp_principal_pb2",
    "ab": "orderer.ab_pb2",
    "orderer_configuration": "orderer.configuration_pb2",
    "etcdraft": "orderer.etcdraft.configuration_pb2",
    "chaincode": "peer.chaincode_pb2",
    "chaincode_event": "peer.chaincode_event_pb2",
    "collection": "peer.collection_pb2",
    "policy": "peer.policy_pb2",
    "lifecycle": "peer.lifecycle.chaincode_definition_pb2",
    "lifecycle_state": "peer.lifecycle.db_pb2",
    "peer_configuration": "peer.configuration_pb2",
    "events": "peer.events_pb2",
    "proposal": "peer.proposal_pb2",
    "proposal_response": "peer.proposal_response_pb2",
    "query": "peer.query_pb2",
    "transaction": "peer.transaction_pb2",
}
"""By the name that this package uses, the module below `fabric_protos`."""


def __getattr__(name: str) -> Any:
    if name == "RpcStatus":
        found = _rpc_status()
    elif name in _MODULES:
        found = import_module(f"fabric_protos.{_MODULES[name]}")
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = found
    return found


def _rpc_status() -> Any:
    """`google.rpc.Status`, in a pool of its own: fabric_protos does not bring it, and other packages may."""
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(any_pb2.DESCRIPTOR.serialized_pb)
    file = descriptor_pb2.FileDescriptorProto(
        name="google/rpc/status.proto",
        package="google.rpc",
        syntax="proto3",
        dependency=["google/protobuf/any.proto"],
    )
    message = file.message_type.add(name="Status")
    field = descriptor_pb2.FieldDescriptorProto
    message.field.add(name="code", number=1, type=field.TYPE_INT32, label=field.LABEL_OPTIONAL)
    message.field.add(name="message", number=2, type=field.TYPE_STRING, label=field.LABEL_OPTIONAL)
    message.field.add(
        name="details",
        number=3,
        type=field.TYPE_MESSAGE,
        type_name=".google.protobuf.Any",
        label=field.LABEL_REPEATED,
    )
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("google.rpc.Status"))
