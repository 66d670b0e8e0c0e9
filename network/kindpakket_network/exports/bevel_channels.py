"""Channels as resources of the Kubernetes operator.

The operator gives every organisation Fabric's default policies, which would let any client of the auditor
submit. So the channel's own policies list the roles, instead of referring to each organisation's policies.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from kindpakket_network.channel.access import MEMBER_READERS
from kindpakket_network.channel.genesis import ConsenterFiles, configtx
from kindpakket_network.description.channel import Channel
from kindpakket_network.description.organisation import Organisation
from kindpakket_network.description.topology import Topology
from kindpakket_network.exports.bevel_names import (
    ADMIN_PORT,
    CA,
    ORDERER_PORT,
    PEER_PORT,
    Resource,
    filled,
    identity_of,
    kubernetes_name,
    resource,
    service,
)
from kindpakket_network.exports.bevel_nodes import ORDERER, TLS_ADMIN
from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.programs.home import Home


def main_channel(topology: Topology, channel: Channel) -> Resource:
    """A channel, created by the administrators of all its consenters' organisations."""
    consenters = [topology.organisation(name) for name in channel.consenters]
    members = [topology.organisation(member.organisation) for member in channel.members]
    spec = {
        "name": channel.name,
        "adminOrdererOrganizations": _msps(consenters),
        "adminPeerOrganizations": _msps(members),
        "externalOrdererOrganizations": [],
        "externalPeerOrganizations": [],
        "ordererOrganizations": [_orders(consenter) for consenter in consenters],
        "peerOrganizations": [
            {"mspID": member.msp, "caName": CA, "caNamespace": member.name} for member in members
        ],
        "orderers": [
            {
                "host": service(ORDERER, consenter.name),
                "port": ORDERER_PORT,
                "tlsCert": filled(consenter.name, ORDERER, "tls"),
            }
            for consenter in consenters
        ],
        "identities": _identities(consenters, members),
        "channelConfig": _configuration(topology, channel, consenters),
    }
    return resource("FabricMainChannel", channel.name, None, spec)


def _msps(organisations: Iterable[Organisation]) -> list[Resource]:
    return [{"mspID": organisation.msp} for organisation in organisations]


def _orders(consenter: Organisation) -> Resource:
    host = service(ORDERER, consenter.name)
    return {
        "mspID": consenter.msp,
        "caName": CA,
        "caNamespace": consenter.name,
        "ordererEndpoints": [f"{host}:{ORDERER_PORT}"],
        "orderersToJoin": [],
        "externalOrderersToJoin": [{"host": host, "port": ADMIN_PORT}],
    }


def _identities(consenters: Sequence[Organisation], members: Sequence[Organisation]) -> Resource:
    found = {member.msp: identity_of(member.name, admin_of(member)) for member in members}
    for consenter in consenters:
        found.setdefault(consenter.msp, identity_of(consenter.name, admin_of(consenter)))
        found[f"{consenter.msp}-sign"] = identity_of(consenter.name, admin_of(consenter))
        found[f"{consenter.msp}-tls"] = identity_of(consenter.name, TLS_ADMIN)
    return found


def admin_of(organisation: Organisation) -> str:
    """The name of an organisation's administrator identity."""
    return kubernetes_name(organisation.admin.name)


def _configuration(topology: Topology, channel: Channel, consenters: Sequence[Organisation]) -> Resource:
    """The settings of configtx.yaml, as far as the operator supports them."""
    written = _configtx(topology, channel, consenters)
    orderer, application = written["Orderer"], written["Application"]
    return {
        "capabilities": ["V3_0" if orderer["OrdererType"] == "BFT" else "V2_0"],
        "policies": {
            "Readers": _signature([*_roles(application, "BlockReaders"), *_roles(orderer, "BlockReaders")]),
            "Writers": _signature([*_roles(application, "Writers"), *_roles(orderer, "Writers")]),
            "Admins": _meta("MAJORITY Admins"),
        },
        "application": {
            "capabilities": ["V2_0", "V2_5"],
            "acls": application["ACLs"],
            "policies": {
                **_readers(application),
                "BlockReaders": _signature(_roles(application, "BlockReaders")),
                "Writers": _signature(_roles(application, "Writers")),
                **{
                    name: _copied(application, name)
                    for name in ("Admins", "LifecycleEndorsement", "Endorsement")
                },
            },
        },
        "orderer": _ordering(topology, orderer, channel.consenter_ids),
    }


def _readers(application: Mapping[str, Any]) -> dict[str, Resource]:
    members = _signature(_roles(application, "Readers"))
    if MEMBER_READERS not in application["Policies"]:
        return {"Readers": members}
    return {"Readers": _copied(application, "Readers"), MEMBER_READERS: members}


def _configtx(topology: Topology, channel: Channel, consenters: Sequence[Organisation]) -> Mapping[str, Any]:
    files = [
        ConsenterFiles(
            channel.consenter_ids[consenter.name],
            consenter.msp,
            service(ORDERER, consenter.name),
            ORDERER_PORT,
            "",
            "",
            "",
            "",
        )
        for consenter in consenters
    ]
    home = Home(Path())
    text = configtx(topology, channel, Inventory.of(topology, home), home, files)
    found: Mapping[str, Any] = yaml.safe_load(text)["Profiles"]["channel"]
    return found


def _roles(group: Mapping[str, Any], policy: str) -> list[str]:
    return [Organization["Policies"][policy]["Rule"] for Organization in group["Organizations"]]


def _signature(rules: Sequence[str]) -> Resource:
    return {"type": "Signature", "rule": f"OR({', '.join(rules)})", "modPolicy": "Admins"}


def _meta(rule: str) -> Resource:
    return {"type": "ImplicitMeta", "rule": rule, "modPolicy": "Admins"}


def _copied(group: Mapping[str, Any], policy: str) -> Resource:
    found = group["Policies"][policy]
    return {"type": found["Type"], "rule": found["Rule"], "modPolicy": "Admins"}


def _ordering(topology: Topology, written: Mapping[str, Any], ids: Mapping[str, int]) -> Resource:
    found: Resource = {
        "ordererType": written["OrdererType"],
        "state": "STATE_NORMAL",
        "capabilities": ["V2_0"],
        "batchTimeout": written["BatchTimeout"],
        "batchSize": {
            "maxMessageCount": topology.ordering.batch_messages,
            "absoluteMaxBytes": topology.ordering.batch_megabytes * 2**20,
            "preferredMaxBytes": min(2, topology.ordering.batch_megabytes) * 2**20,
        },
    }
    if topology.ordering.type == "raft":
        options = written["EtcdRaft"]["Options"]
        found["etcdRaft"] = {
            "options": {
                "tickInterval": options["TickInterval"],
                "electionTick": options["ElectionTick"],
                "heartbeatTick": options["HeartbeatTick"],
                "maxInflightBlocks": options["MaxInflightBlocks"],
                "snapshotIntervalSize": 16 * 2**20,
            }
        }
        return found
    found["smartBFT"] = {_snake(name): value for name, value in written["SmartBFT"].items()}
    found["consenterMapping"] = [
        {
            "id": number,
            "host": service(ORDERER, name),
            "port": ORDERER_PORT,
            "msp_id": topology.organisation(name).msp,
            "identity": filled(name, ORDERER, "sign"),
            "client_tls_cert": filled(name, ORDERER, "tls"),
            "server_tls_cert": filled(name, ORDERER, "tls"),
        }
        for name, number in ids.items()
    ]
    return found


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).strip("_")


def follower(topology: Topology, channel: Channel, member: Organisation) -> Resource:
    """The resource by which an organisation's peers join a channel."""
    spec = {
        "name": channel.name,
        "mspId": member.msp,
        "hlfIdentity": identity_of(member.name, admin_of(member)),
        "anchorPeers": [{"host": host, "port": PEER_PORT} for host in hosts_of(member)],
        "externalPeersToJoin": [],
        "orderers": [
            {
                "url": f"grpcs://{service(ORDERER, name)}:{ORDERER_PORT}",
                "certificate": filled(name, ORDERER, "tls"),
            }
            for name in channel.consenters
        ],
        "peersToJoin": peers_of(member),
    }
    return resource("FabricFollowerChannel", f"{channel.name}-{member.name}", None, spec)


def hosts_of(member: Organisation) -> list[str]:
    """The host names of an organisation's peers."""
    return [service(kubernetes_name(name), member.name) for name in member.peers]


def peers_of(member: Organisation) -> list[Resource]:
    """References to an organisation's peers, for other resources."""
    return [{"name": kubernetes_name(name), "namespace": member.name} for name in member.peers]
