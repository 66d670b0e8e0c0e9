"""Metrics that Fabric itself does not have: certificates, backups, and which nodes are running."""

from __future__ import annotations

import time
from collections.abc import Iterable

from kindpakket_network.backups.record import last_backups
from kindpakket_network.certificates.expiry import Expiry, exposed_secrets
from kindpakket_network.programs.home import Home


def metrics(
    network: str,
    home: Home,
    organisations: Iterable[str],
    certificates: Iterable[Expiry],
    running: Iterable[tuple[str, bool]],
) -> str:
    """A page of metrics in Prometheus' text format, for node_exporter's textfile collector.

    Args:
        network: the network's name, a label of each metric.
        home: its folder.
        organisations: the organisations that the home acts for.
        certificates: the home's certificates.
        running: each node of the home, and whether it is running.
    """
    from prometheus_client import CollectorRegistry, Gauge, generate_latest

    registry = CollectorRegistry()

    def gauge(name: str, about: str, *labels: str) -> Gauge:
        return Gauge(f"kindpakket_{name}", about, ("network", *labels), registry=registry)

    ends = gauge("certificate_expires_seconds", "When a certificate expires, Unix seconds.", "holder", "use")
    for certificate in certificates:
        ends.labels(network, certificate.holder, certificate.use).set(certificate.expires.timestamp())
    runs = gauge("node_running", "Whether a node's process is running.", "node")
    for node, up in running:
        runs.labels(network, node).set(up)
    taken = gauge(
        "backup_taken_seconds", "When the last backup was started, Unix seconds; 0: never.", "organisation"
    )
    backups = last_backups(home)
    for organisation in organisations:
        made = backups.get(organisation)
        taken.labels(network, organisation).set(made.timestamp() if made else 0)
    secrets = gauge(
        "open_secrets", "The number of files with keys that users other than their owner can read."
    )
    secrets.labels(network).set(len(exposed_secrets(home)))
    gauge("checked_seconds", "When this page was written, Unix seconds.").labels(network).set(
        int(time.time())
    )
    return generate_latest(registry).decode()
