"""A submit with its errors, as a program that was ported from another SDK has it."""

from fabric_gateway import Contract, Deadlines, FabricError, UnknownOutcome
from fabric_gateway.testing import Invocation, MemoryGateway


def purse(call: Invocation) -> None:
    """Stands for the chaincode."""
    call.put("paid", call.arguments[0])


kept: list[UnknownOutcome] = []


def pay(contract: Contract) -> str:
    """Pay, and say what became of it."""
    # --8<-- [start:submit]
    try:
        result = contract.submit("Pay", "30")
    except UnknownOutcome as unknown:  # it was looked for already: keep it, and look again later
        kept.append(unknown)
    except FabricError as error:  # not paid
        return f"not paid: {error}"
    else:
        return f"paid {result.decode()}"
    # --8<-- [end:submit]
    return "not known yet"


QUICK = Deadlines(submit=0.3, resolve=0.5, commit_status=0.5)

with MemoryGateway({"purse": purse}) as memory, memory.connect(deadlines=QUICK) as gateway:
    contract = gateway.network("channel").contract("purse")
    memory.hang("Submit", times=50, after=True)
    memory.hang("CommitStatus", times=50)
    print(pay(contract))

    memory.forget_faults()
    print("later:", gateway.network("channel").commit(kept[0].transaction_id).status().code)
