"""Optional packages, which extras of the distribution install, and the error when one is missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["MissingExtra", "extra", "missing"]

_OWN = ("kindpakket", "kindpakket_cli", "kindpakket_network")


class MissingExtra(ImportError):
    """An optional package is not installed; the message says how to install it."""


def missing(name: str, error: ModuleNotFoundError) -> MissingExtra:
    """The error to raise instead of Python's own.

    Args:
        name: the extra, such as `sql`.
        error: what Python said about the package.
    """
    package = (error.name or str(error)).partition(".")[0]
    return MissingExtra(
        f"the package {package} is not installed: run pip install 'kindpakket[{name}]'", name=error.name
    )


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Import optional packages in this context.

        with extra("sql"):
            import sqlalchemy

    Args:
        name: the extra that installs them.

    Raises:
        MissingExtra: one is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in _OWN:
            raise
        raise missing(name, error) from error
