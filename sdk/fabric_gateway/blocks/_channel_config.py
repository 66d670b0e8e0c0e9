"""A channel's configuration, as a configuration block holds it.

Source: Fabric 3.1 `common/channelconfig/`, and the messages of `hyperledger/fabric-protos`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from fabric_gateway._wire import gateway as wire
from fabric_gateway._wire import messages as m
from fabric_gateway.blocks._policy import policy_text
from fabric_gateway.errors import DecodeError
from fabric_gateway.identity._msp import Msp

_FABRIC_MSP = 0


@dataclass(frozen=True, slots=True)
class ChannelOrganization:
    """An organisation of a channel, as one of its groups defines it.

    Attributes:
        name: its name in the configuration.
        msp: its members.
        anchor_peers: addresses of its anchor peers; those of the application only.
        endpoints: addresses of its orderers; those of the ordering only.
    """

    name: str
    msp: Msp
    anchor_peers: tuple[str, ...]
    endpoints: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Consenter:
    """An orderer that takes part in consensus.

    Attributes:
        id: its number in the channel's consenter mapping, which block signatures name; 0 on Raft.
        address: host and port.
        mspid: MSP id of its organisation; "" on Raft.
        certificate_pem: its enrolment certificate, PEM; b"" on Raft.
    """

    id: int
    address: str
    mspid: str
    certificate_pem: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Ordering:
    """How a channel's blocks are made.

    Attributes:
        type: `BFT` or `etcdraft`.
        consenters: who takes part in consensus.
        organizations: whose orderers they are.
        batch_timeout: the longest wait before a block is cut, such as `200ms`.
        max_message_count: the greatest number of transactions in a block.
        absolute_max_bytes: the greatest size of the transactions in a block, in bytes.
        preferred_max_bytes: the size, in bytes, that a block exceeds only for one large transaction.
    """

    type: str
    consenters: tuple[Consenter, ...]
    organizations: tuple[ChannelOrganization, ...]
    batch_timeout: str
    max_message_count: int
    absolute_max_bytes: int
    preferred_max_bytes: int


@dataclass(frozen=True, slots=True)
class ChannelConfig:
    """A channel's configuration.

    Attributes:
        channel: name of the channel.
        sequence: how often it was changed.
        organizations: those of the application, whose peers and clients use the channel.
        ordering: how blocks are made.
        policies: every policy as text by its path, such as `/Channel/Application/Writers`.
        acls: the policy's path for each resource that does not have Fabric's own.
        capabilities: names of capabilities by group: `Channel`, `Orderer`, `Application`.
    """

    channel: str
    sequence: int
    organizations: tuple[ChannelOrganization, ...]
    ordering: Ordering
    policies: Mapping[str, str]
    acls: Mapping[str, str]
    capabilities: Mapping[str, tuple[str, ...]]

    @classmethod
    def decode(cls, envelope: bytes) -> ChannelConfig:
        """Decode the envelope of a configuration transaction.

        Raises:
            DecodeError: it is none.
        """
        payload = wire.parse(m.common.Payload, wire.split_envelope(envelope)[0])
        header = wire.parse(m.common.ChannelHeader, payload.header.channel_header)
        if header.type != m.common.CONFIG:
            raise DecodeError(f"a transaction of type {wire.header_type(header.type)} holds no configuration")
        config = wire.parse(m.configtx.ConfigEnvelope, payload.data).config
        channel = config.channel_group
        application, orderer = channel.groups["Application"], channel.groups["Orderer"]
        groups = {"Channel": channel, "Orderer": orderer, "Application": application}
        return cls(
            channel=header.channel_id,
            sequence=config.sequence,
            organizations=tuple(_organizations(application)),
            ordering=_ordering(channel, orderer),
            policies=dict(sorted(_policies("/Channel", channel))),
            acls={name: acl.policy_ref for name, acl in sorted(_acls(application).items())},
            capabilities={name: _capabilities(group) for name, group in groups.items()},
        )


def _value(group: Any, name: str, kind: Any) -> Any:
    """A value of a group; an empty message if it is not there."""
    return wire.parse(kind, group.values[name].value if name in group.values else b"")


def _organizations(group: Any) -> Iterator[ChannelOrganization]:
    for name, organization in sorted(group.groups.items()):
        config = _value(organization, "MSP", m.msp_config.MSPConfig)
        if config.type != _FABRIC_MSP:
            continue
        anchors = _value(organization, "AnchorPeers", m.peer_configuration.AnchorPeers).anchor_peers
        yield ChannelOrganization(
            name=name,
            msp=Msp.decode(config.config),
            anchor_peers=tuple(f"{anchor.host}:{anchor.port}" for anchor in anchors),
            endpoints=tuple(_value(organization, "Endpoints", m.configuration.OrdererAddresses).addresses),
        )


def _ordering(channel: Any, orderer: Any) -> Ordering:
    consensus = _value(orderer, "ConsensusType", m.orderer_configuration.ConsensusType)
    size = _value(orderer, "BatchSize", m.orderer_configuration.BatchSize)
    return Ordering(
        type=consensus.type,
        consenters=tuple(_consenters(orderer, consensus)),
        organizations=tuple(_organizations(orderer)),
        batch_timeout=_value(orderer, "BatchTimeout", m.orderer_configuration.BatchTimeout).timeout,
        max_message_count=size.max_message_count,
        absolute_max_bytes=size.absolute_max_bytes,
        preferred_max_bytes=size.preferred_max_bytes,
    )


def _consenters(orderer: Any, consensus: Any) -> Iterator[Consenter]:
    if consensus.type == "etcdraft":
        for consenter in wire.parse(m.etcdraft.ConfigMetadata, consensus.metadata).consenters:
            yield Consenter(0, f"{consenter.host}:{consenter.port}", "", b"")
    for consenter in _value(orderer, "Orderers", m.configuration.Orderers).consenter_mapping:
        yield Consenter(
            consenter.id, f"{consenter.host}:{consenter.port}", consenter.msp_id, consenter.identity
        )


def _policies(path: str, group: Any) -> Iterator[tuple[str, str]]:
    for name, policy in group.policies.items():
        yield f"{path}/{name}", policy_text(policy.policy)
    for name, below in group.groups.items():
        yield from _policies(f"{path}/{name}", below)


def _acls(application: Any) -> Mapping[str, Any]:
    acls: Mapping[str, Any] = _value(application, "ACLs", m.peer_configuration.ACLs).acls
    return acls


def _capabilities(group: Any) -> tuple[str, ...]:
    return tuple(sorted(_value(group, "Capabilities", m.configuration.Capabilities).capabilities))
