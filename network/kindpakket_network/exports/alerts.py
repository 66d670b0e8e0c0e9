"""Prometheus alerting rules: what is wrong with a network, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kindpakket_network.description.topology import Topology

BLOCKS_BEHIND = 5
"""How many blocks a node may be behind the highest one of its organisation; scrapes are not simultaneous."""
# Twice the hourly timer of the runbook: one missed run does not alert.
_CHECKED_HOURS = 2
# Twice the interval of a daily backup.
_BACKUP_DAYS = 2


@dataclass(frozen=True)
class Alert:
    """An alerting rule.

    Attributes:
        name: its name.
        expression: a PromQL expression that has a result while something is wrong.
        lasting: how long it must have had one, as a Prometheus duration.
        critical: whether payments or the ledger are at risk; otherwise it can wait for working hours.
        summary: what is wrong, with Prometheus' placeholders.
        action: what to do.
    """

    name: str
    expression: str
    lasting: str
    critical: bool
    summary: str
    action: str

    def members(self) -> dict[str, Any]:
        """The rule in Prometheus' file format."""
        return {
            "alert": self.name,
            "expr": self.expression,
            "for": self.lasting,
            "labels": {"severity": "critical" if self.critical else "warning"},
            "annotations": {"summary": self.summary, "action": self.action},
        }


def rules(topology: Topology) -> Mapping[str, Any]:
    """The rules file for a network; the rules apply to the nodes of all organisations that are scraped."""
    select = f'{{network="{topology.name}"}}'
    groups = {
        "nodes": _nodes(topology.name),
        "ledger": _ledger(select, topology.name),
        "ordering": _bft(select) if topology.ordering.type == "bft" else _raft(select),
        "certificates": _certificates(topology.name, topology.tuning.warning_days),
    }
    return {
        "groups": [
            {"name": f"{topology.name}-{name}", "rules": [alert.members() for alert in alerts]}
            for name, alerts in groups.items()
        ]
    }


def _nodes(network: str) -> Iterator[Alert]:
    yield Alert(
        "NodeDown",
        f'up{{network="{network}"}} == 0',
        "1m",
        True,
        "{{ $labels.node }} does not answer",
        "kindpakket network status, then kindpakket network up",
    )
    yield Alert(
        "NodeRestartsAgainAndAgain",
        f'changes(process_start_time_seconds{{network="{network}"}}[15m]) > 2',
        "0m",
        True,
        "{{ $labels.node }} restarted {{ $value }} times within 15 minutes",
        "kindpakket network logs {{ $labels.node }}",
    )


def _ledger(select: str, network: str) -> Iterator[Alert]:
    height = f"ledger_blockchain_height{select}"
    yield Alert(
        "NodeBehind",
        f"max by (network, organisation, channel) ({height})"
        f" - on (network, organisation, channel) group_right () {height} > {BLOCKS_BEHIND}",
        "1m",
        True,
        "{{ $labels.node }} is {{ $value }} blocks behind on {{ $labels.channel }}",
        "kindpakket network up, which restarts stalled consenters",
    )
    invalid = f'ledger_transaction_count{{network="{network}",validation_code!="VALID"}}'
    yield Alert(
        "ManyInvalidTransactions",
        f"sum by (node, channel) (rate({invalid}[10m]))"
        f" / sum by (node, channel) (rate(ledger_transaction_count{select}[10m])) > 0.2",
        "10m",
        False,
        "{{ $value | humanizePercentage }} of the transactions on {{ $labels.channel }} are invalid",
        "check the validation codes: conflicts come from one voucher paying in two shops at once",
    )
    yield Alert(
        "PeerAlone",
        f"gossip_membership_total_peers_known{select} < 1",
        "2m",
        True,
        "{{ $labels.node }} knows no other peer of {{ $labels.channel }}, so payments find no endorsers",
        "kindpakket network status; check that the other organisations' peers are reachable",
    )
    yield Alert(
        "ChaincodeFails",
        f"increase(chaincode_launch_timeouts{select}[5m])"
        f" + increase(chaincode_execute_timeouts{select}[5m]) > 0",
        "0m",
        True,
        "{{ $labels.node }} cannot reach its chaincode {{ $labels.chaincode }}",
        "kindpakket network up, which starts chaincode processes that are down",
    )


def _bft(select: str) -> Iterator[Alert]:
    yield Alert(
        "NoLeader",
        f"consensus_smartbft_view_leader_id{select} == 0",
        "1m",
        True,
        "{{ $labels.node }} knows no leader on {{ $labels.channel }}",
        "kindpakket network status; a quorum of the consenters must be running",
    )
    yield Alert(
        "LeaderChangesAgainAndAgain",
        f"changes(consensus_smartbft_view_number{select}[15m]) > 3",
        "0m",
        False,
        "{{ $labels.node }} saw {{ $value }} changes of the leader on {{ $labels.channel }}",
        "ask whose consenter is slow or unreachable",
    )
    yield Alert(
        "NothingIsOrdered",
        f"consensus_smartbft_pool_count_of_elements{select} > 0"
        f" and on (node, channel) delta(ledger_blockchain_height{select}[2m]) == 0",
        "2m",
        True,
        "{{ $value }} transactions wait at {{ $labels.node }}, but {{ $labels.channel }} gets no blocks",
        "kindpakket network status; a quorum of the consenters must be running",
    )


def _raft(select: str) -> Iterator[Alert]:
    yield Alert(
        "ConsenterMissing",
        f"consensus_etcdraft_active_nodes{select} < consensus_etcdraft_cluster_size{select}",
        "1m",
        False,
        "{{ $labels.node }} reaches only {{ $value }} consenters of {{ $labels.channel }}",
        "kindpakket network status; ask the other organisations",
    )
    yield Alert(
        "LeaderChangesAgainAndAgain",
        f"increase(consensus_etcdraft_leader_changes{select}[15m]) > 3",
        "0m",
        False,
        "{{ $labels.node }} saw {{ $value }} changes of the leader on {{ $labels.channel }}",
        "ask whose consenter is slow or unreachable",
    )


def _certificates(network: str, days: int) -> Iterator[Alert]:
    yield Alert(
        "CertificateExpires",
        f'kindpakket_certificate_expires_seconds{{network="{network}"}} - time() < {days * 86_400}',
        "0m",
        False,
        "{{ $labels.use }} certificate of {{ $labels.holder }} expires in {{ $value | humanizeDuration }}",
        "kindpakket network renew {{ $labels.holder }}",
    )
    yield Alert(
        "BackupTooOld",
        f'time() - kindpakket_backup_taken_seconds{{network="{network}"}} > {_BACKUP_DAYS * 86_400}',
        "1h",
        False,
        "{{ $labels.organisation }} has not been backed up for {{ $value | humanizeDuration }}",
        "kindpakket network backup --organisation {{ $labels.organisation }}",
    )
    checked = f'kindpakket_checked_seconds{{network="{network}"}}'
    yield Alert(
        "CertificatesNotChecked",
        f"time() - {checked} > {_CHECKED_HOURS * 3600} or absent({checked})",
        "1h",
        False,
        "certificates have not been checked for hours",
        "have a timer run kindpakket network metrics, and node_exporter read the file",
    )
