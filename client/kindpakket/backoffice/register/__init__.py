"""The municipality's register: which voucher belongs to which child. It never goes to the ledger.

    with Register(Path("register.db"), purpose=Purpose("uitgifte", "intake-2026")) as register:
        bulks = register.enrol(scheme, "2026", children)

An SQLite file by default, or a PostgreSQL database by its URL. Personal data is encrypted field by field with
a key that is not in the database; every look-up of a person is logged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kindpakket.extras import extra

with extra("backoffice"):
    import sqlalchemy as _  # noqa: F401 - so that what is missing is said before anything else

from kindpakket.backoffice.register.account import Account, PersonEntry
from kindpakket.backoffice.register.bank import BankBooks, KeptFile, PayeeCheck
from kindpakket.backoffice.register.batches import OUTCOMES, Batch, BatchLine, ChangedTerms
from kindpakket.backoffice.register.erasing import Certificate, Stay
from kindpakket.backoffice.register.errors import RegisterError
from kindpakket.backoffice.register.households import Household
from kindpakket.backoffice.register.letter_run import LetterContent, LetterRun, PlannedLetter
from kindpakket.backoffice.register.log import LookUp
from kindpakket.backoffice.register.proposals import OpenBulk
from kindpakket.backoffice.register.purpose import Purpose
from kindpakket.backoffice.register.register import Register
from kindpakket.backoffice.register.rotation import Rotation
from kindpakket.backoffice.register.status import Status
from kindpakket.backoffice.register.values import Bulk, Entry, Proposal

if TYPE_CHECKING:
    from kindpakket.auditor.personal_data import MIN_LENGTH

__all__ = [
    "MIN_LENGTH",
    "OUTCOMES",
    "Account",
    "BankBooks",
    "Batch",
    "BatchLine",
    "Bulk",
    "Certificate",
    "ChangedTerms",
    "Entry",
    "Household",
    "KeptFile",
    "LetterContent",
    "LetterRun",
    "LookUp",
    "OpenBulk",
    "PayeeCheck",
    "PersonEntry",
    "PlannedLetter",
    "Proposal",
    "Purpose",
    "Register",
    "RegisterError",
    "Rotation",
    "Status",
    "Stay",
]


def __getattr__(name: str) -> object:
    """`MIN_LENGTH`, the auditor's, without loading the auditor until somebody asks for it."""
    if name != "MIN_LENGTH":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from kindpakket.auditor.personal_data import MIN_LENGTH  # noqa: PLC0415

    return MIN_LENGTH
