"""A channel's configuration as typed values, and policies as text."""

from __future__ import annotations

from typing import Any

import pytest

from fabric_gateway import ChannelConfig, Consenter, DecodeError, ProtocolError
from fabric_gateway._wire import messages as m
from fabric_gateway.blocks import policy_text, signature_policy_text
from fabric_gateway.testing import MemoryGateway, make_identity
from fabric_gateway.testing._config import configuration

ROLES = ("GemeenteMSP", 3), ("WinkelsMSP", 3), ("AuditorMSP", 1)  # peer, peer, admin


def signed_by(number: int) -> Any:
    return m.policies.SignaturePolicy(signed_by=number)


def of(n: int, *rules: Any) -> Any:
    return m.policies.SignaturePolicy(n_out_of=m.policies.SignaturePolicy.NOutOf(n=n, rules=rules))


def policy(rule: Any) -> bytes:
    envelope = m.policies.SignaturePolicyEnvelope(rule=rule)
    for mspid, role in ROLES:
        principal = m.msp_principal.MSPRole(msp_identifier=mspid, role=role).SerializeToString()
        envelope.identities.add(principal_classification=0, principal=principal)
    unit = m.msp_principal.OrganizationUnit(msp_identifier="X", organizational_unit_identifier="desk")
    envelope.identities.add(principal_classification=1, principal=unit.SerializeToString())
    envelope.identities.add(principal_classification=2, principal=b"certificate")
    envelope.identities.add(principal_classification=77)
    return bytes(envelope.SerializeToString())


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (of(1, signed_by(0)), "AND('GemeenteMSP.peer')"),
        (
            of(2, signed_by(0), of(1, signed_by(1), signed_by(2))),
            "AND('GemeenteMSP.peer', OR('WinkelsMSP.peer', 'AuditorMSP.admin'))",
        ),
        (
            of(2, signed_by(0), signed_by(1), signed_by(2)),
            "OutOf(2, 'GemeenteMSP.peer', 'WinkelsMSP.peer', 'AuditorMSP.admin')",
        ),
        (of(1, signed_by(3), signed_by(4)), "OR('X unit desk', (identity))"),
        (of(1, signed_by(9), signed_by(0)), "OR((member 9, which is not defined), 'GemeenteMSP.peer')"),
        (signed_by(0), "'GemeenteMSP.peer'"),
        (signed_by(5), "(77)"),
    ],
)
def test_policies_are_written_as_people_write_them(rule: Any, text: str) -> None:
    assert signature_policy_text(policy(rule)) == text
    assert policy_text(m.policies.Policy(type=1, value=policy(rule))) == text


def test_policies_of_other_kinds_have_a_text_too() -> None:
    meta = m.policies.ImplicitMetaPolicy(sub_policy="Admins", rule="MAJORITY").SerializeToString()
    assert policy_text(m.policies.Policy(type=3, value=meta)) == "MAJORITY Admins"
    assert policy_text(m.policies.Policy(type=0)) == "(a policy of type 0)"
    with pytest.raises(DecodeError):
        signature_policy_text(b"\xff")


def test_the_configuration_is_asked_for_and_stands_in_its_block(network: Any) -> None:
    config = network.channel_config()
    assert network.block(0).transactions[0].config == config
    assert (config.channel, config.sequence) == ("channel", 0)
    assert [each.msp.mspid for each in config.organizations] == ["Org1MSP"]
    assert config.ordering.type == "etcdraft"
    assert config.ordering.consenters == (Consenter(0, "orderer.memory:7050", "", b""),)
    assert config.ordering.organizations[0].endpoints == ("orderer.memory:7050",)
    assert config.policies["/Channel/Application/Writers"] == "ANY Writers"
    assert config.organizations[0].msp == network.config().msps["Org1MSP"]


def test_transactions_hold_no_configuration(network: Any, contract: Any) -> None:
    contract.submit("Add", "a", "1")
    transaction = network.block(1).transactions[0]
    assert transaction.config is None
    with pytest.raises(DecodeError, match="ENDORSER_TRANSACTION holds no configuration"):
        ChannelConfig.decode(transaction.envelope)
    with pytest.raises(DecodeError, match=r"cannot be read as common\.Envelope"):
        ChannelConfig.decode(b"\xff")


def test_everything_that_a_channel_sets_is_read() -> None:
    who = make_identity()
    envelope = m.common.Envelope.FromString(configuration("zuidhorn", who.certificate_pem))
    payload = m.common.Payload.FromString(envelope.payload)
    content = m.configtx.ConfigEnvelope.FromString(payload.data)
    content.config.sequence = 4
    root = content.config.channel_group
    application, orderer = root.groups["Application"], root.groups["Orderer"]

    def put(group: Any, name: str, value: Any) -> None:
        group.values[name].value = value.SerializeToString()

    anchors = m.peer_configuration.AnchorPeers()
    anchors.anchor_peers.add(host="peer0.org1", port=7051)
    put(application.groups["Org1MSP"], "AnchorPeers", anchors)
    acls = m.peer_configuration.ACLs()
    acls.acls["qscc/GetChainInfo"].policy_ref = "/Channel/Application/Readers"
    put(application, "ACLs", acls)
    capabilities = m.configuration.Capabilities()
    capabilities.capabilities["V2_5"].SetInParent()
    put(application, "Capabilities", capabilities)
    put(orderer, "ConsensusType", m.orderer_configuration.ConsensusType(type="BFT"))
    mapping = m.configuration.Orderers()
    mapping.consenter_mapping.add(id=3, host="o", port=1, msp_id="RegieMSP", identity=b"pem")
    put(orderer, "Orderers", mapping)
    put(orderer, "BatchTimeout", m.orderer_configuration.BatchTimeout(timeout="200ms"))
    size = {"max_message_count": 500, "absolute_max_bytes": 10 << 20, "preferred_max_bytes": 2 << 20}
    put(orderer, "BatchSize", m.orderer_configuration.BatchSize(**size))
    put(root.groups["Application"].groups["Idemix"], "MSP", m.msp_config.MSPConfig(type=1))
    payload.data = content.SerializeToString()
    config = ChannelConfig.decode(m.common.Envelope(payload=payload.SerializeToString()).SerializeToString())
    assert (config.channel, config.sequence) == ("zuidhorn", 4)
    assert [each.name for each in config.organizations] == ["Org1MSP"]
    assert config.organizations[0].anchor_peers == ("peer0.org1:7051",)
    assert config.acls == {"qscc/GetChainInfo": "/Channel/Application/Readers"}
    assert config.capabilities == {"Channel": (), "Orderer": (), "Application": ("V2_5",)}
    ordering = config.ordering
    assert (ordering.type, ordering.consenters) == ("BFT", (Consenter(3, "o:1", "RegieMSP", b"pem"),))
    found = (ordering.batch_timeout, ordering.max_message_count, ordering.absolute_max_bytes)
    assert (*found, ordering.preferred_max_bytes) == ("200ms", 500, 10 << 20, 2 << 20)


def test_another_channels_configuration_is_refused() -> None:
    other = m.common.Block(
        data=m.common.BlockData(data=[configuration("elsewhere", make_identity().certificate_pem)])
    )
    with (
        MemoryGateway({"cscc": lambda _: other.SerializeToString()}) as memory,
        memory.connect() as gateway,
        pytest.raises(ProtocolError, match="asked for the configuration of channel"),
    ):
        gateway.network("channel").channel_config()
