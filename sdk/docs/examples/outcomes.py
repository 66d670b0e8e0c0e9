"""What can come out of a submit, and what to do then."""

from grpc import StatusCode

from fabric_gateway import (
    CommitError,
    CommitStatusError,
    Contract,
    Deadlines,
    EndorseError,
    Network,
    SubmitError,
    UnknownOutcome,
)
from fabric_gateway.testing import ChaincodeRefusal, Invocation, MemoryGateway


# --8<-- [start:pay]
def pay(network: Network, contract: Contract, cents: int) -> str:
    """Pay, and say for certain what became of it."""
    try:
        contract.submit("Pay", str(cents))
    except EndorseError as error:
        return f"not paid: {error.chaincode_message or error.reason}"
    except SubmitError as error:
        return f"not paid, the orderers refused: {error.reason}"
    except CommitError as error:
        return f"not paid, the transaction is invalid: {error.code}"
    except UnknownOutcome as unknown:
        return settle(network, unknown)
    return "paid"


def settle(network: Network, unknown: UnknownOutcome) -> str:
    """Ask what became of it, and else offer the same transaction again; the ledger counts it once."""
    try:
        status = network.commit(unknown.transaction_id).status(timeout=1)
    except CommitStatusError:
        status = network.transaction_from(unknown.envelope).submit().status()
    return f"paid, known late: {status.code}" if status.successful else f"not paid: {status.code}"


# --8<-- [end:pay]


def purse(call: Invocation) -> None:
    """Stands for the chaincode: a purse with 100 cents."""
    left = int(call.get("left") or 100) - int(call.arguments[0])
    if left < 0:
        raise ChaincodeRefusal("NOT_ENOUGH: too little is left")
    call.put("left", str(left))


QUICK = Deadlines(submit=0.3, resolve=1, commit_status=1)

with MemoryGateway({"purse": purse}) as memory, memory.connect(deadlines=QUICK) as gateway:
    network = gateway.network("channel")
    contract = network.contract("purse")

    print("as it should be:", pay(network, contract, 10))
    print("too much:", pay(network, contract, 1000))

    memory.fail("Submit", StatusCode.UNAVAILABLE, "connection lost", after=True)
    print("the answer was lost:", pay(network, contract, 10))

    memory.invalidate("ENDORSEMENT_POLICY_FAILURE")
    print("the peers find it invalid:", pay(network, contract, 10))

    memory.hang("Submit", times=50)  # no peer answers for a while
    memory.hang("CommitStatus", times=50)
    try:
        contract.submit("Pay", "10")
    except UnknownOutcome as unknown:
        print("nobody answers: not known yet")
        memory.forget_faults()  # later
        print("later:", settle(network, unknown))

    print("left:", (memory.get("left") or b"").decode())
