"""The former name of `fabric_gateway.identity.pkcs11`, which still works."""

from fabric_gateway.identity.pkcs11 import (
    Pkcs11Signer,
)

__all__ = [
    "Pkcs11Signer",
]
