"""Who may do what: roles by operation, and the organisations in which they are recognised."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from kindpakket.auditor.books import Books
from kindpakket.auditor.committed_requests import CommittedRequest
from kindpakket.auditor.replay.rules import Findings, either

MUNICIPAL = ("issuer", "approver", "treasurer")
PROPOSERS = ("issuer", "approver")
TILLS = ("cashier", "shopkeeper")
ACQUIRER = "acquirer"
SELLERS = (*TILLS, ACQUIRER)
_PERSON = re.compile(r"[a-z][a-z0-9-]{0,63}")

ROLES: Mapping[str, tuple[str, ...]] = {
    "organisations:Initialise": ("approver",),
    "organisations:Propose": ("issuer", "approver"),
    "organisations:Approve": ("approver",),
    "organisations:Reject": ("issuer", "approver"),
    "organisations:ProposeEnd": PROPOSERS,
    "scheme:Draft": ("issuer",),
    "scheme:Approve": ("approver",),
    "scheme:Open": ("issuer", "approver"),
    "scheme:Pause": ("approver",),
    "scheme:ProposeRules": ("issuer",),
    "scheme:ProposeBudget": ("issuer",),
    "scheme:ProposeClosing": ("issuer",),
    "scheme:ApproveChange": ("approver",),
    "scheme:RejectChange": ("issuer", "approver"),
    "scheme:CloseDay": ("issuer", "treasurer"),
    "shop:Apply": ("shopkeeper",),
    "shop:Approve": ("approver",),
    "shop:Grant": ("approver",),
    "shop:Suspend": ("approver",),
    "shop:Reinstate": ("approver",),
    "shop:End": ("approver",),
    "shop:Mandate": ("shopkeeper",),
    "shop:WithdrawMandate": ("shopkeeper",),
    "shop:LimitRefunds": ("shopkeeper",),
    "shop:ProposeEnd": PROPOSERS,
    "shop:FreezePayout": ("approver",),
    "shop:ReleasePayout": ("approver",),
    "shop:ChangeAccount": ("shopkeeper", "issuer"),
    "shop:ApproveAccount": ("approver",),
    "shop:RejectAccount": ("approver", "shopkeeper"),
    "allocation:Propose": ("issuer",),
    "allocation:Approve": ("approver",),
    "allocation:Reject": ("issuer", "approver"),
    "allocation:Withdraw": MUNICIPAL,
    "voucher:RecordCases": ("issuer",),
    "voucher:Issue": ("issuer",),
    "voucher:Activate": ("issuer", "approver"),
    "voucher:Block": ("issuer", "approver"),
    "voucher:Unblock": ("approver",),
    "voucher:SelfBlock": ("issuer", "approver", *SELLERS),
    "voucher:Revoke": ("approver",),
    "voucher:ProposeRevocation": PROPOSERS,
    "voucher:ProposeFreeing": PROPOSERS,
    "decision:Approve": ("approver",),
    "decision:Reject": PROPOSERS,
    "decision:Index": ("issuer", "treasurer"),
    "voucher:TopUp": ("issuer",),
    "voucher:Extend": ("approver",),
    "voucher:Replace": ("issuer",),
    "voucher:ApproveReplacement": ("approver",),
    "voucher:RejectReplacement": ("issuer", "approver"),
    "voucher:RecordBindings": ("issuer",),
    "voucher:Lapse": ("issuer", "treasurer"),
    "payment:Pay": SELLERS,
    "payment:Hold": SELLERS,
    "payment:Capture": SELLERS,
    "payment:CapturePart": SELLERS,
    "payment:Release": (*MUNICIPAL, *SELLERS),
    "payment:ReleaseByHolder": (*MUNICIPAL, *SELLERS),
    "payment:Cancel": SELLERS,
    "payment:Refund": SELLERS,
    "payment:ConfirmRefund": TILLS,
    "payment:EndorseRefund": ("issuer", "treasurer"),
    "payment:ApproveRefund": ("approver",),
    "payment:RejectRefund": (*MUNICIPAL, *SELLERS),
    "payment:Index": ("issuer", "treasurer"),
    "request:Void": (*MUNICIPAL, *SELLERS),
    "settlement:Draft": ("issuer", "treasurer", *TILLS),
    "settlement:Approve": ("approver",),
    "settlement:Withdraw": ("treasurer",),
    "settlement:Export": ("treasurer",),
    "settlement:Book": ("treasurer",),
    "settlement:Claim": ("treasurer",),
    "settlement:Collect": ("treasurer",),
    "settlement:WriteOff": ("approver",),
    "settlement:Reopen": ("approver",),
    "settlement:Net": ("treasurer",),
    "settlement:Index": ("issuer", "treasurer"),
    "erasure:Order": ("issuer",),
    "erasure:Approve": ("approver",),
    "erasure:Withdraw": ("issuer", "approver"),
    "erasure:Purge": ("issuer", "approver"),
    "erasure:Certify": ("issuer", "approver"),
}
"""For each operation that writes: the roles, one of which the caller must have."""


def check_caller(books: Books, findings: Findings, request: CommittedRequest) -> None:
    """Find out whether the caller may request this operation at all."""
    needed = ROLES.get(request.operation, ())
    role = request.role or "none"
    findings.expect(
        role in needed or not needed,
        f"{request.operation} was requested by role {role}: it needs {either(needed or ('none',))}",
    )
    findings.expect(
        bool(_PERSON.fullmatch(request.person)),
        f"{request.operation} was requested by {request.person!r}, which is not a valid person",
    )
    if request.operation == "organisations:Initialise":
        return
    if books.organisations is None:
        findings.add(f"{request.operation} was committed before the organisations were named")
    elif not _is_recognised(books, request):
        findings.add(f"role {role} is not recognised in {request.mspid}")


def named(books: Books, request: CommittedRequest) -> CommittedRequest:
    """The request with its person as records name it: outside the municipality, with the organisation."""
    organisations = books.organisations
    if organisations is None or request.mspid == organisations["municipality"]:
        return request
    return replace(request, person=f"{request.mspid}/{request.person}")


def _is_recognised(books: Books, request: CommittedRequest) -> bool:
    first = books.organisations
    assert first is not None  # noqa: S101
    if request.role in MUNICIPAL:
        return request.mspid == first["municipality"]
    if request.mspid in first["shops"]:
        return True
    later = books.later_organisations.get(request.mspid)
    return later is not None and later.approved and later.kind == "shops"
