"""A key in a hardware module: it signs there, and never leaves it."""

import os
import sys
from pathlib import Path

from fabric_gateway import Identity, connect
from fabric_gateway.identity.pkcs11 import Pkcs11Signer

profile, certificate, request = sys.argv[1:]

# --8<-- [start:token]
with Pkcs11Signer(
    "/usr/lib/softhsm/libsofthsm2.so", "fabric", os.environ["PIN"], key_label="treasurer"
) as key:
    identity = Identity("Org1MSP", Path(certificate).read_bytes(), key)
    with connect(profile, identity) as gateway:
        contract = gateway.network("mychannel").contract("basic")
        contract.submit("settlement:Approve", request)
# --8<-- [end:token]
