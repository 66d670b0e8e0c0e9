"""Who speaks: certificates, keys, signatures, MSP folders."""

from kindpakket.fabric.identity.hashes import (
    Hash,
)
from kindpakket.fabric.identity.identity import (
    Identity,
    Signer,
    verify,
)
from kindpakket.fabric.identity.keys import (
    KeyAlgorithm,
    key_pem,
    load_key,
    make_key,
)
from kindpakket.fabric.identity.msp import (
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
