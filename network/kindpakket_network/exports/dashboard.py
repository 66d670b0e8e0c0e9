"""A Grafana dashboard of a network, from the metrics that the exported Prometheus configuration collects."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kindpakket_network.description.topology import Topology

_RATE = "[$__rate_interval]"
# The format of dashboards that Grafana 10 and newer read without converting it.
_SCHEMA_VERSION = 39
_WIDTH, _HEIGHT, _COLUMNS = 12, 8, 2
_SOURCE = {"type": "prometheus", "uid": "${source}"}


@dataclass(frozen=True)
class Panel:
    """A graph.

    Attributes:
        title: its title.
        expression: a PromQL expression.
        legend: the name of each line, with Grafana's placeholders.
        unit: the unit of its values, as Grafana names it.
        about: what it shows, and when to worry.
        kind: the kind of the panel.
    """

    title: str
    expression: str
    legend: str
    unit: str
    about: str
    kind: str = "timeseries"

    def members(self, number: int) -> dict[str, Any]:
        """The panel in Grafana's file format.

        Args:
            number: its rank on the dashboard, from 0.
        """
        place = {
            "x": _WIDTH * (number % _COLUMNS),
            "y": _HEIGHT * (number // _COLUMNS),
            "w": _WIDTH,
            "h": _HEIGHT,
        }
        target = {
            "refId": "A",
            "datasource": _SOURCE,
            "expr": self.expression,
            "legendFormat": self.legend,
            "instant": self.kind == "bargauge",
        }
        return {
            "id": number + 1,
            "type": self.kind,
            "title": self.title,
            "description": self.about,
            "datasource": _SOURCE,
            "gridPos": place,
            "fieldConfig": {"defaults": {"unit": self.unit, "min": 0}, "overrides": []},
            "targets": [target],
        }


def dashboard(topology: Topology) -> str:
    """The dashboard of a network as a file to import into Grafana, which asks for the data source."""
    source = {
        "name": "source",
        "label": "Prometheus",
        "type": "datasource",
        "query": "prometheus",
    }
    members = {
        "uid": f"kindpakket-{topology.name}"[:40],
        "title": f"Network {topology.name}",
        "tags": ["hyperledger-fabric"],
        "schemaVersion": _SCHEMA_VERSION,
        "timezone": "browser",
        "time": {"from": "now-1h", "to": "now"},
        "refresh": "30s",
        "templating": {"list": [source]},
        "panels": [panel.members(number) for number, panel in enumerate(panels(topology))],
    }
    return json.dumps(members, indent=1) + "\n"


def panels(topology: Topology) -> Iterator[Panel]:
    """The graphs, in their order."""
    name = f'network="{topology.name}"'
    select = f"{{{name}}}"
    yield Panel(
        "Nodes that answer",
        f"up{select}",
        "{{node}}",
        "bool_yes_no",
        "The nodes whose metrics Prometheus could read.",
        "bargauge",
    )
    yield Panel(
        "Height",
        f"ledger_blockchain_height{select}",
        "{{node}} {{channel}}",
        "none",
        "The number of blocks. Nodes of one channel stay together; one that falls behind must catch up.",
    )
    yield Panel(
        "Transactions",
        f"max by (channel, validation_code) (rate(ledger_transaction_count{select}{_RATE}))",
        "{{channel}} {{validation_code}}",
        "reqps",
        "Committed transactions per second, by the code of their validation.",
    )
    yield from _durations(name)
    yield from _bft(select) if topology.ordering.type == "bft" else _raft(select)
    yield Panel(
        "Peers that a peer knows",
        f"gossip_membership_total_peers_known{select}",
        "{{node}} {{channel}}",
        "none",
        "Without the others, a peer finds nobody who endorses.",
    )
    yield Panel(
        "Processor",
        f"rate(process_cpu_seconds_total{select}{_RATE})",
        "{{node}}",
        "percentunit",
        "The share of one processor that each node uses.",
    )
    yield Panel(
        "Memory",
        f"process_resident_memory_bytes{select}",
        "{{node}}",
        "bytes",
        "The memory of each node.",
    )
    yield Panel(
        "Certificates",
        f"kindpakket_certificate_expires_seconds{select} - time()",
        "{{holder}} {{use}}",
        "s",
        "Time until certificates expire, from `kindpakket network metrics`.",
        "bargauge",
    )
    yield Panel(
        "Last backup",
        f"time() - (kindpakket_backup_taken_seconds{select} > 0)",
        "{{organisation}}",
        "s",
        "Time since each organisation's last backup; empty while there is none.",
        "bargauge",
    )


def _durations(name: str) -> Iterator[Panel]:
    for title, metric, labels, about in (
        (
            "Endorsement",
            "endorser_proposal_duration",
            "node, chaincode",
            "Of proposals, at a peer.",
        ),
        (
            "Calls of chaincodes",
            "chaincode_shim_request_duration",
            "node, type",
            "A chaincode's calls to its peer.",
        ),
        (
            "Processing of blocks",
            "ledger_block_processing_time",
            "node, channel",
            "Until it is committed.",
        ),
        ("Commit of the state", "ledger_statedb_commit_time", "node, channel", "The state database's part."),
        ("Acceptance by orderers", "broadcast_enqueue_duration", "node, channel", "Until it is queued."),
    ):
        rate = f"rate({metric}_bucket{{{name}}}{_RATE})"
        legend = " ".join(f"{{{{{label}}}}}" for label in labels.split(", "))
        yield Panel(
            f"{title}, 95th percentile",
            f"histogram_quantile(0.95, sum by (le, {labels}) ({rate}))",
            legend,
            "s",
            about,
        )


def _bft(select: str) -> Iterator[Panel]:
    yield Panel(
        "Leader",
        f"consensus_smartbft_view_leader_id{select}",
        "{{node}} {{channel}}",
        "none",
        "The number of the leading consenter, as each one knows it; 0: none.",
    )
    yield Panel(
        "Transactions that wait",
        f"consensus_smartbft_pool_count_of_elements{select}",
        "{{node}} {{channel}}",
        "none",
        "What consenters have not ordered yet.",
    )


def _raft(select: str) -> Iterator[Panel]:
    yield Panel(
        "Leader",
        f"consensus_etcdraft_is_leader{select}",
        "{{node}} {{channel}}",
        "bool_yes_no",
        "Which consenter leads.",
    )
    yield Panel(
        "Consenters that a consenter reaches",
        f"consensus_etcdraft_active_nodes{select}",
        "{{node}} {{channel}}",
        "none",
        "All of them, while every organisation's consenter runs.",
    )
