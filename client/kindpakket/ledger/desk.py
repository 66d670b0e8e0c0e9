"""A desk: the transactions of one noun, as methods named after them."""

from __future__ import annotations

from kindpakket.ledger.caller import Caller


class Desk:
    """The transactions of one noun: `settlements.approve` is `settlement:Approve`.

    `kindpakket.ledger.caller.Caller` lists what each call may raise.
    """

    def __init__(self, caller: Caller) -> None:
        """Call through a caller, as its gateway's identity."""
        self._caller = caller
