"""The former name of `kindpakket.fabric.blocks`, which still works."""

from kindpakket.fabric.blocks import (
    policy_text,
    signature_policy_text,
)

__all__ = [
    "policy_text",
    "signature_policy_text",
]
