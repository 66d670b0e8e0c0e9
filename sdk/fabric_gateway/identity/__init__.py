"""Identities: certificates, keys, signatures, MSP folders."""

from fabric_gateway.identity._certificates import (
    load_certificate,
)
from fabric_gateway.identity._hashes import (
    Hash,
)
from fabric_gateway.identity._identity import (
    Identity,
    Signer,
    verify,
)
from fabric_gateway.identity._keys import (
    KeyAlgorithm,
    key_pem,
    load_key,
    make_key,
)
from fabric_gateway.identity._msp import (
    Msp,
)
from fabric_gateway.identity._signer_key import (
    KeyHolder,
)

__all__ = [
    "Hash",
    "Identity",
    "KeyAlgorithm",
    "KeyHolder",
    "Msp",
    "Signer",
    "key_pem",
    "load_certificate",
    "load_key",
    "make_key",
    "verify",
]
