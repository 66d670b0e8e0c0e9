"""What the register keeps: vouchers with the children they are for, bulks, and proposed allocations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from kindpakket.backoffice.citizens import Child
from kindpakket.backoffice.register.errors import RegisterError
from kindpakket.ledger.records import CaseRecord, Issuance


@dataclass(frozen=True, slots=True)
class Entry:
    """A voucher and the child it is for.

    Attributes:
        voucher: id of the voucher, chosen by the register.
        entitlement: id of the entitlement.
        salt: salt of the private case record.
        bulk: id of the request that issues it.
        child: the child; once its data has been erased, only preset and units are left.
    """

    voucher: str
    entitlement: str
    salt: str
    bulk: str
    child: Child

    @property
    def is_erased(self) -> bool:
        """Whether the child's data has been erased."""
        return not self.salt

    def case_record(self) -> CaseRecord:
        """The record for the municipality's private collection.

        Raises:
            RegisterError: the child's data has been erased.
        """
        if self.is_erased:
            raise RegisterError(
                f"the personal data of voucher {self.voucher} has been erased: no case can be recorded for it"
            )
        return {"voucher": self.voucher, "case": self.child.case, "salt": self.salt}

    def issuance(self) -> Issuance:
        """The voucher for the ledger, with nothing about the child."""
        return {
            "id": self.voucher,
            "entitlement": self.entitlement,
            "preset": self.child.preset,
            "units": self.child.units,
        }


@dataclass(frozen=True, slots=True)
class Bulk:
    """Entries that one request issues; repeating the request under the same id issues them once."""

    request_id: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """An allocation that was or will be proposed for bulks, as it is sent.

    Attributes:
        id: id of the allocation.
        scheme: id of the scheme.
        cents: the sum.
        expires_at: the instant at which it expires, in Unix seconds.
        reason: a code.
        bulks: the request ids of the bulks that are the parts of its list, in order.
        batch: id of the batch whose file it is for; "": it is for none.
        file_sha256: of that file, to which the allocation commits; "": it names no file.
        is_over: whether the register knows that nothing more can come of it.
    """

    id: str
    scheme: str
    cents: int
    expires_at: int
    reason: str
    bulks: tuple[str, ...]
    batch: str = ""
    file_sha256: str = ""
    is_over: bool = False


def erased_child(preset: str, units: int) -> Child:
    """What is left of a child whose data has been erased."""
    return Child("", "", "", date.min, "", "", preset, units)
