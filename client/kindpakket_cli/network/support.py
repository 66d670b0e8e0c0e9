"""What the commands of `kindpakket network` share: which network is meant, how errors and progress show."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Concatenate, ParamSpec, TypeVar

import click
import psutil
from rich.console import Console

from kindpakket_network.description.topology import Topology
from kindpakket_network.errors import Mistake, NetworkError, TopologyError, Waiting
from kindpakket_network.verbs.network import Network

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
_WIDTH = 140
out = Console()
if not out.is_terminal:
    out.width = _WIDTH
_console = Console(stderr=True)


class Failure(click.ClickException):
    """An error shown as its sentence, without a traceback."""


class WrongTopology(Failure):
    """The same for a topology that has mistakes."""

    exit_code = 2


class Unfinished(Failure):
    """The same for what waits for another organisation."""

    exit_code = 3

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(self.format_message(), file=file, err=file is None)


@contextmanager
def failures() -> Iterator[None]:
    try:
        yield
    except TopologyError as error:
        raise WrongTopology(str(error)) from error
    except Waiting as error:
        raise Unfinished(str(error)) from error
    except (NetworkError, OSError, psutil.Error) as error:
        raise Failure(str(error)) from error


def on_network(
    function: Callable[Concatenate[Network, Parameters], Result],
) -> Callable[..., Result]:
    """Gives a command the options that say which network, and shows errors without tracebacks.

    With `--json`, what waits for another organisation is shown as JSON too.
    """

    @click.option(
        "--home",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path(".kindpakket"),
        show_default=True,
        help="The network's folder.",
    )
    @click.option(
        "--topology",
        metavar="FILE|NAME",
        help="A YAML file, or the name of a packaged topology. Not given: the home's own, else kindpakket.",
    )
    @functools.wraps(function)
    def command(
        home: Path, topology: str | None, *args: Parameters.args, **kwargs: Parameters.kwargs
    ) -> Result:
        with failures():
            try:
                return function(_network(home, topology), *args, **kwargs)
            except Waiting as waiting:
                if not kwargs.get("as_json"):
                    raise
                click.echo(json.dumps({"waits_for": list(waiting.sentences)}, indent=1))
                raise click.exceptions.Exit(Unfinished.exit_code) from waiting

    return command


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def answer(as_json: bool, members: Mapping[str, object], text: str) -> None:
    """Prints what a command did: a sentence, or its members as JSON."""
    click.echo(json.dumps(members, indent=1) if as_json else text)


def show_files(files: Iterable[Path]) -> None:
    """Prints the files that a command wrote, as JSON."""
    click.echo(json.dumps({"files": [str(file) for file in files]}, indent=1))


def show_warnings(warnings: Sequence[Mistake]) -> None:
    """Shows what is questionable in a topology, apart from the results."""
    for one in warnings:
        click.echo(f"warning: {one}", err=True)


def _network(home: Path, topology: str | None) -> Network:
    if topology is None:
        if (home / "topology.yaml").is_file():
            return Network.open(home)
        return Network(Topology.packaged("kindpakket"), home)
    if Path(topology).suffix or Path(topology).exists():
        return Network(Topology.load(topology), home)
    return Network(Topology.packaged(topology), home)


@contextmanager
def shown_progress() -> Iterator[Callable[[str], None]]:
    """Shows what is being done: a spinner and finished stages on a terminal, plain lines elsewhere."""
    if not _console.is_terminal:
        yield lambda text: click.echo(text, err=True)
        return
    with _console.status("...") as spinner:

        def show(text: str) -> None:
            if text.endswith("..."):
                spinner.update(text)
            else:
                _console.print(f"[green]✓[/green] {text}", highlight=False)

        yield show
