"""The former place of `kindpakket.fabric.identity.pkcs11`, whose names it has."""

from kindpakket.fabric.identity.pkcs11 import (
    Pkcs11Signer,
)

__all__ = [
    "Pkcs11Signer",
]
