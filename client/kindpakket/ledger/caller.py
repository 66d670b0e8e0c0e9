"""How the typed facades call the chaincode: one JSON object in, one out, refusals as exceptions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from kindpakket.fabric import GatewayError
from kindpakket.ledger.domain import Domain
from kindpakket.ledger.ids import new_id
from kindpakket.ledger.refusals import parse

PAGE = 500
CONFLICT_ATTEMPTS = 8
"""Proposals of one request, in all, while others change what it reads; its id makes it count once."""


class Ledger(Protocol):
    """What the facades need of a `kindpakket.fabric.Contract`."""

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
        """Endorse, submit and wait for a valid commit; `conflict_attempts` proposals in all."""


class Caller:
    """Calls transactions of the chaincode by name.

    Errors of every call:
        Refusal: the chaincode refused; nothing was changed. `kindpakket.ledger.refusals` has a class for each
            code.
        CommitError, EndorseError, SubmitError, EvaluateError: Fabric failed; nothing was changed.
        UnknownOutcome: it may yet be committed. Send the same request with the same `request_id` again,
            resolve it as `kindpakket.fabric` says, or make it certain by `request:Void`. Never send it under
            a new id before that.
    """

    def __init__(self, contract: Ledger) -> None:
        """Call through a contract of `kindpakket.fabric`; its gateway's identity is the caller."""
        self.contract = contract

    @property
    def domain(self) -> Domain:
        """The channel and the chaincode, which holders' signatures name."""
        return Domain(self.contract.channel, self.contract.chaincode)

    def query(
        self, name: str, members: Mapping[str, object] | None = None, *, organisations: Sequence[str] = ()
    ) -> Any:
        """Run a query.

        Args:
            name: the transaction, such as `voucher:Show`.
            members: the members of the request; default: none.
            organisations: MSP ids, one of whose peers is to answer; default: the gateway chooses.
        """
        with _refusals():
            answer = self.contract.evaluate(name, _json(members or {}), endorsing_organizations=organisations)
        return json.loads(answer)

    def pages(self, name: str, members: Mapping[str, object] | None = None) -> Iterator[Any]:
        """The pages of a paged query.

        They are read one after another: what changes meanwhile may show in one and not in another.
        """
        cursor = ""
        while True:
            page = self.query(name, {**(members or {}), "cursor": cursor, "limit": PAGE})
            yield page
            cursor = page["next"]
            if not cursor:
                return

    def items(self, name: str, members: Mapping[str, object] | None = None) -> Iterator[Any]:
        """The items of a paged list, page after page."""
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
        """Run a transaction that writes, and wait until it is committed.

        A conflict with another transaction that was ordered first is resolved by sending the same request
        again, a few times: the request id makes it count once.

        Args:
            name: the transaction, such as `payment:Pay`.
            members: the members of the request; its `request_id` need not be among them.
            request_id: 32 hexadecimal characters; default: a fresh one.
            transient: private records by name, sent as JSON.
            organisations: MSP ids of those that are to endorse; default: the gateway chooses by the policy.
        """
        argument = _json({"request_id": request_id or new_id(), **members})
        private = {key: _json(value) for key, value in (transient or {}).items()}
        with _refusals():
            answer = self.contract.submit(
                name,
                argument,
                transient=private,
                endorsing_organizations=organisations,
                conflict_attempts=CONFLICT_ATTEMPTS,
            )
        return json.loads(answer)


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except GatewayError as error:
        words = error.chaincode_message
        refusal = parse(words, error.transaction_id) if words else None
        if refusal is None:
            raise
        raise refusal from error


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
