"""What Fabric's own metrics lack, as Prometheus reads it: certificates, backups, and which nodes run."""

from __future__ import annotations

import time
from collections.abc import Iterable

from kindpakket_network.backups.record import last_backups
from kindpakket_network.certificates.expiry import Expiry, open_secrets
from kindpakket_network.programs.home import Home


def metrics(
    network: str,
    home: Home,
    organisations: Iterable[str],
    certificates: Iterable[Expiry],
    running: Iterable[tuple[str, bool]],
) -> str:
    """A page of metrics, for node_exporter's textfile collector.

    Args:
        network: the network's name, a label of each.
        home: its folder.
        organisations: for whom it acts.
        certificates: what the home has.
        running: each node of the home, and whether it runs.
    """
    from prometheus_client import CollectorRegistry, Gauge, generate_latest

    registry = CollectorRegistry()

    def gauge(name: str, about: str, *labels: str) -> Gauge:
        return Gauge(f"kindpakket_{name}", about, ("network", *labels), registry=registry)

    ends = gauge("certificate_expires_seconds", "When a certificate ends, Unix seconds.", "holder", "use")
    for one in certificates:
        ends.labels(network, one.holder, one.use).set(one.expires.timestamp())
    runs = gauge("node_running", "Whether the process of a node runs.", "node")
    for node, up in running:
        runs.labels(network, node).set(up)
    taken = gauge(
        "backup_taken_seconds", "When the last backup was made, Unix seconds; 0: never.", "organisation"
    )
    backups = last_backups(home)
    for organisation in organisations:
        made = backups.get(organisation)
        taken.labels(network, organisation).set(made.timestamp() if made else 0)
    secrets = gauge("open_secrets", "How many files with keys can be read by others than their owner.")
    secrets.labels(network).set(len(open_secrets(home)))
    gauge("checked_seconds", "When this page was made, Unix seconds.").labels(network).set(int(time.time()))
    return generate_latest(registry).decode()
