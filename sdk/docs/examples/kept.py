"""Requests that outlive the process that made them."""

from pathlib import Path

from fabric_gateway import Deadlines, Outbox, UnknownOutcome
from fabric_gateway.testing import Invocation, MemoryGateway


def purse(call: Invocation) -> str:
    """Stands for the chaincode."""
    left = int(call.get("left") or 100) - int(call.arguments[0])
    call.put("left", str(left))
    return str(left)


FILE = Path("outbox.db")
QUICK = Deadlines(submit=0.3, resolve=0.5, commit_status=0.5)

with MemoryGateway({"purse": purse}) as memory:
    # --8<-- [start:submit]
    with Outbox(FILE) as outbox, memory.connect(deadlines=QUICK) as gateway:
        contract = gateway.network("channel").contract("purse")
        print("left:", outbox.submit(contract, "order 1", "Pay", "30").decode())
        print("the same again:", outbox.submit(contract, "order 1", "Pay", "30").decode())
        # --8<-- [end:submit]

        memory.hang("Submit", times=50, after=True)  # it is ordered, and nobody tells
        memory.hang("CommitStatus", times=50)
        try:
            outbox.submit(contract, "order 2", "Pay", "30")
        except UnknownOutcome:
            print("order 2: not known yet; the process ends here")

    memory.forget_faults()

    # --8<-- [start:resume]
    with Outbox(FILE) as outbox, memory.connect() as gateway:  # another process, later
        for resumed in outbox.resume(gateway):
            print(f"{resumed.entry.request_id}: {resumed.error or 'valid'}")
        print("unfinished:", len(outbox.pending()))
    # --8<-- [end:resume]

    print("left:", (memory.get("left") or b"").decode())
