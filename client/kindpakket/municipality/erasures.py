"""The desk for erasures: purging private records, by two persons, with a certificate."""

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
        """Call through a caller; write private records through `private`."""
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
        """`erasure:Order`: propose to purge private records, at most `BULK`.

        Args:
            collection: `citizens`: case references of vouchers; `shopAccounts`: accounts of shops.
            ids: ids of the vouchers or shops.
            reason: a code; with `retention`, each record must be past its retention term (see `due`).
            scheme: the scheme of the vouchers; for `citizens` only.
            request_id: becomes the erasure's id; default: a new id.
        """
        members: dict[str, object] = {"collection": collection, "ids": list(ids), "reason": reason}
        if scheme is not None:
            members["scheme"] = scheme
        return cast(Erasure, self._caller.invoke("erasure:Order", members, request_id=request_id))

    def approve(self, erasure: str, *, request_id: str | None = None) -> Erasure:
        """`erasure:Approve`: allow the purge; by someone other than who ordered it."""
        return cast(
            Erasure, self._caller.invoke("erasure:Approve", {"erasure": erasure}, request_id=request_id)
        )

    def withdraw(self, erasure: str, reason: str, *, request_id: str | None = None) -> Erasure:
        """`erasure:Withdraw`: cancel the order; by an approver or whoever gave it. The reason is a code."""
        members = {"erasure": erasure, "reason": reason}
        return cast(Erasure, self._caller.invoke("erasure:Withdraw", members, request_id=request_id))

    def purge(self, erasure: str, *, request_id: str | None = None) -> Purged:
        """`erasure:Purge`: permanently remove the records of an approved erasure from the private collection.

        Endorsed by the organisations that have them: case references by the municipality alone, accounts by
        the municipality and the shops' organisations. Repeating it gives the same answer. It writes nothing
        public; `certify` is the next step.
        """
        ordered = self.show(erasure)
        endorsers: list[str] = []
        if ordered["collection"] == "shopAccounts":
            organisations = self._private.organisations()
            endorsers = [organisations["municipality"], *organisations["shops"]]
        answer = self._private.write(
            "erasure:Purge",
            {"erasure": erasure},
            request_id=request_id,
            repeated={"purged": len(ordered["records"])},
            organisations=endorsers,
        )
        return cast(Purged, answer)

    def certify(self, erasure: str, *, request_id: str | None = None) -> Erasure:
        """`erasure:Certify`: record that all of the records have been purged.

        Raises:
            ErasureIncomplete: a record is still there: call `purge` first.
        """
        return cast(
            Erasure, self._caller.invoke("erasure:Certify", {"erasure": erasure}, request_id=request_id)
        )
