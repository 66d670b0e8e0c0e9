"""Tables that are wider than the terminal: columns go first, and names never break."""

from __future__ import annotations

import pytest

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


def test_where_nothing_else_helps_each_row_is_a_paragraph(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = shown(80, monkeypatch, capsys)
    assert lines[0] == NODES[0]
    assert lines[1] == "    state runs; zuidhorn 1234 blocks, leads; package"
    assert lines[2] == "    kindpakket:" + "f" * 64
