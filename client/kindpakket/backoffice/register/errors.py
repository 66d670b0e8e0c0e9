"""What is raised when the register cannot be used."""

from __future__ import annotations


class RegisterError(Exception):
    """The register cannot be used; the message says why."""
