"""Requests that outlive the process that made them: kept in a file before they are sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import TracebackType

from fabric_gateway._connection.deadlines import Deadlines
from fabric_gateway._connection.sync import SyncSession
from fabric_gateway._contract import Contract, Transient
from fabric_gateway._gateway import Gateway
from fabric_gateway._network import Network
from fabric_gateway.outbox._entry import Resumed
from fabric_gateway.outbox._flow import BaseOutbox, new_request


class Outbox(BaseOutbox[SyncSession]):
    """A file of requests, each kept before it is sent, so that it outlives the process that made it.

        with Outbox("/var/lib/till/outbox.db") as outbox, connect(profile, identity) as gateway:
            contract = gateway.network("mychannel").contract("basic")
            for resumed in outbox.resume(gateway):
                print(resumed.entry.request_id, resumed.error or "valid")
            result = outbox.submit(contract, request_id, "payment:Pay", order)

    The application chooses the request id, and stores it before it calls `submit`. Whatever happens then, a
    crash at any instant included, the request has one effect or none: `submit` with the same request id
    continues where it stopped, and returns what it returned before; `resume` does so for all unfinished
    requests.
    A request is `requested`, then `endorsed` (its signed envelope is in the file before it is sent), then
    `valid`, `invalid` or `refused`, which never change. Only the same envelope is ever offered again.

    Arguments are in the file, as they will be on the ledger. Transient data never is: a request with
    transient data that stopped before it was endorsed waits until it is submitted again. What one identity
    requested is never proposed by another; its envelope may be sent by any.

    Use it in a `with` statement, or close it. May be used by many threads and processes at once: each
    request is worked on by one of them at a time.
    """

    def submit(
        self,
        contract: Contract,
        request_id: str,
        name: str,
        *arguments: str | bytes,
        transient: Transient | None = None,
        endorsing_organizations: Sequence[str] = (),
        conflict_attempts: int = 1,
        deadlines: Deadlines | None = None,
    ) -> bytes:
        """Submit a transaction once, however often this is called, and return the chaincode's result.

        If another thread or process is working on the same request, this waits for it.

        Args:
            contract: the chaincode.
            request_id: chosen by the caller; the same id always stands for the same call. Transient data is
                not compared.
            name: name of the function.
            arguments: its arguments.
            transient: private input, passed to the endorsing peers and stored nowhere.
            endorsing_organizations: MSP ids of the organisations that must endorse.
            conflict_attempts: how many transactions may be made, each of them only after the one before is
                in a block and invalid with a read conflict. 1: there is no second one.
            deadlines: other deadlines for this call; default: the gateway's.

        Raises:
            OutboxConflict: the request id already stands for another call; nothing was sent.
            EndorseError: the chaincode refused, which is final; or endorsing failed otherwise, and the
                request stays in the outbox: nothing was sent to the orderers.
            SubmitError: ordering certainly refused the transaction, which is final.
            CommitError: the transaction is in a block and invalid, which is final.
            UnknownOutcome: the outcome did not become certain in time. The request stays in the outbox.
            OutboxError: the file could not be used. Call again with the same request id.
        """
        request = new_request(
            contract, request_id, (name, *arguments), transient, endorsing_organizations, conflict_attempts
        )
        session = contract.__session__
        return session.run(self._submitting(session, request, transient, session.deadlines_of(deadlines)))

    def resume(self, through: Gateway | Network, *, deadlines: Deadlines | None = None) -> Iterator[Resumed]:
        """Continue every unfinished request, oldest first, and yield what became of each.

        Work happens during iteration. Requests that another thread or process works on are left out, so
        several threads may call this to share the work.

        Args:
            through: a gateway; or a network, for the requests of that channel only.
            deadlines: other deadlines for each request; default: the gateway's.
        """
        session = through.__session__
        channel = through.name if isinstance(through, Network) else None
        limits = session.deadlines_of(deadlines)
        for number, request_id in self._store.unfinished(channel):
            resumed = session.run(self._resuming(session, number, request_id, limits))
            if resumed is not None:
                yield resumed

    def close(self) -> None:
        """Close the file. What is in it stays."""
        self._store.close()

    def __enter__(self) -> Outbox:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
