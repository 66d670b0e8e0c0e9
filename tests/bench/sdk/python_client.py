"""`fabric_gateway` as a client of the comparison, with asyncio or with threads.

It reads a job as one line of JSON, submits the job's keys with so many in flight, writes what became of each
as one line of JSON, and ends when its input does.
"""

from __future__ import annotations

import asyncio
import json
import platform
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version

from fabric_gateway import (
    CommitStatus,
    ConnectOptions,
    Contract,
    EndorseError,
    FabricError,
    Identity,
    SubmitError,
    aio,
    connect,
)
from sdk.job import Answer, Job, Transaction

Arguments = Sequence[str]


@contextmanager
def followed(key: str) -> Iterator[Transaction]:
    """Time one transaction, and note the error that ends it.

    What was not endorsed, or certainly refused by ordering, has failed; after any other error it may be on
    the ledger.
    """
    done = Transaction(key)
    began = time.perf_counter()
    try:
        yield done
    except FabricError as error:
        done.transaction_id = done.transaction_id or getattr(error, "transaction_id", "")
        done.outcome = "failed" if isinstance(error, EndorseError | SubmitError) else "unknown"
        done.reason = str(error)
    finally:
        done.milliseconds = 1000 * (time.perf_counter() - began)


def note(done: Transaction, status: CommitStatus) -> None:
    """Note a commit status."""
    done.outcome = "valid" if status.successful else "invalid"
    done.reason = "" if status.successful else status.code


async def submit(contract: aio.Contract, name: str, *arguments: str) -> Transaction:
    """Submit one transaction and wait for its commit status; it is known by its first argument."""
    with followed(arguments[0]) as done:
        submitted = await contract.submit_async(name, *arguments)
        done.transaction_id = submitted.transaction_id
        note(done, await submitted.status())
    return done


async def submit_all(
    contract: aio.Contract, name: str, calls: Sequence[Arguments], in_flight: int
) -> list[Transaction]:
    """Submit one transaction for each call, with so many in flight."""
    waiting = iter(calls)
    transactions: list[Transaction] = []

    async def work() -> None:
        for arguments in waiting:
            transactions.append(await submit(contract, name, *arguments))

    await asyncio.gather(*(work() for _ in range(in_flight)))
    return transactions


def submit_blocking(contract: Contract, name: str, arguments: Arguments) -> Transaction:
    """What `submit` does, for a thread."""
    with followed(arguments[0]) as done:
        submitted = contract.submit_async(name, *arguments)
        done.transaction_id = submitted.transaction_id
        note(done, submitted.status())
    return done


def submit_in_threads(
    contract: Contract, name: str, calls: Sequence[Arguments], in_flight: int
) -> list[Transaction]:
    """What `submit_all` does, with a thread for each transaction in flight."""
    with ThreadPoolExecutor(in_flight) as threads:
        return list(threads.map(partial(submit_blocking, contract, name), calls))


class Stopwatch:
    """Wall time and this process's CPU time since it was made."""

    def __init__(self) -> None:
        self._cpu, self._wall = time.process_time(), time.perf_counter()

    def read(self) -> tuple[float, float]:
        """Seconds of wall time and of CPU time."""
        return time.perf_counter() - self._wall, time.process_time() - self._cpu


def parts(job: Job) -> tuple[Identity, ConnectOptions, list[Arguments], list[Arguments]]:
    """Who speaks, how to connect, and the calls to make: those to warm up with, and those to measure."""
    identity = Identity(job.mspid, job.certificate, job.private_key)
    options: ConnectOptions = {"endpoint": job.endpoints, "tls_root": "".join(job.tls_roots).encode()}
    return (
        identity,
        options,
        [(key, job.value) for key in job.warm_up],
        [(key, job.value) for key in job.keys],
    )


async def run(job: Job) -> Answer:
    """Do a job with asyncio."""
    identity, options, first, calls = parts(job)
    async with aio.connect(identity=identity, **options) as gateway:
        contract = gateway.network(job.channel).contract(job.chaincode)
        warm_up = await submit_all(contract, job.function, first, job.in_flight)
        watch = Stopwatch()
        transactions = await submit_all(contract, job.function, calls, job.in_flight)
        return answer("asyncio", watch, warm_up, transactions)


def run_in_threads(job: Job) -> Answer:
    """Do a job with threads."""
    identity, options, first, calls = parts(job)
    with connect(identity=identity, **options) as gateway:
        contract = gateway.network(job.channel).contract(job.chaincode)
        warm_up = submit_in_threads(contract, job.function, first, job.in_flight)
        watch = Stopwatch()
        transactions = submit_in_threads(contract, job.function, calls, job.in_flight)
        return answer("threads", watch, warm_up, transactions)


def answer(
    kind: str, watch: Stopwatch, warm_up: list[Transaction], transactions: list[Transaction]
) -> Answer:
    """What became of a job."""
    seconds, cpu_seconds = watch.read()
    return Answer(
        sdk=f"fabric_gateway {version('fabric-gateway')}, {kind}",
        runtime=f"Python {platform.python_version()}, grpcio {version('grpcio')}",
        seconds=seconds,
        cpu_seconds=cpu_seconds,
        warm_up=warm_up,
        transactions=transactions,
    )


def main() -> None:
    """Do the job that standard input describes."""
    job = Job(**json.loads(sys.stdin.readline()))
    done = run_in_threads(job) if "--threads" in sys.argv[1:] else asyncio.run(run(job))
    sys.stdout.write(done.as_line())
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main()
