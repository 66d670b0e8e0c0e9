"""What a report is made of, whatever it is written as: sections with paragraphs, tables and figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Kind = Literal["text", "code", "cents", "number", "day"]
Cell: TypeAlias = str | int | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, and what its cells are: amounts in cents, and ids and hashes as `code`."""

    heading: str
    kind: Kind = "text"


@dataclass(frozen=True, slots=True)
class Table:
    """A table.

    Attributes:
        name: its name among the tables of a report; "" if it is for the page alone.
        caption: what it shows.
        columns: its columns; the first one names the row.
        rows: its rows. A text with lines has several things in one cell.
        most: how many rows a page shows; None: all.
    """

    name: str
    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph; `tone` is `good` or `bad` for a verdict, `quiet` for what is said beside it."""

    text: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Points:
    """A list of points, with a sentence that introduces it."""

    intro: str
    points: Sequence[str]


@dataclass(frozen=True, slots=True)
class Plot:
    """A figure as SVG, and what it shows, in words."""

    svg: str
    alt: str


Block: TypeAlias = Paragraph | Points | Table | Plot


@dataclass(frozen=True, slots=True)
class Section:
    """A section.

    Attributes:
        id: its anchor.
        heading: its heading.
        blocks: what is in it.
        sections: sections below it, each on a page of its own when printed.
    """

    id: str
    heading: str
    blocks: Sequence[Block]
    sections: Sequence[Section] = field(default=())


@dataclass(frozen=True, slots=True)
class Page:
    """A whole report."""

    language: str
    title: str
    subtitle: str
    skip: str
    contents: str
    untested: Points
    untested_heading: str
    sections: Sequence[Section]
