"""What a report did not test: the codes that its first paragraph is made of."""

from __future__ import annotations

from kindpakket.auditor.legality.findings import Findings
from kindpakket.auditor.legality.traces import BankFiles

ALWAYS = ("identity", "delivery", "prices", "collusion")
"""What no ledger can tell."""


def not_tested(
    findings: Findings | None, bank: BankFiles, *, sampled: bool, hashes: bool, judged: bool
) -> list[str]:
    """The codes, in the order of the paragraph.

    Args:
        findings: those of `kindpakket audit verify`; None: it was not given any.
        bank: the bank's files.
        sampled: whether a sample was drawn.
        hashes: whether the municipality disclosed its records and they were checked.
        judged: whether an auditor judged the items of the sample.
    """
    return [
        "signatures" if findings is None else "findings-file",
        *([] if hashes else ["entitlement"] if not sampled else ["entitlement-sample"]),
        *(["entitlement-beyond"] if hashes else []),
        *([] if judged else ["judgement"]),
        *([] if bank.payment_files else ["payment-files"]),
        *([] if bank.statements else ["statements"]),
        *ALWAYS,
    ]
