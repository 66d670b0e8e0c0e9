"""Many transactions, some at once, and what became of each."""

from fabric_gateway import Progress, Submission
from fabric_gateway.testing import ChaincodeRefusal, Invocation, MemoryGateway


def books(call: Invocation) -> None:
    """Stands for the chaincode."""
    (title,) = (argument.decode() for argument in call.arguments)
    if title == "Reynard":
        raise ChaincodeRefusal("TAKEN: Reynard is there already")
    call.put(title, "new")


with MemoryGateway({"books": books}) as memory, memory.connect() as gateway:
    contract = gateway.network("channel").contract("books")
    titles = ["Beatrice", "Reynard", "Elckerlijc"]
    reports: list[Progress] = []

    # --8<-- [start:bulk]
    refused = []
    submissions = (Submission("Create", (title,), key=title) for title in titles)
    with contract.submit_all(submissions, at_once=2, progress=reports.append) as bulk:
        for outcome in bulk:
            if outcome.unknown:
                raise SystemExit(f"{outcome.submission.key}: resolve it before anything else")
            if not outcome.successful:
                refused.append(outcome.submission.key)
    # --8<-- [end:bulk]

last = reports[-1]
print(f"{last.successful} done, {last.failed} failed, {last.unknown} unknown")
print("not created:", *refused)
