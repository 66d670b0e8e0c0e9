"""The former place of `kindpakket.fabric.blocks`, whose names it has."""

from kindpakket.fabric.blocks import (
    policy_text,
    signature_policy_text,
)

__all__ = [
    "policy_text",
    "signature_policy_text",
]
