"""How resources of the Kubernetes operator refer to one another, and what is filled in later.

A namespace for each organisation. Services are called as the resource that makes them. Secrets, and
certificates that exist once the operator has made them, are `${NAME}`, which `apply.sh` fills in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

API = "hlf.kungfusoftware.es/v1alpha1"
CA, REGISTRAR = "ca", "registrar"
CA_PORT, PEER_PORT, ORDERER_PORT, ADMIN_PORT, CHAINCODE_PORT = 7054, 7051, 7050, 7053, 7052
IDENTITY_AUTHORITY, TLS_AUTHORITY = "ca", "tlsca"
TAG, CA_TAG = "3.1.1", "1.5.15"

Resource = dict[str, Any]


def resource(kind: str, name: str, namespace: str | None, spec: Mapping[str, Any]) -> Resource:
    """A resource; without a namespace one of the whole cluster."""
    metadata = {"name": name} | ({} if namespace is None else {"namespace": namespace})
    return {"apiVersion": API, "kind": kind, "metadata": metadata, "spec": dict(spec)}


def kubernetes_name(node: str) -> str:
    """A node's name as Kubernetes takes it, without its organisation, which is the namespace."""
    return re.sub(r"[^a-z0-9-]+", "-", node.lower()).strip("-")


def service(name: str, organisation: str) -> str:
    """Where a resource's service is reached within the cluster."""
    return f"{name}.{organisation}"


def filled(*words: str) -> str:
    """A value that is filled in later."""
    return "${" + variable(*words) + "}"


def variable(*words: str) -> str:
    """The name of such a value."""
    return re.sub(r"[^A-Z0-9]+", "_", "_".join(words).upper())


def secret_of(name: str, organisation: str) -> str:
    """The secret with which a name of an organisation enrols, to be filled in."""
    return filled(organisation, name, "secret")


def enrolment(organisation: str, authority: str, name: str) -> Resource:
    """How something of an organisation enrols at one of its two authorities."""
    return {
        "cahost": service(CA, organisation),
        "caname": authority,
        "caport": CA_PORT,
        "catls": {"cacert": filled(organisation, "ca_tls_base64")},
        "enrollid": name,
        "enrollsecret": secret_of(name, organisation),
    }


def identity_of(organisation: str, name: str) -> Mapping[str, str]:
    """The secret that the operator makes for an identity."""
    return {"secretName": name, "secretNamespace": organisation, "secretKey": "user.yaml"}
