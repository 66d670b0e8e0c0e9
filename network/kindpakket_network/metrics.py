"""What Fabric's own metrics lack, as Prometheus reads it: ends of certificates, and which nodes run."""

from __future__ import annotations

import time
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from .certificates import Expiry, open_secrets
from .home import Home


def metrics(
    network: str, home: Home, certificates: Iterable[Expiry], running: Iterable[tuple[str, bool]]
) -> str:
    """A page of metrics, for node_exporter's textfile collector.

    Args:
        network: the network's name, a label of each.
        home: its folder.
        certificates: what the home has.
        running: each node of the home, and whether it runs.
    """
    registry = CollectorRegistry()

    def gauge(name: str, about: str, *labels: str) -> Gauge:
        return Gauge(f"kindpakket_{name}", about, ("network", *labels), registry=registry)

    ends = gauge("certificate_expires_seconds", "When a certificate ends, Unix seconds.", "holder", "use")
    for one in certificates:
        ends.labels(network, one.holder, one.use).set(one.expires.timestamp())
    runs = gauge("node_running", "Whether the process of a node runs.", "node")
    for node, up in running:
        runs.labels(network, node).set(up)
    secrets = gauge("open_secrets", "How many files with keys can be read by others than their owner.")
    secrets.labels(network).set(len(open_secrets(home)))
    gauge("checked_seconds", "When this page was made, Unix seconds.").labels(network).set(int(time.time()))
    return generate_latest(registry).decode()
