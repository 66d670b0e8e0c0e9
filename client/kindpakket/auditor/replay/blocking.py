"""Replays how vouchers are blocked and unblocked, and how their keys or booklets are replaced."""

from __future__ import annotations

from kindpakket.auditor.books import HOLDER, Books, SchemeBook, VoucherBook
from kindpakket.auditor.committed_requests import CommittedRequest
from kindpakket.auditor.replay.bindings import bind, expect_unbound
from kindpakket.auditor.replay.rules import Findings, Handlers
from kindpakket.holder.orders import binding_digest, self_block_hash
from kindpakket.holder.verification import replacement_proof_error
from kindpakket.ledger.domain import Domain
from kindpakket.ledger.records import WaitingReplacement


def _block(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    voucher = _of(books, request)[1]
    findings.expect_state(f"voucher {voucher.id}", voucher.state, "issued", "active")
    voucher.block(request.person, request.request["reason"])


def _self_block(books: Books, findings: Findings, request: CommittedRequest, domain: Domain) -> None:
    scheme, voucher = _of(books, request)
    fits = self_block_hash(domain, scheme.id, voucher.id, request.request["code"]) == voucher.self_block
    findings.expect(fits, f"voucher {voucher.id} was blocked with a wrong self-block code")
    findings.expect_state(f"voucher {voucher.id}", voucher.state, "issued", "active", "blocked")
    if voucher.state == "blocked":
        voucher.holder_blocked = True
    else:
        voucher.block(HOLDER, "self-block")
    voucher.self_block = ""


def _unblock(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    voucher = _of(books, request)[1]
    reasoned = "reason" in request.request or books.layout < 2
    findings.expect_state(f"voucher {voucher.id}", voucher.state, "blocked")
    findings.expect_second_person(voucher.blocked_by, request.person)
    findings.expect(reasoned, f"voucher {voucher.id} was unblocked without a reason")
    findings.expect(
        voucher.replacement is None, f"voucher {voucher.id} was unblocked with a replacement pending"
    )
    if voucher.holder_blocked:
        voucher.blocked_by, voucher.block_reason, voucher.holder_blocked = HOLDER, "self-block", False
    else:
        voucher.unblock(voucher.blocked_from)


def _replace(books: Books, findings: Findings, request: CommittedRequest, domain: Domain) -> None:
    content = request.request
    scheme, voucher = _of(books, request)
    authorisation, code = content["authorisation"], content.get("self_block")
    error = replacement_proof_error(
        domain, scheme.id, voucher.id, voucher.version + 1, authorisation, content["proof"], code
    )
    findings.expect(not error, f"the replacement for voucher {voucher.id} has no valid proof: {error}")
    findings.expect_state(f"voucher {voucher.id}", voucher.blocked_from or voucher.state, "active")
    findings.expect(
        authorisation["kind"] in scheme.rules_for(voucher)["proofs"],
        f"the scheme does not accept proofs by {authorisation['kind']}",
    )
    findings.expect(
        voucher.authorisation is None
        or binding_digest(authorisation) != binding_digest(voucher.authorisation),
        f"the replacement for voucher {voucher.id} is what it is already bound to",
    )
    expect_unbound(books, findings, authorisation)
    if voucher.state == "active":
        voucher.block(request.person, content["reason"])
    pending: WaitingReplacement = {
        "id": content["request_id"],
        "authorisation": authorisation,
        "proposed_by": request.person,
        "reason": content["reason"],
    }
    if code is not None:
        pending["self_block"] = code
    voucher.replacement = pending


def _approve_replacement(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    voucher = _of(books, request)[1]
    replacement = _decide(findings, voucher, request)
    findings.expect_second_person(voucher.blocked_by, request.person)
    if replacement is not None:
        findings.expect_second_person(replacement["proposed_by"], request.person)
        bind(books, findings, voucher.id, replacement["authorisation"])
        voucher.authorisation = replacement["authorisation"]
        voucher.self_block = replacement.get("self_block", "")
        voucher.version, voucher.last_page = voucher.version + 1, 0
    voucher.unblock("active")


def _reject_replacement(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    _decide(findings, _of(books, request)[1], request)


def _decide(findings: Findings, voucher: VoucherBook, request: CommittedRequest) -> WaitingReplacement | None:
    """Take the pending replacement off the voucher."""
    pending, voucher.replacement = voucher.replacement, None
    change = request.request["change"]
    if pending is None:
        findings.add(f"voucher {voucher.id} has no pending replacement, and {change} was decided on")
    elif pending["id"] != change:
        findings.add(f"{change} was decided on: voucher {voucher.id} has pending replacement {pending['id']}")
    return pending


def _of(books: Books, request: CommittedRequest) -> tuple[SchemeBook, VoucherBook]:
    scheme = books.schemes[request.request["scheme"]]
    return scheme, scheme.vouchers[request.request["voucher"]]


HANDLERS: Handlers = {
    "voucher:Block": _block,
    "voucher:SelfBlock": _self_block,
    "voucher:Unblock": _unblock,
    "voucher:Replace": _replace,
    "voucher:ApproveReplacement": _approve_replacement,
    "voucher:RejectReplacement": _reject_replacement,
}
"""Applies each operation to the books."""
