"""The commands `kindpakket network logs` and `rotate-logs`."""

from __future__ import annotations

import json
import os
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kindpakket_cli.contract import Refused, json_option
from kindpakket_cli.network.support import on_network
from kindpakket_cli.output import answer

if TYPE_CHECKING:
    from kindpakket_network.programs.logs import Entry
    from kindpakket_network.verbs.network import Network

_PAUSE = 0.2
_LEVELS = ("debug", "info", "warning", "error")


@click.command()
@click.argument("nodes", nargs=-1, metavar="[NODE]...")
@click.option(
    "--lines", type=click.IntRange(min=1), default=40, show_default=True, help="How many entries at most."
)
@click.option("--since", metavar="TIME", help="Only from then on: 10m, 2h or 1d ago, or a date and time.")
@click.option(
    "--level",
    type=click.Choice(_LEVELS),
    default="debug",
    show_default=True,
    help="Only entries of this level or above.",
)
@click.option("--follow", is_flag=True, help="Go on with new entries until interrupted.")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON: an object for each entry, one a line.")
@on_network
def logs(
    target: Network,
    nodes: tuple[str, ...],
    lines: int,
    since: str | None,
    level: str,
    follow: bool,
    as_json: bool,
) -> None:
    """Show the last log entries of NODEs, or of all nodes, in the order of their times."""
    from kindpakket_network.programs.logs import Level, instant, merged, read, selected

    paths = {node: target.log(node) for node in nodes or target.nodes()}
    started = {node: path for node, path in paths.items() if path.is_file()}
    for node in nodes:
        if node not in started:
            raise Refused(f"{node} has no log yet: it was never started")
    least = Level[level.upper()]
    begin = instant(since, datetime.now(UTC)) if since else None
    tails = {node: _Tail(node, path) for node, path in started.items()} if follow else {}
    chosen = [selected(read(node, path), begin, least) for node, path in started.items()]
    for entry in deque(merged(chosen), maxlen=lines):
        _show(entry, len(paths) > 1, as_json)
    with suppress(KeyboardInterrupt):
        while follow:
            for entry in merged(selected(tail.new(), begin, least) for tail in tails.values()):
                _show(entry, len(paths) > 1, as_json)
            time.sleep(_PAUSE)


@click.command("rotate-logs")
@click.argument("nodes", nargs=-1, metavar="[NODE]...")
@json_option
@on_network
def rotate_logs(target: Network, nodes: tuple[str, ...], as_json: bool) -> None:
    """Rotate the logs of NODEs, or of all nodes, that have become long; running nodes go on.

    `tuning.logs` in the topology says from which size, and how many files are kept. No line is lost. Run it
    every hour from a timer.
    """
    rotated = target.rotate_logs(nodes)
    answer(as_json, {"rotated": rotated}, f"Rotated: {', '.join(rotated)}." if rotated else "No log is long.")


class _Tail:
    """What a node writes from now on, also after its log was rotated."""

    def __init__(self, node: str, path: Path) -> None:
        self._node = node
        self._path = path
        self._file = path.open(encoding="utf-8", errors="replace")
        self._file.seek(0, 2)

    def new(self) -> Iterator[Entry]:
        """The entries since the last call."""
        from kindpakket_network.programs.logs import entries

        lines = self._file.readlines()
        if self._path.exists() and self._path.stat().st_ino != self._inode:
            self._file.close()
            self._file = self._path.open(encoding="utf-8", errors="replace")
            lines += self._file.readlines()
        elif self._path.exists() and self._path.stat().st_size < self._file.tell():
            lines += self._moved()
            self._file.seek(0)
            lines += self._file.readlines()
        return entries(self._node, lines)

    def _moved(self) -> list[str]:
        """The lines not shown yet that were moved aside when the log of the running node was emptied."""
        from kindpakket_network.programs.rotation import files

        *_, aside, _log = files(self._path)
        with aside.open(encoding="utf-8", errors="replace") as moved:
            moved.seek(self._file.tell())
            return moved.readlines()

    @property
    def _inode(self) -> int:
        return os.fstat(self._file.fileno()).st_ino


def _show(entry: Entry, named: bool, as_json: bool) -> None:
    if as_json:
        at = entry.at.isoformat() if entry.at else None
        level = entry.level.name.lower()
        click.echo(json.dumps({"node": entry.node, "at": at, "level": level, "text": entry.text}))
        return
    prefix = f"{entry.node}: " if named else ""
    click.echo("".join(f"{prefix}{line}\n" for line in entry.text.split("\n")), nl=False)
