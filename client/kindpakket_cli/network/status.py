"""The command `kindpakket network status`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from kindpakket_cli.contract import json_option, not_as_it_should_be
from kindpakket_cli.network.support import on_network
from kindpakket_cli.output import Cell, complain, print_json, print_table

if TYPE_CHECKING:
    from kindpakket_network.reports.channels import ChannelStatus
    from kindpakket_network.reports.nodes import NodeStatus
    from kindpakket_network.reports.status import NetworkStatus
    from kindpakket_network.verbs.network import Network

# Columns of nodes that a narrow terminal does without; --json has them all.
_DROPPABLE = ("pid", "build", "starts", "disk", "memory", "endpoint")
_COLOURS = {"runs": "green", "suspended": "yellow", "restored": "yellow"}


@click.command()
@json_option
@on_network
def status(target: Network, as_json: bool) -> None:
    """Show processes, heights, leaders, chaincodes, disk and certificates, and every problem.

    Exit code 1: there is a problem: a node does not run or falls behind, ordering tolerates no further
    failure, votes do not count, peers do not know one another, a chaincode is not as deployed, the disk is
    full, a certificate expires soon, or a key can be read by others. Each problem is shown with what to do.
    """
    found = target.status()
    if as_json:
        print_json(found.as_json())
    else:
        _show(found)
    if not found.healthy:
        not_as_it_should_be()


def _show(found: NetworkStatus) -> None:
    _show_nodes(found)
    headings = ("channel", "consenters", "view", "chaincode", "version", "sequence", "package")
    print_table(headings, _channels(found), foldable=["package"], droppable=["view"])
    for channel in found.channels:
        if channel.capabilities:
            names = ", ".join(f"{group} {name}" for group, name in channel.capabilities.items())
            click.echo(f"capabilities of {channel.name}: {names}")
    click.echo(
        f"{found.ordering} ordering, {_size(found.memory_bytes)} resident, {_size(found.disk_bytes)} on disk "
        f"and {_size(found.free_bytes)} free, home {found.home}"
    )
    if found.certificates:
        first = found.certificates[0]
        days = (first.expires - datetime.now(UTC)).days
        click.echo(
            f"first certificate to expire: {first.holder} ({first.use}) on "
            f"{first.expires:%Y-%m-%d}, in {days} days"
        )
    for complaint in (*found.findings, *found.warnings):
        complain(str(complaint))


def _show_nodes(found: NetworkStatus) -> None:
    headings = ("node", "state", "build", "pid", "memory", "disk", "starts", "endpoint")
    rows: list[tuple[str | Cell, ...]] = [
        (
            node.node,
            Cell(node.state, _COLOURS.get(node.state, "red")),
            node.build or "",
            str(node.pid or ""),
            "" if node.memory_bytes is None else _size(node.memory_bytes),
            _size(node.data_bytes + node.log_bytes),
            _starts(node),
            node.endpoint,
            *(_height(channel, node.node) for channel in found.channels),
        )
        for node in found.nodes
    ]
    print_table(
        (*headings, *(channel.name for channel in found.channels)), rows, foldable=(), droppable=_DROPPABLE
    )


def _channels(found: NetworkStatus) -> Iterator[tuple[str, ...]]:
    for channel in found.channels:
        taking_part = f"{len(channel.taking_part)} of {len(channel.consenters)}, {channel.needed} needed"
        view = "" if channel.view is None else str(channel.view)
        for chaincode in channel.chaincodes:
            sequence = "not deployed" if chaincode.sequence is None else str(chaincode.sequence)
            package = chaincode.package_id or ""
            yield (
                channel.name,
                taking_part,
                view,
                chaincode.name,
                chaincode.committed_version or chaincode.version,
                sequence,
                package,
            )


def _starts(node: NodeStatus) -> str:
    return f"{node.starts}, {node.deaths} after it had ended" if node.deaths else str(node.starts)


def _height(channel: ChannelStatus, node: str) -> str:
    if node not in channel.heights:
        return ""
    height = "?" if channel.heights[node] is None else str(channel.heights[node])
    words = [f"{height} blocks"]
    if node == channel.leader:
        words.append("leads")
    if node in channel.behind:
        words.append("behind")
    return ", ".join(words)


def _size(number: int) -> str:
    return f"{number / 2**30:.1f} GB" if number >= 10 * 2**30 else f"{number / 2**20:.0f} MB"
