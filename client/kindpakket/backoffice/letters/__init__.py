"""Letters to households: one tagged PDF each, with booklet pages or an activation code, by templates."""

from kindpakket.backoffice.letters.letter import Letter, LetterVoucher, VoucherTerms
from kindpakket.backoffice.letters.order import Order, Printed, VoucherRecord, booklet_voucher, phone_voucher
from kindpakket.backoffice.letters.renderer import Rendered, Renderer
from kindpakket.backoffice.letters.run import RunError, Summary, read_records, write_letters
from kindpakket.backoffice.letters.templates import Templates
from kindpakket.backoffice.letters.yaml_file import TemplateError

__all__ = [
    "Letter",
    "LetterVoucher",
    "Order",
    "Printed",
    "Rendered",
    "Renderer",
    "RunError",
    "Summary",
    "TemplateError",
    "Templates",
    "VoucherRecord",
    "VoucherTerms",
    "booklet_voucher",
    "phone_voucher",
    "read_records",
    "write_letters",
]
