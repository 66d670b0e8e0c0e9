"""What a run of letters is to be: what is printed, for which households, in which language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from kindpakket.backoffice.letters import Templates
from kindpakket.backoffice.mailing.errors import MailingError
from kindpakket.ledger.days import today

Addressing = Literal["required", "if-known", "none"]
Kind = Literal["booklet", "phone"]
PAGES = 32
"""How many pages a booklet has unless stated otherwise: enough for a year of payments (decision 0032)."""


@dataclass(frozen=True, slots=True)
class MailingOrder:
    """What is to be printed.

    Attributes:
        kind: `booklet`, or `phone` for activation codes.
        pages: pages of a booklet, page 0 included, which is not printed.
        language: of the letters to households whose language is not known, or has no texts.
        address: `required`: refuse households without one; `if-known`; or `none`, for letters that are handed
            over.
        texts: the name of the scheme's texts in the settings of the templates; "": the scheme's name.
        per_file: how many letters a PDF has.
        dated: the date that the letters show.
    """

    kind: Kind = "booklet"
    pages: int = PAGES
    language: str = "nl"
    address: Addressing = "required"
    texts: str = ""
    per_file: int = 1
    dated: date = field(default_factory=today)

    def as_terms(self, templates: Templates, **more: object) -> dict[str, Any]:
        """What must be the same when a run goes on; the date is that of its first day."""
        return {
            "kind": self.kind,
            "pages": self.pages,
            "language": self.language,
            "address": self.address,
            "texts": self.texts,
            "per_file": self.per_file,
            "templates_sha256": templates.sha256,
            "dated": self.dated.isoformat(),
            **more,
        }


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """The names of terms that are not the same; the date may be another one."""
    return [name for name in sorted({*old, *new} - {"dated"}) if old.get(name) != new.get(name)]


def check_same(old: Mapping[str, Any], new: Mapping[str, Any], run: str) -> None:
    """Refuse to go on with a run under other terms; the date may be another one.

    Raises:
        MailingError: something else is different.
    """
    others = differences(old, new)
    if others:
        was = ", ".join(f"{name} {old.get(name)!r}" for name in others)
        raise MailingError(
            f"the interrupted run {run} was started otherwise ({was}): give the same again, or discard it "
            f"with kindpakket letters discard {run} and start anew"
        )
