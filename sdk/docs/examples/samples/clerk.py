"""A user of your own, from Org1's certificate authority (the network was started with -ca).

Run it with the folder `test-network/organizations`.
"""

import sys
from pathlib import Path

from fabric_gateway import Profile, connect
from fabric_gateway.ca import CaClient

# --8<-- [start:enrol]
org1 = Path(sys.argv[1]) / "peerOrganizations/org1.example.com"
profile = Profile.load(org1 / "connection-org1.json")

with CaClient.from_profile(profile) as authority:
    registrar = authority.enrol("admin", "adminpw")
    secret = authority.register(registrar, "clerk")
    clerk = authority.enrol("clerk", secret)
    clerk.save("wallet/clerk")
# --8<-- [end:enrol]

with connect(profile, clerk.identity(profile.mspid)) as gateway:
    print(clerk.name, "sees", gateway.network("mychannel").contract("basic").evaluate("GetAllAssets")[:1])
