"""The command `kindpakket network status`."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import click
from rich import box
from rich.table import Table

from kindpakket_network.commands.support import json_option, on_network, out
from kindpakket_network.reports.channels import ChannelStatus
from kindpakket_network.reports.nodes import NodeStatus
from kindpakket_network.reports.status import NetworkStatus
from kindpakket_network.verbs.network import Network

_FOUND = 3
_COLOURS = {"runs": "green", "suspended": "yellow", "restored": "yellow"}


@click.command()
@json_option
@on_network
def status(target: Network, as_json: bool) -> None:
    """Show processes, heights, leaders, chaincodes, disk and certificates, and all that is wrong.

    Exit code 3: something is wrong: a node does not run or stays behind, ordering bears no further failure,
    votes do not count, peers do not know one another, a chaincode is not as deployed, the disk is full, a
    certificate expires soon, or a key can be read by others. Each is told with what to do.
    """
    found = target.status()
    if as_json:
        click.echo(json.dumps(found.as_json(), indent=1))
    else:
        _show(found)
    if not found.healthy:
        raise click.exceptions.Exit(_FOUND)


def _show(found: NetworkStatus) -> None:
    out.print(_nodes(found))
    out.print(_channels(found))
    out.print(
        f"{found.ordering} ordering, {_size(found.memory_bytes)} resident, {_size(found.disk_bytes)} on disk "
        f"and {_size(found.free_bytes)} free, home {found.home}",
        soft_wrap=True,
        highlight=False,
    )
    if found.certificates:
        first = found.certificates[0]
        days = (first.expires - datetime.now(UTC)).days
        out.print(
            f"first certificate to expire: {first.holder} ({first.use}) on "
            f"{first.expires:%Y-%m-%d}, in {days} days"
        )
    for complaint in (*found.findings, *found.warnings):
        out.print(f"[red]{complaint}[/red]", soft_wrap=True, highlight=False)


def _nodes(found: NetworkStatus) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    titles = ("node", "state", "pid", "memory", "disk", "starts", "endpoint")
    for title in (*titles, *(one.name for one in found.channels)):
        table.add_column(title, no_wrap=title != "node", overflow="fold")
    for node in found.nodes:
        colour = _COLOURS.get(node.state, "red")
        table.add_row(
            node.node,
            f"[{colour}]{node.state}[/{colour}]",
            str(node.pid or ""),
            "" if node.memory_bytes is None else _size(node.memory_bytes),
            _size(node.data_bytes + node.log_bytes),
            _starts(node),
            node.endpoint,
            *(_height(channel, node.node) for channel in found.channels),
        )
    return table


def _channels(found: NetworkStatus) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    for title in ("channel", "consenters", "view", "chaincode", "version", "sequence", "package"):
        table.add_column(title, overflow="fold")
    for channel in found.channels:
        taking_part = f"{len(channel.taking_part)} of {len(channel.consenters)}, {channel.needed} needed"
        view = "" if channel.view is None else str(channel.view)
        for one in channel.chaincodes:
            sequence = "not deployed" if one.sequence is None else str(one.sequence)
            package = one.package_id or ""
            table.add_row(channel.name, taking_part, view, one.name, one.version, sequence, package)
    return table


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
