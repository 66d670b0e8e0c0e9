"""Letters for vouchers that have been issued: from the register, onto the ledger, to the print house.

    order = MailingOrder(pages=32)
    mailed = print_letters(municipality, register, scheme, Path("letters-2027"), templates, order)

Each household gets one letter, and each voucher is bound to what its letter has, once the letter is whole.
"""

from kindpakket.backoffice.mailing.addresses import AddressFileError, read_addresses
from kindpakket.backoffice.mailing.approving import approve
from kindpakket.backoffice.mailing.ending import destroy, discard
from kindpakket.backoffice.mailing.errors import MailingError
from kindpakket.backoffice.mailing.mailing import Mailed, print_letters, reprint_letters
from kindpakket.backoffice.mailing.order import MailingOrder

__all__ = [
    "AddressFileError",
    "Mailed",
    "MailingError",
    "MailingOrder",
    "approve",
    "destroy",
    "discard",
    "print_letters",
    "read_addresses",
    "reprint_letters",
]
