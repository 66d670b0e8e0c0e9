"""Replays how vouchers are blocked and given back, and how what they are bound to is replaced."""

from __future__ import annotations

from kindpakket.auditor.books import HOLDER, Books, SchemeBook, VoucherBook
from kindpakket.auditor.replay.rules import Findings, Handlers
from kindpakket.auditor.committed_requests import CommittedRequest
from kindpakket.holder.orders import self_block_hash
from kindpakket.holder.verification import replacement_proof_error
from kindpakket.ledger.domain import Domain
from kindpakket.ledger.records import Authorisation, WaitingReplacement


def _block(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    voucher = _of(books, request)[1]
    findings.expect_state(f"voucher {voucher.id}", voucher.state, "issued", "active")
    voucher.block(request.person, request.request["reason"])


def _self_block(books: Books, findings: Findings, request: CommittedRequest, domain: Domain) -> None:
    scheme, voucher = _of(books, request)
    fits = self_block_hash(domain, scheme.id, voucher.id, request.request["code"]) == voucher.self_block
    findings.expect(fits, f"voucher {voucher.id} was blocked by a code that is not its holder's")
    findings.expect_state(f"voucher {voucher.id}", voucher.state, "issued", "active")
    voucher.block(HOLDER, "self-block")
    voucher.self_block = ""


def _unblock(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    voucher = _of(books, request)[1]
    reasoned = "reason" in request.request or not books.layout_2
    findings.expect_state(f"voucher {voucher.id}", voucher.state, "blocked")
    findings.expect_second_person(voucher.blocked_by, request.person)
    findings.expect(reasoned, f"voucher {voucher.id} was unblocked without a reason")
    findings.expect(voucher.replacement is None, f"a replacement of voucher {voucher.id} was not decided")
    voucher.unblock(voucher.blocked_from)


def _replace(books: Books, findings: Findings, request: CommittedRequest, domain: Domain) -> None:
    content = request.request
    scheme, voucher = _of(books, request)
    authorisation, code = content["authorisation"], content.get("self_block")
    flaw = replacement_proof_error(
        domain, scheme.id, voucher.id, voucher.version + 1, authorisation, content["proof"], code
    )
    findings.expect(not flaw, f"voucher {voucher.id} was bound anew without its holder: {flaw}")
    findings.expect_state(f"voucher {voucher.id}", voucher.blocked_from or voucher.state, "active")
    findings.expect(
        authorisation["kind"] in scheme.rules_for(voucher)["proofs"],
        f"the scheme has no {authorisation['kind']}",
    )
    findings.expect(
        not _is_same(authorisation, voucher.authorisation),
        f"what voucher {voucher.id} is bound to was to replace itself",
    )
    if voucher.state == "active":
        voucher.block(request.person, content["reason"])
    waiting: WaitingReplacement = {
        "id": content["request_id"],
        "authorisation": authorisation,
        "proposed_by": request.person,
        "reason": content["reason"],
    }
    if code is not None:
        waiting["self_block"] = code
    voucher.replacement = waiting


def _approve_replacement(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    voucher = _of(books, request)[1]
    waiting = _decided(findings, voucher, request)
    findings.expect_second_person(voucher.blocked_by, request.person)
    if waiting is not None:
        findings.expect_second_person(waiting["proposed_by"], request.person)
        voucher.authorisation = waiting["authorisation"]
        voucher.self_block = waiting.get("self_block", "")
        voucher.version, voucher.last_page = voucher.version + 1, 0
    voucher.unblock("active")


def _reject_replacement(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    _decided(findings, _of(books, request)[1], request)


def _decided(findings: Findings, voucher: VoucherBook, request: CommittedRequest) -> WaitingReplacement | None:
    """The replacement that waited, which waits no more."""
    waiting, voucher.replacement = voucher.replacement, None
    findings.expect(waiting is not None, f"no replacement of voucher {voucher.id} waited for a decision")
    seen = waiting is None or waiting["id"] == request.request["change"]
    findings.expect(seen, f"another replacement of voucher {voucher.id} waited than the one decided on")
    return waiting


def _is_same(authorisation: Authorisation, bound: Authorisation | None) -> bool:
    """One key, or one booklet: whatever number of pages it is said to have, its root stands for its keys."""
    if bound is not None and authorisation["kind"] == bound["kind"] == "booklet":
        return authorisation["root"] == bound["root"]
    return authorisation == bound


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
"""How each operation changes the books."""
