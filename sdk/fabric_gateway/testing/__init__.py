"""A Gateway service in memory, to test programs against: a real gRPC server, a scripted chaincode, no Fabric.

    def counter(call: Invocation) -> str:
        if call.name != "Increment":
            raise ChaincodeRefusal(f"there is no function {call.name}")
        value = int(call.get("count") or 0) + 1
        call.put("count", str(value))
        return str(value)

    with MemoryGateway({"counter": counter}) as memory, memory.connect() as gateway:
        assert gateway.network("channel").contract("counter").submit("Increment") == b"1"

Signatures, read conflicts, duplicate transactions, blocks and their hashes are as in Fabric. There is one
peer, or several with `MemoryGateway.replica`; policies are not checked. `MemoryGateway.fail` and its
counterparts inject faults.
"""

from fabric_gateway.testing._faults import StepName
from fabric_gateway.testing._gateway import MemoryGateway, make_enrolment, make_identity
from fabric_gateway.testing._invocation import Chaincode, ChaincodeRefusal, Invocation

__all__ = [
    "Chaincode",
    "ChaincodeRefusal",
    "Invocation",
    "MemoryGateway",
    "StepName",
    "make_enrolment",
    "make_identity",
]
