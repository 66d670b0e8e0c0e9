"""Binds the vouchers of letters that are whole, and finds out what became of them before."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from kindpakket.backoffice.letters import VoucherRecord
from kindpakket.backoffice.mailing.on_ledger import OnLedger, on_ledger
from kindpakket.backoffice.register import LetterRun, Register
from kindpakket.holder.orders import FIRST_VERSION
from kindpakket.ledger.records import Authorisation
from kindpakket.municipality import Municipality, bulks


@dataclass(slots=True)
class Settled:
    """What became of a run's vouchers.

    Attributes:
        valid: the vouchers to which their letter belongs.
        void: the vouchers that could no longer be bound when their letter was whole, with their state.
        proposed: the replacements that another person has to approve: voucher -> id of the change.
    """

    valid: list[str] = field(default_factory=list)
    void: dict[str, str] = field(default_factory=dict)
    proposed: dict[str, str] = field(default_factory=dict)


def settle(
    municipality: Municipality,
    register: Register,
    run: LetterRun,
    records: Mapping[str, VoucherRecord],
    progress: Callable[[int], None] | None = None,
) -> Settled:
    """Bind each voucher of a run to what its letter has; what is bound already is left as it is.

    Safe to repeat: what to do follows from the ledger, and requests are sent under ids of their own.

    Args:
        municipality: binds: not as the person who issued the vouchers.
        register: notes what became of each.
        run: the run.
        records: what the letters have, by voucher.
        progress: called with a number of vouchers each time that many more are settled.
    """
    ordered = register.letters.ordered(run.id)
    states = on_ledger(municipality, run.scheme, list(ordered))
    settled = Settled()
    fresh: list[str] = []
    for voucher, version in ordered.items():
        state, record = states.get(voucher), records[voucher]
        if state is None:
            settled.void[voucher] = "not on the ledger"
        elif _has(state, record, version):
            settled.valid.append(voucher)
        elif version == FIRST_VERSION and state.waits_for_letter:
            (fresh if record.activation is not None else settled.valid).append(voucher)
        elif version > FIRST_VERSION and _can_take(state, version):
            fresh.append(voucher)
        else:
            settled.void[voucher] = state.state
    _note(register, run, settled, progress)
    first = [voucher for voucher in fresh if ordered[voucher] == FIRST_VERSION]
    for bulk in bulks(first):
        activations = [activation for each in bulk if (activation := records[each].activation) is not None]
        municipality.vouchers.activate(run.scheme, activations, request_id=_request_id(run, bulk))
        _noted(register, run, settled, list(bulk), progress)
    for voucher in fresh[len(first) :]:
        replacement = records[voucher].replacement
        if replacement is None:
            raise AssertionError(f"the record of voucher {voucher} has no replacement")
        municipality.vouchers.replace(
            run.scheme,
            voucher,
            replacement,
            str(run.terms["reason"]),
            request_id=_request_id(run, [voucher]),
        )
        _noted(register, run, settled, [voucher], progress)
    return settled


def waiting(
    municipality: Municipality, run: LetterRun, records: Mapping[str, VoucherRecord]
) -> dict[str, str]:
    """The replacements of a run that another person has not decided on: voucher -> id of the change."""
    states = on_ledger(municipality, run.scheme, list(records))
    return {
        voucher: state.proposed[0]
        for voucher, state in states.items()
        if state.proposed[0] and state.proposed[1] == _root(records[voucher])
    }


def _has(state: OnLedger, record: VoucherRecord, version: int) -> bool:
    """Whether a voucher is bound to a letter's booklet, or that is proposed, or was and has been replaced."""
    root = _root(record)
    return bool(root) and ((state.version >= version and state.root == root) or (state.proposed[1] == root))


def _can_take(state: OnLedger, version: int) -> bool:
    return state.is_replaceable and state.version == version - 1 and not state.proposed[0]


def _root(record: VoucherRecord) -> str:
    bound = record.activation or record.replacement
    authorisation: Authorisation | None = bound["authorisation"] if bound is not None else None
    return authorisation.get("root", "") if authorisation is not None else ""


def _note(
    register: Register, run: LetterRun, settled: Settled, progress: Callable[[int], None] | None
) -> None:
    register.letters.note(run.id, settled.valid, "valid")
    register.letters.note(run.id, list(settled.void), "void")
    if progress is not None:
        progress(len(settled.valid) + len(settled.void))


def _noted(
    register: Register,
    run: LetterRun,
    settled: Settled,
    vouchers: list[str],
    progress: Callable[[int], None] | None,
) -> None:
    register.letters.note(run.id, vouchers, "valid")
    settled.valid += vouchers
    if progress is not None:
        progress(len(vouchers))


def _request_id(run: LetterRun, vouchers: Sequence[str]) -> str:
    """The id of the request that binds some vouchers of a run: the same whenever it is sent again."""
    return hashlib.sha256("\n".join([run.id, *vouchers]).encode()).hexdigest()[:32]
