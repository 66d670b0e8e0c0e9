"""Names in resources of the Kubernetes operator, and placeholders for values that are known later.

Each organisation has a namespace. Services have the name of the resource that creates them. Secrets, and
certificates that the operator creates, are placeholders `${NAME}`, which `apply.sh` fills in.
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
    """A resource; without a namespace it belongs to the whole cluster."""
    metadata = {"name": name} | ({} if namespace is None else {"namespace": namespace})
    return {"apiVersion": API, "kind": kind, "metadata": metadata, "spec": dict(spec)}


def kubernetes_name(node: str) -> str:
    """A node's name in the form that Kubernetes accepts, without its organisation, which is the namespace."""
    return re.sub(r"[^a-z0-9-]+", "-", node.lower()).strip("-")


def service(name: str, organisation: str) -> str:
    """The host name of a resource's service within the cluster."""
    return f"{name}.{organisation}"


def filled(*parts: str) -> str:
    """The placeholder for a value that `apply.sh` fills in."""
    return "${" + variable(*parts) + "}"


def variable(*parts: str) -> str:
    """The name of the variable in such a placeholder."""
    return re.sub(r"[^A-Z0-9]+", "_", "_".join(parts).upper())


def secret_of(name: str, organisation: str) -> str:
    """The placeholder for the enrolment secret of an identity."""
    return filled(organisation, name, "secret")


def enrolment(organisation: str, authority: str, name: str) -> Resource:
    """The enrolment of an identity with one of its organisation's two authorities."""
    return {
        "cahost": service(CA, organisation),
        "caname": authority,
        "caport": CA_PORT,
        "catls": {"cacert": filled(organisation, "ca_tls_base64")},
        "enrollid": name,
        "enrollsecret": secret_of(name, organisation),
    }


def identity_of(organisation: str, name: str) -> Mapping[str, str]:
    """A reference to the secret that the operator creates for an identity."""
    return {"secretName": name, "secretNamespace": organisation, "secretKey": "user.yaml"}
