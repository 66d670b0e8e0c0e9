"""What was found out about each payment of the sample: by hashes, and by the auditor who looked at it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from kindpakket.auditor.legality.errors import LegalityError
from kindpakket.auditor.sampling import Sample


@dataclass(frozen=True, slots=True)
class Judgement:
    """What an auditor says about a payment.

    Attributes:
        kind: `right`, `error` or `uncertainty`.
        cents: what of it is wrong or uncertain.
        reason: why, as it is to be printed: a code or a sentence without personal data.
    """

    kind: Literal["right", "error", "uncertainty"]
    cents: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Examined:
    """What is known of the items of a sample.

    Attributes:
        hashes: maps a payment to what `audit check` said of its case and its account; empty without it.
        judgements: maps a payment to the auditor's judgement; empty without one.
    """

    hashes: Mapping[str, tuple[str, str]]
    judgements: Mapping[str, Judgement]

    def wrong(self, sample: Sample, kind: str) -> dict[str, int]:
        """The cents of each item that are an `error` or an `uncertainty`: the larger of what the two say.

        A record that differs makes the whole payment an error, and one that is missing an uncertainty.
        """
        amounts: dict[str, int] = {}
        for item in sample.drawn:
            by_hash = item.cents if kind in _kinds_of(self.hashes.get(item.id)) else 0
            judged = self.judgements.get(item.id)
            by_eye = judged.cents if judged is not None and judged.kind == kind else 0
            if cents := max(by_hash, by_eye):
                amounts[item.id] = cents
        return amounts


def read_judgements(content: Mapping[Any, Any], sample: Sample) -> dict[str, Judgement]:
    """Judgements by payment: `right`, or a mapping with `error` or `uncertainty` in cents, and a `reason`.

    Raises:
        LegalityError: a payment of the sample is missing or another one named, or a judgement is something
            else.
    """
    drawn = {item.id: item.cents for item in sample.drawn}
    if unknown := sorted(str(name) for name in content if str(name) not in drawn):
        raise LegalityError(f"payment {unknown[0]} is not in the sample: remove it from the judgements")
    if missing := sorted(drawn.keys() - {str(name) for name in content}):
        raise LegalityError(
            f"payment {missing[0]} has no judgement ({len(missing)} of {len(drawn)} have none): "
            "write right, or what is wrong with it"
        )
    return {
        str(payment): _judgement(str(payment), given, drawn[str(payment)])
        for payment, given in content.items()
    }


def read_checked(document: Mapping[str, Any], sample: Sample) -> dict[str, tuple[str, str]]:
    """What `audit check` said of each payment's case and account.

    Raises:
        LegalityError: the file is about another sample.
    """
    found = {item["payment"]: (str(item["case"]), str(item["account"])) for item in document["items"]}
    if document["seed"] != sample.seed or list(found) != [item.id for item in sample.drawn]:
        raise LegalityError("the checked disclosure is of another sample: check the one of this period")
    return found


def _judgement(payment: str, given: Any, cents: int) -> Judgement:
    if given == "right":
        return Judgement("right")
    names = set(given) if isinstance(given, dict) else set()
    kinds = sorted(names & {"error", "uncertainty"})
    if len(kinds) != 1 or not names <= {*kinds, "reason"}:
        raise LegalityError(
            f"payment {payment} must be judged right, or with error or uncertainty in cents, and a reason"
        )
    amount, reason = given[kinds[0]], given.get("reason", "")
    if type(amount) is not int or not 0 < amount <= cents:
        raise LegalityError(
            f"payment {payment} has {amount!r} cents wrong: it must be 1 to {cents}, its amount"
        )
    if not isinstance(reason, str) or not reason.strip():
        raise LegalityError(f"payment {payment} needs a reason: a code or a sentence without personal data")
    return Judgement("error" if kinds[0] == "error" else "uncertainty", amount, reason.strip())


def _kinds_of(hashes: tuple[str, str] | None) -> set[str]:
    if hashes is None:
        return set()
    if "differs" in hashes:
        return {"error"}
    return {"uncertainty"} if "missing" in hashes or "changed" in hashes else set()
