"""A municipality with a register and a strict ledger in memory, for tests of batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from issuing_ledger import IssuingLedger
from old_register import SCHEME
from story import DOMAIN

from fabric_gateway.testing import MemoryGateway
from kindpakket.backoffice.batches.issuing import Issued, issue_approved
from kindpakket.backoffice.batches.proposing import Proposed, propose_file
from kindpakket.backoffice.batches.reading import ReadFile
from kindpakket.backoffice.citizens import Child
from kindpakket.backoffice.register import Register
from kindpakket.ledger.records import Allocation
from kindpakket.municipality import Municipality

HEADER = "bsn;voornamen;achternaam;geboortedatum;huishouden;zaaknummer;regeling_preset;eenheden"


def write_file(path: Path, listed: Sequence[Child]) -> Path:
    """A file of children."""
    rows = [
        f"{child.bsn};{child.first_names};{child.family_name};{child.born.isoformat()};{child.household};"
        f"{child.case};{child.preset};{child.units}"
        for child in listed
    ]
    path.write_text("\n".join([HEADER, *rows]) + "\n", "utf-8")
    return path


@dataclass
class Office:
    """The municipality, its register and its ledger."""

    folder: Path
    ledger: IssuingLedger
    memory: MemoryGateway
    municipality: Municipality
    register: Register

    def file(self, listed: Sequence[Child], name: str = "kinderen.csv") -> Path:
        return write_file(self.folder / name, listed)

    def propose(self, listed: Sequence[Child], **options: Any) -> Proposed:
        """Propose a file with some children."""
        with ReadFile.of(self.file(listed), rules=self.ledger.rules) as file:
            return propose_file(self.municipality, self.register, SCHEME, "2026", file, **options)

    def approve(self, proposed: Proposed) -> Allocation:
        assert proposed.allocation is not None
        return self.municipality.allocations.approve(SCHEME, proposed.allocation["id"])

    def issue(self, **options: Any) -> Issued:
        return issue_approved(self.municipality, self.register, SCHEME, **options)

    def vouchers(self) -> dict[str, int]:
        """The cents of each voucher on the ledger."""
        listed = self.municipality.vouchers.list(SCHEME)
        return {voucher["id"]: voucher["issued_cents"] for voucher in listed}

    def check(self, listed: Sequence[Child]) -> None:
        """Each of these children has one voucher on the ledger, and nobody else has."""
        entries = {entry.child.bsn: entry.voucher for entry in self.register.entries(SCHEME)}
        assert sorted(entries) == sorted(child.bsn for child in listed)
        assert sorted(entries.values()) == sorted(self.vouchers())
        assert self.register.open_bulks(SCHEME) == []


@contextmanager
def office(folder: Path, where: str | Path, **options: Any) -> Iterator[Office]:
    """Open an office; the register is at a place that may be new."""
    ledger = IssuingLedger(**options)
    with (
        MemoryGateway({DOMAIN.chaincode: ledger}, channel=DOMAIN.channel) as memory,
        memory.connect() as gateway,
        Register(where) as register,
    ):
        contract = gateway.network(DOMAIN.channel).contract(DOMAIN.chaincode)
        yield Office(folder, ledger, memory, Municipality(contract), register)
