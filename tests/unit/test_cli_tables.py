"""Tables that are wider than the terminal: columns go first, and names never break."""

from __future__ import annotations

from contextlib import redirect_stdout
from io import StringIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kindpakket.ledger.money import euros
from kindpakket_cli import output
from kindpakket_cli.output import Cell, print_table

NODES = [f"chaincode.peer0.municipality{number:02}.kindpakket" for number in range(24)]
HEADINGS = ("node", "state", "pid", "endpoint", "zuidhorn", "package")
ROWS = [
    (node, Cell("runs", "green"), "12345", "127.0.0.1:27000", "1234 blocks, leads", "kindpakket:" + "f" * 64)
    for node in NODES
]


def shown(width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> list[str]:
    monkeypatch.setattr(output, "_WIDTH", width)
    print_table(HEADINGS, ROWS, foldable=["package"], droppable=["pid", "endpoint"])
    lines = capsys.readouterr().out.splitlines()
    assert all(any(node in line for line in lines) for node in NODES), "a name is broken or missing"
    return lines


@pytest.mark.parametrize(
    ("width", "columns"),
    [(140, {"pid", "endpoint"}), (125, {"endpoint"}), (105, set())],
)
def test_columns_are_left_out_in_their_order(
    width: int, columns: set[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = shown(width, monkeypatch, capsys)
    assert max(map(len, lines)) <= width
    heading = next(line for line in lines if "node" in line).split()
    assert heading == [name for name in HEADINGS if name not in {"pid", "endpoint"} - columns]
    assert sum("1234 blocks, leads" in line for line in lines) == len(NODES)


@settings(max_examples=200, deadline=None)
@given(
    cents=st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=4),
    days=st.integers(0, 99_999),
    width=st.integers(45, 140),
    words=st.text("abcdefgh ", max_size=60),
)
def test_amounts_and_days_are_never_broken_or_cut(
    cents: list[int], days: int, width: int, words: str
) -> None:
    rows = [("f" * 32, euros(amount), str(days), "2026-11-25", words) for amount in cents]
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(StringIO()) as printed:
        patch.setattr(output, "_WIDTH", width)
        print_table(("settlement", "amount", "days", "closed on", "what to do"), rows, "Breaks")
    lines = printed.getvalue().splitlines()
    for row in rows:
        for figure in row[1:4]:
            assert any(figure in line for line in lines), (figure, lines)


def test_where_nothing_else_helps_each_row_is_a_paragraph(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = shown(80, monkeypatch, capsys)
    assert lines[0] == NODES[0]
    assert lines[1] == "    state runs; zuidhorn 1234 blocks, leads; package"
    assert lines[2] == "    kindpakket:" + "f" * 64
