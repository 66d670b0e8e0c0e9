"""The tables of a view: which records of the ledger each one shows, and its columns.

A table of things has a row for each version of each thing: `block` and `position` say which transaction wrote
it, `until_block` and `until_position` which one replaced or deleted it, and `item` which request of a batch
of payments wrote it. A journal has rows that never change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kindpakket.ledgerview import people, things
from kindpakket.ledgerview.columns import Column, cents, instant, number, text
from kindpakket.ledgerview.errors import ViewError

LAYOUT = 2
"""The number of this layout. A view of another one is rebuilt, not migrated: the blocks have everything."""

PLACE = (
    number("block", "Number of the block that wrote the row."),
    number("position", "Place of the transaction in the block, from 0."),
    number("line", "Place of the row among those of this table that the transaction wrote, from 0."),
)
"""What every row of things and movements begins with: its primary key, in the order of the ledger."""

REQUEST = number("item", "Place of the request in its batch of payments, from 0; 0 if it was sent alone.")
"""Which request of a transaction it is: a batch has several."""

VALIDITY = (
    REQUEST,
    number("until_block", "Number of the block that replaced or deleted the row; empty while it is current."),
    number("until_position", "Place of that transaction in its block; empty while the row is current."),
    instant("since", "When this version was written: the transaction's time."),
    instant("created_at", "When the thing was first written: the transaction's time."),
)
"""What every row of things has as well."""


@dataclass(frozen=True, slots=True)
class TableLayout:
    """A table.

    Attributes:
        name: its name.
        kind: `things`, with versions; or `journal`, whose rows never change.
        meaning: what a row is, for the data dictionary.
        records: names of the kinds of ledger keys whose records it shows.
        own: the columns that are not `PLACE` or `VALIDITY`.
        keys: how many columns are the primary key, of a journal.
    """

    name: str
    kind: Literal["things", "journal"]
    meaning: str
    records: tuple[str, ...]
    own: tuple[Column, ...]
    keys: int = 3

    @property
    def columns(self) -> tuple[Column, ...]:
        """All columns, in the order of the table."""
        return (*PLACE, *VALIDITY, *self.own) if self.kind == "things" else self.own


BLOCKS = TableLayout(
    "blocks",
    "journal",
    "A block, whose data and hashes were checked when it was read.",
    (),
    (
        number("block", "Number of the block, from 0."),
        text("header_hash", "SHA-256 of the block's header, in hexadecimal; the next block names it."),
        instant("time", "The latest time of its valid transactions of the chaincode; empty without any."),
        number("transactions", "Number of its transactions, configuration included."),
        number("valid", "How many of them are valid."),
        number("invalid", "How many of them are invalid: they changed nothing, and are in no other table."),
    ),
    keys=1,
)

REQUESTS = TableLayout(
    "requests",
    "journal",
    "A request in a valid transaction of the chaincode, each of a batch apart: who did what, when and why.",
    (),
    (
        *PLACE[:2],
        REQUEST,
        text("transaction_id", "Fabric's id of the transaction."),
        instant("time", "The time that the client gave the transaction."),
        text("operation", "Name of the transaction, such as payment:Pay."),
        text("request", "The request id; things that the request created have it as their id."),
        text("msp", "MSP id of the organisation of who sent it."),
        text("person", "Pseudonym of who sent it, unique within the organisation."),
        text("role", "The role in the certificate of who sent it."),
        text("till", "The shop's till, if one is named."),
        text("reason", "Code of the reason, if the request has one."),
        text("scheme", "The scheme that it is about, if it is about one."),
        text("shop", "The shop that it is about, or that the sender's certificate belongs to."),
        text("voucher", "The voucher that it is about, if it is about one."),
        number(
            "writes",
            "How many public keys it wrote, in a batch only records; 0 for one committed before.",
        ),
        number("private_writes", "How many keys of private collections it wrote."),
    ),
    keys=3,
)

MOVEMENTS = TableLayout(
    "movements",
    "journal",
    "An amount that a transaction moved.",
    (),
    (
        *PLACE,
        text("transaction_id", "Fabric's id of the transaction."),
        instant("time", "The time that the client gave the transaction."),
        text("kind", "What happened to the amount; docs/ledger-view.md lists the kinds."),
        text("scheme", "The scheme."),
        cents("cents", "The amount, above 0."),
        text("voucher", "The voucher that the amount belongs to."),
        text("shop", "The shop that the amount belongs to."),
        text("payment", "The payment that the amount belongs to."),
        text("settlement", "The settlement or receivable that the amount belongs to."),
        text("category", "Category of the goods of a payment or refund."),
    ),
)

FLAWS = TableLayout(
    "flaws",
    "journal",
    "A valid transaction whose money does not add up, or that cannot be read. There should be none.",
    (),
    (*PLACE, text("transaction_id", "Fabric's id of the transaction."), text("flaw", "What is wrong.")),
)

THINGS = tuple(
    TableLayout(name, "things", meaning, records, columns)
    for name, (meaning, records, columns) in {**things.TABLES, **people.TABLES}.items()
)
JOURNALS = (BLOCKS, REQUESTS, MOVEMENTS, FLAWS)
TABLES = (*THINGS, *JOURNALS)
"""All tables that can be exported."""
OF_RECORDS = {record: table for table in THINGS for record in table.records}
"""The table of each kind of record."""


def table(name: str) -> TableLayout:
    """The layout of a table, by its name.

    Raises:
        ViewError: there is no such table.
    """
    for layout in TABLES:
        if layout.name == name:
            return layout
    names = ", ".join(layout.name for layout in TABLES)
    raise ViewError(f"a view has no table {name!r}: it has {names}")
