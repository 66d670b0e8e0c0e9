"""An organisation's peer: its files and its environment."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from kindpakket_network.description.host import LOOPBACK, THIS, Host, at
from kindpakket_network.description.token import Token
from kindpakket_network.description.tuning import STANDARD, Tuning
from kindpakket_network.nodes.health import Operator, serves
from kindpakket_network.nodes.ledger_node import LedgerNode
from kindpakket_network.nodes.orderer import LOG_FORMAT
from kindpakket_network.nodes.peer_configuration import write_configuration
from kindpakket_network.programs.fabric import Programs
from kindpakket_network.programs.home import Home
from kindpakket_network.programs.process import Program
from kindpakket_network.programs.token import pin_variable

# The prefix of a peer's variables for keys. Fabric 3.1.1 adds the path to that part of the configuration
# twice: the documented CORE_PEER_BCCSP_PKCS11_PIN has no effect, and is logged when the peer starts.
_KEYS = "CORE_PEER_BCCSP_PEER_BCCSP"

# A peer receives blocks from one consenter. If that one hangs with its connections open, as when suspended or
# partitioned, the peer switches after seconds; with Fabric's defaults payments would wait a minute or more.
ALIVE = {
    "CORE_PEER_KEEPALIVE_MININTERVAL": "5s",
    "CORE_PEER_KEEPALIVE_DELIVERYCLIENT_INTERVAL": "10s",
    "CORE_PEER_KEEPALIVE_DELIVERYCLIENT_TIMEOUT": "5s",
    "CORE_PEER_DELIVERYCLIENT_BLOCKCENSORSHIPTIMEOUTKEY": "5s",
}
# With Fabric's default intervals, peers of different organisations take half a minute to find one another.
# Shorter ones cost CPU at rest: each answer to a request for state lists all peers, with a signature each to
# verify, and a peer wakes up as often as messages may be sent on (default 10 ms).
_GOSSIP = {
    "MAXPROPAGATIONBURSTLATENCY": "100ms",
    "RECONNECTINTERVAL": "500ms",
    "ALIVETIMEINTERVAL": "1s",
    "ALIVEEXPIRATIONTIMEOUT": "10s",
    "PUBLISHSTATEINFOINTERVAL": "500ms",
    "REQUESTSTATEINFOINTERVAL": "2s",
    "MEMBERSHIPTRACKERINTERVAL": "2s",
    "PULLINTERVAL": "4s",
    "USELEADERELECTION": "false",
    "ORGLEADER": "true",
}


@dataclass(frozen=True)
class Peer(LedgerNode):
    """A peer.

    Attributes:
        home: the network's folder.
        network: the network's name.
        organisation: the organisation's name.
        msp: its MSP id.
        name: the peer's name within the organisation.
        ports: service, operations, registration of chaincodes.
        operator: the client that may query its metrics.
        machine: where it runs.
        tuning: how it runs.
        token: where its new signing keys are made; None: in files.
        consenters: the orderers of the network: `host:port`, and the file with the TLS roots to trust.
    """

    home: Home
    network: str
    organisation: str
    msp: str
    name: str
    ports: tuple[int, int, int]
    operator: Operator
    machine: Host = THIS
    tuning: Tuning = STANDARD
    token: Token | None = None
    consenters: tuple[tuple[str, Path], ...] = ()
    kind: ClassVar[str] = "peer"

    @property
    def node(self) -> str:
        """Its node name."""
        return f"{self.name}.{self.organisation}"

    @property
    def listening(self) -> tuple[tuple[str, int], ...]:
        """The addresses and ports that it listens on."""
        operations = (self.machine.operations_listen, self.ports[1])
        return (self.listen, self.ports[0]), operations, (LOOPBACK, self.ports[2])

    @property
    def connections(self) -> Path:
        """The folder where its external builder finds the connection files of chaincode processes."""
        return self.folder / "connections"

    def connection(self, label: str) -> Path:
        """The connection file for the process that serves a package."""
        return self.connections / f"{label}.json"

    def connected(self, label: str) -> int | None:
        """The port of the process that serves a package; None if the package was never installed here."""
        path = self.connection(label)
        if not path.is_file():
            return None
        return int(json.loads(path.read_text("utf-8"))["address"].rpartition(":")[2])

    @property
    def arguments(self) -> tuple[str, ...]:
        """Its program's arguments."""
        return ("node", "start")

    def program(self, programs: Programs) -> Program:
        """Its process."""
        genesis = self.home.genesis_blocks()
        write_configuration(
            programs.config / "core.yaml", self.folder / "core.yaml", dict(self.consenters), genesis
        )
        arguments = [programs.path("peer"), *self.arguments]
        secrets = pin_variable(self.used_token, _KEYS)
        return Program(self.node, arguments, self.environment(), self.folder, self.tuning.logs, secrets)

    def ready(self) -> bool:
        """Whether it is healthy and serves, for which it has opened its ledgers."""
        return self.operator.healthy(self.ports[1]) and serves(self.ports[0], self.machine.own)

    def metrics(self) -> Mapping[str, float]:
        """Its metrics; empty when it is down."""
        return self.operator.metrics(self.ports[1])

    def height(self, channel: str) -> int | None:
        """The number of blocks of a channel that it has committed; None if it is down or has not joined."""
        value = self.metrics().get(f'ledger_blockchain_height{{channel="{channel}"}}')
        return None if value is None else int(value)

    def has(self, channel: str) -> bool:
        """Whether it has joined a channel; also works while it is stopped."""
        return (self.folder / "data" / "ledgersData" / "chains" / "chains" / channel).is_dir()

    def has_package(self, package_id: str) -> bool:
        """Whether a chaincode package is installed on it; also works while it is stopped."""
        file = f"{package_id.replace(':', '.')}.tar.gz"
        return (self.folder / "data" / "lifecycle" / "chaincodes" / file).is_file()

    def environment(self) -> dict[str, str]:
        """The settings that its process gets."""
        tls, data = self.folder / "tls", self.folder / "data"
        builder = {
            "name": "kindpakket",
            "path": str(self.home.builder),
            "propagateEnvironment": ["KINDPAKKET_CONNECTIONS"],
        }
        environment = {
            "FABRIC_CFG_PATH": str(self.folder),
            "FABRIC_LOGGING_SPEC": self.tuning.log_spec,
            "FABRIC_LOGGING_FORMAT": LOG_FORMAT,
            "KINDPAKKET_CONNECTIONS": str(self.connections),
            "CORE_PEER_ID": self.node,
            "CORE_PEER_NETWORKID": self.network,
            "CORE_PEER_LISTENADDRESS": at(self.listen, self.ports[0]),
            "CORE_PEER_ADDRESS": self.endpoint,
            **ALIVE,
            "CORE_PEER_CHAINCODELISTENADDRESS": at(LOOPBACK, self.ports[2]),
            "CORE_PEER_CHAINCODEADDRESS": at(LOOPBACK, self.ports[2]),
            "CORE_PEER_LOCALMSPID": self.msp,
            "CORE_PEER_MSPCONFIGPATH": str(self.folder / "msp"),
            "CORE_PEER_FILESYSTEMPATH": str(data),
            "CORE_LEDGER_SNAPSHOTS_ROOTDIR": str(data / "snapshots"),
            "CORE_PEER_TLS_ENABLED": "true",
            "CORE_PEER_TLS_CERT_FILE": str(tls / "cert.pem"),
            "CORE_PEER_TLS_KEY_FILE": str(tls / "key.pem"),
            "CORE_PEER_TLS_ROOTCERT_FILE": str(tls / "ca.pem"),
            "CORE_PEER_AUTHENTICATION_TIMEWINDOW": "2m",
            "CORE_PEER_LIMITS_CONCURRENCY_GATEWAYSERVICE": "1000",
            "CORE_PEER_GOSSIP_BOOTSTRAP": self.endpoint,
            "CORE_PEER_GOSSIP_ENDPOINT": self.endpoint,
            "CORE_PEER_GOSSIP_EXTERNALENDPOINT": self.endpoint,
            "CORE_VM_ENDPOINT": "",
            "CORE_CHAINCODE_EXTERNALBUILDERS": json.dumps([builder]),
            "CORE_CHAINCODE_STARTUPTIMEOUT": "10s",
            "CORE_CHAINCODE_RUNTIMEPARAMS_USEWRITEBATCH": "true",
            "CORE_CHAINCODE_RUNTIMEPARAMS_USEGETMULTIPLEKEYS": "true",
            # How often a peer retries to fetch private data that it lacks, as after a restore; default 1m.
            "CORE_PEER_GOSSIP_PVTDATA_RECONCILESLEEPINTERVAL": "10s",
            "CORE_LEDGER_PVTDATASTORE_PURGEINTERVAL": "1",
            "CORE_LEDGER_PVTDATASTORE_PURGEDKEYAUDITLOGGING": "false",
            "CORE_OPERATIONS_LISTENADDRESS": at(self.machine.operations_listen, self.ports[1]),
            "CORE_OPERATIONS_TLS_ENABLED": "true",
            "CORE_OPERATIONS_TLS_CERT_FILE": str(tls / "cert.pem"),
            "CORE_OPERATIONS_TLS_KEY_FILE": str(tls / "key.pem"),
            "CORE_OPERATIONS_TLS_CLIENTAUTHREQUIRED": "true",
            # Lists in the environment are split at spaces, which the home's path may have: so it is relative.
            "CORE_OPERATIONS_TLS_CLIENTROOTCAS_FILES": "tls/ca.pem",
            "CORE_METRICS_PROVIDER": "prometheus",
        }
        environment |= self.tuning.runtime
        environment |= {f"CORE_PEER_GOSSIP_{name}": value for name, value in _GOSSIP.items()}
        if self.used_token is not None:
            environment |= self.used_token.settings(_KEYS, self.tuning.log_spec)
        return environment | dict(self.tuning.peer)
