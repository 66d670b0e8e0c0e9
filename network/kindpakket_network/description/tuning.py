"""What may be tuned: settings of peers and orderers, their logs, and how long certificates last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

# The gRPC library logs every connection attempt at level info; Fabric's own messages stay visible.
_QUIET = "grpc=error"
# Only these lines say which consenter leads which view; operators need them after a change of leader.
_VIEWS = "orderer.consensus.smartbft=info"

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
        logs: when nodes' logs are rotated.
        peer: environment settings of peers.
        orderer: environment settings of orderers.
        user_days: how long certificates of users are valid, in days.
        node_days: how long certificates of peers and orderers are valid, in days.
        tls_days: how long TLS certificates are valid, in days.
        warning_days: how long before it expires a certificate is reported, in days.
    """

    log_level: str = "info"
    logs: Logs = LOGS
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
            logs=Logs(**members.get("logs", {})),
            peer=_settings(members.get("peer", {})),
            orderer=_settings(members.get("orderer", {})),
            **members.get("certificates", {}),
        )

    @property
    def log_spec(self) -> str:
        """The log level as Fabric reads it."""
        parts = [self.log_level, _QUIET]
        return ":".join([*parts, _VIEWS] if self.log_level == "warning" else parts)


STANDARD = Tuning()


def _settings(members: Mapping[str, Any]) -> Settings:
    return tuple((name, _text(value)) for name, value in members.items())


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
