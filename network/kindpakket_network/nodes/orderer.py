"""An organisation's orderer: its files, its environment, and its administration interface."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from kindpakket_network.description.host import THIS, Host, at
from kindpakket_network.description.ordering import Ordering
from kindpakket_network.description.token import Token
from kindpakket_network.description.tuning import STANDARD, Tuning
from kindpakket_network.errors import NetworkError
from kindpakket_network.nodes.health import Operator
from kindpakket_network.nodes.ledger_node import LedgerNode
from kindpakket_network.programs.fabric import Programs
from kindpakket_network.programs.home import Home
from kindpakket_network.programs.process import Program
from kindpakket_network.programs.token import pin_variable

LOG_FORMAT = "%{time:2006-01-02 15:04:05.000 MST} %{level:.4s} [%{module}] %{shortfunc}: %{message}"
# Peers ping every ten seconds, and gRPC servers close connections that ping more often than this minimum.
ALIVE = {"ORDERER_GENERAL_KEEPALIVE_SERVERMININTERVAL": "5s"}
_KEYS = "ORDERER_GENERAL_BCCSP"
_CREATED = 201
_EXISTS = 405
_OK = 200
_LEFT = 204
_UNKNOWN = 404
_LEAVING = 409


@dataclass(frozen=True)
class Orderer(LedgerNode):
    """An orderer, which is a consenter of the channels that name its organisation.

    Attributes:
        home: the network's folder.
        organisation: the organisation's name.
        msp: its MSP id.
        ports: service, operations, administration.
        operator: the client that may query and administer it.
        machine: where it runs.
        tuning: how it runs.
        token: where its new signing keys are made; None: in files.
    """

    home: Home
    organisation: str
    msp: str
    ports: tuple[int, int, int]
    operator: Operator
    machine: Host = THIS
    tuning: Tuning = STANDARD
    token: Token | None = None
    kind: ClassVar[str] = "orderer"

    @property
    def node(self) -> str:
        """Its node name."""
        return f"orderer.{self.organisation}"

    @property
    def listening(self) -> tuple[tuple[str, int], ...]:
        """The addresses and ports that it listens on."""
        own = self.machine.operations_listen
        return (self.listen, self.ports[0]), (own, self.ports[1]), (own, self.ports[2])

    @property
    def identity(self) -> Path:
        """The certificate with which it signs."""
        return self.folder / "msp" / "signcerts" / "cert.pem"

    @property
    def arguments(self) -> tuple[str, ...]:
        """Its program's arguments."""
        return ()

    def program(self, programs: Programs) -> Program:
        """Its process."""
        shutil.copyfile(programs.config / "orderer.yaml", self.folder / "orderer.yaml")
        arguments = [programs.path("orderer")]
        secrets = pin_variable(self.used_token, _KEYS)
        return Program(self.node, arguments, self.environment(), self.folder, self.tuning.logs, secrets)

    def environment(self) -> dict[str, str]:
        """The settings that its process gets."""
        tls, data = self.folder / "tls", self.folder / "data"
        environment = {
            "FABRIC_CFG_PATH": str(self.folder),
            "FABRIC_LOGGING_SPEC": self.tuning.log_spec,
            "FABRIC_LOGGING_FORMAT": LOG_FORMAT,
            "ORDERER_GENERAL_LISTENADDRESS": self.listen,
            "ORDERER_GENERAL_LISTENPORT": str(self.ports[0]),
            "ORDERER_GENERAL_LOCALMSPID": self.msp,
            "ORDERER_GENERAL_LOCALMSPDIR": str(self.folder / "msp"),
            "ORDERER_GENERAL_BOOTSTRAPMETHOD": "none",
            **ALIVE,
            "ORDERER_GENERAL_TLS_ENABLED": "true",
            "ORDERER_GENERAL_TLS_CERTIFICATE": str(tls / "cert.pem"),
            "ORDERER_GENERAL_TLS_PRIVATEKEY": str(tls / "key.pem"),
            "ORDERER_GENERAL_TLS_ROOTCAS": f"[{tls / 'ca.pem'}]",
            "ORDERER_GENERAL_CLUSTER_CLIENTCERTIFICATE": str(tls / "cert.pem"),
            "ORDERER_GENERAL_CLUSTER_CLIENTPRIVATEKEY": str(tls / "key.pem"),
            "ORDERER_CHANNELPARTICIPATION_ENABLED": "true",
            "ORDERER_FILELEDGER_LOCATION": str(data / "ledger"),
            "ORDERER_CONSENSUS_WALDIR": str(data / "wal"),
            "ORDERER_CONSENSUS_SNAPDIR": str(data / "snapshots"),
            "ORDERER_ADMIN_LISTENADDRESS": at(self.machine.operations_listen, self.ports[2]),
            "ORDERER_OPERATIONS_LISTENADDRESS": at(self.machine.operations_listen, self.ports[1]),
            "ORDERER_METRICS_PROVIDER": "prometheus",
        }
        environment |= self.tuning.runtime
        for server in ("ADMIN", "OPERATIONS"):
            environment |= {
                f"ORDERER_{server}_TLS_ENABLED": "true",
                f"ORDERER_{server}_TLS_CERTIFICATE": str(tls / "cert.pem"),
                f"ORDERER_{server}_TLS_PRIVATEKEY": str(tls / "key.pem"),
                f"ORDERER_{server}_TLS_CLIENTAUTHREQUIRED": "true",
                f"ORDERER_{server}_TLS_CLIENTROOTCAS": f"[{tls / 'ca.pem'}]",
            }
        if self.used_token is not None:
            environment |= self.used_token.settings(_KEYS, self.tuning.log_spec)
        return environment | dict(self.tuning.orderer)

    def ready(self) -> bool:
        """Whether it is healthy and its administration interface answers."""
        if not self.operator.healthy(self.ports[1]):
            return False
        answer = self.operator.get(self.ports[2], "/participation/v1/channels")
        return answer is not None and answer.status_code == _OK

    def join(self, channel: str, genesis: bytes) -> None:
        """Join a channel, unless it already has.

        Args:
            channel: the channel's name.
            genesis: its genesis block, or a later configuration block.

        Raises:
            NetworkError: the orderer refused.
        """
        if self.participation(channel) is not None:
            return
        with self.operator.session() as session:
            answer = session.post(
                self.operator.url(self.ports[2], "/participation/v1/channels"),
                files={"config-block": ("genesis.block", genesis)},
                timeout=30.0,
            )
        if answer.status_code not in (_CREATED, _EXISTS):
            raise NetworkError(
                f"{self.node} refused to join {channel} (HTTP {answer.status_code}): {answer.text.strip()}\n"
                f"Read {self.home.log(self.node)}"
            )

    def leave(self, channel: str) -> None:
        """Leave a channel that no longer names it, and delete its blocks, which the others have.

        Raises:
            NetworkError: the orderer is down, or refused.
        """
        with self.operator.session() as session:
            answer = session.delete(
                self.operator.url(self.ports[2], f"/participation/v1/channels/{channel}"), timeout=30.0
            )
        if answer.status_code not in (_LEFT, _UNKNOWN, _LEAVING):
            raise NetworkError(
                f"{self.node} refused to leave {channel} (HTTP {answer.status_code}): {answer.text.strip()}\n"
                f"Read {self.home.log(self.node)}"
            )

    def participation(self, channel: str) -> Mapping[str, Any] | None:
        """Its `height`, `status` and `consensusRelation` on a channel; None if down or not joined."""
        answer = self.operator.get(self.ports[2], f"/participation/v1/channels/{channel}")
        if answer is None or answer.status_code != _OK:
            return None
        return dict(answer.json())

    def heard(self, channel: str, ordering: Ordering) -> bool:
        """Whether it has heard a leader of a channel (Raft), or begun a view (BFT), since it started.

        It is `active` from the start, even if it ends itself at the leader's first message.
        """
        metrics = self.operator.metrics(self.ports[1])
        if ordering.type == "bft":
            names = ["consensus_smartbft_view_leader_id"]
        else:
            names = ["consensus_etcdraft_leader_changes", "consensus_etcdraft_is_leader"]
        return any(metrics.get(f'{name}{{channel="{channel}"}}', 0.0) > 0 for name in names)

    def has(self, channel: str) -> bool:
        """Whether it has joined a channel; also works while it is stopped."""
        return (self.folder / "data" / "ledger" / "chains" / channel).is_dir()

    def active(self, channel: str) -> bool:
        """Whether it takes part in ordering a channel."""
        state = self.participation(channel)
        return state is not None and (state["status"], state["consensusRelation"]) == ("active", "consenter")
