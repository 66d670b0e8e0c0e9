"""The auditor: recomputes everything from the blocks of its own peer, and compares it with the state."""

from kindpakket.auditor.audit import Audit
from kindpakket.auditor.auditor import Auditor, LedgerMoves
from kindpakket.auditor.differences import Difference
from kindpakket.auditor.finding import Finding
from kindpakket.auditor.state import State, StateError

__all__ = ["Audit", "Auditor", "Difference", "Finding", "LedgerMoves", "State", "StateError"]
