"""The peer of Org2, by address: without a connection profile.

Run it with the folder `test-network/organizations`, and `localhost:9051`.
"""

import sys
from pathlib import Path

from fabric_gateway import Identity, connect

# --8<-- [start:connect]
org2 = Path(sys.argv[1]) / "peerOrganizations/org2.example.com"
with connect(
    endpoint=sys.argv[2],  # localhost:9051
    identity=Identity.from_msp(org2 / "users/User1@org2.example.com/msp", "Org2MSP"),
    tls_root=org2 / "tlsca/tlsca.org2.example.com-cert.pem",
    server_name="peer0.org2.example.com",
) as gateway:
    print(gateway.identity.mspid, "is on", *gateway.channels())
# --8<-- [end:connect]
