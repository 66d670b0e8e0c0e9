"""The error of what cannot be reported on."""

from __future__ import annotations


class LegalityError(ValueError):
    """A period, a setting or a file that a report cannot be made of."""
