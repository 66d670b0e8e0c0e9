"""Two transactions that read the same key: one of them comes too late."""

from fabric_gateway import CommitError
from fabric_gateway.testing import Invocation, MemoryGateway


def counter(call: Invocation) -> str:
    """Stands for the chaincode."""
    value = int(call.get("count") or 0) + 1
    call.put("count", str(value))
    return str(value)


with MemoryGateway({"counter": counter}) as memory, memory.connect() as gateway:
    contract = gateway.network("channel").contract("counter")

    first = contract.proposal("Add").endorse()
    second = contract.proposal("Add").endorse()  # read the same count
    print("first:", first.submit().status().code)
    print("second:", second.submit().status().code)

    for attempt in range(1, 4):
        try:
            answer = contract.submit("Add")
        except CommitError as error:
            if not error.code.endswith("_READ_CONFLICT"):
                raise
        else:
            print(f"attempt {attempt}: the count is {answer.decode()}")
            break
