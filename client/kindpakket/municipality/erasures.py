"""The desk for erasures: the purge of private records, by two persons, with a certificate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from kindpakket.ledger.caller import Caller
from kindpakket.ledger.queries.erasures import ErasureQueries
from kindpakket.ledger.records import Collection, Erasure, Purged
from kindpakket.municipality.private_records import PrivateRecords


class ErasureDesk(ErasureQueries):
    """Transactions on erasures."""

    def __init__(self, caller: Caller, private: PrivateRecords) -> None:
        """Call through a caller, and write private records as `PrivateRecords` does."""
        super().__init__(caller)
        self._private = private

    def order(
        self,
        collection: Collection,
        ids: Sequence[str],
        reason: str,
        *,
        scheme: str | None = None,
        request_id: str | None = None,
    ) -> Erasure:
        """`erasure:Order`: ask for the purge of private records; at most `BULK`.

        Args:
            collection: `citizens`, the case references of vouchers; or `shopAccounts`, the accounts of shops.
            ids: the vouchers, or the shops.
            reason: a code; with `retention` each record must be past its term (`due`).
            scheme: the scheme of the vouchers; of `citizens` only.
            request_id: see above; it becomes the erasure's id.
        """
        members: dict[str, object] = {"collection": collection, "ids": list(ids), "reason": reason}
        if scheme is not None:
            members["scheme"] = scheme
        return cast(Erasure, self._caller.invoke("erasure:Order", members, request_id=request_id))

    def approve(self, erasure: str, *, request_id: str | None = None) -> Erasure:
        """`erasure:Approve`: by another person than who ordered it."""
        return cast(
            Erasure, self._caller.invoke("erasure:Approve", {"erasure": erasure}, request_id=request_id)
        )

    def withdraw(self, erasure: str, reason: str, *, request_id: str | None = None) -> Erasure:
        """`erasure:Withdraw`: purge nothing; by an approver, or by who ordered it. The reason is a code."""
        members = {"erasure": erasure, "reason": reason}
        return cast(Erasure, self._caller.invoke("erasure:Withdraw", members, request_id=request_id))

    def purge(self, erasure: str, *, request_id: str | None = None) -> Purged:
        """`erasure:Purge`: remove the records of an approved erasure from the private collection, for ever.

        Endorsed by those who have them: case references by the municipality alone, accounts by the
        municipality and the shops' organisations. Done again, it answers the same. Nothing public is
        written; `certify` is the step after it.
        """
        ordered = self.show(erasure)
        endorsers: list[str] = []
        if ordered["collection"] == "shopAccounts":
            named = self._private.organisations()
            endorsers = [named["municipality"], *named["shops"]]
        answer = self._private.write(
            "erasure:Purge",
            {"erasure": erasure},
            request_id=request_id,
            repeated={"purged": len(ordered["records"])},
            organisations=endorsers,
        )
        return cast(Purged, answer)

    def certify(self, erasure: str, *, request_id: str | None = None) -> Erasure:
        """`erasure:Certify`: state that none of the records is there any more.

        Raises:
            ErasureIncomplete: one is: `purge` first.
        """
        return cast(
            Erasure, self._caller.invoke("erasure:Certify", {"erasure": erasure}, request_id=request_id)
        )
