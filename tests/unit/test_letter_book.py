"""Runs of letters in the register, in any order of events: no voucher has two letters that count."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from old_register import children
from sqlalchemy import select
from story import SCHEME

from kindpakket.backoffice.register import Register, RegisterError
from kindpakket.backoffice.register.letter_tables import LetterVoucherRow

COUNT = 6
_PICKED = st.sets(st.integers(0, COUNT - 1), min_size=1)


class Runs(RuleBasedStateMachine):
    """Plans, settles and discards runs for six vouchers, as commands do, and keeps books of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        root = Path(self.folder.name)
        self.register = Register(root / "register.db", keys=root / "keys")
        (bulk,) = self.register.enrol(SCHEME, "2026", children(COUNT))
        self.vouchers = [entry.voucher for entry in bulk.entries]
        self.versions = dict.fromkeys(self.vouchers, 0)
        self.open: dict[str, dict[str, int]] = {}

    def teardown(self) -> None:
        self.register.close()
        self.folder.cleanup()

    def plan(self, picked: set[int], version_of: dict[str, int]) -> None:
        wanted = [(self.vouchers[at], version_of[self.vouchers[at]]) for at in sorted(picked)]
        book = self.register.letters
        taken = {voucher for run in self.open.values() for voucher in run}
        free = all(voucher not in taken and version > self.versions[voucher] for voucher, version in wanted)
        before = len(book.runs())
        try:
            run = book.plan(SCHEME, "folder", {}, [[each] for each in wanted])
        except RegisterError as error:
            assert not free
            assert "has got letter" in str(error)
            assert len(book.runs()) == before
        else:
            assert free
            self.open[run.id] = dict(wanted)

    @rule(picked=_PICKED)
    def print(self, picked: set[int]) -> None:
        """Plan first letters for some, whether they have one or not."""
        self.plan(picked, dict.fromkeys(self.vouchers, 1))

    @rule(picked=_PICKED)
    def print_again(self, picked: set[int]) -> None:
        """Plan new letters for some, with the next version of each."""
        self.plan(picked, {voucher: version + 1 for voucher, version in self.versions.items()})

    @precondition(lambda self: self.open)
    @rule(data=st.data(), lost=st.sets(st.integers(0, COUNT - 1)))
    def settle(self, data: st.DataObject, lost: set[int]) -> None:
        """End a run: its vouchers are bound, but for some that changed meanwhile."""
        run = data.draw(st.sampled_from(sorted(self.open)))
        vouchers = self.open.pop(run)
        void = [voucher for voucher in vouchers if self.vouchers.index(voucher) in lost]
        valid = [voucher for voucher in vouchers if voucher not in void]
        self.register.letters.note_made(run, [])
        self.register.letters.note(run, valid, "valid")
        self.register.letters.note(run, void, "void")
        self.register.letters.finish(run)
        self.versions |= {voucher: vouchers[voucher] for voucher in valid}

    @precondition(lambda self: self.open)
    @rule(data=st.data(), bound=st.sets(st.integers(0, COUNT - 1)))
    def discard(self, data: st.DataObject, bound: set[int]) -> None:
        """Discard a run of which some vouchers are bound already."""
        run = data.draw(st.sampled_from(sorted(self.open)))
        vouchers = self.open.pop(run)
        valid = [voucher for voucher in vouchers if self.vouchers.index(voucher) in bound]
        self.register.letters.note(run, valid, "valid")
        assert self.register.letters.discard(run) == len(vouchers) - len(valid)
        self.versions |= {voucher: vouchers[voucher] for voucher in valid}

    @invariant()
    def no_voucher_has_two(self) -> None:
        """A voucher has one letter that counts for each version at most."""
        rows = select(LetterVoucherRow.voucher, LetterVoucherRow.version).where(
            LetterVoucherRow.state != "void"
        )
        with self.register._store.reading() as connection:
            counts = Counter((row.voucher, row.version) for row in connection.execute(rows))
        assert not counts or max(counts.values()) == 1

    @invariant()
    def who_has_none_is_known(self) -> None:
        """Exactly the vouchers without a letter that counts, or may yet count, are still to do."""
        taken = {voucher for run in self.open.values() for voucher in run}
        left = [v for v in self.vouchers if not self.versions[v] and v not in taken]
        assert [voucher for voucher, _ in self.register.letters.without(SCHEME)] == left

    @invariant()
    def nobody_is_erased_while_a_letter_is_made(self) -> None:
        """A voucher in a run that is going on cannot be erased."""
        taken = {voucher for run in self.open.values() for voucher in run}
        for voucher in taken:
            with pytest.raises(RegisterError, match="unfinished run of letters"):
                self.register.check_erasable([voucher])


TestRuns = Runs.TestCase
TestRuns.settings = settings(max_examples=15, stateful_step_count=12, deadline=None)
