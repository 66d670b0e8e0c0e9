"""Files for watching nodes: Prometheus' targets, client certificates and alerting rules, and a dashboard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from kindpakket_network.description.host import at
from kindpakket_network.description.topology import Topology
from kindpakket_network.exports.alerts import rules
from kindpakket_network.exports.dashboard import dashboard
from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.own_organisations import own_organisations
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.programs.home import Home

CONFIGURATION, RULES, DASHBOARD = "prometheus.yaml", "rules.yaml", "dashboard.json"
_HEAD = f"""\
# Scrapes the nodes of {{organisations}}. Operations endpoints only admit certificates from their own
# organisation's TLS authority. This configuration uses the administrator's, so each organisation runs its own
# Prometheus, as a user that may read the key. CA servers have no metrics. The rules in {RULES} about
# certificates use what `kindpakket network metrics -o FILE` writes for node_exporter's textfile collector:
# run it from a timer.
"""


def monitoring(topology: Topology, home: Home, inventory: Inventory) -> Mapping[str, str]:
    """The files by name: Prometheus' configuration, the rules that it refers to, and Grafana's dashboard.

    Args:
        topology: the network.
        home: its folder; the nodes of the organisations that it acts for are watched.
        inventory: its nodes.
    """
    own = own_organisations(topology, home)
    nodes = [node for group in (inventory.orderers, inventory.peers) for node in group]
    jobs = [_job(topology, name, [node for node in nodes if node.organisation == name]) for name in own]
    configuration = {
        "global": {"scrape_interval": "15s", "evaluation_interval": "15s"},
        "rule_files": [RULES],
        "scrape_configs": [job for job in jobs if job["static_configs"]],
    }
    head = _HEAD.format(organisations=", ".join(own))
    return {
        CONFIGURATION: head + _yaml(configuration),
        RULES: _yaml(rules(topology)),
        DASHBOARD: dashboard(topology),
    }


def _job(topology: Topology, organisation: str, nodes: list[Orderer | Peer]) -> Mapping[str, Any]:
    job: dict[str, Any] = {
        "job_name": f"{topology.name}-{organisation}",
        "scheme": "https",
        "static_configs": [
            {
                "targets": [at(node.operator.address, node.ports[1])],
                "labels": {
                    "network": topology.name,
                    "organisation": organisation,
                    "node": node.node,
                    "kind": "orderer" if isinstance(node, Orderer) else "peer",
                },
            }
            for node in nodes
        ],
    }
    if nodes:
        operator = nodes[0].operator
        job["tls_config"] = {
            "ca_file": str(operator.root),
            "cert_file": str(operator.certificate),
            "key_file": str(operator.key),
        }
    return job


def _yaml(members: Mapping[str, Any]) -> str:
    return yaml.safe_dump(dict(members), sort_keys=False, allow_unicode=True, width=110)
