"""What all commands promise: exit codes, how errors show, and the options that may stand before a command.

The same is written for users in docs/command-line.md.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, NoReturn, TypeVar

import click

EXIT_CODES = (
    "Exit codes: 0 done; 1 refused, or what was checked is not as it should be; 2 the call, a file or the "
    "folder is wrong; 3 the network failed or cannot be reached, and nothing was changed; 4 it is not known "
    "whether it was done; 5 waiting for another organisation's or person's part."
)
NOT_AS_IT_SHOULD_BE = 1
UNKNOWN = 4
WAITING = 5
DEFAULT_HOME = Path(".kindpakket")
_Function = TypeVar("_Function", bound=Callable[..., Any])


class CommandError(click.ClickException):
    """An error that ends a command with a sentence, and without a traceback.

    Attributes:
        code: what programs recognise it by.
        members: what programs are told besides.
    """

    code = ""

    def __init__(self, message: str, code: str | None = None, **members: object) -> None:
        super().__init__(message)
        self.code = code or self.code
        self.members = members


class Refused(CommandError):
    """The chaincode or this program refused; nothing was changed."""

    exit_code = 1
    code = "REFUSED"


class Wrong(CommandError):
    """The call, a file or the folder is wrong."""

    exit_code = 2
    code = "USAGE"


class Failed(CommandError):
    """The network failed or cannot be reached; nothing was changed."""

    exit_code = 3
    code = "NETWORK"


class Unknown(CommandError):
    """It is not known whether it was done."""

    exit_code = UNKNOWN
    code = "UNKNOWN_OUTCOME"


class Waits(CommandError):
    """This part is done, and another organisation or person has to do theirs: to people not an error."""

    exit_code = WAITING
    code = "WAITING"

    def show(self, file: IO[Any] | None = None) -> None:
        """Print what is waited for, without the word "Error"."""
        click.echo(self.format_message(), file=file, err=file is None)


def not_as_it_should_be() -> NoReturn:
    """End a command whose answer shows that what it checked is not as it should be."""
    raise click.exceptions.Exit(NOT_AS_IT_SHOULD_BE)


def in_json() -> bool:
    """Whether the command that runs was asked for JSON."""
    context = click.get_current_context(silent=True)
    return bool(context and context.params.get("as_json"))


class _Home(click.Option):
    """`--home`: what was given before the command comes before the environment's."""

    def resolve_envvar_value(self, ctx: click.Context) -> str | None:
        given = (ctx.default_map or {}).get(self.name or "")
        return None if given is not None else super().resolve_envvar_value(ctx)


home_option = click.option(
    "--home",
    cls=_Home,
    type=click.Path(path_type=Path, file_okay=False),
    default=DEFAULT_HOME,
    show_default=True,
    envvar="KINDPAKKET_HOME",
    show_envvar=True,
    help="The network's folder.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")

_BEFORE: Mapping[str, Callable[[], click.Option]] = {
    "home": lambda: click.Option(
        ["--home"], type=click.Path(path_type=Path, file_okay=False), help="The network's folder."
    ),
    "topology": lambda: click.Option(
        ["--topology"], metavar="FILE|NAME", help="A YAML file, or the name of a packaged topology."
    ),
    "organisation": lambda: click.Option(["--organisation"], help="Act as a user of this organisation."),
    "user": lambda: click.Option(["--user"], help="Act as this user."),
    "channel": lambda: click.Option(["--channel"], help="The channel."),
    "chaincode": lambda: click.Option(["--chaincode"], help="The chaincode."),
    "as_json": lambda: click.Option(
        ["--json", "as_json"], is_flag=True, default=None, help="Answer in JSON."
    ),
}
LEDGER = ("home", "organisation", "user", "channel", "chaincode", "as_json")
"""Options that the commands on the ledger share."""
NETWORK = ("home", "topology", "as_json")
"""Options that the commands of `kindpakket network` share."""


class Group(click.Group):
    """A group whose shared options may stand before the command's name as well as after it.

    Args:
        shared: names of those options.
        later: commands that are loaded when they are called: name -> module with an object of the command's
            name, and the line for the list of commands.
        shown: list the shared options in the group's help.
        members: see `click.Group`.
    """

    def __init__(
        self,
        *arguments: Any,
        shared: Sequence[str] = LEDGER,
        later: Mapping[str, tuple[str, str]] | None = None,
        shown: bool = False,
        **members: Any,
    ) -> None:
        super().__init__(*arguments, **members)
        self.shared = shared
        self.later = later or {}
        for name in shared:
            option = _BEFORE[name]()
            option.hidden = not shown
            self.params.append(option)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in alphabetical order."""
        return sorted({*self.commands, *self.later})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A command by its name; its module is loaded now."""
        if cmd_name in self.later and cmd_name not in self.commands:
            module = importlib.import_module(self.later[cmd_name][0])
            self.add_command(getattr(module, cmd_name), cmd_name)
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without loading what is loaded later."""
        if not self.later:
            super().format_commands(ctx, formatter)
            return
        with formatter.section("Commands"):
            formatter.write_dl([(name, self.later[name][1]) for name in sorted(self.later)])

    def invoke(self, ctx: click.Context) -> Any:
        """Keep what was given before the command's name for the command."""
        ctx.obj = {name: value for name in self.shared if (value := ctx.params.pop(name)) is not None}
        return super().invoke(ctx)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command, whose defaults are what was given before its name."""
        name, command, rest = super().resolve_command(ctx, args)
        if name is not None and command is not None and ctx.obj:
            known = {parameter.name for parameter in command.params}
            for given in ctx.obj:
                if given not in known:
                    option = _BEFORE[given]().opts[0]
                    raise click.UsageError(f"{option} is not an option of {name}: leave it out", ctx)
            ctx.default_map = {name: ctx.obj}
        return name, command, rest

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run the command and end the program with its exit code; with --json, errors are JSON as well."""
        arguments = list(sys.argv[1:] if args is None else args)
        try:
            code = super().main(arguments, prog_name, complete_var, standalone_mode=False, **extra)
        except click.ClickException as error:
            if not standalone_mode:
                raise
            _end(error, arguments)
        except click.Abort as error:
            if not standalone_mode:
                raise
            _end(_aborted(error), arguments)
        if not standalone_mode:
            return code
        sys.exit(code if isinstance(code, int) else 0)


def group(name: str, **members: Any) -> Callable[[Callable[..., Any]], Group]:
    """Make a group with its name and what `Group` takes."""
    return click.group(name, cls=Group, **members)


def _aborted(error: click.Abort) -> CommandError:
    if isinstance(error.__cause__, KeyboardInterrupt):
        return Unknown("interrupted: it is not known whether it was done", "INTERRUPTED")
    return Refused("nothing was done: it was not confirmed")


def _end(error: click.ClickException, arguments: Sequence[str]) -> NoReturn:
    before_operands = arguments[: arguments.index("--")] if "--" in arguments else arguments
    if "--json" in before_operands:
        click.echo(json.dumps(as_json(error), ensure_ascii=False), err=True)
    else:
        error.show()
    sys.exit(error.exit_code)


def as_json(error: click.ClickException) -> dict[str, object]:
    """An error as programs read it."""
    members = error.members if isinstance(error, CommandError) else {}
    code = error.code if isinstance(error, CommandError) else Wrong.code
    message = error.format_message()
    return {"error": {"message": message, "code": code, "exit_code": error.exit_code, **members}}
