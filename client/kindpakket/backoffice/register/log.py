"""The log of look-ups: who looked at whose data, when and why. Lines are added, and never changed.

The fields are those of Logius' Logboek Dataverwerkingen. A line is written in the transaction that reads the
data, before anything of it is given out: what cannot be logged is not shown. A line about one person has that
person's reference; one about many, such as an enrolment, has the scheme and their number.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, Select, and_, insert, or_, select

from kindpakket.backoffice.register.purpose import Purpose
from kindpakket.backoffice.register.tables import EntryRow, LookUpRow

ACTIVITIES = "urn:kindpakket:processing:"
"""What precedes the code of an activity, unless the municipality's own register has another address."""
SUBJECT_TYPE = "kindpakket-person-reference"
_UNSET = 0
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class LookUp:
    """A line of the log.

    Attributes:
        trace_id: the same for all lines of one run, 32 hexadecimal characters.
        span_id: the line's own, 16 hexadecimal characters.
        name: what was done, such as `person.show`.
        purpose: who and why.
        started_ms: when it began, in Unix milliseconds.
        ended_ms: when it ended.
        person: the reference of the person; None: it concerned many, or nobody was found.
        scheme: the scheme whose entries were read; None: it concerned one person.
        persons: how many persons' data was read.
    """

    trace_id: str
    span_id: str
    name: str
    purpose: Purpose
    started_ms: int
    ended_ms: int
    person: str | None
    scheme: str | None
    persons: int

    def as_json(self, activities: str = ACTIVITIES) -> dict[str, object]:
        """The line with the members of Logboek Dataverwerkingen.

        Args:
            activities: the address of the municipality's register of processing activities, to which the
                code of the activity is added.
        """
        attributes: dict[str, object] = {
            "dpl.core.processing_activity_id": f"{activities}{self.purpose.activity}"
        }
        if self.person is not None:
            attributes["dpl.core.data_subject_id"] = self.person
            attributes["dpl.core.data_subject_id_type"] = SUBJECT_TYPE
        attributes |= {
            "kindpakket.official": self.purpose.official,
            "kindpakket.account": self.purpose.account,
            "kindpakket.reason": self.purpose.reason,
            "kindpakket.persons": self.persons,
        }
        if self.scheme is not None:
            attributes["kindpakket.scheme"] = self.scheme
        return {
            "trace_id": self.trace_id,
            "span_id": self.span_id,
            "status_code": _UNSET,
            "name": self.name,
            "start_time": self.started_ms,
            "end_time": self.ended_ms,
            "resource": {"attributes": {"service.name": "kindpakket"}},
            "attributes": attributes,
        }


class Log:
    """Writes the lines of one run, and reads all."""

    def __init__(self) -> None:
        """Begin a run."""
        self._trace = secrets.token_hex(16)

    def write(
        self,
        connection: Connection,
        name: str,
        purpose: Purpose,
        *,
        person: str | None = None,
        scheme: str | None = None,
        persons: int = 1,
        started_ms: int | None = None,
    ) -> None:
        """Add a line, in the transaction that reads the data."""
        now = now_ms()
        connection.execute(
            insert(LookUpRow).values(
                trace_id=self._trace,
                span_id=secrets.token_hex(8),
                name=name,
                activity=purpose.activity,
                reason=purpose.reason,
                account=purpose.account,
                official=purpose.official,
                started_ms=now if started_ms is None else started_ms,
                ended_ms=now,
                person=person,
                scheme=scheme,
                persons=persons,
            )
        )


def about(connection: Connection, person: str) -> list[LookUp]:
    """The lines that concern a person, oldest first: alone, with others of a scheme, or with everybody."""
    entries = select(EntryRow.scheme).where(EntryRow.person == person)
    of_all = and_(
        LookUpRow.person.is_(None), LookUpRow.scheme.is_(None), LookUpRow.persons > 0, entries.exists()
    )
    mine = or_(LookUpRow.person == person, LookUpRow.scheme.in_(entries), of_all)
    return list(_read(connection, select(LookUpRow).where(mine)))


def everything(connection: Connection) -> Iterator[LookUp]:
    """All lines, oldest first."""
    return _read(connection, select(LookUpRow))


def now_ms() -> int:
    """The time in Unix milliseconds."""
    return time.time_ns() // 1_000_000


def _read(connection: Connection, found: Select[LookUpRow]) -> Iterator[LookUp]:
    ordered = found.order_by(LookUpRow.number)
    with connection.execute(ordered, execution_options={"yield_per": _AT_ONCE}) as rows:
        for row in rows:
            yield LookUp(
                row.trace_id,
                row.span_id,
                row.name,
                Purpose(row.activity, row.reason, row.official, row.account),
                row.started_ms,
                row.ended_ms,
                row.person,
                row.scheme,
                row.persons,
            )
