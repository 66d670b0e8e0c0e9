"""Optional packages, which extras of the distribution `kindpakket` install."""

from __future__ import annotations

from contextlib import AbstractContextManager

from fabric_gateway.extras import MissingExtra
from fabric_gateway.extras import extra as extra_of
from fabric_gateway.extras import missing as missing_of

__all__ = ["MissingExtra", "extra", "missing"]

_DISTRIBUTION = "kindpakket"
_OWN = ("fabric_gateway", "kindpakket", "kindpakket_cli", "kindpakket_network")


def missing(name: str, error: ModuleNotFoundError) -> MissingExtra:
    """The error to raise instead of Python's own, as `fabric_gateway.extras.missing` describes it."""
    return missing_of(name, error, _DISTRIBUTION)


def extra(name: str) -> AbstractContextManager[None]:
    """Import optional packages in this context, as `fabric_gateway.extras.extra` describes it.

    Raises:
        MissingExtra: one is not installed.
    """
    return extra_of(name, _DISTRIBUTION, _OWN)
