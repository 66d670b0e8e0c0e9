"""The calls of `hfc` (fabric-sdk-py 1.0.0, and what 0.8 and the repository's main add) on the Gateway.

A program written for hfc changes `hfc` to `fabric_gateway.hfc` in its imports, and nothing else:

    from fabric_gateway.hfc.fabric import Client

    client = Client(net_profile="network.json")
    user = client.get_user("org1.example.com", "Admin")
    client.new_channel("trade")
    result = await client.chaincode_invoke(
        user, "trade", ["peer0.org1.example.com"], ["apple"], "assets", fcn="Create", wait_for_event=True
    )

`sdk/docs/hfc.md` says call by call what is the same, what differs and what today's Fabric makes impossible.
Use `fabric_gateway`, on which these modules are built, for new programs.
"""

from fabric_gateway.hfc.version import VERSION

__all__ = ["VERSION"]
