"""The former name of `kindpakket.fabric.identity.pkcs11`, which still works."""

from kindpakket.fabric.identity.pkcs11 import (
    Pkcs11Signer,
)

__all__ = [
    "Pkcs11Signer",
]
