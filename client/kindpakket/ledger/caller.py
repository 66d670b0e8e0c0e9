"""Calls to the chaincode: one JSON object in, one JSON object out, refusals as exceptions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from fabric_gateway import GatewayError
from kindpakket.ledger.domain import Domain
from kindpakket.ledger.ids import new_id
from kindpakket.ledger.lagging import until_peers_agree
from kindpakket.ledger.refusals import Refusal, parse

PAGE = 500
"""Items requested per page: the most that the chaincode allows (`chaincode/contract/paging.go`)."""
CONFLICT_ATTEMPTS = 8
"""How often one request is proposed when others change what it reads; its id makes it take effect once."""

WITHOUT_ID = frozenset({"payment:Batch"})
"""Transactions that write and have no request id of their own: each of their items has one."""


class Ledger(Protocol):
    """The part of `fabric_gateway.Contract` that the facades use."""

    channel: str
    chaincode: str

    def evaluate(
        self,
        name: str,
        *arguments: str | bytes,
        transient: Mapping[str, str | bytes] | None = None,
        endorsing_organizations: Sequence[str] = (),
    ) -> bytes:
        """Run a query on one peer."""

    def submit(
        self,
        name: str,
        *arguments: str | bytes,
        transient: Mapping[str, str | bytes] | None = None,
        endorsing_organizations: Sequence[str] = (),
        conflict_attempts: int = 1,
    ) -> bytes:
        """Endorse, submit and wait for a valid commit; propose at most `conflict_attempts` times."""


class Caller:
    """Calls the chaincode's transactions by name.

    Every call may raise:
        Refusal: the chaincode refused; nothing was changed. `kindpakket.ledger.refusals` has a class for each
            code.
        CommitError, EndorseError, SubmitError, EvaluateError: Fabric failed; nothing was changed.
        UnknownOutcome: the request may still be committed. Send it again with the same `request_id`, resolve
            it as `fabric_gateway` describes, or settle it with `request:Void`. Do not send it under a new
            id before that.
    """

    def __init__(self, contract: Ledger) -> None:
        """Call through a contract of `fabric_gateway`, as its gateway's identity."""
        self.contract = contract

    @property
    def domain(self) -> Domain:
        """The channel and the chaincode, which holders' signatures cover."""
        return Domain(self.contract.channel, self.contract.chaincode)

    def query(
        self, name: str, members: Mapping[str, object] | None = None, *, organisations: Sequence[str] = ()
    ) -> Any:
        """Run a query.

        Args:
            name: the transaction, such as `voucher:Show`.
            members: the members of the request; default: none.
            organisations: MSP ids of the organisations whose peers may answer; default: the gateway chooses.

        Returns:
            The decoded JSON answer.
        """
        with refusals():
            answer = self.contract.evaluate(name, _json(members or {}), endorsing_organizations=organisations)
        return json.loads(answer)

    def pages(self, name: str, members: Mapping[str, object] | None = None) -> Iterator[Any]:
        """The pages of a paged query.

        Each page is a query of its own, so a change made meanwhile may be visible in some pages only.

        Args:
            name: the transaction, such as `voucher:List`.
            members: the members of the request; default: none.
        """
        cursor = ""
        while True:
            page = self.query(name, {**(members or {}), "cursor": cursor, "limit": PAGE})
            yield page
            cursor = page["next"]
            if not cursor:
                return

    def items(self, name: str, members: Mapping[str, object] | None = None) -> Iterator[Any]:
        """The items of a paged list; reads a page when its first item is needed."""
        for page in self.pages(name, members):
            yield from page["items"]

    def invoke(
        self,
        name: str,
        members: Mapping[str, object],
        *,
        request_id: str | None = None,
        transient: Mapping[str, object] | None = None,
        organisations: Sequence[str] = (),
    ) -> Any:
        """Run a transaction that writes, and wait for its commit.

        If another transaction that was ordered first changed what this one read, the same request is proposed
        again, `CONFLICT_ATTEMPTS` times at most: the request id makes it take effect once. The same goes for
        a peer that is a block behind, so that it refuses what another endorses (`kindpakket.ledger.lagging`).

        Args:
            name: the transaction, such as `payment:Pay`.
            members: the members of the request, without `request_id`.
            request_id: 32 hexadecimal characters; default: a new id. `payment:Batch` has none.
            transient: private records by name, sent as JSON.
            organisations: MSP ids of the endorsing organisations; default: the gateway chooses by the policy.

        Returns:
            The decoded JSON answer.
        """
        own = {} if name in WITHOUT_ID else {"request_id": request_id or new_id()}
        argument = _json({**own, **members})
        private = {key: _json(value) for key, value in (transient or {}).items()}
        with refusals():
            answer = until_peers_agree(
                lambda: self.contract.submit(
                    name,
                    argument,
                    transient=private,
                    endorsing_organizations=organisations,
                    conflict_attempts=CONFLICT_ATTEMPTS,
                ),
                organisations,
            )
        return json.loads(answer)


def refusal_of(error: Exception) -> Refusal | None:
    """The chaincode's refusal, if that is what an exception tells; the exception is its cause."""
    message = error.chaincode_message if isinstance(error, GatewayError) else None
    refusal = parse(message, error.transaction_id) if message and isinstance(error, GatewayError) else None
    if refusal is not None:
        refusal.__cause__ = error
    return refusal


@contextmanager
def refusals() -> Iterator[None]:
    """Raise the chaincode's refusals instead of the errors that tell them."""
    try:
        yield
    except GatewayError as error:
        refusal = refusal_of(error)
        if refusal is None:
            raise
        raise refusal from error


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
