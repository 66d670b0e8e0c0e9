"""The auditor: recomputes everything from the blocks of its own peer, and compares it with the state."""

from kindpakket.auditor.audit import Audit
from kindpakket.auditor.auditor import Auditor, LedgerMoves
from kindpakket.auditor.differences import Difference

__all__ = ["Audit", "Auditor", "Difference", "LedgerMoves"]
