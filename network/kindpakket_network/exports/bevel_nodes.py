"""CA servers, peers, orderers and users as resources of the Kubernetes operator."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from importlib import resources

from kindpakket_network.description.organisation import Organisation, User
from kindpakket_network.description.topology import Topology
from kindpakket_network.description.tuning import Tuning
from kindpakket_network.exports.bevel_names import (
    CA,
    CA_TAG,
    IDENTITY_AUTHORITY,
    PEER_PORT,
    REGISTRAR,
    TAG,
    TLS_AUTHORITY,
    Resource,
    enrolment,
    kubernetes_name,
    resource,
    secret_of,
    service,
)
from kindpakket_network.nodes.orderer import ALIVE as ORDERERS_ALIVE
from kindpakket_network.nodes.peer import ALIVE as PEERS_ALIVE

ORDERER = "orderer"
BUILDER, CONNECTIONS = "kindpakket-builder", "chaincode-connections"
_BUILDER = "/builders/kindpakket"
TLS_ADMIN = "tls-admin"
_DISK = {"accessMode": "ReadWriteOnce", "size": "20Gi"}
_SMALL = {"accessMode": "ReadWriteOnce", "size": "1Gi"}
_RESOURCES = {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"memory": "2Gi"}}
_INSIDE = {"type": "ClusterIP"}
_LEVEL = dict.fromkeys(("cauthdsl", "gossip", "ledger", "level", "msp", "peer", "policies"), "info")
# Settings of this tool's peers that differ from Fabric's defaults and that the operator has no member for.
_PEER = {
    "KINDPAKKET_CONNECTIONS": "/builders/connections",
    "CORE_PEER_AUTHENTICATION_TIMEWINDOW": "2m",
    "CORE_PEER_LIMITS_CONCURRENCY_GATEWAYSERVICE": "1000",
    **PEERS_ALIVE,
    "CORE_CHAINCODE_STARTUPTIMEOUT": "10s",
    "CORE_CHAINCODE_RUNTIMEPARAMS_USEWRITEBATCH": "true",
    "CORE_CHAINCODE_RUNTIMEPARAMS_USEGETMULTIPLEKEYS": "true",
    "CORE_LEDGER_PVTDATASTORE_PURGEINTERVAL": "1",
    "CORE_LEDGER_PVTDATASTORE_PURGEDKEYAUDITLOGGING": "false",
}


def authority(organisation: Organisation, tuning: Tuning) -> Resource:
    """An organisation's CA server with its two authorities, in which all identities are registered."""
    registered = [_registrar(organisation)] + [
        _registered(organisation, name, kind) for name, kind in _nodes(organisation)
    ]
    admins = [
        _registered(organisation, user.name, "admin") for user in organisation.users if user.kind == "admin"
    ]
    subject = {"cn": CA, "O": organisation.name, "OU": "kindpakket", "C": "NL", "L": "-", "ST": "-"}
    spec = {
        "image": "hyperledger/fabric-ca",
        "version": CA_TAG,
        "hosts": ["localhost", CA, service(CA, organisation.name)],
        "replicas": 1,
        "debug": False,
        "clrSizeLimit": 512_000,
        "db": {"type": "sqlite3", "datasource": "fabric-ca-server.db"},
        "cors": {"enabled": False, "origins": []},
        "metrics": {"provider": "prometheus"},
        "service": _INSIDE,
        "storage": _SMALL,
        "resources": _RESOURCES,
        "rootCA": {"subject": subject},
        "ca": _half(IDENTITY_AUTHORITY, subject, registered, tuning.user_days, tuning.node_days),
        "tlsCA": _half(TLS_AUTHORITY, subject, registered + admins, tuning.tls_days, tuning.tls_days),
    }
    return resource("FabricCA", CA, organisation.name, spec)


def _half(
    name: str, subject: Mapping[str, str], registered: Sequence[Resource], days: int, node_days: int
) -> Resource:
    usage = ["signing", "key encipherment", "server auth", "client auth", "key agreement"]
    return {
        "name": name,
        "subject": dict(subject, cn=name),
        "affiliations": [],
        "bccsp": {"default": "SW", "sw": {"hash": "SHA2", "security": "256"}},
        "cfg": {"affiliations": {"allowRemove": True}, "identities": {"allowRemove": True}},
        "crl": {"expiry": "24h"},
        "csr": {
            "cn": name,
            "hosts": ["localhost"],
            "names": [{part: subject[part] for part in ("C", "L", "O", "OU", "ST")}],
            "ca": {"expiry": "175200h", "pathLength": 0},
        },
        "intermediate": {"parentServer": {"caName": "", "url": ""}},
        "registry": {"max_enrollments": -1, "identities": list(registered)},
        "signing": {
            "default": {"expiry": f"{days * 24}h", "usage": ["digital signature"]},
            "profiles": {
                "ca": {
                    "caconstraint": {"isCA": True, "maxPathLen": 0},
                    "expiry": "175200h",
                    "usage": ["cert sign", "crl sign"],
                },
                "tls": {"expiry": f"{node_days * 24}h", "usage": usage},
            },
        },
    }


def _registrar(organisation: Organisation) -> Resource:
    registrar = _registered(organisation, REGISTRAR, "client")
    registrar["attrs"] |= {
        "hf.Registrar.Roles": "client,peer,orderer,admin",
        "hf.Registrar.Attributes": "*",
        "hf.Revoker": True,
        "hf.GenCRL": True,
    }
    return registrar


def _registered(organisation: Organisation, name: str, kind: str) -> Resource:
    return {
        "name": name,
        "pass": secret_of(name, organisation.name),
        "type": kind,
        "affiliation": "",
        "attrs": {
            "hf.Registrar.Roles": "",
            "hf.Registrar.DelegateRoles": "",
            "hf.Registrar.Attributes": "",
            "hf.Revoker": False,
            "hf.IntermediateCA": False,
            "hf.GenCRL": False,
            "hf.AffiliationMgr": False,
        },
    }


def _nodes(organisation: Organisation) -> Iterable[tuple[str, str]]:
    yield from ((kubernetes_name(peer), "peer") for peer in organisation.peers)
    if organisation.consenter:
        yield ORDERER, "orderer"


def builder(organisation: Organisation) -> Resource:
    """The external builder's scripts, by which a peer finds its chaincode processes."""
    folder = resources.files("kindpakket_network") / "data" / "builder" / "bin"
    scripts = {
        script.name: script.read_text("utf-8")
        for script in sorted(folder.iterdir(), key=lambda path: path.name)
    }
    metadata = {"name": BUILDER, "namespace": organisation.name}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": scripts}


def peer(topology: Topology, organisation: Organisation, name: str) -> Resource:
    """A peer with this tool's builder, which reads connections to chaincode processes from a secret."""
    own = kubernetes_name(name)
    endpoint = f"{service(own, organisation.name)}:{PEER_PORT}"
    spec = {
        "image": "hyperledger/fabric-peer",
        "tag": TAG,
        "mspID": organisation.msp,
        "replicas": 1,
        "hosts": [],
        "externalEndpoint": endpoint,
        "stateDb": "leveldb",
        "couchdb": {
            "user": "",
            "password": "",
            "image": "couchdb",
            "tag": "3.3",
            "pullPolicy": "IfNotPresent",
        },
        "discovery": {"period": "60s", "touchPeriod": "60s"},
        "dockerSocketPath": "",
        "external_chaincode_builder": False,
        "externalBuilders": [
            {"name": "kindpakket", "path": _BUILDER, "propagateEnvironment": ["KINDPAKKET_CONNECTIONS"]}
        ],
        "volumes": [
            {"name": BUILDER, "configMap": {"name": BUILDER, "defaultMode": 0o555}},
            {"name": CONNECTIONS, "secret": {"secretName": CONNECTIONS, "defaultMode": 0o440}},
        ],
        "peerVolumeMounts": [
            {"name": BUILDER, "mountPath": f"{_BUILDER}/bin", "readOnly": True},
            {"name": CONNECTIONS, "mountPath": _PEER["KINDPAKKET_CONNECTIONS"], "readOnly": True},
        ],
        "gossip": {
            "bootstrap": endpoint,
            "endpoint": endpoint,
            "externalEndpoint": endpoint,
            "orgLeader": True,
            "useLeaderElection": False,
            "aliveTimeInterval": "1s",
            "aliveExpirationTimeout": "10s",
            "reconnectInterval": "500ms",
        },
        "logging": {**_LEVEL, "grpc": "error", "level": topology.tuning.log_level},
        "service": _INSIDE,
        "storage": {"peer": _DISK, "chaincode": _SMALL, "couchdb": _SMALL},
        "resources": {"peer": _RESOURCES, "chaincode": _RESOURCES, "couchdb": _RESOURCES},
        "secret": {"enrollment": _enrolments(organisation, own)},
        "env": _environment(_PEER | dict(topology.tuning.runtime) | dict(topology.tuning.peer)),
    }
    return resource("FabricPeer", own, organisation.name, spec)


def orderer(topology: Topology, organisation: Organisation) -> Resource:
    """An organisation's orderer."""
    spec = {
        "image": "hyperledger/fabric-orderer",
        "tag": TAG,
        "mspID": organisation.msp,
        "replicas": 1,
        "bootstrapMethod": "none",
        "channelParticipationEnabled": True,
        "genesis": "",
        "service": _INSIDE,
        "storage": _DISK,
        "resources": _RESOURCES,
        "secret": {"enrollment": _enrolments(organisation, ORDERER)},
        "env": _environment(ORDERERS_ALIVE | dict(topology.tuning.runtime) | dict(topology.tuning.orderer)),
    }
    return resource("FabricOrdererNode", ORDERER, organisation.name, spec)


def _enrolments(organisation: Organisation, name: str) -> Resource:
    hosts = ["localhost", name, service(name, organisation.name)]
    tls = enrolment(organisation.name, TLS_AUTHORITY, name) | {"csr": {"cn": name, "hosts": hosts}}
    return {"component": enrolment(organisation.name, IDENTITY_AUTHORITY, name), "tls": tls}


def _environment(settings: Mapping[str, str]) -> list[Resource]:
    return [{"name": name, "value": value} for name, value in settings.items()]


def users(organisation: Organisation) -> Iterable[Resource]:
    """An organisation's users, and its administrator's TLS certificate for administering the orderer."""
    for user in organisation.users:
        yield _user(organisation, user)
    if organisation.consenter:
        spec = {
            **enrolment(organisation.name, TLS_AUTHORITY, organisation.admin.name),
            "mspid": organisation.msp,
        }
        yield resource("FabricIdentity", TLS_ADMIN, organisation.name, spec)


def _user(organisation: Organisation, user: User) -> Resource:
    attributes = [
        {"name": name, "value": value, "ecert": True} for name, value in sorted(user.attributes.items())
    ]
    spec = {
        **enrolment(organisation.name, IDENTITY_AUTHORITY, user.name),
        "mspid": organisation.msp,
        "register": {
            "enrollid": REGISTRAR,
            "enrollsecret": secret_of(REGISTRAR, organisation.name),
            "type": user.kind,
            "affiliation": "",
            "maxenrollments": -1,
            "attrs": [],
            "attributes": attributes,
        },
    }
    return resource("FabricIdentity", kubernetes_name(user.name), organisation.name, spec)
