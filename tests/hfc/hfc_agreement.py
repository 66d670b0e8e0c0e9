"""How the results of the program under hfc and under fabric_gateway.hfc are compared."""

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
        hfc: regular expression that is found in hfc's result, as `outcome` formats it.
        ours: the same for fabric_gateway.hfc.
    """

    hfc: str
    ours: str

    def complaint(self, step: str, hfc: Any, ours: Any) -> str | None:
        """How the results deviate from the known difference; None if they do not."""
        for name, pattern, result in (("hfc", self.hfc, hfc), ("ours", self.ours, ours)):
            if not re.search(pattern, outcome(result)):
                return f"{step}: {name} should match {pattern!r}, but gives {outcome(result)[:600]}"
        return None


def outcome(result: Any) -> str:
    """A step's result as text: the value as JSON, or the error's name and arguments."""
    if result is None:
        return "no such step"
    if "value" in result:
        return json.dumps(result["value"], sort_keys=True)
    return f"{result['error']}: {json.dumps(result['says'])}"


def normalised(results: Results, prefix: str) -> dict[str, Any]:
    """Results without what differs between any two runs: prefix, transaction ids, order of attributes."""
    text = _TRANSACTION.sub("<id>", json.dumps(results).replace(prefix, "<run>"))
    loaded: dict[str, Any] = json.loads(text)
    return {step: _in_order(result) for step, result in loaded.items()}


def disagreements(hfc: Results, ours: Results, known: Mapping[str, Difference]) -> list[str]:
    """Where the two disagree unexpectedly, and where a known difference is missing."""
    complaints = []
    for step in dict.fromkeys((*hfc, *ours, *known)):
        left, right = hfc.get(step), ours.get(step)
        if step in known:
            complaint = known[step].complaint(step, left, right)
        elif agree(left, right):
            complaint = None
        else:
            complaint = f"{step}: hfc gives {outcome(left)[:600]}, but ours {outcome(right)[:600]}"
        if complaint:
            complaints.append(complaint)
    return complaints


def agree(hfc: Any, ours: Any) -> bool:
    """Whether both return the same value, or both raise and a handler for hfc's exception catches ours.

    The texts of the exceptions may differ. If hfc's carries a list, of codes or of peers' answers, ours must
    carry the same one.
    """
    if hfc is None or ours is None:
        return False
    if "value" in hfc or "value" in ours:
        return bool(hfc == ours)
    if hfc["error"] not in ours["kinds"]:
        return False
    lists = [argument for argument in hfc["says"] if isinstance(argument, list)]
    return not lists or bool(hfc["says"] == ours["says"])


def takes(ours: Any, hfc: Any) -> bool:
    """Whether a call takes all that hfc's takes: the same parameters in the same places; ours may have more.

    What hfc requires may be optional, and what is ours alone must be.
    """
    if "any" in (ours, hfc) or isinstance(ours, str) or isinstance(hfc, str):
        return "any" in (ours, hfc) or bool(ours == hfc)
    same = all(
        mine == theirs or (mine[0] == theirs[0] and [mine[1], theirs[1]] == ["optional", "required"])
        for mine, theirs in zip(ours, hfc, strict=False)
    )
    return same and len(ours) >= len(hfc) and all(mine[1] != "required" for mine in ours[len(hfc) :])


def _in_order(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _in_order(item) for name, item in value.items()}
    if isinstance(value, list):
        items = [_in_order(item) for item in value]
        named = items and all(isinstance(item, dict) and "name" in item for item in items)
        return sorted(items, key=lambda item: str(item["name"])) if named else items
    return value
