"""Changes of a channel's configuration, signed by some administrators."""

from __future__ import annotations

import os
from collections.abc import Sequence

from fabric_gateway import Identity, Network
from kindpakket_network.channel import messages as m
from kindpakket_network.channel.configuration import APPLICATION, Configuration
from kindpakket_network.channel.proposal import Proposal


def lifecycle_by_anyone(ledger: Network, signers: Sequence[Identity]) -> bytes:
    """The envelope of an update after which any single member could commit a chaincode definition.

    Args:
        ledger: the channel, as one of its administrators sees it.
        signers: the administrators who sign; the first one sends it.
    """
    block = ledger.contract("cscc").evaluate("GetConfigBlock", ledger.name)
    present = Configuration.read(block).group
    application = present.groups[APPLICATION]
    update = m.configtx.ConfigUpdate(channel_id=ledger.name)
    for group in (update.read_set, update.write_set):
        group.version = present.version
        group.groups[APPLICATION].version = application.version
    changed = update.write_set.groups[APPLICATION].policies["LifecycleEndorsement"]
    changed.CopyFrom(application.policies["LifecycleEndorsement"])
    changed.version += 1
    rule = m.policies.ImplicitMetaPolicy(sub_policy="Endorsement", rule=m.policies.ImplicitMetaPolicy.ANY)
    changed.policy.type = m.policies.Policy.IMPLICIT_META
    changed.policy.value = rule.SerializeToString()
    proposal = Proposal.of(update.SerializeToString())
    for signer in signers:
        proposal = proposal.signed(signer)
    return _sent(proposal, signers[0])


def _sent(proposal: Proposal, sender: Identity) -> bytes:
    envelope = m.common.Envelope.FromString(proposal.envelope())
    payload = m.common.Payload.FromString(envelope.payload)
    header = m.common.SignatureHeader(creator=sender.serialized, nonce=os.urandom(24))
    payload.header.signature_header = header.SerializeToString()
    envelope.payload = payload.SerializeToString()
    envelope.signature = sender.sign(envelope.payload)
    content: bytes = envelope.SerializeToString()
    return content
