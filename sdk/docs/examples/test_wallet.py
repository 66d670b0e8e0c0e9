"""Tests of a program that uses Fabric: what it does when all is well, and when not."""

from collections.abc import Iterator
from contextlib import contextmanager

from grpc import StatusCode

from fabric_gateway import CommitError, Contract, Deadlines, EndorseError
from fabric_gateway.testing import ChaincodeRefusal, Invocation, MemoryGateway, make_identity


# --8<-- [start:program]
def withdraw(contract: Contract, cents: int) -> str:
    """The program that is tested."""
    for _ in range(3):
        try:
            return contract.submit("Withdraw", str(cents)).decode()
        except CommitError as error:
            if not error.code.endswith("_READ_CONFLICT"):
                raise
        except EndorseError as error:
            return error.chaincode_message or "the ledger cannot be reached"
    return "too busy"


# --8<-- [end:program]


# --8<-- [start:chaincode]
def wallet(call: Invocation) -> str:
    """Stands for the chaincode."""
    if call.mspid != "BankMSP":
        raise ChaincodeRefusal("NOT_ALLOWED: only the bank")
    left = int(call.get("left") or 100) - int(call.arguments[0])
    call.put("left", str(left))
    call.emit("Withdrawn", call.arguments[0])
    return str(left)


@contextmanager
def opened(mspid: str = "BankMSP") -> Iterator[tuple[MemoryGateway, Contract]]:
    quick = Deadlines(endorse=0.5, submit=0.5, resolve=2, commit_status=2)
    with (
        MemoryGateway({"wallet": wallet}) as memory,
        memory.connect(make_identity(mspid), deadlines=quick) as gateway,
    ):
        yield memory, gateway.network("channel").contract("wallet")


# --8<-- [end:chaincode]


# --8<-- [start:tests]
def test_withdraws() -> None:
    with opened() as (memory, contract):
        assert withdraw(contract, 30) == "70"
        assert memory.get("left") == b"70"


def test_others_may_not() -> None:
    with opened("ShopMSP") as (memory, contract):
        assert withdraw(contract, 30) == "NOT_ALLOWED: only the bank"
        assert "Submit" not in memory.calls


def test_says_when_no_peer_answers() -> None:
    with opened() as (memory, contract):
        memory.fail("Endorse", StatusCode.UNAVAILABLE, "connection refused", times=100)
        assert withdraw(contract, 30) == "the ledger cannot be reached"


def test_pays_once_when_an_answer_is_lost() -> None:
    with opened() as (memory, contract):
        memory.fail("Submit", StatusCode.UNAVAILABLE, after=True)
        assert withdraw(contract, 30) == "70"
        assert memory.get("left") == b"70"


def test_tries_again_after_a_conflict() -> None:
    with opened() as (memory, contract):
        memory.invalidate("MVCC_READ_CONFLICT")
        assert withdraw(contract, 30) == "70"
        assert memory.calls.count("Endorse") == 2


# --8<-- [end:tests]

if __name__ == "__main__":  # pytest finds the tests by itself
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            test()
            print(name, "passed")
