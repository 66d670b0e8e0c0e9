"""Payment files for the bank, as programs import them; the code is in `kindpakket.backoffice.payments`."""

from __future__ import annotations

from kindpakket.backoffice.payments.files import LAYOUT, SCHEMA, SCHEMAS, payment_file, payment_file_of
from kindpakket.backoffice.payments.transfers import CreditTransfer, Debtor, PaymentFile, PaymentFileError

__all__ = [
    "LAYOUT",
    "SCHEMA",
    "SCHEMAS",
    "CreditTransfer",
    "Debtor",
    "PaymentFile",
    "PaymentFileError",
    "payment_file",
    "payment_file_of",
]
