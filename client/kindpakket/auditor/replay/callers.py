"""Who may do what: roles by operation, and the organisations in which they count."""

from __future__ import annotations

import re
from collections.abc import Mapping

from kindpakket.auditor.books import Books
from kindpakket.auditor.replay.rules import Findings
from kindpakket.auditor.committed_requests import CommittedRequest

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
    "shop:ChangeAccount": ("shopkeeper",),
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
    "request:Void": (*MUNICIPAL, *TILLS),
    "settlement:Draft": ("issuer", "treasurer", *TILLS),
    "settlement:Approve": ("approver",),
    "settlement:Withdraw": ("treasurer",),
    "settlement:Export": ("treasurer",),
    "settlement:Book": ("treasurer",),
    "settlement:Claim": ("treasurer",),
    "settlement:Collect": ("treasurer",),
    "settlement:WriteOff": ("approver",),
    "erasure:Order": ("issuer",),
    "erasure:Approve": ("approver",),
    "erasure:Withdraw": ("issuer", "approver"),
    "erasure:Purge": ("issuer", "approver"),
    "erasure:Certify": ("issuer", "approver"),
}
"""The roles of which one is needed, for each operation that writes."""


def check_caller(books: Books, findings: Findings, request: CommittedRequest) -> None:
    """Judge whether the caller may ask for this operation at all."""
    needed = ROLES.get(request.operation, ())
    role = request.role or "none"
    findings.expect(
        role in needed or not needed, f"{request.operation} by the role {role}, and not {' or '.join(needed)}"
    )
    findings.expect(bool(_PERSON.fullmatch(request.person)), f"nobody stands behind {request.operation}")
    if request.operation == "organisations:Initialise":
        return
    if books.organisations is None:
        findings.add(f"{request.operation} came before the organisations were named")
    elif not _counts(books, request):
        findings.add(f"the role {role} does not count in {request.mspid}")


def _counts(books: Books, request: CommittedRequest) -> bool:
    named = books.organisations_in_force()
    assert named is not None  # noqa: S101
    if request.role in MUNICIPAL:
        return request.mspid == named["municipality"]
    return request.mspid in named["shops"]
