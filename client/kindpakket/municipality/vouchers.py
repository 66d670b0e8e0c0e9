"""The desk for vouchers: issuing, blocking, replacing, topping up, extending, revoking, lapsing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import cast

from kindpakket.holder.orders import FIRST_VERSION, binding_digest
from kindpakket.ledger.caller import Caller
from kindpakket.ledger.lists import ListPart
from kindpakket.ledger.queries.audit import AuditQueries
from kindpakket.ledger.queries.vouchers import VoucherQueries
from kindpakket.ledger.records import (
    Activated,
    Activation,
    BindingsRecorded,
    BoundVoucher,
    CaseRecord,
    Decision,
    Extended,
    Issuance,
    Issued,
    Moved,
    Recorded,
    Replacement,
    SelfBlocked,
    TopUp,
    Voucher,
)
from kindpakket.municipality.bulk import BULK, bulks
from kindpakket.municipality.private_records import PrivateRecords


class VoucherDesk(VoucherQueries):
    """Transactions on vouchers."""

    def __init__(self, caller: Caller, private: PrivateRecords) -> None:
        """Call through a caller; write private records through `private`."""
        super().__init__(caller)
        self._private = private

    def record_cases(
        self, scheme: str, cases: Sequence[CaseRecord], *, request_id: str | None = None
    ) -> Recorded:
        """`voucher:RecordCases`: link vouchers to cases, in the municipality's private collection only.

        Endorsed by the municipality alone, so no other organisation receives the records. At most `BULK`.
        Repeating the same records is accepted; other records for the same vouchers are refused. `issue`
        refuses vouchers without a case record.
        """
        answer = self._private.write(
            "voucher:RecordCases",
            {"scheme": scheme},
            request_id=request_id,
            transient={"cases": list(cases)},
            repeated={"recorded": len(cases)},
        )
        return cast(Recorded, answer)

    def issue(
        self, scheme: str, allocation: str, part: ListPart[Issuance], *, request_id: str | None = None
    ) -> Issued:
        """`voucher:Issue`: issue a part of an approved list, whose cases are recorded; all or none.

        Args:
            scheme: the scheme.
            allocation: id of an allocation for the list, which another person than its proposer approved.
            part: one of the list's `parts`; see `kindpakket.ledger.lists`.
            request_id: default: a new id.

        Raises:
            AllocationState: nobody has approved it yet, or it is over.
            AllocationExpired: it expired before all of it was issued.
            AllocationMismatch: the part is not one of the approved list.
            AllocationExceeded: the part costs more than was approved.
        """
        members = {"scheme": scheme, "vouchers": list(part.lines), **part.drawing(allocation)}
        return cast(Issued, self._caller.invoke("voucher:Issue", members, request_id=request_id))

    def activate(
        self, scheme: str, activations: Sequence[Activation], *, request_id: str | None = None
    ) -> Activated:
        """`voucher:Activate`: bind vouchers to their holders' credentials; all or none, at most `BULK`.

        By someone other than who issued them.
        """
        members = {"scheme": scheme, "activations": list(activations)}
        return cast(Activated, self._caller.invoke("voucher:Activate", members, request_id=request_id))

    def block(self, scheme: str, voucher: str, reason: str, *, request_id: str | None = None) -> Voucher:
        """`voucher:Block`: stop spending immediately. The reason is a code."""
        members = {"scheme": scheme, "voucher": voucher, "reason": reason}
        return cast(Voucher, self._caller.invoke("voucher:Block", members, request_id=request_id))

    def unblock(self, scheme: str, voucher: str, reason: str, *, request_id: str | None = None) -> Voucher:
        """`voucher:Unblock`: by someone other than who blocked it. The reason is a code."""
        members = {"scheme": scheme, "voucher": voucher, "reason": reason}
        return cast(Voucher, self._caller.invoke("voucher:Unblock", members, request_id=request_id))

    def top_up(
        self,
        scheme: str,
        allocation: str,
        part: ListPart[TopUp],
        reason: str,
        *,
        request_id: str | None = None,
    ) -> Moved:
        """`voucher:TopUp`: add money to vouchers by a part of an approved list; all or none.

        Args:
            scheme: the scheme.
            allocation: id of an allocation for the list, as for `issue`.
            part: one of the list's `parts`.
            reason: a code.
            request_id: default: a new id.
        """
        members = {
            "scheme": scheme,
            "top_ups": list(part.lines),
            **part.drawing(allocation),
            "reason": reason,
        }
        return cast(Moved, self._caller.invoke("voucher:TopUp", members, request_id=request_id))

    def extend(
        self,
        scheme: str,
        vouchers: Sequence[str],
        ends_on: date,
        reason: str,
        *,
        request_id: str | None = None,
    ) -> Extended:
        """`voucher:Extend`: let vouchers be spent until a later day; all or none, at most `BULK`.

        A voucher that has expired but not lapsed can be spent again.

        Args:
            scheme: the scheme.
            vouchers: their ids.
            ends_on: the new last day, within the rules' `extension_days`.
            reason: a code.
            request_id: default: a new id.
        """
        members = {
            "scheme": scheme,
            "vouchers": list(vouchers),
            "ends_on": ends_on.isoformat(),
            "reason": reason,
        }
        return cast(Extended, self._caller.invoke("voucher:Extend", members, request_id=request_id))

    def revoke(
        self, scheme: str, vouchers: Sequence[str], reason: str, *, request_id: str | None = None
    ) -> Moved:
        """`voucher:Revoke`: end vouchers that another person blocked; their money returns to the budget.

        Permanent. All or none, at most `BULK`; none may have a live hold. The reason is a code.

        Raises:
            SecondPersonRequired: a voucher is not blocked by another person: use `propose_revocation`.
        """
        members = {"scheme": scheme, "vouchers": list(vouchers), "reason": reason}
        return cast(Moved, self._caller.invoke("voucher:Revoke", members, request_id=request_id))

    def propose_revocation(
        self, scheme: str, vouchers: Sequence[str], reason: str, *, request_id: str | None = None
    ) -> Decision:
        """`voucher:ProposeRevocation`: propose to revoke vouchers in any state, at most `BULK`.

        Another person decides with `decisions.approve`. The reason is a code.
        """
        members = {"scheme": scheme, "vouchers": list(vouchers), "reason": reason}
        return cast(
            Decision, self._caller.invoke("voucher:ProposeRevocation", members, request_id=request_id)
        )

    def propose_freeing(
        self, scheme: str, entitlements: Sequence[str], reason: str, *, request_id: str | None = None
    ) -> Decision:
        """`voucher:ProposeFreeing`: propose to free entitlements of vouchers that were revoked by mistake.

        Once another person has approved it, vouchers can be issued for the entitlements again.

        Args:
            scheme: the scheme.
            entitlements: at most `BULK`, each of a revoked voucher on which nothing remains spent.
            reason: a code.
            request_id: becomes the decision's id; default: a new id.
        """
        members = {"scheme": scheme, "entitlements": list(entitlements), "reason": reason}
        return cast(Decision, self._caller.invoke("voucher:ProposeFreeing", members, request_id=request_id))

    def lapse(
        self, scheme: str, vouchers: Sequence[str], reason: str, *, request_id: str | None = None
    ) -> Moved:
        """`voucher:Lapse`: return what can no longer be spent to the budget; all or none, at most `BULK`.

        The reason is a code.
        """
        members = {"scheme": scheme, "vouchers": list(vouchers), "reason": reason}
        return cast(Moved, self._caller.invoke("voucher:Lapse", members, request_id=request_id))

    def lapse_all(self, scheme: str, reason: str) -> Iterator[Moved]:
        """Lapse everything that can lapse now, in bulks; yields the answer to each.

        If it is interrupted, run it again: what has lapsed is not lapsed twice. The reason is a code.
        """
        lapsable = [voucher["id"] for voucher in self.lapsable(scheme)]
        for bulk in bulks(lapsable):
            yield self.lapse(scheme, bulk, reason)

    def self_block(
        self, scheme: str, voucher: str, code: str, *, request_id: str | None = None
    ) -> SelfBlocked:
        """`voucher:SelfBlock`: block a voucher for its holder, who gave the self-block code.

        The code works once, so it does no harm if someone overhears it.
        """
        members = {"scheme": scheme, "voucher": voucher, "code": code}
        return cast(SelfBlocked, self._caller.invoke("voucher:SelfBlock", members, request_id=request_id))

    def replace(
        self,
        scheme: str,
        voucher: str,
        replacement: Replacement,
        reason: str,
        *,
        request_id: str | None = None,
    ) -> Voucher:
        """`voucher:Replace`: propose a new key or booklet; the voucher is blocked immediately.

        Args:
            scheme: the scheme.
            voucher: the voucher.
            replacement: made by `HolderKey.replace` or `Booklet.replace`.
            reason: a code.
            request_id: default: a new id.
        """
        members = {"scheme": scheme, "voucher": voucher, **replacement, "reason": reason}
        return cast(Voucher, self._caller.invoke("voucher:Replace", members, request_id=request_id))

    def approve_replacement(
        self, scheme: str, voucher: str, change: str, *, request_id: str | None = None
    ) -> Voucher:
        """`voucher:ApproveReplacement`: let the voucher be spent again, with the new key or booklet.

        By someone other than who proposed it and who blocked the voucher. `change` is the `id` of the
        reviewed `replacement`, so that no other can take its place.
        """
        members = {"scheme": scheme, "voucher": voucher, "change": change}
        return cast(
            Voucher, self._caller.invoke("voucher:ApproveReplacement", members, request_id=request_id)
        )

    def reject_replacement(
        self, scheme: str, voucher: str, change: str, reason: str, *, request_id: str | None = None
    ) -> Voucher:
        """`voucher:RejectReplacement`: keep the voucher blocked. The reason is a code."""
        members = {"scheme": scheme, "voucher": voucher, "change": change, "reason": reason}
        return cast(Voucher, self._caller.invoke("voucher:RejectReplacement", members, request_id=request_id))

    def record_bindings(self, scheme: str) -> Iterator[BindingsRecorded]:
        """`voucher:RecordBindings`: record what a scheme's vouchers are and were bound to, in bulks.

        Run it once for each scheme after the upgrade to layout 3: from then on no key or booklet is bound
        again. Yields the answer to each bulk. If it is interrupted, run it again: what is on record stays.
        """
        bulk: list[BoundVoucher] = []
        digests = 0
        for voucher in self.list(scheme):
            earlier = self._earlier_bindings(voucher)
            for start in range(0, max(len(earlier), 1), BULK):
                part = earlier[start : start + BULK]
                if bulk and (len(bulk) == BULK or start or digests + len(part) > BULK):
                    yield self._record_bindings(scheme, bulk)
                    bulk, digests = [], 0
                bulk.append(
                    {"voucher": voucher["id"], "earlier": part} if part else {"voucher": voucher["id"]}
                )
                digests += len(part)
        if bulk:
            yield self._record_bindings(scheme, bulk)

    def _record_bindings(self, scheme: str, vouchers: Sequence[BoundVoucher]) -> BindingsRecorded:
        members = {"scheme": scheme, "vouchers": list(vouchers)}
        return cast(BindingsRecorded, self._caller.invoke("voucher:RecordBindings", members))

    def _earlier_bindings(self, voucher: Voucher) -> list[str]:
        """The digests of what a voucher was bound to before, from its history."""
        bound = voucher["authorisation"]
        if bound is None or bound["version"] == FIRST_VERSION:
            return []
        versions = AuditQueries(self._caller).history(f"voucher/{voucher['scheme']}/{voucher['id']}")
        values = [cast(Voucher, version["value"]) for version in versions if version["value"]]
        found = {binding_digest(value["authorisation"]) for value in values if value["authorisation"]}
        return sorted(found - {binding_digest(bound)})
