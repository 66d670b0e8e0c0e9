"""A scheme with issued vouchers on a ledger in a file, and a register with the children they are for.

The ledger is a file, so that processes that are killed leave what they had committed, and nothing else.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from fake_ledger import endorse_error
from old_register import children
from story import DOMAIN, SCHEME, rules

from kindpakket.backoffice.letters.templates import copy
from kindpakket.backoffice.mailing import MailingOrder
from kindpakket.backoffice.register import Household, Purpose, Register
from kindpakket.holder.verification import activation_proof_error
from kindpakket.municipality import Municipality

ENDS_AT = 1_798_758_000
"""The first instant of 2027 in Amsterdam."""
PAGES = 3
ORDER = MailingOrder(pages=PAGES, texts="Kindpakket")


class LedgerFile:
    """Vouchers as the chaincode keeps them, as far as letters look at them; one person calls.

    Attributes:
        path: the file.
        person: who calls.
        around: called before and after each transaction takes effect.
    """

    channel, chaincode = DOMAIN.channel, DOMAIN.chaincode

    def __init__(
        self, path: Path, person: str = "p-manager", around: Callable[[], None] = lambda: None
    ) -> None:
        self.path = path
        self.person = person
        self.around = around

    @property
    def state(self) -> dict[str, Any]:
        """The whole ledger."""
        state: dict[str, Any] = json.loads(self.path.read_text())
        return state

    def voucher(self, voucher: str) -> dict[str, Any]:
        """A voucher."""
        found: dict[str, Any] = self.state["vouchers"][voucher]
        return found

    def change(self, voucher: str, **members: Any) -> None:
        """Change a voucher, as somebody else's transaction does."""
        state = self.state
        state["vouchers"][voucher].update(members)
        self._write(state)

    def issue(self, vouchers: Sequence[str], issued_by: str = "p-clerk") -> None:
        """Issue vouchers, on an empty ledger too."""
        state = self.state if self.path.exists() else {"vouchers": {}, "requests": {}, "bound": []}
        for voucher in vouchers:
            state["vouchers"][voucher] = {
                "id": voucher,
                "scheme": SCHEME,
                "state": "issued",
                "issued_by": issued_by,
                "available_cents": 30_000,
                "ends_at": ENDS_AT,
                "authorisation": None,
            }
        self._write(state)

    def evaluate(self, name: str, *arguments: str | bytes, **_: Any) -> bytes:
        """Answer a query."""
        request = json.loads(arguments[0])
        vouchers = self.state["vouchers"]
        if name == "scheme:Show":
            return json.dumps({"rules": rules(name="Kindpakket"), "scheme": {"id": SCHEME}}).encode()
        if name == "voucher:List":
            ids = sorted(each for each in vouchers if each > request["cursor"])
            page = ids[: request["limit"]]
            answer = {
                "items": [vouchers[each] for each in page],
                "next": page[-1] if len(ids) > len(page) else "",
            }
            return json.dumps(answer).encode()
        if request["voucher"] not in vouchers:
            raise endorse_error("chaincode response 500, VOUCHER_NOT_FOUND: there is no such voucher {}")
        return json.dumps(vouchers[request["voucher"]]).encode()

    def submit(self, name: str, *arguments: str | bytes, **_: Any) -> bytes:
        """Carry out a transaction once for each request id, or refuse it."""
        request = json.loads(arguments[0])
        self.around()
        state = self.state
        known = state["requests"].get(request["request_id"])
        if known is None:
            do: Mapping[str, Callable[[dict[str, Any], dict[str, Any]], object]] = {
                "voucher:Activate": self._activate,
                "voucher:Replace": self._replace,
                "voucher:ApproveReplacement": self._approve,
            }
            answer = do[name](state, request)
            state["requests"][request["request_id"]] = {"request": request, "answer": answer}
            self._write(state)
        else:
            assert known["request"] == request, "IDEMPOTENCY_CONFLICT"
            answer = known["answer"]
        self.around()
        return json.dumps(answer).encode()

    def _activate(self, state: dict[str, Any], request: dict[str, Any]) -> object:
        for activation in request["activations"]:
            voucher = state["vouchers"][activation["voucher"]]
            if voucher["state"] != "issued" or voucher["authorisation"] is not None:
                raise endorse_error("chaincode response 500, VOUCHER_STATE: the voucher is not issued {}")
            if voucher["issued_by"] == self.person:
                raise endorse_error("chaincode response 500, SECOND_PERSON_REQUIRED: you issued it {}")
            bound, block = activation["authorisation"], activation["self_block"]
            error = activation_proof_error(DOMAIN, SCHEME, voucher["id"], bound, activation["proof"], block)
            assert not error, error
            self._bind(state, voucher, bound, 1, block)
        return {"scheme": SCHEME, "vouchers": [each["voucher"] for each in request["activations"]]}

    def _replace(self, state: dict[str, Any], request: dict[str, Any]) -> object:
        voucher = state["vouchers"][request["voucher"]]
        assert request["proof"]["version"] == voucher["authorisation"]["version"] + 1
        voucher["state"] = "blocked"
        voucher["replacement"] = {
            "id": request["request_id"],
            "authorisation": request["authorisation"],
            "self_block": request["self_block"],
            "proposed_by": self.person,
            "reason": request["reason"],
        }
        return voucher

    def _approve(self, state: dict[str, Any], request: dict[str, Any]) -> object:
        voucher = state["vouchers"][request["voucher"]]
        waiting = voucher.pop("replacement")
        assert waiting["id"] == request["change"]
        if waiting["proposed_by"] == self.person:
            raise endorse_error("chaincode response 500, SECOND_PERSON_REQUIRED: you proposed it {}")
        version = voucher["authorisation"]["version"] + 1
        self._bind(state, voucher, waiting["authorisation"], version, waiting["self_block"])
        return voucher

    def _bind(
        self, state: dict[str, Any], voucher: dict[str, Any], bound: dict[str, Any], version: int, block: str
    ) -> None:
        if bound["root"] in state["bound"]:
            raise endorse_error("chaincode response 500, AUTHORISATION_USED: it was bound before {}")
        state["bound"].append(bound["root"])
        voucher |= {"state": "active", "authorisation": {**bound, "version": version}, "self_block": block}

    def _write(self, state: dict[str, Any]) -> None:
        beside = self.path.with_suffix(".new")
        beside.write_text(json.dumps(state))
        os.replace(beside, self.path)  # noqa: PTH105 - tests count the calls of this one


class LetterTown:
    """A folder with a ledger, a register of some children, templates, and a place for letters."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.ledger = LedgerFile(root / "ledger.json")
        self.where = str(root / "register.db")
        self.templates = root / "templates"
        self.folder = root / "letters"

    @classmethod
    def found(cls, root: Path, count: int = 4, where: str = "") -> LetterTown:
        """Make it: with children of whom three share a household, all vouchers issued, addresses known."""
        root.mkdir(parents=True, exist_ok=True)
        town = cls(root)
        town.where = where or town.where
        with town.register() as register:
            bulks = register.enrol(SCHEME, "2026", children(count))
            register.mark_issued([bulk.request_id for bulk in bulks])
            town.ledger.issue([entry.voucher for bulk in bulks for entry in bulk.entries])
            addresses = {
                child.household: Household((f"Familie {child.household}", "Dorpsstraat 7", "9801 AB  STAD"))
                for child in children(count)
            }
            register.households.keep(addresses)
        copy(town.templates)
        return town

    def register(self) -> Register:
        """The register, open."""
        return Register(
            self.where, keys=self.root / "keys", purpose=Purpose("letters-print", "letters", "p-manager")
        )

    def municipality(self, person: str = "p-manager") -> Municipality:
        """The municipality's back office, as one person."""
        return Municipality(LedgerFile(self.ledger.path, person, self.ledger.around))

    @property
    def vouchers(self) -> list[str]:
        """The vouchers that have been issued."""
        return list(self.ledger.state["vouchers"])
