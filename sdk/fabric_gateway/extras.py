"""Optional packages, which extras of the distribution install, and the error when one is missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

__all__ = ["MissingExtra", "extra", "missing"]

DISTRIBUTION = "fabric-gateway"


class MissingExtra(ImportError):
    """An optional package is not installed; the message says how to install it."""


def missing(name: str, error: ModuleNotFoundError, distribution: str = DISTRIBUTION) -> MissingExtra:
    """The error to raise instead of Python's own.

    Args:
        name: the extra, such as `sql`.
        error: what Python said about the package.
        distribution: whose extra it is.
    """
    package = (error.name or str(error)).partition(".")[0]
    return MissingExtra(
        f"the package {package} is not installed: run pip install '{distribution}[{name}]'",
        name=error.name,
    )


@contextmanager
def extra(
    name: str, distribution: str = DISTRIBUTION, own: Sequence[str] = ("fabric_gateway",)
) -> Iterator[None]:
    """Import optional packages in this context.

        with extra("sql"):
            import sqlalchemy

    Args:
        name: the extra that installs them.
        distribution: whose extra it is.
        own: the packages of the distribution itself; if one of these is missing, Python's own error stays.

    Raises:
        MissingExtra: one is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in own:
            raise
        raise missing(name, error, distribution) from error
