"""Ledgers that somebody forged, with every key at hand: each forgery is found and named, none in a clean
one.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from bank_files import DEBTOR, SHOPS, Detail, Entry, Page, camt053
from click.testing import CliRunner
from dishonest import CHANGES, SOURCE, write_sources
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, text
from story import DOMAIN, NOON

from fabric_gateway.blocks import Block
from fabric_gateway.verification import BlockFileError, BlockFiles, stored_form
from forge import write_block_files
from kindpakket.auditor.audit import Audit
from kindpakket.auditor.offline import audit_blocks
from kindpakket.auditor.state import State
from kindpakket.auditor.verification import Anchor, LedgerCheck
from kindpakket.backoffice.sepa import CreditTransfer, payment_file
from kindpakket.holder.key import HolderKey
from kindpakket.ledger.days import day_of
from kindpakket.ledgerview import LedgerView
from kindpakket_cli.main import main
from signed_town import MSPIDS, SignedTown

_INVALID = 11  # MVCC_READ_CONFLICT


@pytest.fixture
def town() -> SignedTown:
    town = SignedTown()
    town.begin()
    return town


def audit(blocks: Iterable[Any], anchor: bytes = b"") -> Audit:
    """What an audit of these blocks alone finds."""
    kept, state = list(blocks), State()
    check = LedgerCheck(state, DOMAIN.channel, Anchor(anchor))
    return audit_blocks(lambda start: iter(kept[start:]), DOMAIN, state=state, checks=[check])


def rules_of(town: SignedTown) -> set[str]:
    """The rules that the town's ledger breaks, every one in the last block."""
    found = audit(town.ledger.blocks, town.ledger.anchor).found
    assert {finding.block for finding in found} <= {town.ledger.height - 1}, [*map(str, found)]
    return {finding.rule for finding in found if finding.kind == "error"}


def last_transaction(town: SignedTown) -> str:
    """The id of the last transaction of the town's ledger."""
    return Block.decode(town.ledger.blocks[-1]).transactions[-1].transaction_id


def test_nothing_is_found_in_a_clean_ledger(town: SignedTown) -> None:
    town.pay()
    town.pay(1)
    town.settle()
    town.seal(2)
    result = audit(town.ledger.blocks, town.ledger.anchor)
    assert [*map(str, result.found)] == []
    assert result.passed
    assert result.as_json()["untested"] == ["The state of a peer was not compared: there was none to ask."]


def test_without_an_anchor_the_beginning_is_an_uncertainty(town: SignedTown) -> None:
    result = audit(town.ledger.blocks)
    assert [(found.rule, found.kind) for found in result.found] == [("anchor.missing", "uncertainty")]
    assert result.passed


def test_another_ledger_than_the_anchor_names(town: SignedTown) -> None:
    (found,) = audit(town.ledger.blocks, b"\x01" * 32).found
    assert (found.block, found.rule, found.kind) == (0, "anchor.genesis", "error")


def test_one_signature_less_than_a_quorum(town: SignedTown) -> None:
    town.pay()
    town.seal(signers=dict(list(town.channel.consenters.items())[:2]))
    assert rules_of(town) == {"block.signatures"}


def test_signatures_of_a_removed_consenter(town: SignedTown) -> None:
    before = dict(town.channel.consenters)
    after = {number: before[number] for number in (1, 2, 3)}
    admins = list(town.channel.admins.values())
    town.ledger.configure(town.channel.update(town.channel.with_consenters(after), admins))
    town.channel.consenters = after
    town.pay()
    town.seal(signers={number: before[number] for number in (1, 4)})
    assert rules_of(town) == {"block.signatures"}


def test_an_endorsement_of_one_organisation_only(town: SignedTown) -> None:
    town.pay()
    town.ledger.add([town.envelope(town.take(), endorsers=MSPIDS[:1])])
    (found,) = audit(town.ledger.blocks, town.ledger.anchor).found
    assert (found.rule, found.transaction_id) == (
        "validity.endorsement-policy-failure",
        last_transaction(town),
    )
    assert "is flagged VALID" in found.sentence
    assert "not satisfied by GemeenteMSP" in found.sentence


def test_a_peer_that_hides_a_payment(town: SignedTown) -> None:
    payment = town.pay()
    town.ledger.add([town.envelope(town.take())], flags=[_INVALID])
    result = audit(town.ledger.blocks, town.ledger.anchor)
    (found,) = result.found
    assert (found.block, found.rule) == (town.ledger.height - 1, "validity.valid")
    assert found.transaction_id == last_transaction(town)
    assert "flagged MVCC_READ_CONFLICT, and is VALID" in found.sentence
    assert payment in result.books.payments, "what is valid is replayed, whatever the peer says"


def test_a_revoked_clerk(town: SignedTown) -> None:
    town.story.add(
        "scheme:Pause", "p-manager", scheme=town.story.requests[1].request["request_id"], reason="x"
    )
    request = town.take()
    clerk = town.person(request)
    authority = town.channel.authorities["GemeenteMSP"]
    revoked = town.channel.with_msp(authority.msp(revocation_lists=[authority.revocation_list([clerk])]))
    town.ledger.configure(town.channel.update(revoked, town.channel.admins.values()))
    town.ledger.add([town.envelope(request)])
    (found,) = audit(town.ledger.blocks, town.ledger.anchor).found
    assert (found.block, found.rule) == (town.ledger.height - 1, "creator.revoked")
    assert found.transaction_id == last_transaction(town)


def test_a_chaincode_that_gives_a_cent_away(town: SignedTown) -> None:
    town.pay()
    changed = {"voucher": {"available_cents": 29_901}}
    town.ledger.add([town.envelope(town.take(), changed=changed)])
    (found,) = audit(town.ledger.blocks, town.ledger.anchor).found
    assert (found.rule, found.cents, found.part) == ("writes/voucher", 1, "writes")
    assert found.transaction_id
    assert "29900 by the rules, 29901 written by the chaincode" in found.sentence


def test_the_dishonest_chaincode_is_the_real_one_but_for_its_changes(tmp_path: Path) -> None:
    """The test on a network deploys it; here, a changed line of the real one is noticed at once."""
    write_sources(tmp_path / "chaincode")
    changed = {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*")
        if path.is_file()
        and path.read_bytes() != (tmp_path / "chaincode" / path.relative_to(SOURCE)).read_bytes()
    }
    assert changed == {change.file for change in CHANGES.values()}


def test_a_payment_that_its_holder_did_not_agree_to(town: SignedTown) -> None:
    town.holders[0] = HolderKey.generate()
    town.pay(cents=700)
    town.seal()
    (found,) = audit(town.ledger.blocks, town.ledger.anchor).found
    assert (found.rule, found.cents, found.part) == ("payment:Pay/proof", 700, "rules")


def test_a_payment_by_somebody_of_the_municipality(town: SignedTown) -> None:
    town.pay()
    request = replace(town.take(), mspid="GemeenteMSP", person="p-clerk", role="issuer", shop="")
    town.ledger.add([town.envelope(request)])
    assert rules_of(town) == {"payment:Pay/caller", "payment:Pay/own"}


class Files(NamedTuple):
    """A small clean ledger as a block file.

    Attributes:
        path: the file.
        content: what is in it.
        ends: where each block ends in it.
        anchor: the hash of block 0.
    """

    path: Path
    content: bytes
    ends: list[int]
    anchor: bytes


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """A town with one payment."""
    town = SignedTown(1)
    town.begin()
    town.pay()
    town.seal()
    blocks = town.ledger.blocks
    (path,) = write_block_files(tmp_path_factory.mktemp("blocks"), blocks)
    ends = list(accumulate(len(stored_form(block)) for block in blocks))
    return Files(path, path.read_bytes(), ends, town.ledger.anchor)


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_one_flipped_byte_anywhere_is_found_and_its_block_named(files: Files, data: st.DataObject) -> None:
    path, content, ends, anchor = files
    at = data.draw(st.integers(0, len(content) - 1))
    flipped = bytearray(content)
    flipped[at] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(flipped)
    state = State()
    check = LedgerCheck(state, DOMAIN.channel, Anchor(anchor))
    result = audit_blocks(BlockFiles(path.parent).read, DOMAIN, state=state, checks=[check])
    block = bisect_right(ends, at) or first_number(path.parent)
    path.write_bytes(content)
    named = {found.block for found in result.found if found.kind == "error"}
    assert block in named, f"byte {at} of {len(content)}: {[*map(str, result.found)]}"


def first_number(folder: Path) -> int:
    """The number that the first block has: no other one tells what it should be. 0 if it cannot be read."""
    try:
        return int(next(BlockFiles(folder).read()).header.number)
    except BlockFileError:
        return 0


def settled(town: SignedTown, tmp_path: Path) -> tuple[str, Path, list[str]]:
    """A settlement that was paid; its payment file; and the command that compares it."""
    town.pay(cents=1200)
    town.story.add("scheme:CloseDay", scheme=town.story.requests[1].request["request_id"], day=day_of(NOON))
    town.seal()
    transfer = CreditTransfer("5" * 32, "Shop", SHOPS[0], 1200, "Kindpakket")
    scheme, shop = (town.story.requests[index].request["request_id"] for index in (1, 4))
    add = town.story.add
    settlement = add("settlement:Draft", request_id="5" * 32, scheme=scheme, shop=shop)
    made = payment_file(DEBTOR, [transfer], created_at=_noon(), execution_date=date(2026, 11, 25))
    add("settlement:Approve", "p-manager", scheme=scheme, settlement=settlement)
    add("settlement:Export", "p-treasurer", scheme=scheme, settlements=[settlement], file_sha256=made.sha256)
    add("settlement:Book", "p-treasurer", scheme=scheme, settlement=settlement, outcome="paid")
    town.seal()
    write_block_files(tmp_path / "blocks", town.ledger.blocks)
    paid = tmp_path / "pay.xml"
    paid.write_bytes(made.content)
    blocks, anchor = str(tmp_path / "blocks"), town.ledger.anchor.hex()
    command = ["audit", "verify", "--blocks", blocks, "--anchor", anchor, "--payments", str(paid), "--json"]
    return settlement, paid, command


def _noon() -> Any:
    from datetime import UTC, datetime

    return datetime(2026, 11, 24, 12, tzinfo=UTC)


def compared(command: list[str], *more: str) -> tuple[int, list[dict[str, Any]]]:
    """Exit code and findings of a command."""
    result = CliRunner().invoke(main, [*command, *more])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert not any(shop in result.output for shop in SHOPS)
    return result.exit_code, json.loads(result.stdout)["found"]


def test_a_settlement_paid_twice_in_the_banks_file(town: SignedTown, tmp_path: Path) -> None:
    settlement, _, command = settled(town, tmp_path)
    once = Entry(-1200, [Detail(1200, settlement)], "REF1")
    statement = tmp_path / "statement.xml"
    statement.write_bytes(camt053(Page([once])))
    assert compared(command, "--statements", str(statement)) == (0, [])
    statement.write_bytes(camt053(Page([once, replace(once, reference="REF2")])))
    code, (found,) = compared(command, "--statements", str(statement))
    assert code == 1
    assert (found["rule"], found["kind"], found["cents"]) == ("statements/paid-twice", "error", 1200)


def test_a_payment_to_another_account(town: SignedTown, tmp_path: Path) -> None:
    settlement, _, command = settled(town, tmp_path)
    statement = tmp_path / "statement.xml"
    other = Entry(-1200, [Detail(1200, settlement, account=SHOPS[1])], "REF1")
    statement.write_bytes(camt053(Page([other])))
    code, found = compared(command, "--statements", str(statement))
    assert code == 1
    assert ("statements/to-decide", "error") in {(one["rule"], one["kind"]) for one in found}


def test_a_payment_file_that_the_ledger_does_not_know(town: SignedTown, tmp_path: Path) -> None:
    _, paid, command = settled(town, tmp_path)
    transfer = CreditTransfer("6" * 32, "Shop", SHOPS[0], 999, "Kindpakket")
    other = tmp_path / "other.xml"
    other.write_bytes(
        payment_file(DEBTOR, [transfer], created_at=_noon(), execution_date=date(2026, 11, 25)).content
    )
    code, (found,) = compared(command, "--payments", str(other))
    assert (code, found["rule"], found["cents"]) == (1, "payments/not-on-ledger", 999)
    assert compared(command) == (0, [])
    assert paid.exists()


def test_a_ledger_view_in_which_a_cent_was_changed(town: SignedTown, tmp_path: Path) -> None:
    _, _, command = settled(town, tmp_path)
    where = tmp_path / "view.db"
    with (
        LedgerView(where, channel=DOMAIN.channel, chaincode=DOMAIN.chaincode) as view,
        view.adding() as adding,
    ):
        adding.add([*map(Block.decode, town.ledger.blocks)])
    assert compared(command, "--view", str(where)) == (0, [])
    engine = create_engine(f"sqlite:///{where}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE payments SET cents = cents + 1"))
    engine.dispose()
    code, found = compared(command, "--view", str(where))
    assert code == 1
    assert {one["rule"] for one in found} == {"view/payments"}
    assert "cents is 1201 instead of 1200" in found[0]["sentence"]
