"""Changes of a channel's configuration, signed by some administrators."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from fabric_protos.common import configtx_pb2, policies_pb2

from kindpakket.fabric import Identity, Network, _wire
from kindpakket.fabric import _messages as m

configtx: Any = configtx_pb2
policies: Any = policies_pb2


def lifecycle_by_anyone(ledger: Network, signers: Sequence[Identity]) -> bytes:
    """An update after which any one member could commit a chaincode definition, as its envelope.

    Args:
        ledger: the channel, as one of its administrators sees it.
        signers: the administrators who sign; the first one sends it.
    """
    block = m.common.Block.FromString(ledger.contract("cscc").evaluate("GetConfigBlock", ledger.name))
    payload = m.common.Payload.FromString(m.common.Envelope.FromString(block.data.data[0]).payload)
    present = configtx.ConfigEnvelope.FromString(payload.data).config.channel_group
    application = present.groups["Application"]
    update = configtx.ConfigUpdate(channel_id=ledger.name)
    for group in (update.read_set, update.write_set):
        group.version = present.version
        group.groups["Application"].version = application.version
    changed = update.write_set.groups["Application"].policies["LifecycleEndorsement"]
    changed.CopyFrom(application.policies["LifecycleEndorsement"])
    changed.version += 1
    rule = policies.ImplicitMetaPolicy(sub_policy="Endorsement", rule=policies.ImplicitMetaPolicy.ANY)
    changed.policy.type = policies.Policy.IMPLICIT_META
    changed.policy.value = rule.SerializeToString()
    return _signed(ledger.name, update.SerializeToString(), signers)


def _signed(channel: str, update: bytes, signers: Sequence[Identity]) -> bytes:
    envelope = configtx.ConfigUpdateEnvelope(config_update=update)
    for signer in signers:
        header = m.common.SignatureHeader(creator=signer.serialized, nonce=os.urandom(24)).SerializeToString()
        envelope.signatures.add(signature_header=header, signature=signer.sign(header + update))
    sender = signers[0]
    channel_header = m.common.ChannelHeader(type=m.common.CONFIG_UPDATE, channel_id=channel)
    channel_header.timestamp.FromDatetime(datetime.now(UTC))
    payload = m.common.Payload(data=envelope.SerializeToString())
    payload.header.channel_header = channel_header.SerializeToString()
    payload.header.signature_header = m.common.SignatureHeader(
        creator=sender.serialized, nonce=os.urandom(24)
    ).SerializeToString()
    data = payload.SerializeToString()
    return _wire.envelope(data, sender.sign(data))
