"""Chaincodes as resources of the Kubernetes operator, and of Kubernetes itself for their processes.

The operator's own resource for processes does not support the mutual TLS that this chaincode requires. So
they are deployments, which read their certificates from the secret `chaincode-tls`; peers read theirs from
the secret `chaincode-connections`. All organisations use the same package and the same process name.
"""

from __future__ import annotations

from kindpakket_network.chaincodes.definition import collections_document
from kindpakket_network.description.chaincode import Chaincode
from kindpakket_network.description.channel import Channel
from kindpakket_network.description.organisation import Organisation
from kindpakket_network.description.topology import Topology
from kindpakket_network.exports.bevel_channels import admin_of, hosts_of, peers_of
from kindpakket_network.exports.bevel_names import (
    CHAINCODE_PORT,
    ORDERER_PORT,
    PEER_PORT,
    Resource,
    filled,
    identity_of,
    kubernetes_name,
    resource,
    service,
)
from kindpakket_network.exports.bevel_nodes import ORDERER

TLS_SECRET = "chaincode-tls"  # noqa: S105 - the name of a secret
_FILES = "/chaincode-tls"


def process_name(chaincode: Chaincode) -> str:
    """The name of a chaincode's process and service."""
    return f"chaincode-{kubernetes_name(chaincode.name)}"


def package_variable(chaincode: Chaincode) -> str:
    """The placeholder for a chaincode's package id."""
    return filled(chaincode.name, "package")


def install(member: Organisation, chaincode: Chaincode, label: str) -> Resource:
    """A chaincode's package on an organisation's peers.

    Args:
        member: the organisation.
        chaincode: the chaincode.
        label: the package's label, which names the file in the secret with the connections.
    """
    spec = {
        "mspID": member.msp,
        "hlfIdentity": identity_of(member.name, admin_of(member)),
        "peers": peers_of(member),
        "externalPeers": [],
        "chaincodePackage": {
            "name": label,
            "type": "ccaas",
            "address": f"{process_name(chaincode)}:{CHAINCODE_PORT}",
            "dialTimeout": "10s",
            "tls": {"required": True},
        },
    }
    return resource("FabricChaincodeInstall", f"{chaincode.name}-{member.name}", None, spec)


def process(member: Organisation, chaincode: Chaincode, image: str) -> list[Resource]:
    """A chaincode's process at an organisation: deployment, service and network policy."""
    labels = {"app.kubernetes.io/name": process_name(chaincode)}
    settings = {
        "CHAINCODE_ID": package_variable(chaincode),
        "CHAINCODE_SERVER_ADDRESS": f"0.0.0.0:{CHAINCODE_PORT}",
        "CHAINCODE_TLS_CERT": f"{_FILES}/tls.crt",
        "CHAINCODE_TLS_KEY": f"{_FILES}/tls.key",
        "CHAINCODE_TLS_CLIENT_CA": f"{_FILES}/ca.crt",
    }
    container = {
        "name": "chaincode",
        "image": image,
        "ports": [{"containerPort": CHAINCODE_PORT}],
        "env": [{"name": name, "value": value} for name, value in settings.items()],
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [{"name": TLS_SECRET, "mountPath": _FILES, "readOnly": True}],
    }
    pod = {
        "metadata": {"labels": labels},
        "spec": {
            "automountServiceAccountToken": False,
            "containers": [container],
            "volumes": [{"name": TLS_SECRET, "secret": {"secretName": TLS_SECRET, "defaultMode": 0o440}}],
        },
    }
    inside = {
        "podSelector": {"matchLabels": labels},
        "policyTypes": ["Ingress"],
        "ingress": [{"from": [{"podSelector": {}}], "ports": [{"port": CHAINCODE_PORT}]}],
    }
    specs = {
        ("apps/v1", "Deployment"): {"replicas": 1, "selector": {"matchLabels": labels}, "template": pod},
        ("v1", "Service"): {"selector": labels, "ports": [{"port": CHAINCODE_PORT}]},
        ("networking.k8s.io/v1", "NetworkPolicy"): inside,
    }
    metadata = {"name": process_name(chaincode), "namespace": member.name}
    return [
        {"apiVersion": api, "kind": kind, "metadata": metadata, "spec": spec}
        for (api, kind), spec in specs.items()
    ]


def approval(channel: Channel, member: Organisation, code: Chaincode) -> Resource:
    """An organisation's approval of a chaincode's definition."""
    spec = {
        **_definition(channel, member, code),
        "packageId": package_variable(code),
        "externalPeers": [],
        "externalOrderers": [
            {
                "url": f"grpcs://{service(ORDERER, channel.consenters[0])}:{ORDERER_PORT}",
                "tlsCACert": filled(channel.consenters[0], "tlsca"),
            }
        ],
    }
    return resource("FabricChaincodeApprove", f"{channel.name}-{code.name}-{member.name}", None, spec)


def commitment(topology: Topology, channel: Channel, member: Organisation, code: Chaincode) -> Resource:
    """The commit of the definition, submitted by one organisation and endorsed by the peers of all."""
    others = [organisation for organisation in topology.members_with_peers(channel) if organisation != member]
    spec = {
        **_definition(channel, member, code),
        "externalPeers": [
            {"url": f"grpcs://{host}:{PEER_PORT}", "tlsCACert": filled(other.name, "tlsca")}
            for other in others
            for host in hosts_of(other)[:1]
        ],
        "externalOrderers": [
            {
                "url": f"grpcs://{service(ORDERER, channel.consenters[0])}:{ORDERER_PORT}",
                "tlsCACert": filled(channel.consenters[0], "tlsca"),
            }
        ],
    }
    return resource("FabricChaincodeCommit", f"{channel.name}-{code.name}", None, spec)


def _definition(channel: Channel, member: Organisation, code: Chaincode) -> Resource:
    return {
        "mspID": member.msp,
        "hlfIdentity": identity_of(member.name, admin_of(member)),
        "channelName": channel.name,
        "chaincodeName": code.name,
        "version": code.version,
        "sequence": 1,
        "initRequired": False,
        "endorsementPolicy": code.endorsement,
        "pdc": collections_document(code),
        "peers": peers_of(member),
        "orderers": [],
    }
