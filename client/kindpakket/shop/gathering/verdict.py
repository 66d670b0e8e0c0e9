"""What the answer or the failure of a parcel means for each of its requests. It neither sends nor waits."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from grpc import StatusCode

from fabric_gateway import CommitError, EndorseError, FabricError, GatewayError, UnknownOutcome
from kindpakket.ledger.caller import refusal_of
from kindpakket.ledger.lagging import PAUSES
from kindpakket.ledger.refusals import Refusal
from kindpakket.shop.gathering.errors import UnknownPayment
from kindpakket.shop.gathering.item import Item, Parcel
from kindpakket.shop.gathering.queue import is_urgent

_CONFLICTS_AS_ONE = 2
"""A batch that conflicts is sent as it is so often; then in halves."""
SETTLED = frozenset({"committed", "void"})
"""What `request:Show` says of a request that has an outcome, which the request itself, as a query, tells."""
_OF_ITS_ID = frozenset({"IDEMPOTENCY_CONFLICT", "REQUEST_VOID"})
UNCLEAR = (FabricError, Refusal, LookupError, TypeError, ValueError)
"""What a look-up may raise; whatever it is, a caller is told that the outcome is unknown."""
NO_BATCHES = "the chaincode of this channel knows no batches: payments are sent one by one from now on"
_TIMED_OUT = "timeout expired while executing transaction"
"""What a peer says of a chaincode that took longer than the peer allows."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A request was carried out, now or before."""

    answer: Any


@dataclass(frozen=True, slots=True)
class Failed:
    """A request ended in an error, which its caller gets."""

    error: Exception


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows from a parcel.

    Attributes:
        settled: the requests that have their outcome.
        again: parcels with requests that are sent again, or apart.
        unsure: requests of a batch whose outcome is unknown, to be looked up, and what their callers are told
            if the ledger does not know either.
        no_batches: the chaincode knows no batches.
    """

    settled: tuple[tuple[Item, Answered | Failed], ...] = ()
    again: tuple[Parcel, ...] = ()
    unsure: tuple[tuple[Item, UnknownPayment], ...] = ()
    no_batches: bool = False


def on_answer(parcel: Parcel, content: bytes) -> Verdict:
    """The verdict on a valid commit.

    Args:
        parcel: what was sent.
        content: what the chaincode answered.
    """
    try:
        answer = json.loads(content)
        outcomes = [Answered(answer)] if parcel.alone else [_of_item(entry) for entry in answer["items"]]
        return Verdict(tuple(zip(parcel.items, outcomes, strict=True)))
    except (LookupError, TypeError, ValueError) as error:
        return Verdict(unsure=tuple((item, _unreadable(item, error)) for item in parcel.items))


def on_failure(parcel: Parcel, error: Exception, at: float) -> Verdict:
    """The verdict on an exception of `submit`.

    Args:
        parcel: what was sent.
        error: the exception.
        at: the time, in Unix seconds.
    """
    if isinstance(error, EndorseError) and _peers_lag(error) and parcel.differing < len(PAUSES):
        pause = PAUSES[parcel.differing]
        return Verdict(again=(replace(parcel, differing=parcel.differing + 1, pause=pause),))
    refusal = refusal_of(error)
    if parcel.alone:
        return Verdict(((parcel.items[0], Failed(refusal or error)),))
    return _on_refusal(parcel, refusal, at) if refusal else _on_failed_batch(parcel, error, at)


def _on_failed_batch(parcel: Parcel, error: Exception, at: float) -> Verdict:
    if isinstance(error, UnknownOutcome):
        return Verdict(unsure=tuple((item, _unknown(item, error)) for item in parcel.items))
    if _conflicting(error) and parcel.conflicts + 1 < _CONFLICTS_AS_ONE:
        return Verdict(again=_once_more(parcel, at))
    if _conflicting(error) or _overdone(error):
        return Verdict(again=halves(parcel, at))
    return _for_each(parcel.items, error)


def on_recorded(error: Exception, unknown: UnknownPayment) -> Failed:
    """The outcome of a settled request that a peer does not answer with its record.

    A peer that is a block behind judges it anew, which says nothing; refusals of its id are final.

    Args:
        error: what the query raised.
        unknown: what the caller is told if that leaves the outcome open.
    """
    refusal = refusal_of(error)
    return Failed(refusal if refusal is not None and refusal.code in _OF_ITS_ID else unknown)


def halves(parcel: Parcel, at: float) -> tuple[Parcel, ...]:
    """Two parcels with half of the requests each; one alone for each request whose deadline is near."""
    items = [item for item in parcel.items if not is_urgent(item, at)]
    middle = (len(items) + 1) // 2
    halved = (Parcel(tuple(half)) for half in (items[:middle], items[middle:]) if half)
    return (*_apart(parcel, at), *halved)


def _once_more(parcel: Parcel, at: float) -> tuple[Parcel, ...]:
    items = tuple(item for item in parcel.items if not is_urgent(item, at))
    rest = (Parcel(items, conflicts=parcel.conflicts + 1),) if items else ()
    return (*_apart(parcel, at), *rest)


def _apart(parcel: Parcel, at: float) -> Iterable[Parcel]:
    return (Parcel((item,)) for item in parcel.items if is_urgent(item, at))


def _on_refusal(parcel: Parcel, refusal: Refusal, at: float) -> Verdict:
    """A batch that was refused as a whole: for one of its items, for its size, or for its sender."""
    match refusal.code:
        case "UNKNOWN_TRANSACTION":
            return Verdict(again=tuple(Parcel((item,)) for item in parcel.items), no_batches=True)
        case "REQUEST_TOO_LARGE":
            return Verdict(again=halves(parcel, at))
    number = refusal.details.get("item")
    if isinstance(number, int) and 0 <= number < len(parcel.items):
        # The item alone is refused in its own words; the others travel on.
        rest = parcel.items[:number] + parcel.items[number + 1 :]
        return Verdict(again=(Parcel((parcel.items[number],)), Parcel(rest)))
    return _for_each(parcel.items, refusal)


def _of_item(entry: dict[str, Any]) -> Answered | Failed:
    if entry["outcome"] in ("done", "exists"):
        return Answered(entry["answer"])
    said = entry["refusal"]
    kind = Refusal.by_code.get(said["code"], Refusal)
    return Failed(kind(said["code"], said["message"], said.get("details")))


def _for_each(items: Iterable[Item], error: Exception) -> Verdict:
    """The same error for each caller, as an exception of its own: callers raise it in their own threads."""
    return Verdict(tuple((item, Failed(_copied(error))) for item in items))


def _copied(error: Exception) -> Exception:
    copied = copy.copy(error)
    copied.__cause__ = error.__cause__ or error
    return copied


def _unknown(item: Item, error: UnknownOutcome) -> UnknownPayment:
    unknown = UnknownPayment(item.request_id, error.transaction_id, error.envelope)
    unknown.__cause__ = error.__cause__
    return unknown


def _unreadable(item: Item, error: Exception) -> UnknownPayment:
    unknown = UnknownPayment(item.request_id)
    unknown.__cause__ = error
    return unknown


def _peers_lag(error: EndorseError) -> bool:
    """Some peers endorse what others refuse: they are a block apart (`kindpakket.ledger.lagging`)."""
    return error.chaincode_message is not None and error.peers_differ()


def _conflicting(error: Exception) -> bool:
    """What the batch read had changed, or differs between peers that are a block apart."""
    return (isinstance(error, CommitError) and error.read_conflict) or (
        isinstance(error, EndorseError) and error.results_differ
    )


def _overdone(error: Exception) -> bool:
    """The batch is too large, or its endorsement took longer than the client or a peer allows."""
    if not isinstance(error, GatewayError):
        return False
    late = error.status is StatusCode.DEADLINE_EXCEEDED or _TIMED_OUT in str(error)
    return error.too_large or (isinstance(error, EndorseError) and late)
