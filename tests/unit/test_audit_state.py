"""The state of an audit in a file: the same books as in memory, across runs, kills and other ledgers."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from random import Random
from typing import Any

import pytest
from story import DAY, DOMAIN, NOON, SCHEME, SECONDS_OF_A_DAY, SHOP, Story
from story import replay as replayed

import killing
from fabric_gateway.verification import BlockFiles
from forge import write_block_files
from kindpakket.auditor import reading as reading_module
from kindpakket.auditor.audit import Audit
from kindpakket.auditor.books import Books
from kindpakket.auditor.offline import audit_blocks
from kindpakket.auditor.reading import Reading
from kindpakket.auditor.replay.replay import Replay
from kindpakket.auditor.state import State, StateError
from kindpakket.auditor.store import Rows, Shelf, stored_books
from kindpakket.auditor.store.forms import Plain
from kindpakket.auditor.verification import Anchor, LedgerCheck
from memory_database import memory_database
from signed_town import SignedTown


def long_story() -> Story:
    """Payments, a hold, a capture, refunds, a cancellation, settlements of which one is withdrawn."""
    story = Story()
    story.layout = 3
    story.open(refund_days=30, refund_limit_cents=5_000)
    lines = [{"category": "books", "cents": 200}]
    paid = [story.pay(("books", 1_000), ("toys", 300)) for _ in range(4)]
    story.add("payment:Refund", "p-shop", payment=paid[0], lines=lines, reason="returned")
    story.add("payment:Cancel", "p-shop", payment=paid[1], reason="wrong-item")
    held = story.hold(("toys", 900))
    story.add("payment:Capture", "p-shop", payment=held, lines=[{"category": "toys", "cents": 800}])
    story.hold(("toys", 400), lasting=600)
    story.add("scheme:CloseDay", scheme=SCHEME, day=DAY)
    settlement = story.add("settlement:Draft", scheme=SCHEME, shop=SHOP)
    story.add("settlement:Withdraw", "p-treasurer", scheme=SCHEME, settlement=settlement, reason="wrong")
    story.add("settlement:Draft", scheme=SCHEME, shop=SHOP)
    story.pay(("toys", 250), at=NOON + SECONDS_OF_A_DAY)
    story.add("request:Void", "p-shop", void="9" * 32)
    return story


def content(books: Books) -> dict[str, Any]:
    """Everything in the books, in an order of its own."""
    nouns = ("shops", "payments", "refunds", "settlements", "erasures", "decisions")
    return {
        **{noun: {book.id: book.members() for book in getattr(books, noun).values()} for noun in nouns},
        "schemes": {
            scheme.id: (
                scheme.members(),
                scheme.budget_members(),
                {key: book.members() for key, book in sorted(scheme.vouchers.items())},
                {key: book.members() for key, book in sorted(scheme.allocations.items())},
                {shop: dict(items) for shop, items in scheme.unsettled.items()},
            )
            for scheme in books.schemes.values()
        },
        "bindings": dict(books.bindings),
        "entitlements": dict(books.entitlements),
        "voided": sorted(books.voided),
        "movements": list(books.movements),
        "net": dict(books.net),
        "balances": books.shop_balances(),
    }


@pytest.mark.parametrize("kept", [0, 3, 1000])
def test_the_books_in_rows_are_those_in_memory(kept: int) -> None:
    story = long_story()
    rows = Rows(memory_database(), kept)
    stored = Replay(DOMAIN, stored_books(rows), Shelf(rows, "seen", Plain()))
    for request in story.requests:
        stored.apply(request)
        rows.trim()
    memory = replayed(story)
    assert [*map(str, stored.findings)] == [*map(str, memory.findings)] == []
    assert content(stored.books) == content(memory.books)
    assert stored.books.movements[-1] == memory.books.movements[-1]
    assert stored.books.movements[1:3] == memory.books.movements[1:3]


def test_a_record_that_was_taken_out_stays_the_same_until_it_is_let_go() -> None:
    rows = Rows(memory_database(), 0)
    books = stored_books(rows)
    story = long_story()
    replay = Replay(DOMAIN, books, {})
    for request in story.requests:
        replay.apply(request)
    voucher = next(iter(books.schemes[SCHEME].vouchers))
    taken = books.schemes[SCHEME].vouchers[voucher]
    assert books.schemes[SCHEME].terms().balanced  # reads all rows in between
    taken.state = "blocked"
    rows.trim()
    assert books.schemes[SCHEME].vouchers[voucher].state == "blocked"


def test_keys_that_are_removed_and_put_back() -> None:
    rows = Rows(memory_database())
    shelf: Shelf[str, int] = Shelf(rows, "numbers", Plain())
    shelf.update({"a": 1, "b": 2, "c": 3})
    rows.trim()
    del shelf["b"]
    assert ("b" in shelf, len(shelf), [*shelf.items()]) == (False, 2, [("a", 1), ("c", 3)])
    with pytest.raises(KeyError):
        del shelf["b"]
    shelf["b"] = 5
    rows.trim()
    assert dict(shelf) == {"a": 1, "b": 5, "c": 3}
    rows.height = 7
    shelf["a"] = 9
    assert [*shelf.changed(7)] == [9]


def test_a_state_of_another_ledger_is_refused(tmp_path: Path) -> None:
    where = tmp_path / "state.db"
    State(where, channel="zuidhorn", anchor="aa").close()
    State(where, channel="zuidhorn", anchor="").close()
    with pytest.raises(StateError, match="with channel zuidhorn; this one has delfzijl: give --again"):
        State(where, channel="delfzijl")
    with pytest.raises(StateError, match="with anchor aa; this one has bb"):
        State(where, channel="zuidhorn", anchor="bb")
    State(where, again=True, channel="delfzijl").close()


def test_a_state_that_another_audit_uses_is_refused(tmp_path: Path) -> None:
    where = tmp_path / "state.db"
    first = State(where, channel="zuidhorn")
    first.commit()
    with pytest.raises(StateError, match="in use by another audit"):
        State(where, channel="zuidhorn")
    first.close()


def test_other_databases_and_files_are_left_alone(tmp_path: Path) -> None:
    where = tmp_path / "children.db"
    with sqlite3.connect(where) as connection:
        connection.execute("CREATE TABLE children (name TEXT)")
    connection.close()
    before = where.read_bytes()
    for again in (False, True):
        with pytest.raises(StateError, match="another database"):
            State(where, again=again)
    assert where.read_bytes() == before
    text = tmp_path / "notes.txt"
    text.write_text("not a database, but long enough to be one" * 100)
    for again in (False, True):
        with pytest.raises(StateError, match="state of an audit"):
            State(text, again=again)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Block files of a signed town with an endorsement too few in one of its last blocks."""
    town = SignedTown()
    town.begin()
    for number in range(12):
        town.pay(number % 2)
    town.settle()
    town.seal(3)
    town.pay()
    town.ledger.add([town.envelope(town.take(), endorsers=["GemeenteMSP"])])
    town.pay()
    town.seal()
    path = tmp_path_factory.mktemp("blocks")
    write_block_files(path, town.ledger.blocks)
    return path


def _audit(folder: Path, where: Path) -> Audit:
    state = State(where, channel=DOMAIN.channel)
    check = LedgerCheck(state, DOMAIN.channel, Anchor())
    result = audit_blocks(BlockFiles(folder).read, DOMAIN, state=state, checks=[check])
    (where.parent / "result.json").write_text(json.dumps({**result.as_json(), "started": 0}))
    state.close()
    return result


def _audit_and_die(instants: killing.Instants, folder: Path, where: Path) -> None:
    """Audit, a few transactions in each commit, with an instant around each block and each commit."""
    patch = pytest.MonkeyPatch()
    patch.setattr(reading_module, "_TRANSACTIONS", 4)
    for owner, name in ((Reading, "add"), (State, "commit"), (State, "keep")):
        plain = getattr(owner, name)

        def watched(*arguments: Any, plain: Any = plain, **named: Any) -> Any:
            instants.pass_one()
            result = plain(*arguments, **named)
            instants.pass_one()
            return result

        patch.setattr(owner, name, watched)
    _audit(folder, where)


def test_killed_at_any_instant_it_goes_on_to_the_same_result(folder: Path, tmp_path: Path) -> None:
    expected = tmp_path / "expected"
    expected.mkdir()
    assert not _audit(folder, expected / "state.db").passed
    where = tmp_path / "state.db"
    random, kills = Random(3), 0
    while not killing.run_and_die(random.randrange(2, 16), _audit_and_die, folder, where):
        kills += 1
    assert kills > 3
    assert json.loads((tmp_path / "result.json").read_text()) == json.loads(
        (expected / "result.json").read_text()
    )


def test_another_past_than_the_one_that_was_read_is_refused(folder: Path, tmp_path: Path) -> None:
    where = tmp_path / "state.db"
    _audit(folder, where)
    other = SignedTown(1)
    other.begin()
    state = State(where, channel=DOMAIN.channel)
    with pytest.raises(StateError, match="there are fewer"):
        audit_blocks(lambda start: iter(other.ledger.blocks[start:]), DOMAIN, state=state)
    while other.ledger.height <= state.height:
        other.pay()
        other.seal()
    with pytest.raises(StateError, match="another ledger, or its past was changed"):
        audit_blocks(lambda start: iter(other.ledger.blocks[start:]), DOMAIN, state=state)
    state.close()
