"""The configuration in the genesis block of a channel in memory: one organisation, one orderer."""

from __future__ import annotations

from typing import Any

from fabric_gateway._wire import messages as m

MSPID = "Org1MSP"
ORDERER_MSPID = "OrdererMSP"
ORDERER = ("orderer.memory", 7050)


def configuration(channel: str, certificate: bytes) -> bytes:
    """The envelope of the configuration; the certificate stands for both organisations' authority."""
    config = m.configtx.Config()
    root = config.channel_group
    application, orderer = root.groups["Application"], root.groups["Orderer"]
    _organization(application, MSPID, certificate)
    _organization(orderer, ORDERER_MSPID, certificate)
    host, port = ORDERER
    endpoints = m.configuration.OrdererAddresses(addresses=[f"{host}:{port}"])
    _set(orderer.groups[ORDERER_MSPID], "Endpoints", endpoints)
    consenter = m.etcdraft.ConfigMetadata()
    consenter.consenters.add(host=host, port=port)
    kind = m.orderer_configuration.ConsensusType(type="etcdraft", metadata=consenter.SerializeToString())
    _set(orderer, "ConsensusType", kind)
    _set(orderer, "BatchTimeout", m.orderer_configuration.BatchTimeout(timeout="0s"))
    _set(orderer, "BatchSize", m.orderer_configuration.BatchSize(max_message_count=1))
    for group in (root, application, orderer):
        for name in ("Readers", "Writers", "Admins"):
            policy = m.policies.ImplicitMetaPolicy(sub_policy=name, rule="ANY").SerializeToString()
            group.policies[name].policy.CopyFrom(m.policies.Policy(type=3, value=policy))
    header = m.common.ChannelHeader(type=m.common.CONFIG, channel_id=channel).SerializeToString()
    payload = m.common.Payload(
        header=m.common.Header(channel_header=header),
        data=m.configtx.ConfigEnvelope(config=config).SerializeToString(),
    )
    return bytes(m.common.Envelope(payload=payload.SerializeToString()).SerializeToString())


def _organization(group: Any, mspid: str, certificate: bytes) -> None:
    msp = m.msp_config.FabricMSPConfig(name=mspid, root_certs=[certificate])
    msp.fabric_node_ous.enable = True
    _set(group.groups[mspid], "MSP", m.msp_config.MSPConfig(config=msp.SerializeToString()))


def _set(group: Any, name: str, value: Any) -> None:
    group.values[name].value = value.SerializeToString()
