"""The register of persons that commands use: where it is, where its key is, and who opens it why."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kindpakket_cli.contract import Wrong
from kindpakket_cli.output import note

if TYPE_CHECKING:
    from kindpakket.backoffice.register import Register
    from kindpakket_cli.session import Session

_KEYS = "register-keys"
"""The home's folder for the keys of registers."""
activities_option = click.option(
    "--activities",
    default="urn:kindpakket:processing:",
    show_default=True,
    help="The address of the municipality's register of processing activities, to which codes are added.",
)
"""The option of commands that print the log of look-ups as Logboek Dataverwerkingen has it."""


@dataclass(frozen=True, slots=True)
class RegisterPlace:
    """What was said about the register.

    Attributes:
        where: the path of an SQLite file, or the URL of a PostgreSQL database.
        key: its key file; None: the one that it remembers, or a new one in the home.
        may_be_new: whether it is made if it does not exist.
    """

    where: str
    key: Path | None
    may_be_new: bool

    @property
    def exists(self) -> bool:
        """Whether there is one, as far as can be seen without opening it."""
        return "://" in self.where or Path(self.where).is_file()

    @contextmanager
    def open(self, session: Session, activity: str, reason: str) -> Iterator[Register]:
        """Open the register for whoever acts, and tell them what was done to it.

        Args:
            session: the command's session.
            activity: code of the processing activity, for the log.
            reason: why, for the log.

        Raises:
            Wrong: there is no such file.
            RegisterError: the register cannot be used.
        """
        from kindpakket.backoffice.register import Purpose, Register

        if not self.may_be_new and not self.exists:
            raise Wrong(f"there is no register {self.where}: give the one that vouchers were issued from")
        purpose = Purpose(activity, reason, session.official)
        keys = session.home.root / _KEYS
        with Register(self.where, key=self.key, keys=keys, purpose=purpose) as register:
            for notice in register.notices:
                note(notice)
            yield register


def register_options(
    *, may_be_new: bool = False, required: bool = True
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options that name the register, as one parameter `place`.

    Args:
        may_be_new: the register is made if it does not exist.
        required: the command cannot do without; else `place` is None when no register is named.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        new = "; created if it does not exist" if may_be_new else ""

        @click.option(
            "--register",
            "where",
            required=required,
            envvar="KINDPAKKET_REGISTER",
            show_envvar=True,
            metavar="FILE|URL",
            help=f"The municipality's register, an SQLite file or the URL of a PostgreSQL database{new}.",
        )
        @click.option(
            "--register-key",
            "key",
            type=click.Path(dir_okay=False, path_type=Path),
            envvar="KINDPAKKET_REGISTER_KEY",
            show_envvar=True,
            help="The register's key file.  [default: where it was, at first a file in the home]",
        )
        @functools.wraps(command)
        def located(*args: Any, where: str | None, key: Path | None, **kwargs: Any) -> None:
            place = None if where is None else RegisterPlace(where, key, may_be_new)
            command(*args, place=place, **kwargs)

        return located

    return decorate
