"""Why somebody uses the register, and who: what the log of look-ups says."""

from __future__ import annotations

import os
import pwd
import re
from dataclasses import dataclass

from kindpakket.backoffice.register.errors import RegisterError

_CODE = re.compile(r"[a-z][a-z0-9-]{0,63}")
_MAX_REASON = 140
_LONG_NUMBER = re.compile(r"\d(?:[ .]?\d){7,}")
"""Eight digits or more could be a citizen service number, an account or a telephone number.

A hyphen separates, as in `B-2026-0041`."""


@dataclass(frozen=True, slots=True)
class Purpose:
    """Why the register is used.

    Attributes:
        activity: code of the activity in the municipality's register of processing activities, such as
            `inzageverzoek`.
        reason: why now: a code or a few words, such as the id of a request, without personal data.
        official: who: the certificate's person id; "": nobody acts with a certificate.
        account: the operating system's user.
    """

    activity: str
    reason: str
    official: str = ""
    account: str = ""

    def __post_init__(self) -> None:
        """Check both, and find the operating system's user.

        Raises:
            RegisterError: the activity is not a code, or the reason is empty, long or contains a number like
                a citizen service number.
        """
        if not _CODE.fullmatch(self.activity):
            raise RegisterError("the activity is not a code: write lower-case letters, digits and hyphens")
        if not self.reason.strip():
            raise RegisterError("a look-up needs a reason: give a code, such as objection")
        if len(self.reason) > _MAX_REASON or not self.reason.isprintable():
            raise RegisterError(f"the reason must be one line of at most {_MAX_REASON} characters")
        if _LONG_NUMBER.search(self.reason):
            raise RegisterError("the reason contains a long number: leave personal data out of it")
        if not self.account:
            object.__setattr__(self, "account", _account())


def _account() -> str:
    """The operating system's user; not from the environment, which the user chooses."""
    number = os.getuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
