"""What a desk is: the transactions of one noun, named as the transactions are."""

from __future__ import annotations

from kindpakket.ledger.caller import Caller


class Desk:
    """The transactions of one noun, called through a caller.

    `kindpakket.ledger.caller.Caller` says what each call may raise.
    """

    def __init__(self, caller: Caller) -> None:
        """Call as the identity of the caller's gateway."""
        self._caller = caller
