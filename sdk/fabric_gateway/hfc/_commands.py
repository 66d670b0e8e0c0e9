"""What replaces the calls that deploy chaincodes and configure channels: the commands, for the messages."""

from __future__ import annotations

from typing import NoReturn

from fabric_gateway.hfc.errors import Impossible

_NO_LSCC = "Fabric 1's lifecycle of chaincodes, which Fabric 3 does not have"
_NO_SYSTEM_CHANNEL = "the orderers' system channel, which Fabric 3 does not have"
_SAME_TOOL = "`kindpakket network deploy`"

REASONS = {
    "package": (
        "a package of the new lifecycle is made by a tool",
        "`peer lifecycle chaincode package`",
        _SAME_TOOL,
    ),
    "install": (
        f"it uses {_NO_LSCC}",
        "`peer lifecycle chaincode package` and `peer lifecycle chaincode install`",
        _SAME_TOOL,
    ),
    "instantiate": (
        f"it uses {_NO_LSCC}",
        "`peer lifecycle chaincode approveformyorg` and `peer lifecycle chaincode commit`",
        _SAME_TOOL,
    ),
    "upgrade": (
        f"it uses {_NO_LSCC}",
        "`peer lifecycle chaincode approveformyorg` and `peer lifecycle chaincode commit` with the next "
        "--sequence",
        _SAME_TOOL,
    ),
    "approve": (
        "deploying is an operator's work",
        "`peer lifecycle chaincode approveformyorg`",
        _SAME_TOOL,
    ),
    "commit": (
        "deploying is an operator's work",
        "`peer lifecycle chaincode commit`",
        _SAME_TOOL,
    ),
    "create": (
        f"it uses {_NO_SYSTEM_CHANNEL}",
        "`configtxgen -outputBlock` and `osnadmin channel join`",
        "`kindpakket network up`",
    ),
    "update": (
        "a change of a channel is made, shown and signed by operators",
        "`configtxlator compute_update`, `peer channel signconfigtx` and `peer channel update`",
        "`kindpakket network channel propose`, `sign` and `submit`",
    ),
}
"""For each kind of call: why it is refused, the commands of Fabric that replace it, and this project's."""


def refuse(call: str, kind: str) -> NoReturn:
    """Refuse a call, and name the commands that replace it.

    Raises:
        Impossible: always.
    """
    why, fabric, ours = REASONS[kind]
    raise Impossible(
        f"{call} is not possible here: {why}. Run {fabric}, or {ours} for a network of this tool"
    )
