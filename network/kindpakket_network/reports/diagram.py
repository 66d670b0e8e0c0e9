"""A diagram of a topology: a column for each organisation, a band for each channel."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kindpakket_network.description.channel import Channel
from kindpakket_network.description.organisation import Organisation
from kindpakket_network.description.policy import parse, principals_of
from kindpakket_network.description.topology import Topology
from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.programs.home import Home
from kindpakket_network.programs.templates import render

# In pixels, unless noted.
_MARGIN = 24
_COLUMN = 236
_GAP = 16
_LINE = 18
_HEAD = 84
_NODE = 44
_TITLE = 74
_LONGEST = 32  # characters that fit into a column
_CHARACTER = 7.3  # a monospaced one of 12 pixels


@dataclass(frozen=True)
class Node:
    """A process in an organisation's column: `kind` is `ca`, `orderer`, `peer` or `chaincode`."""

    kind: str
    name: str
    port: int
    y: int


@dataclass(frozen=True)
class Column:
    """An organisation."""

    name: str
    msp: str
    address: str
    x: int
    nodes: tuple[Node, ...]


@dataclass(frozen=True)
class Cell:
    """An organisation's part in a channel, as lines of text; `kind` is `member` or `consenter`."""

    kind: str
    name: str
    x: int
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Holding:
    """A collection, with the columns of the organisations that hold it."""

    name: str
    y: int
    xs: tuple[int, ...]


@dataclass(frozen=True)
class Band:
    """A channel: its cells, its policies and its collections."""

    name: str
    y: int
    height: int
    cells: tuple[Cell, ...]
    cell_height: int
    words: tuple[tuple[int, str], ...]
    holdings: tuple[Holding, ...]


def diagram(topology: Topology) -> str:
    """The diagram, as SVG."""
    inventory = Inventory.of(topology, Home(Path("/")))
    columns = tuple(
        _column(topology, organisation, _x(number), inventory)
        for number, organisation in enumerate(topology.organisations)
    )
    rows = max(len(column.nodes) for column in columns)
    bottom = _TITLE + _HEAD + rows * (_NODE + 6) + _GAP
    width = 2 * _MARGIN + len(columns) * (_COLUMN + _GAP) - _GAP
    bands: list[Band] = []
    y = bottom + 2 * _GAP
    for channel in topology.channels:
        bands.append(_band(topology, channel, y, width - 2 * _MARGIN))
        y += bands[-1].height + _GAP
    return render(
        "topology.svg",
        topology=topology,
        columns=columns,
        bands=bands,
        bottom=bottom,
        width=width,
        height=y + _MARGIN - _GAP,
        margin=_MARGIN,
        column_width=_COLUMN,
        node_height=_NODE,
        top=_TITLE,
        line=_LINE,
    )


def _x(number: int) -> int:
    return _MARGIN + number * (_COLUMN + _GAP)


def _column(topology: Topology, organisation: Organisation, x: int, inventory: Inventory) -> Column:
    authority = inventory.authorities[organisation.name]
    found = [("ca", authority.node, authority.ports[0])]
    found += [
        ("orderer", orderer.node, orderer.ports[0])
        for orderer in inventory.orderers
        if orderer.organisation == organisation.name
    ]
    for peer in inventory.peers_of(organisation.name):
        found.append(("peer", peer.node, peer.ports[0]))
        found += [
            ("chaincode", server.chaincode, server.port)
            for server in inventory.chaincodes
            if server.peer is peer and server.place == 0
        ]
    nodes = tuple(
        Node(kind, name, port, _TITLE + _HEAD + row * (_NODE + 6))
        for row, (kind, name, port) in enumerate(found)
    )
    return Column(organisation.name, organisation.msp, _shortened(organisation.host.address), x, nodes)


def _shortened(address: str) -> str:
    return address if len(address) <= _LONGEST else f"{address[: _LONGEST - 1]}…"


def _band(topology: Topology, channel: Channel, y: int, width: int) -> Band:
    numbers = {organisation.name: number for number, organisation in enumerate(topology.organisations)}
    members = {member.organisation: member for member in channel.members}
    cells: list[Cell] = []
    for name, number in numbers.items():
        lines: list[str] = []
        if name in members:
            one = members[name]
            lines += [
                f"submit: {', '.join(one.writers)}",
                f"evaluate: {', '.join(one.readers)}",
                f"blocks: {', '.join(one.block_readers)}",
            ]
        if name in channel.consenters:
            lines.append(f"consenter {channel.consenter_ids[name]}")
        if lines:
            kind = "member" if name in members else "consenter"
            cells.append(Cell(kind, name, _x(number), tuple(lines)))
    cell_height = 5 * _LINE + 12
    at = y + 40 + cell_height + 2 * _GAP - 6
    words: list[tuple[int, str]] = []
    for text in _agreements(channel):
        for line in textwrap.wrap(text, int((width - 2 * _GAP) / _CHARACTER), subsequent_indent="  "):
            words.append((at, line))
            at += _LINE
    holdings: list[Holding] = []
    columns = {organisation.msp: _x(number) for number, organisation in enumerate(topology.organisations)}
    for chaincode in channel.chaincodes:
        for collection in chaincode.collections:
            at += _LINE // 2
            xs = dict.fromkeys(
                columns[principal.msp] for principal in principals_of(parse(collection.members))
            )
            holdings.append(Holding(collection.name, at, tuple(xs)))
            at += 2 * _LINE
    return Band(channel.name, y, at - y, tuple(cells), cell_height, tuple(words), tuple(holdings))


def _agreements(channel: Channel) -> Iterator[str]:
    yield f"definitions: {channel.lifecycle_endorsement}"
    yield f"administration: {channel.administration or 'a majority of the administrators'}"
    for chaincode in channel.chaincodes:
        yield f"{chaincode.name} {chaincode.version}, endorsement: {chaincode.endorsement}"
        for collection in chaincode.collections:
            if collection.endorsement is not None:
                yield f"{collection.name}, endorsement: {collection.endorsement}"
