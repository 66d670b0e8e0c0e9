"""Statements, answers and payment files as the register keeps them: what matching needs, and no texts.

Names and remittance texts of a statement are not kept. Accounts of the other side are, since they tell
whether a line is a payment that was ordered; the register seals the whole.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import date, datetime
from typing import Any

from kindpakket.backoffice.bank.orders import Expected, read_orders
from kindpakket.backoffice.bank.reports import Answer
from kindpakket.backoffice.bank.statements import Line, Statement

_DAYS = ("opened_on", "closed_on", "booked_on", "value_date")
_INSTANT = "created_at"


def statement_document(statement: Statement) -> dict[str, Any]:
    """A statement as JSON has it."""
    members = asdict(statement)
    return {**_plain(members), "lines": [_plain(line) for line in members["lines"]]}


def read_statement(document: Mapping[str, Any], source: str) -> Statement:
    """A statement that was kept; `source` is the file's name in messages."""
    lines = tuple(
        Line(**{**_dated(line), "named": tuple(line["named"]), "source": source})
        for line in document["lines"]
    )
    return Statement(**{**_dated(document), "lines": lines, "source": source})


def answer_document(answer: Answer) -> dict[str, Any]:
    """An answer as JSON has it."""
    return _plain(asdict(answer))


def read_answer(document: Mapping[str, Any], source: str) -> Answer:
    """An answer that was kept."""
    return Answer(**{**_dated(document), "source": source})


def bytes_document(content: bytes) -> str:
    """The bytes of a payment file as JSON has them."""
    return base64.b64encode(content).decode()


def read_bytes_document(document: Mapping[str, Any]) -> bytes:
    """The bytes of a payment file that was kept."""
    return base64.b64decode(document["content"])


def read_payments(document: Mapping[str, Any], source: str) -> list[Expected]:
    """The payments of a payment file that was kept."""
    return [replace(order, source=source) for order in read_orders(read_bytes_document(document), source)]


def _plain(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in members.items()}


def _dated(document: Mapping[str, Any]) -> dict[str, Any]:
    members = dict(document)
    for name in _DAYS:
        if members.get(name):
            members[name] = date.fromisoformat(members[name])
    if members.get(_INSTANT):
        members[_INSTANT] = datetime.fromisoformat(members[_INSTANT])
    return members
