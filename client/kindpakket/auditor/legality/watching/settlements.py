"""Watches settlements: each step on them, and what they pay."""

from __future__ import annotations

from collections.abc import Sequence

from kindpakket.auditor.books import Books
from kindpakket.auditor.committed_requests import CommittedRequest
from kindpakket.auditor.legality.facts import Facts, SettlementFact, Step
from kindpakket.ledger.cases import account_keys, hash_of_key

_STEPS = {"settlement:Approve": "approved", "settlement:Export": "exported", "settlement:Book": "booked"}


def watch_settlements(
    facts: Facts, books: Books, request: CommittedRequest, step: Step, broken: Sequence[str]
) -> None:
    """Note what a request did to settlements, once it has been applied to the books."""
    noun, _, verb = request.operation.partition(":")
    content = request.request
    if noun != "settlement" or verb in ("Index", "Net"):
        return
    if verb in ("Draft", "Claim"):
        book = books.settlements.get(content["request_id"])
        if book is not None:
            facts.settlements[book.id] = SettlementFact(
                book.id,
                book.scheme,
                book.shop,
                tuple(item["id"] for item in book.items),
                book.cents,
                drafted=step,
                state=book.state,
                broken=list(broken),
            )
        return
    named = content.get("settlements") or [content["settlement"]]
    for settlement_id in named:
        fact, book = facts.settlements.get(settlement_id), books.settlements.get(settlement_id)
        if fact is None or book is None:
            continue
        if request.operation in _STEPS:
            setattr(fact, _STEPS[request.operation], step)
        if verb == "Export":
            fact.file_sha256, fact.layout = book.file_sha256, books.layout
            key = account_keys(book.shop, tuple(books.shops[book.shop].accounts))[-1]
            hashes = facts.private.get(hash_of_key(key), [])
            fact.account_hash = hashes[-1] if hashes else None
        if verb == "Book":
            fact.value_date, fact.bank_reference = book.value_date, book.bank_reference
        fact.state = book.state
        fact.broken += [sentence for sentence in broken if _concerns(sentence, settlement_id, named)]


def _concerns(sentence: str, settlement: str, named: Sequence[str]) -> bool:
    """Whether a broken rule is about a settlement; one that names none is about all that were asked for."""
    return settlement in sentence or not any(other in sentence for other in named)
