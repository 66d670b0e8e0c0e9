"""A refusal by the chaincode, parsed from the chaincode's message."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, ClassVar

_MESSAGE = re.compile(r"(?P<code>[A-Z][A-Z0-9_]*): (?P<sentence>[^{]*)(?P<details>\{.*\})\s*", re.DOTALL)


class Refusal(Exception):
    """The chaincode refused a request; nothing was changed.

    Each code has a subclass in `kindpakket.ledger.refusals`. An instance of `Refusal` itself carries a code
    that this version of the library does not know.

    Attributes:
        code: the stable code, such as `VOUCHER_EXPIRED`.
        sentence: the chaincode's explanation, for people.
        details: the values that the refusal is about, by name.
        transaction_id: the transaction that was refused; "" if there was none, or if a batch was committed in
            which this request was refused.
    """

    by_code: ClassVar[dict[str, type[Refusal]]] = {}

    def __init_subclass__(cls, *, code: str) -> None:
        """Register the subclass for its code."""
        super().__init_subclass__()
        Refusal.by_code[code] = cls

    def __init__(
        self, code: str, sentence: str, details: Mapping[str, Any] | None = None, transaction_id: str = ""
    ) -> None:
        """Hold what the chaincode said; see the attributes."""
        self.code = code
        self.sentence = sentence
        self.details = dict(details or {})
        self.transaction_id = transaction_id
        super().__init__(f"{code}: {sentence}")

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle with all attributes, so that a refusal can cross process boundaries."""
        return (type(self), (self.code, self.sentence, self.details, self.transaction_id))


def parse(message: str, transaction_id: str = "") -> Refusal | None:
    """Read `CODE: sentence {details}`.

    Args:
        message: the chaincode's message, as in `GatewayError.chaincode_message`.
        transaction_id: the transaction that was refused.

    Returns:
        An instance of the code's class; None if the message is not a refusal by Kindpakket's chaincode.
    """
    match = _MESSAGE.fullmatch(message)
    if match is None:
        return None
    try:
        details = json.loads(match["details"])
    except ValueError:
        return None
    code = match["code"]
    kind = Refusal.by_code.get(code, Refusal)
    return kind(code, match["sentence"].strip(), details, transaction_id)
