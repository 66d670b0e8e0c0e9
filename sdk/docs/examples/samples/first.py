"""The first transactions on fabric-samples' test-network.

Run it with the folder `test-network/organizations`.
"""

import json
import sys
from pathlib import Path
from uuid import uuid4

from fabric_gateway import EndorseError, Identity, Profile, connect

# --8<-- [start:connect]
org1 = Path(sys.argv[1]) / "peerOrganizations/org1.example.com"
profile = Profile.load(org1 / "connection-org1.json")
identity = Identity.from_msp(org1 / "users/User1@org1.example.com/msp", profile.mspid)

with connect(profile, identity) as gateway:
    contract = gateway.network("mychannel").contract("basic")
    # --8<-- [end:connect]

    # --8<-- [start:transactions]
    contract.submit("InitLedger")
    print("assets:", len(json.loads(contract.evaluate("GetAllAssets"))))

    asset = f"asset-{uuid4()}"
    contract.submit("CreateAsset", asset, "yellow", "5", "Tom", "1300")
    print("created:", json.loads(contract.evaluate("ReadAsset", asset))["Owner"])

    submitted = contract.submit_async("TransferAsset", asset, "Saptha")
    print("the owner was:", submitted.result.decode())
    print("the transfer is", submitted.status().code)

    try:
        contract.submit("UpdateAsset", "asset70", "blue", "5", "Tomoko", "300")
    except EndorseError as error:
        print("refused:", error.chaincode_message)
    # --8<-- [end:transactions]

    contract.submit("DeleteAsset", asset)
