"""Codes that people type: read as they are meant, and never another code by mistake."""

from __future__ import annotations

import secrets

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from story import SCHEME, VOUCHER

from kindpakket.holder import typeable
from kindpakket.holder.booklet import Booklet, Page
from kindpakket.holder.slip import Slip
from kindpakket.holder.typeable import ALPHABET, GROUP, Kind
from kindpakket.holder.typed_page import TypedPage

KINDS = st.sampled_from(Kind)
DATA = st.binary(min_size=1, max_size=40)


@settings(deadline=None)
@given(KINDS, DATA)
def test_what_is_written_can_be_read(kind: Kind, data: bytes) -> None:
    code = typeable.encode(kind, data)
    assert typeable.decode(kind, code, [len(data)]) == data
    assert all(len(group) == GROUP and set(group) <= set(ALPHABET) for group in code.split())


@settings(deadline=None)
@given(DATA, st.data())
def test_a_code_may_be_typed_carelessly(data: bytes, draw: st.DataObject) -> None:
    code = typeable.encode(Kind.PAGE, data)
    alike = {"0": "0Oo", "1": "1IiLl"}
    typed = "".join(draw.draw(st.sampled_from(alike.get(symbol, symbol + symbol.lower()))) for symbol in code)
    between = draw.draw(st.sampled_from([" ", "-", "", " - "]))
    assert typeable.decode(Kind.PAGE, typed.replace(" ", between), [len(data)]) == data


@settings(deadline=None)
@given(KINDS, DATA, st.data())
def test_one_wrong_symbol_is_noticed_in_its_group(kind: Kind, data: bytes, draw: st.DataObject) -> None:
    symbols = list(typeable.encode(kind, data).replace(" ", ""))
    place = draw.draw(st.integers(0, len(symbols) - 1))
    symbols[place] = draw.draw(
        st.sampled_from([*ALPHABET, "U", "*"]).filter(lambda one: one != symbols[place])
    )
    with pytest.raises(ValueError, match=rf"group {place // GROUP + 1} is wrong|not the code"):
        typeable.decode(kind, "".join(symbols), [len(data)])


@settings(deadline=None)
@given(KINDS, DATA, st.data())
def test_neighbours_that_changed_places_are_noticed(kind: Kind, data: bytes, draw: st.DataObject) -> None:
    symbols = list(typeable.encode(kind, data).replace(" ", ""))
    place = draw.draw(st.integers(0, len(symbols) - 2))
    symbols[place], symbols[place + 1] = symbols[place + 1], symbols[place]
    if symbols[place] != symbols[place + 1]:
        with pytest.raises(ValueError, match=r"group|not the code"):
            typeable.decode(kind, "".join(symbols), [len(data)])


@settings(deadline=None)
@given(st.binary(min_size=6, max_size=40), st.data())
def test_groups_that_changed_places_are_noticed(data: bytes, draw: st.DataObject) -> None:
    groups = typeable.encode(Kind.BLOCK, data).split()
    first, second = draw.draw(st.lists(st.integers(0, len(groups) - 1), min_size=2, max_size=2, unique=True))
    groups[first], groups[second] = groups[second], groups[first]
    with pytest.raises(ValueError, match=r"group|not the code"):
        typeable.decode(Kind.BLOCK, " ".join(groups), [len(data)])


@settings(deadline=None)
@given(st.permutations(list(Kind)), st.binary(min_size=16, max_size=16))
def test_a_code_of_one_kind_is_not_one_of_another(kinds: list[Kind], data: bytes) -> None:
    with pytest.raises(ValueError, match=f"not the code of {kinds[1].words}"):
        typeable.decode(kinds[1], typeable.encode(kinds[0], data), [16])


@settings(deadline=None)
@given(st.text(max_size=60))
def test_other_texts_are_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(ValueError, match=r"symbols|group|not the code") as error:
        TypedPage.from_text(text)
    assert len(text) < 12 or text not in str(error.value)


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 256), st.data())
def test_a_typed_page_pays_like_the_scanned_one(pages: int, draw: st.DataObject) -> None:
    booklet = Booklet.of_secrets([bytes([number]) * 16 for number in range(pages)])
    number = draw.draw(st.integers(0, pages - 1))
    typed = TypedPage.from_text(booklet.typed_page(number).as_text())
    assert len(booklet.typed_page(number).as_text().split()) == 7
    assert Page.from_typed(typed, booklet.public_keys) == booklet.page(number)


def test_a_booklet_from_seeds_has_longer_codes() -> None:
    booklet = Booklet([secrets.token_bytes(32) for _ in range(3)])
    typed = TypedPage.from_text(booklet.typed_page(2).as_text())
    assert len(typed.as_text().split()) == 14
    assert Page.from_typed(typed, booklet.public_keys) == booklet.page(2)


def test_a_typed_page_of_another_booklet_is_refused() -> None:
    typed = Booklet.generate(4).typed_page(3)
    for other in (Booklet.generate(4), Booklet.generate(2)):
        with pytest.raises(ValueError, match="another booklet"):
            Page.from_typed(typed, other.public_keys)


def test_nothing_that_can_pay_is_shown() -> None:
    booklet = Booklet.generate(2)
    page, typed = booklet.page(1), booklet.typed_page(1)
    shown = repr((page, typed, booklet, Slip(SCHEME, VOUCHER, page)))
    for secret in (page.seed, typed.secret):
        assert repr(secret)[2:-1] not in shown
        assert secret.hex() not in shown


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 256), st.data())
def test_a_slip_names_the_voucher_and_its_page(pages: int, draw: st.DataObject) -> None:
    booklet = Booklet.of_secrets([bytes([number]) * 16 for number in range(pages)])
    slip = Slip(SCHEME, VOUCHER, booklet.page(draw.draw(st.integers(0, pages - 1))))
    assert Slip.from_text(slip.as_text()) == slip


@pytest.mark.parametrize("text", ["", "kp2:", "kp2:" + "A" * 88, "kp1:" + "A" * 152, "kp2:é", "x"])
def test_other_texts_are_no_slip(text: str) -> None:
    with pytest.raises(ValueError, match="scan it again"):
        Slip.from_text(text)


def test_a_slip_is_of_a_voucher_of_the_ledger() -> None:
    with pytest.raises(ValueError, match="the voucher 'x' is not an id"):
        Slip(SCHEME, "x", Booklet.generate(2).page(1))
