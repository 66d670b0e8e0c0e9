"""Replays that a key or booklet is bound once."""

from __future__ import annotations

from kindpakket.auditor.books import Books
from kindpakket.auditor.committed_requests import CommittedRequest
from kindpakket.auditor.replay.rules import Findings, Handlers
from kindpakket.holder.orders import binding_digest
from kindpakket.ledger.domain import Domain
from kindpakket.ledger.records import Authorisation


def expect_unbound(books: Books, findings: Findings, authorisation: Authorisation) -> None:
    """No voucher is or was bound to it; before layout 3 that was no rule."""
    voucher = books.bindings.get(binding_digest(authorisation))
    findings.expect(
        voucher is None or books.layout < 3,
        f"the {authorisation['kind']} had already been bound to voucher {voucher}",
    )


def bind(books: Books, findings: Findings, voucher: str, authorisation: Authorisation) -> None:
    """Note that a voucher is bound to a key or booklet, for the first time."""
    expect_unbound(books, findings, authorisation)
    books.bindings.setdefault(binding_digest(authorisation), voucher)


def _record_bindings(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    """It changes nothing here: the books have every binding. What it names must be vouchers of the scheme."""
    scheme = books.schemes[request.request["scheme"]]
    vouchers = [bound["voucher"] for bound in request.request["vouchers"]]
    findings.expect_bulk(vouchers)
    for voucher in vouchers:
        findings.expect(voucher in scheme.vouchers, f"scheme {scheme.id} has no voucher {voucher}")


HANDLERS: Handlers = {"voucher:RecordBindings": _record_bindings}
