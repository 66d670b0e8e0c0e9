"""What the tests of `fabric_gateway.hfc` share: a scripted chaincode, and names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fabric_gateway.hfc.fabric import Client
from fabric_gateway.hfc.fabric.user import User
from fabric_gateway.testing import ChaincodeRefusal, Invocation, MemoryGateway

CHANNEL = "channel"
CHAINCODE = "assets"
PEER = "peer0.org1"
OTHER_PEER = "peer1.org1"


def assets(call: Invocation) -> str | bytes:
    """The scripted chaincode of these tests."""
    text = [argument.decode(errors="replace") for argument in call.arguments]
    if call.name == "Create":
        call.put(text[0], text[1])
        call.emit("created", text[0])
        return text[1]
    if call.name == "Read":
        found = call.get(text[0])
        if found is None:
            raise ChaincodeRefusal(f"asset {text[0]} does not exist")
        return found
    if call.name == "Secret":
        return call.transient["secret"]
    if call.name in {"invoke", "query"}:
        return f"{call.name}:{','.join(text)}"
    raise ChaincodeRefusal(f"there is no function {call.name}")


@dataclass(frozen=True)
class Place:
    """The gateway in memory, a client of two peers that are both this gateway, and a user."""

    memory: MemoryGateway
    client: Client
    user: User
    profile: Path
