"""Who calls: the roles that act, the connection of one command, and how the ledger's errors end it."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec

import click

from kindpakket_cli.contract import CommandError, Failed, Refused, Unknown, Wrong, home_option, json_option
from kindpakket_cli.output import columns_of, print_json, print_table

if TYPE_CHECKING:
    from fabric_gateway import Contract, GatewayError, Network
    from kindpakket.auditor.auditor import Auditor
    from kindpakket.ledger.caller import Caller
    from kindpakket.ledger.reader import Reader
    from kindpakket.ledger.requests import RequestDesk
    from kindpakket.municipality import Municipality
    from kindpakket.shop import Shop
    from kindpakket_cli.home import Home, User

MUNICIPALITY = ("issuer", "approver", "treasurer")
READERS = (*MUNICIPALITY, "auditor")
"""Who may read what is on the ledger; the first one with a certificate in the home acts."""
AUDIT = ("auditor", *MUNICIPALITY)
"""The same for the auditor's questions, which are asked at the auditor's own peer where there is one."""
TILLS = ("cashier", "shopkeeper")
ACQUIRER = "acquirer"
SELLERS = (*TILLS, ACQUIRER)
"""Who takes payments: tills of their own shop, acquirers of those that mandated them."""
_Parameters = ParamSpec("_Parameters")


@dataclass(frozen=True, slots=True)
class Hosted:
    """The shop for which an acquirer acts, and the shop's till; None: not given."""

    shop: str | None
    till: str | None


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

    def reader(self) -> Reader:
        """Whoever may read the ledger: the municipality, a shop or the auditor."""
        from kindpakket.ledger.reader import Reader

        return Reader(self._contract(self._user())[1])

    def municipality(self, *, closing: bool = True) -> Municipality:
        """The municipality's back office.

        Args:
            closing: first close past days, as far as the user may: nobody has to remember it.
        """
        from kindpakket.municipality import Municipality

        user = self._user()
        municipality = Municipality(self._contract(user)[1])
        if closing and user.role in ("issuer", "treasurer"):
            municipality.schemes.close_past_days()
        return municipality

    def auditor(self) -> Auditor:
        """The auditor."""
        from kindpakket.auditor.auditor import Auditor

        network, contract = self._contract(self._user())
        return Auditor(contract, network)

    def shop(self, hosted: Hosted | None = None) -> Shop:
        """A shop's till.

        Args:
            hosted: the shop and till for which an acquirer acts, where one may; other users name neither.
        """
        from kindpakket.shop import Shop

        user = self._user()
        if user.role == ACQUIRER and hosted is not None:
            if not hosted.shop:
                raise Wrong(f"user {user.name} is an acquirer, who acts for several shops: give --shop")
            return Shop(self._contract(user)[1], hosted.shop, till=hosted.till)
        if hosted is not None and (hosted.shop or hosted.till):
            raise Wrong(f"user {user.name} is not an acquirer: leave out --shop and --till, or give --user")
        if not user.shop:
            raise Wrong(f"user {user.name} of {user.organisation} belongs to no shop: give --user")
        return Shop(self._contract(user)[1], user.shop)

    def ledger(self) -> tuple[Network, Contract]:
        """The channel and the chaincode on it, through the peer of whoever acts."""
        return self._contract(self._user())

    def requests(self) -> RequestDesk:
        """Whoever may settle requests whose outcome is unknown."""
        from kindpakket.ledger.requests import RequestDesk

        return RequestDesk(self.caller())

    def network(self) -> Network:
        """The channel, as the first peer of the user's organisation that answers sees it."""
        return self._contract(self._user())[0]

    def networks_by_peer(self) -> dict[str, Network]:
        """The channel as each peer of the user's organisation sees it, by the peer's name."""
        from fabric_gateway import connect

        user = self._user()
        profile = self.home.profile(user.organisation)
        channel = self.channel or self.home.channel(user.organisation)
        identity = self.home.identity(user)
        names = profile.organizations[profile.organization].peers
        return {
            name: self._open.enter_context(connect(profile, identity, peers=[name])).network(channel)
            for name in names
        }

    def caller(self) -> Caller:
        """Anybody."""
        from kindpakket.ledger.caller import Caller

        return Caller(self._contract(self._user())[1])

    @property
    def official(self) -> str:
        """The person id in the certificate of whoever acts; "" without one."""
        return self._user().attributes.get("kindpakket.person", "")

    @property
    def at_till(self) -> bool:
        """Whether a shop's user acts, or an acquirer."""
        return self._user().role in SELLERS

    def default_channel(self) -> str:
        """The channel that was named, or the only one of whoever acts."""
        return self.channel or self.home.channel(self._user().organisation)

    def close(self) -> None:
        """End the connection."""
        self._open.close()

    def answer(
        self, value: Any, columns: Mapping[str, Callable[[Any], object]] | None = None, *, title: str = ""
    ) -> None:
        """Print an answer.

        Args:
            value: one record, or several as a list.
            columns: for people: headings, and how to read a cell of a record; default: a row for each member.
            title: heading of the table.
        """
        if self.as_json:
            print_json(value)
        elif columns is None:
            print_table(("", ""), [(name, _text(member)) for name, member in value.items()], title)
        else:
            print_table(tuple(columns), columns_of(value, columns), title)

    def _user(self) -> User:
        return self.home.user(self.roles, organisation=self.organisation, name=self.user)

    def _contract(self, user: User) -> tuple[Network, Contract]:
        from fabric_gateway import connect

        profile = self.home.profile(user.organisation)
        channel = self.channel or self.home.channel(user.organisation)
        chaincode = self.chaincode or self.home.chaincode(channel)
        gateway = self._open.enter_context(connect(profile, self.home.identity(user)))
        network = gateway.network(channel)
        return network, network.contract(chaincode)


def hosting(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options by which an acquirer says for whom it acts, as one parameter `hosted`."""

    @click.option("--shop", help="As an acquirer: the shop.")
    @click.option("--till", help="As an acquirer: the shop's till, a code that the ledger records.")
    @functools.wraps(command)
    def hosted(*args: Any, shop: str | None, till: str | None, **kwargs: Any) -> None:
        command(*args, hosted=Hosted(shop, till), **kwargs)

    return hosted


def because(example: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the option that says why."""
    return click.option("--reason", required=True, help=f"Why: a code, such as `{example}`.")


def acting_as(
    *roles: str,
) -> Callable[[Callable[Concatenate[Session, _Parameters], None]], Callable[..., None]]:
    """Give a command a session of a user with one of these roles, and the options that choose another one."""

    def decorate(function: Callable[Concatenate[Session, _Parameters], None]) -> Callable[..., None]:
        @home_option
        @click.option("--organisation", help="Act as a user of this organisation.")
        @click.option("--user", help=f"Act as this user.  [default: {_default_user(roles)}]")
        @click.option("--channel", help="The channel.  [default: the only one of the connection profile]")
        @click.option("--chaincode", help="The chaincode.  [default: the only one on the channel]")
        @json_option
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
            with _failures(home):
                from kindpakket_cli.home import Home

                session = Session(Home(home), organisation, user, channel, chaincode, as_json, roles)
                try:
                    function(session, *args, **kwargs)
                finally:
                    session.close()

        return command

    return decorate


def _default_user(roles: Sequence[str]) -> str:
    return f"the first one with the role {' or '.join(roles)}" if roles else "the first one"


@contextmanager
def _failures(home: Path) -> Iterator[None]:
    try:
        yield
    except (click.ClickException, click.exceptions.Exit, click.Abort):
        raise
    except OSError as error:
        raise Wrong(f"{error.filename or 'a file'}: {error.strerror or error}") from error
    except Exception as error:
        ending = _ending(error, home)
        if ending is None:
            raise
        raise ending from error


def _ending(error: Exception, home: Path) -> CommandError | None:
    """How an error ends the command; None for what is a fault of this program."""
    from fabric_gateway import FabricError, GatewayError, IdentityError, ProfileError, UnknownOutcome
    from kindpakket.auditor.auditor import LedgerMoves
    from kindpakket.extras import MissingExtra
    from kindpakket.ledger.refusals import Refusal
    from kindpakket_cli.home import HomeError

    if isinstance(error, Refusal):
        return Refused(f"refused: {error}", error.code)
    if isinstance(error, _refusals_of_mailings()):
        return Refused(str(error))
    if isinstance(error, GatewayError):
        if error.identity_refused or error.identity_expired:
            return Refused(str(error), "IDENTITY_REFUSED")
        return Refused(str(error), "FORBIDDEN") if error.forbidden else Failed(_gateway_sentence(error, home))
    endings: list[tuple[tuple[type[Exception], ...], Callable[[str], CommandError]]] = [
        ((HomeError, ProfileError, IdentityError), functools.partial(Wrong, code="HOME")),
        (_audit_errors(), functools.partial(Wrong, code="FILE")),
        ((MissingExtra,), functools.partial(Wrong, code="MISSING_EXTRA")),
        ((UnknownOutcome,), Unknown),
        ((FabricError, LedgerMoves), Failed),
        (_file_errors(), functools.partial(Wrong, code="FILE")),
        (_view_errors("LedgerMismatch"), Refused),
        (_view_errors("ViewError"), functools.partial(Wrong, code="FILE")),
    ]
    return next((ending(str(error)) for kinds, ending in endings if isinstance(error, kinds)), None)


def _file_errors() -> tuple[type[Exception], ...]:
    """The errors about the back office's files, as far as its modules are in use."""
    names = {
        "bank.errors": "BankFileError",
        "bank.statements": "ConflictingStatements",
        "booking.deciding": "NotDecidable",
        "booking.taking": "UnusableFiles",
        "citizens": "CitizensError",
        "intake.mapping": "MappingError",
        "letters.journal": "RunError",
        "letters.yaml_file": "TemplateError",
        "mailing.addresses": "AddressFileError",
        "payout.release": "PathTaken",
        "payout.settings": "SettingsError",
        "register": "RegisterError",
        "sepa": "PaymentFileError",
    }
    modules = {name: sys.modules.get(f"kindpakket.backoffice.{name}") for name in names}
    return tuple(getattr(module, names[name]) for name, module in modules.items() if module is not None)


def _audit_errors() -> tuple[type[Exception], ...]:
    """The errors about the files of an audit, as far as its modules are in use."""
    names = {
        "kindpakket.auditor.copies": ("BundleError",),
        "kindpakket.auditor.state": ("StateError",),
        "fabric_gateway.verification": ("BlockFileError", "NoteError"),
    }
    modules = [(sys.modules.get(module), errors) for module, errors in names.items()]
    return tuple(getattr(module, name) for module, errors in modules if module is not None for name in errors)


def _refusals_of_mailings() -> tuple[type[Exception], ...]:
    """The error that refuses to print letters, if letters are in use."""
    module = sys.modules.get("kindpakket.backoffice.mailing.errors")
    return () if module is None else (module.MailingError,)


def _view_errors(name: str) -> tuple[type[Exception], ...]:
    """An error of the ledger view, if it is in use."""
    module = sys.modules.get("kindpakket.ledgerview.errors")
    return () if module is None else (getattr(module, name),)


def _gateway_sentence(error: GatewayError, home: Path) -> str:
    from grpc import StatusCode

    if error.status is StatusCode.UNAVAILABLE and not error.details:
        return (
            f"the peer cannot be reached ({error.reason}): see kindpakket network status --home {home}, "
            f"and start it with kindpakket network up --home {home}"
        )
    return str(error)


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
