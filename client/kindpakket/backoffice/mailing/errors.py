"""What keeps letters from being printed."""

from __future__ import annotations


class MailingError(ValueError):
    """Letters cannot be printed as was asked; the message says why and what to do, and names nobody."""
