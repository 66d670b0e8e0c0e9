"""What a shop reads on its bank statement: a template, filled for each settlement."""

from __future__ import annotations

import string
from dataclasses import dataclass

from kindpakket.backoffice.payments.characters import sepa_text
from kindpakket.backoffice.payments.transfers import PaymentFileError

FIELDS = ("scheme", "settlement", "period", "through", "reference")
"""What a template may contain in braces: the scheme's name, the settlement's id, its first and last day, its
last day, and the shop's own reference."""
DEFAULT = "{scheme} t/m {through} {reference}"
MAX_LENGTH = 140
"""Characters of the unstructured remittance information (Max140Text)."""


class RemittanceError(PaymentFileError):
    """A template, or what it makes of a settlement, cannot be sent; the message says why."""


@dataclass(frozen=True, slots=True)
class Remittance:
    """The fields of a settlement.

    Attributes:
        scheme: the scheme's name.
        settlement: the settlement's id.
        first: the first day it pays for, `YYYY-MM-DD`; "" when the ledger does not say.
        through: the last day.
        reference: the shop's own reference, such as its number in the municipality's accounts; may be "".
    """

    scheme: str
    settlement: str
    first: str
    through: str
    reference: str = ""

    @property
    def period(self) -> str:
        """The first and the last day, or the only one that is known."""
        return self.through if self.first in ("", self.through) else f"{self.first} - {self.through}"


@dataclass(frozen=True, slots=True)
class Template:
    """A text with fields in braces, such as `Kindpakket {period} {reference}`.

    Raises:
        RemittanceError: it has an unknown field, or braces that do not close.
    """

    text: str = DEFAULT

    def __post_init__(self) -> None:
        try:
            parts = list(string.Formatter().parse(self.text))
        except ValueError as error:
            raise RemittanceError(
                f"the template is malformed ({error}): write fields as {_allowed()}"
            ) from None
        for _, field, form, conversion in parts:
            if field is not None and (field not in FIELDS or form or conversion):
                shown = f"{field}{'!' + conversion if conversion else ''}{':' + form if form else ''}"
                raise RemittanceError(f"the template has {{{shown}}}: its fields may be {_allowed()}")
        if not sepa_text(self.text):
            raise RemittanceError("the template is empty: write what the shop reads on its bank statement")

    def fill(self, remittance: Remittance) -> str:
        """The text of a settlement, in SEPA characters.

        Raises:
            RemittanceError: it is empty or longer than 140 characters.
        """
        text = sepa_text(self.text.format(**{field: getattr(remittance, field) for field in FIELDS}))
        if not 0 < len(text) <= MAX_LENGTH:
            raise RemittanceError(
                f"settlement {remittance.settlement}: the remittance text has {len(text)} characters: it "
                f"must have 1 to {MAX_LENGTH}; change the template"
            )
        return text


def _allowed() -> str:
    return ", ".join(f"{{{field}}}" for field in FIELDS)
