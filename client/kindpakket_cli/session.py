"""What all commands share: who calls, how answers look, and how errors end.

Exit codes: 0 done; 1 refused, or the audit found something; 2 the call, a file or the folder is wrong; 3 the
network failed or cannot be reached, and nothing was changed; 4 it is not known whether it was done.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Concatenate, ParamSpec

import click
from grpc import StatusCode
from rich.console import Console
from rich.table import Table

from kindpakket.auditor.auditor import Auditor, LedgerMoves
from kindpakket.backoffice.citizens import CitizensError
from kindpakket.backoffice.register import RegisterError
from kindpakket.backoffice.sepa import PaymentFileError
from kindpakket.fabric import (
    Contract,
    FabricError,
    GatewayError,
    IdentityError,
    Network,
    ProfileError,
    UnknownOutcome,
    connect,
)
from kindpakket.ledger.caller import Caller
from kindpakket.ledger.refusals import Refusal
from kindpakket.municipality import Municipality
from kindpakket.shop import Shop
from kindpakket_cli.home import Home, HomeError, User

_WIDTH = 140
_Parameters = ParamSpec("_Parameters")


class Refused(click.ClickException):
    """The chaincode refused, or the audit found something."""

    exit_code = 1


class Wrong(click.ClickException):
    """The call, a file or the folder is wrong."""

    exit_code = 2


class Failed(click.ClickException):
    """The network failed; nothing was changed."""

    exit_code = 3


class Unknown(click.ClickException):
    """It is not known whether it was done."""

    exit_code = 4


@dataclass(slots=True)
class Session:
    """One command's connection and its way of answering.

    Attributes:
        home: the network's folder.
        organisation: only users of this organisation; None: any.
        user: only this user; None: the first with a fitting role.
        channel: the channel; None: the only one.
        chaincode: the chaincode; None: the only one.
        as_json: answer in JSON.
        roles: the roles of which one is needed.
    """

    home: Home
    organisation: str | None
    user: str | None
    channel: str | None
    chaincode: str | None
    as_json: bool
    roles: Sequence[str]
    _open: ExitStack = field(default_factory=ExitStack)

    def municipality(self) -> Municipality:
        """The municipality, or whoever else may ask what it may."""
        return Municipality(self._contract(self._user())[1])

    def auditor(self) -> Auditor:
        """The auditor."""
        network, contract = self._contract(self._user())
        return Auditor(contract, network)

    def shop(self, shop: str | None = None) -> Shop:
        """A shop's till."""
        user = self._user(shop)
        if not user.shop:
            raise HomeError(f"user {user.name} of {user.organisation} belongs to no shop: give --user")
        return Shop(self._contract(user)[1], user.shop)

    def caller(self) -> Caller:
        """Anybody."""
        return Caller(self._contract(self._user())[1])

    def close(self) -> None:
        """End the connection."""
        self._open.close()

    def answer(
        self, value: Any, columns: Mapping[str, Callable[[Any], object]] | None = None, *, title: str = ""
    ) -> None:
        """Print an answer.

        Args:
            value: one record, or several as a list.
            columns: for people: headings and what stands under them; default: name and value of each member.
            title: heading of the table.
        """
        if self.as_json:
            click.echo(json.dumps(value, ensure_ascii=False, indent=2))
        elif columns is None:
            print_table(("", ""), [(name, _text(member)) for name, member in value.items()], title)
        else:
            rows = value if isinstance(value, list) else [value]
            cells = [[str(cell(row)) for cell in columns.values()] for row in rows]
            print_table(tuple(columns), cells, title)

    def _user(self, shop: str | None = None) -> User:
        return self.home.user(self.roles, organisation=self.organisation, name=self.user, shop=shop)

    def _contract(self, user: User) -> tuple[Network, Contract]:
        profile = self.home.profile(user.organisation)
        channel = self.channel or self.home.channel(user.organisation)
        chaincode = self.chaincode or self.home.chaincode(channel)
        gateway = self._open.enter_context(connect(profile, self.home.identity(user)))
        network = gateway.network(channel)
        return network, network.contract(chaincode)


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str]], title: str = "") -> None:
    """Print a table, as wide as the terminal, or wide enough for a pipe."""
    console = Console()
    if not console.is_terminal:
        console.width = _WIDTH
    table = Table(title=title or None, title_justify="left", show_header=any(headings))
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*row)
    console.print(table, markup=False)


def because(example: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the option that says why."""
    return click.option("--reason", required=True, help=f"A code, such as `{example}`.")


def acting_as(
    *roles: str,
) -> Callable[[Callable[Concatenate[Session, _Parameters], None]], Callable[..., None]]:
    """Give a command a session of a user with one of these roles, and the options that choose another one."""

    def decorate(function: Callable[Concatenate[Session, _Parameters], None]) -> Callable[..., None]:
        @click.option(
            "--home",
            type=click.Path(path_type=Path, file_okay=False),
            default=Path(".kindpakket"),
            show_default=True,
            envvar="KINDPAKKET_HOME",
            help="The network's folder.",
        )
        @click.option("--organisation", help="Act as a user of this organisation.")
        @click.option(
            "--user",
            help=f"Act as this user. Default: one with the role {' or '.join(roles) or 'that fits'}.",
        )
        @click.option("--channel", help="Default: the only channel of the connection profile.")
        @click.option("--chaincode", help="Default: the only chaincode on the channel.")
        @click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
        @functools.wraps(function)
        def command(
            home: Path,
            organisation: str | None,
            user: str | None,
            channel: str | None,
            chaincode: str | None,
            as_json: bool,
            *args: _Parameters.args,
            **kwargs: _Parameters.kwargs,
        ) -> None:
            session = Session(Home(home), organisation, user, channel, chaincode, as_json, roles)
            with _failures(home):
                try:
                    function(session, *args, **kwargs)
                finally:
                    session.close()

        return command

    return decorate


@contextmanager
def _failures(home: Path) -> Iterator[None]:
    try:
        yield
    except Refusal as refusal:
        raise Refused(f"refused: {refusal}") from refusal
    except (HomeError, CitizensError, RegisterError, PaymentFileError, ProfileError, IdentityError) as error:
        raise Wrong(str(error)) from error
    except UnknownOutcome as error:
        raise Unknown(str(error)) from error
    except GatewayError as error:
        raise Failed(_gateway_sentence(error, home)) from error
    except (FabricError, LedgerMoves) as error:
        raise Failed(str(error)) from error
    except OSError as error:
        raise Wrong(f"{error.filename or 'a file'}: {error.strerror or error}") from error


def _gateway_sentence(error: GatewayError, home: Path) -> str:
    if error.status is StatusCode.UNAVAILABLE and not error.details:
        return (
            f"the peer cannot be reached ({error.reason}): see kindpakket network status --home {home}, "
            f"and start it with kindpakket network up --home {home}"
        )
    return str(error)


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
