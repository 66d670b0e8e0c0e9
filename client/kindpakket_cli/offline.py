"""Commands on files alone: without a home, a user or a network."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

from kindpakket_cli.contract import Wrong, json_option

FILES = ("as_json",)
"""The option that groups of such commands share."""
_ERRORS = {
    "kindpakket.backoffice.bank.errors": "BankFileError",
    "kindpakket.backoffice.bank.statements": "ConflictingStatements",
    "kindpakket.backoffice.books.errors": "BooksError",
    "kindpakket.backoffice.mistakes": "FileError",
    "kindpakket.backoffice.intake.mapping": "MappingError",
    "kindpakket.backoffice.intake.table": "TableError",
    "kindpakket.backoffice.letters.yaml_file": "TemplateError",
    "kindpakket.ledgerview.errors": "ViewError",
}


def offline(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command `--json`, and end it with a sentence when a file cannot be used."""

    @json_option
    @functools.wraps(function)
    def command(*args: Any, **kwargs: Any) -> None:
        from kindpakket.extras import MissingExtra

        try:
            function(*args, **kwargs)
        except OSError as error:
            raise Wrong(_sentence(error), "FILE") from error
        except MissingExtra as error:
            raise Wrong(str(error), "MISSING_EXTRA") from error
        except Exception as error:
            if not isinstance(error, _file_errors()):
                raise
            raise Wrong(str(error), "FILE") from error

    return command


def _sentence(error: OSError) -> str:
    return f"{error.filename or 'a file'}: {error.strerror}" if error.strerror else str(error)


def _file_errors() -> tuple[type[Exception], ...]:
    """The errors about files, as far as their modules are in use."""
    modules = {name: sys.modules.get(name) for name in _ERRORS}
    return tuple(getattr(module, _ERRORS[name]) for name, module in modules.items() if module is not None)
