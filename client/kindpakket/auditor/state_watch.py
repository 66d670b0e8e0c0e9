"""Compares the state of a peer with the books while the ledger grows.

    watch = StateWatch(reading, reader, network.ledger_height)
    for message in network.blocks(reading.chain.height):
        watch.note(message)
        reading.add(message)
        reading.commit()
        found = watch.look()

A look asks for the records that blocks wrote since the last one: a query for each, however large the ledger
is. Now and then it asks for everything, since nobody who changes a value in a database writes a block.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from fabric_gateway import FabricError
from fabric_gateway.blocks import Block, BlockMessage
from kindpakket.auditor.asking import Ahead
from kindpakket.auditor.auditing import in_state
from kindpakket.auditor.differences import Difference, differences
from kindpakket.auditor.finding import Finding
from kindpakket.auditor.reading import Reading
from kindpakket.auditor.written import KINDS, record_differences
from kindpakket.ledger.reader import Reader
from kindpakket.ledger.refusals import Refusal

HOUR = 3_600.0
_MANY = 5_000
"""After so many records, comparing everything takes fewer queries: lists answer a hundred at a time."""
_ROUNDS = 5
"""How often everything is compared before somebody is told that blocks arrive too fast for it."""
_Record = Mapping[str, Any]


class StateWatch:
    """The comparison of a peer's state with the books of a reading.

    Attributes:
        differences: how many were found so far.
        height: number of blocks after which all records that were looked at last agreed; 0 at first.
        error: why the peer could not be asked at the last look; "" if it could.
    """

    def __init__(
        self,
        reading: Reading,
        reader: Reader,
        ledger_height: Callable[[], int],
        *,
        every: float | None = HOUR,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Compare everything at the first look.

        Args:
            reading: the blocks that were read, with their books.
            reader: asks the peer.
            ledger_height: the peer's number of blocks.
            every: after so many seconds the next look compares everything; None: only the first one does.
            clock: tells the time in seconds.
        """
        self._reading, self._reader, self._ledger_height = reading, reader, ledger_height
        self._every, self._clock = every, clock
        self._keys: set[str] = set()
        self._whole, self._compared_at, self._rounds = True, clock(), 0
        self.differences = self.height = 0
        self.error = ""

    def note(self, message: BlockMessage) -> None:
        """Note which records a block wrote, whether or not its transactions are valid."""
        if self._whole:
            return
        chaincode = self._reading.domain.chaincode
        for transaction in Block.decode(message).transactions:
            for write in transaction.writes(chaincode):
                if write.key.partition("/")[0] in KINDS:
                    self._keys.add(write.key)
        self._whole = len(self._keys) > _MANY

    @property
    def noted(self) -> Mapping[str, int]:
        """How many records the next look asks for, by their kind."""
        return Counter(key.partition("/")[0] for key in self._keys)

    def look(self) -> list[Finding] | None:
        """Compare the peer's state as it is after the blocks that were read.

        Returns:
            What was found. None if that could not be told, and the next look will: the peer has blocks that
            were not read yet, got some meanwhile, or does not answer.
        """
        self.error = ""
        if self._every is not None and self._clock() - self._compared_at >= self._every:
            self._whole = True
        try:
            return self._looked(self._reading.chain.height)
        except FabricError as error:
            self.error = str(error)
            return None

    def _looked(self, height: int) -> list[Finding] | None:
        if self._ledger_height() != height:
            return None
        whole = self._whole
        found = dict(self._of_everything() if whole else self._of_keys())
        if self._ledger_height() != height:
            if whole:
                return self._moved(height)
            # A record that differs may be that of the next block. One that agrees has been seen to.
            self._keys = set(found)
            return None
        self._keys.clear()
        if whole:
            self._whole, self._compared_at, self._rounds = False, self._clock(), 0
        told = [in_state(difference, height) for of_key in found.values() for difference in of_key]
        self.differences += len(told)
        if not told:
            self.height = height
        if not self.differences:
            # Whoever goes on from here, compares anew what differed.
            self._reading.compared()
        return told

    def _moved(self, height: int) -> list[Finding] | None:
        """Blocks arrived while everything was compared: it is tried again some times, and then given up."""
        self._keys.clear()
        self._rounds += 1
        if self._rounds < _ROUNDS:
            return None
        self._whole, self._compared_at, self._rounds = False, self._clock(), 0
        sentence = (
            f"the whole state was not compared: blocks arrived during each of {_ROUNDS} comparisons; run "
            "audit verify when there is less traffic"
        )
        return [Finding(height - 1, "", "state", "state/not-compared", "uncertainty", sentence)]

    def _of_everything(self) -> Iterator[tuple[str, list[Difference]]]:
        since = self._reading.state.progress.get("compared", 0)
        found = [*differences(self._reading.books, self._reader, since)]
        if found:
            yield "", found

    def _of_keys(self) -> Iterator[tuple[str, list[Difference]]]:
        """The records whose keys were noted and that differ, by key."""
        places = {key: key.split("/") for key in sorted(self._keys)}
        asked = (
            (key, partial(_shown, self._reader, kind, place))
            for key, (kind, *place) in places.items()
            if _has_form(kind, place)
        )
        with Ahead() as ahead:
            for key, stored in ahead.answers(asked):
                kind, *place = places[key]
                found = [*record_differences(self._reading.books, kind, place, stored)]
                if found:
                    yield key, found


def _has_form(kind: str, place: list[str]) -> bool:
    """Whether a key has the form of its kind: what an invalid transaction wrote may be anything."""
    return len(place) == _MEMBERS.get(kind, 1) and all(place) and (kind != "rules" or place[-1].isdecimal())


def _shown(reader: Reader, kind: str, place: list[str]) -> _Record | None:
    """A record of the state, in the form that the books compare it in; None if there is none."""
    try:
        return _QUERIES[kind](reader, *place)
    except Refusal as refusal:
        if refusal.code.endswith("_NOT_FOUND") or refusal.code == "INVALID_ID":
            return None
        raise


def _scheme(reader: Reader, scheme: str) -> _Record:
    return reader.schemes.show(scheme)["scheme"]


def _budget(reader: Reader, scheme: str) -> _Record:
    # A chaincode from before there were allocations shows none.
    return {"allocated_cents": 0, **reader.schemes.show(scheme)["budget"]}


def _day(reader: Reader, scheme: str) -> _Record:
    return {"closed_until": reader.schemes.show(scheme)["closed_until"]}


def _rules(reader: Reader, scheme: str, version: str) -> _Record:
    return reader.schemes.rules(scheme, int(version))


def _change(reader: Reader, scheme: str, change: str) -> _Record | None:
    return _with_id(reader.schemes.changes(scheme), change)


def _organisation(reader: Reader, msp: str) -> _Record | None:
    return next((record for record in reader.organisations.list() if record["msp"] == msp), None)


def _with_id(records: Iterable[_Record], id_: str) -> _Record | None:
    return next((record for record in records if record["id"] == id_), None)


_MEMBERS = {"allocation": 2, "change": 2, "rules": 2, "settlement": 2, "voucher": 2}
_QUERIES: Mapping[str, Callable[..., _Record | None]] = {
    "allocation": lambda reader, scheme, allocation: reader.allocations.show(scheme, allocation),
    "budget": _budget,
    "change": _change,
    "day": _day,
    "decision": lambda reader, decision: reader.decisions.show(decision),
    "erasure": lambda reader, erasure: reader.erasures.show(erasure),
    "organisation": _organisation,
    "payment": lambda reader, payment: reader.payments.show(payment),
    "refund": lambda reader, refund: reader.payments.show_refund(refund),
    "rules": _rules,
    "scheme": _scheme,
    "settlement": lambda reader, scheme, settlement: reader.settlements.show(scheme, settlement),
    "shop": lambda reader, shop: reader.shops.show(shop),
    "voucher": lambda reader, scheme, voucher: reader.vouchers.show(scheme, voucher),
}
"""How each kind of record is asked for, by the members of its key."""
