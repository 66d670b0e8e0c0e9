"""The first program: a counter on a ledger."""

from fabric_gateway import EndorseError
from fabric_gateway.testing import ChaincodeRefusal, Invocation, MemoryGateway


def counter(call: Invocation) -> str:
    """Stands for the chaincode, which in Fabric is a program of its own."""
    value = int(call.get("count") or 0)
    if call.name == "Read":
        return str(value)
    if call.name == "Add":
        step = int(call.arguments[0])
        if step < 1:
            raise ChaincodeRefusal(f"STEP_TOO_SMALL: {step} is below 1")
        call.put("count", str(value + step))
        return str(value + step)
    raise ChaincodeRefusal(f"NO_SUCH_FUNCTION: {call.name}")


with MemoryGateway({"counter": counter}) as memory, memory.connect() as gateway:
    contract = gateway.network("channel").contract("counter")

    print("submitted:", contract.submit("Add", "5"))
    print("evaluated:", contract.evaluate("Read"))

    try:
        contract.submit("Add", "0")
    except EndorseError as error:
        print("refused:", error.chaincode_message)
