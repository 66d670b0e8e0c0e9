"""Identities: certificates, keys, signatures, MSP folders."""

from kindpakket.fabric.identity._hashes import (
    Hash,
)
from kindpakket.fabric.identity._identity import (
    Identity,
    Signer,
    verify,
)
from kindpakket.fabric.identity._keys import (
    KeyAlgorithm,
    key_pem,
    load_key,
    make_key,
)
from kindpakket.fabric.identity._msp import (
    Msp,
)

__all__ = [
    "Hash",
    "Identity",
    "KeyAlgorithm",
    "Msp",
    "Signer",
    "key_pem",
    "load_key",
    "make_key",
    "verify",
]
