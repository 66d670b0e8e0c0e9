"""Chaincodes as resources of the Kubernetes operator, and of Kubernetes itself for their processes.

The operator's own resource for processes cannot give them the mutual TLS that this chaincode insists on. So
they are deployments, which read their certificates from the secret `chaincode-tls`, and peers read theirs
from the secret `chaincode-connections`. The package is the same at all organisations, and so is the name of
the process.
"""

from __future__ import annotations

from kindpakket_network.chaincodes.definition import collections_document
from kindpakket_network.description.topology import Chaincode, Channel, Organisation, Topology
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


def process_name(one: Chaincode) -> str:
    """What a chaincode's process and its service are called."""
    return f"chaincode-{kubernetes_name(one.name)}"


def package_variable(one: Chaincode) -> str:
    """The package id of a chaincode, to be filled in."""
    return filled(one.name, "package")


def install(member: Organisation, one: Chaincode, label: str) -> Resource:
    """A chaincode's package on an organisation's peers.

    Args:
        member: the organisation.
        one: the chaincode.
        label: the package's label, which the file in the secret with the connections is named by.
    """
    spec = {
        "mspID": member.msp,
        "hlfIdentity": identity_of(member.name, admin_of(member)),
        "peers": peers_of(member),
        "externalPeers": [],
        "chaincodePackage": {
            "name": label,
            "type": "ccaas",
            "address": f"{process_name(one)}:{CHAINCODE_PORT}",
            "dialTimeout": "10s",
            "tls": {"required": True},
        },
    }
    return resource("FabricChaincodeInstall", f"{one.name}-{member.name}", None, spec)


def process(member: Organisation, one: Chaincode, image: str) -> list[Resource]:
    """A chaincode's process at an organisation: deployment, service, and who may reach it."""
    labels = {"app.kubernetes.io/name": process_name(one)}
    settings = {
        "CHAINCODE_ID": package_variable(one),
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
    metadata = {"name": process_name(one), "namespace": member.name}
    return [
        {"apiVersion": api, "kind": kind, "metadata": metadata, "spec": spec}
        for (api, kind), spec in specs.items()
    ]


def approval(one: Channel, member: Organisation, code: Chaincode) -> Resource:
    """An organisation's consent to a chaincode's definition."""
    spec = {
        **_definition(one, member, code),
        "packageId": package_variable(code),
        "externalPeers": [],
        "externalOrderers": [
            {
                "url": f"grpcs://{service(ORDERER, one.consenters[0])}:{ORDERER_PORT}",
                "tlsCACert": filled(one.consenters[0], "tlsca"),
            }
        ],
    }
    return resource("FabricChaincodeApprove", f"{one.name}-{code.name}-{member.name}", None, spec)


def commitment(topology: Topology, one: Channel, member: Organisation, code: Chaincode) -> Resource:
    """The definition, put in force by one organisation with the peers of all."""
    others = [each for each in topology.members_with_peers(one) if each != member]
    spec = {
        **_definition(one, member, code),
        "externalPeers": [
            {"url": f"grpcs://{host}:{PEER_PORT}", "tlsCACert": filled(other.name, "tlsca")}
            for other in others
            for host in hosts_of(other)[:1]
        ],
        "externalOrderers": [
            {
                "url": f"grpcs://{service(ORDERER, one.consenters[0])}:{ORDERER_PORT}",
                "tlsCACert": filled(one.consenters[0], "tlsca"),
            }
        ],
    }
    return resource("FabricChaincodeCommit", f"{one.name}-{code.name}", None, spec)


def _definition(one: Channel, member: Organisation, code: Chaincode) -> Resource:
    return {
        "mspID": member.msp,
        "hlfIdentity": identity_of(member.name, admin_of(member)),
        "channelName": one.name,
        "chaincodeName": code.name,
        "version": code.version,
        "sequence": 1,
        "initRequired": False,
        "endorsementPolicy": code.endorsement,
        "pdc": collections_document(code),
        "peers": peers_of(member),
        "orderers": [],
    }
