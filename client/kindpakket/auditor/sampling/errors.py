"""The error of what cannot be sampled."""

from __future__ import annotations


class SamplingError(ValueError):
    """A sample cannot be planned, drawn or evaluated as asked."""
