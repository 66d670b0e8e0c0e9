"""What the commands of `kindpakket network` share: which network is meant, and how errors end them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

import click

from kindpakket_cli.contract import CommandError, Failed, Refused, Unknown, Waits, Wrong, home_option
from kindpakket_cli.output import note

if TYPE_CHECKING:
    from kindpakket_network.errors import Mistake
    from kindpakket_network.verbs.network import Network

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
FILE = click.Path(path_type=Path, dir_okay=False)
READABLE = click.Path(path_type=Path, exists=True, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)
organisations_option = click.option(
    "--organisation",
    "organisations",
    multiple=True,
    metavar="NAME",
    help="Only this organisation; repeat for more.  [default: all that the home acts for]",
)
yes_option = click.option("--yes", is_flag=True, help="Do not ask.")


@contextmanager
def failures() -> Iterator[None]:
    """End a command with a sentence and the exit code of the error."""
    try:
        yield
    except (click.ClickException, click.exceptions.Exit, click.Abort):
        raise
    except OSError as error:
        raise Wrong(_system_sentence(error), "FILE") from error
    except Exception as error:
        ending = _ending(error)
        if ending is None:
            raise
        raise ending from error


def _system_sentence(error: OSError) -> str:
    """What the system refused, and what to do if a disk is the cause."""
    from kindpakket_network.programs.disk import disk_problem

    context = click.get_current_context(silent=True)
    given = [
        value.resolve() for value in (context.params if context else {}).values() if isinstance(value, Path)
    ]
    problem = disk_problem(error, given)
    return problem or f"{error.filename or 'a file'}: {error.strerror or error}"


def _ending(error: Exception) -> CommandError | None:
    """How an error ends the command; None for what is a fault of this program."""
    from fabric_gateway import FabricError, UnknownOutcome
    from kindpakket.extras import MissingExtra, missing

    if isinstance(error, ModuleNotFoundError) and not (error.name or "").startswith("kindpakket"):
        error = missing("network", error)
    endings: list[tuple[tuple[type[Exception], ...], Callable[[str], CommandError]]] = [
        ((MissingExtra,), functools.partial(Wrong, code="MISSING_EXTRA")),
        ((UnknownOutcome,), Unknown),
        ((FabricError,), Failed),
    ]
    if not isinstance(error, MissingExtra):
        endings += _network_endings()
    return next((ending(str(error)) for kinds, ending in endings if isinstance(error, kinds)), None)


def _network_endings() -> list[tuple[tuple[type[Exception], ...], Callable[[str], CommandError]]]:
    import psutil

    from kindpakket_network import errors

    def waits(sentences: str) -> CommandError:
        return Waits(sentences, waits_for=sentences.splitlines())

    failed = (
        errors.NodeFailed,
        errors.CommandFailed,
        errors.PortInUse,
        errors.ProgramError,
        errors.UpgradeStopped,
        psutil.Error,
    )
    return [
        ((errors.TopologyError,), functools.partial(Wrong, code="TOPOLOGY")),
        ((errors.DiskFull,), functools.partial(Wrong, code="FILE")),
        ((errors.NoSuch,), functools.partial(Wrong, code="NO_SUCH")),
        ((errors.Waiting,), waits),
        (failed, Failed),
        ((errors.NetworkError,), Refused),
    ]


def on_network(
    function: Callable[Concatenate[Network, Parameters], Result],
) -> Callable[..., Result]:
    """Give a command the options that say which network it acts on, and show errors without tracebacks."""

    @home_option
    @click.option(
        "--topology",
        metavar="FILE|NAME",
        help="A YAML file, or the name of a packaged topology.  [default: the home's, or else kindpakket]",
    )
    @functools.wraps(function)
    def command(
        home: Path, topology: str | None, *args: Parameters.args, **kwargs: Parameters.kwargs
    ) -> Result:
        with failures():
            return function(_network(home, topology), *args, **kwargs)

    return command


def show_warnings(warnings: Sequence[Mistake]) -> None:
    """Show what is questionable in a topology, apart from the results."""
    for warning in warnings:
        note(f"warning: {warning}")


def _network(home: Path, topology: str | None) -> Network:
    from kindpakket_network.description.topology import Topology
    from kindpakket_network.verbs.network import Network

    if topology is None:
        if (home / "topology.yaml").is_file():
            return Network.open(home)
        return Network(Topology.packaged("kindpakket"), home)
    if Path(topology).suffix or Path(topology).exists():
        return Network(Topology.load(topology), home)
    return Network(Topology.packaged(topology), home)
