"""What may be tuned: settings of peers and orderers, their logs, and how long certificates last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

# The gRPC library logs every connection attempt at level info; Fabric's own messages stay visible.
_QUIET = "grpc=error"
# Only these lines say which consenter leads which view; operators need them after a change of leader.
_VIEWS = "orderer.consensus.smartbft=info"

# These log one line or more for each transaction, on every node that it passes, which costs CPU time
# (docs/performance.md). What blocks and views do stays visible. A consenter even warns of each transaction
# that reached it last, because the peer hangs up once enough of the others have taken it.
_CHATTY = ("comm.grpc.server", "endorser", "gateway")
_CRYING_WOLF = "orderer.common.broadcast"

Settings = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Logs:
    """When a node's log is rotated, and what is kept.

    Attributes:
        megabytes: the size from which it is rotated.
        files: the number of rotated files that are kept besides it.
    """

    megabytes: int = 32
    files: int = 4

    def __str__(self) -> str:
        return f"from {self.megabytes} MB, {self.files} kept"


LOGS = Logs()


@dataclass(frozen=True)
class Tuning:
    """A topology's tuning. The schema lists the settings that may be tuned; the others keep a network safe.

    Attributes:
        log_level: the lowest level that nodes log: `debug`, `info` or `warning`.
        log_modules: levels of single modules of Fabric, such as `gateway` at `info`.
        logs: when nodes' logs are rotated.
        gc_percent: by how many percent peers and orderers may exceed the memory in use before Go collects
            garbage; its own default is 100.
        peer: environment settings of peers.
        orderer: environment settings of orderers.
        user_days: how long certificates of users are valid, in days.
        node_days: how long certificates of peers and orderers are valid, in days.
        tls_days: how long TLS certificates are valid, in days.
        warning_days: how long before it expires a certificate is reported, in days.
    """

    log_level: str = "info"
    log_modules: Settings = ()
    logs: Logs = LOGS
    gc_percent: int = 200
    peer: Settings = ()
    orderer: Settings = ()
    user_days: int = 365
    node_days: int = 3650
    tls_days: int = 1825
    warning_days: int = 30

    @classmethod
    def read(cls, members: Mapping[str, Any]) -> Self:
        """The tuning that a topology's members say."""
        return cls(
            log_level=members.get("log_level", cls.log_level),
            log_modules=_settings(members.get("log_modules", {})),
            logs=Logs(**members.get("logs", {})),
            gc_percent=members.get("gc_percent", cls.gc_percent),
            peer=_settings(members.get("peer", {})),
            orderer=_settings(members.get("orderer", {})),
            **members.get("certificates", {}),
        )

    @property
    def log_spec(self) -> str:
        """The log levels as Fabric reads them; of several for a module, the last one counts."""
        parts = [self.log_level, _QUIET]
        if self.log_level == "info":
            parts.append(f"{','.join(_CHATTY)}=warning")
        if self.log_level != "debug":
            parts.append(f"{_CRYING_WOLF}=error")
        if self.log_level == "warning":
            parts.append(_VIEWS)
        return ":".join([*parts, *(f"{module}={level}" for module, level in self.log_modules)])

    @property
    def runtime(self) -> Mapping[str, str]:
        """The environment of the Go runtime of peers and orderers."""
        return {"GOGC": str(self.gc_percent)}


STANDARD = Tuning()


def _settings(members: Mapping[str, Any]) -> Settings:
    return tuple((name, _text(value)) for name, value in members.items())


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
