"""What is raised when a view cannot be used."""

from __future__ import annotations


class ViewError(Exception):
    """The view cannot be used or brought up to date; the message says why and what to do."""


class LedgerMismatch(ViewError):
    """The peer's blocks are damaged, or not those that the view was made of. The view was left as it was."""
