"""The former name of `fabric_gateway.blocks`, which still works."""

from fabric_gateway.blocks import (
    policy_text,
    signature_policy_text,
)

__all__ = [
    "policy_text",
    "signature_policy_text",
]
