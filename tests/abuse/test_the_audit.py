"""After all the attempts, the auditor finds every figure correct."""

from __future__ import annotations

from ground import Ground


def test_the_audit_agrees_whatever_was_tried(ground: Ground) -> None:
    ground.paid(ground.wallet())
    audit = ground.desk.auditor.verify()
    assert audit.passed, (audit.flaws, audit.findings, audit.differences)
