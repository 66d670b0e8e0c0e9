"""Who may do what: roles by operation, and the organisations in which they are recognised."""

from __future__ import annotations

import re
from collections.abc import Mapping

from kindpakket.auditor.books import Books
from kindpakket.auditor.committed_requests import CommittedRequest
from kindpakket.auditor.replay.rules import Findings, either

MUNICIPAL = ("issuer", "approver", "treasurer")
TILLS = ("cashier", "shopkeeper")
_PERSON = re.compile(r"[a-z][a-z0-9-]{0,63}")

ROLES: Mapping[str, tuple[str, ...]] = {
    "organisations:Initialise": ("approver",),
    "organisations:Propose": ("issuer", "approver"),
    "organisations:Approve": ("approver",),
    "organisations:Reject": ("issuer", "approver"),
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
    "shop:ChangeAccount": ("shopkeeper", "issuer"),
    "shop:ApproveAccount": ("approver",),
    "shop:RejectAccount": ("approver", "shopkeeper"),
    "voucher:RecordCases": ("issuer",),
    "voucher:Issue": ("issuer",),
    "voucher:Activate": ("issuer",),
    "voucher:Block": ("issuer", "approver"),
    "voucher:Unblock": ("approver",),
    "voucher:SelfBlock": ("issuer", "approver", *TILLS),
    "voucher:Revoke": ("approver",),
    "voucher:TopUp": ("issuer",),
    "voucher:Extend": ("approver",),
    "voucher:Replace": ("issuer",),
    "voucher:ApproveReplacement": ("approver",),
    "voucher:RejectReplacement": ("issuer", "approver"),
    "voucher:Lapse": ("issuer", "treasurer"),
    "payment:Pay": TILLS,
    "payment:Hold": TILLS,
    "payment:Capture": TILLS,
    "payment:Release": (*MUNICIPAL, *TILLS),
    "payment:Cancel": TILLS,
    "payment:Refund": TILLS,
    "payment:Index": ("issuer", "treasurer"),
    "request:Void": (*MUNICIPAL, *TILLS),
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


def _is_recognised(books: Books, request: CommittedRequest) -> bool:
    organisations = books.organisations_in_force()
    assert organisations is not None  # noqa: S101
    if request.role in MUNICIPAL:
        return request.mspid == organisations["municipality"]
    return request.mspid in organisations["shops"]
