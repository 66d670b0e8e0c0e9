"""How the results of the program under hfc and under kindpakket.hfc are compared."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Results = Mapping[str, Any]

_TRANSACTION = re.compile(r"\b[0-9a-f]{64}\b")


@dataclass(frozen=True)
class Difference:
    """A step in which the two are known to differ.

    Attributes:
        hfc: regular expression found in what hfc gives, as `outcome` writes it.
        ours: the same for kindpakket.hfc.
    """

    hfc: str
    ours: str

    def complaint(self, step: str, hfc: Any, ours: Any) -> str | None:
        """What is not as it is known to be; None if nothing is."""
        for name, pattern, found in (("hfc", self.hfc, hfc), ("ours", self.ours, ours)):
            if not re.search(pattern, outcome(found)):
                return f"{step}: {name} is known for {pattern!r}, and gives {outcome(found)[:600]}"
        return None


def outcome(found: Any) -> str:
    """A step's result as text: the value as JSON, or the name of the error and what it says."""
    if found is None:
        return "no such step"
    if "value" in found:
        return json.dumps(found["value"], sort_keys=True)
    return f"{found['error']}: {json.dumps(found['says'])}"


def normalised(results: Results, prefix: str) -> dict[str, Any]:
    """Results without what two runs cannot share: the run's prefix, transaction ids, order of attributes."""
    text = _TRANSACTION.sub("<id>", json.dumps(results).replace(prefix, "<run>"))
    loaded: dict[str, Any] = json.loads(text)
    return {step: _in_order(found) for step, found in loaded.items()}


def disagreements(hfc: Results, ours: Results, known: Mapping[str, Difference]) -> list[str]:
    """Where the two do not agree, other than is known, and where a known difference is not there."""
    found = []
    for step in dict.fromkeys((*hfc, *ours, *known)):
        left, right = hfc.get(step), ours.get(step)
        if step in known:
            complaint = known[step].complaint(step, left, right)
        elif agree(left, right):
            complaint = None
        else:
            complaint = f"{step}: hfc gives {outcome(left)[:600]}, and ours {outcome(right)[:600]}"
        if complaint:
            found.append(complaint)
    return found


def agree(hfc: Any, ours: Any) -> bool:
    """Both give the same value; or both raise, and who expects hfc's exception catches ours.

    An exception's text may be another. If it carries a list, of codes or of peers' answers, that is the same.
    """
    if hfc is None or ours is None:
        return False
    if "value" in hfc or "value" in ours:
        return bool(hfc == ours)
    if hfc["error"] not in ours["kinds"]:
        return False
    lists = [argument for argument in hfc["says"] if isinstance(argument, list)]
    return not lists or bool(hfc["says"] == ours["says"])


def _in_order(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _in_order(item) for name, item in value.items()}
    if isinstance(value, list):
        items = [_in_order(item) for item in value]
        named = items and all(isinstance(item, dict) and "name" in item for item in items)
        return sorted(items, key=lambda item: str(item["name"])) if named else items
    return value
