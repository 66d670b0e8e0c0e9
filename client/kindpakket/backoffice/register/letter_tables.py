"""The register's tables about letters: where households get them, and which were printed.

Columns of bytes are sealed by the vault. A letter is found by a random reference, which the print house sees
too; nothing else in its row tells about a person.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kindpakket.backoffice.register.tables import Base

_BIG = BigInteger().with_variant(Integer, "sqlite")
_ID = String(32)


class HouseholdRow(Base):
    """Where a household gets its letters, and in which language; its reference follows from its name."""

    __tablename__ = "household"
    reference: Mapped[str] = mapped_column(_ID, primary_key=True)
    data_key: Mapped[int] = mapped_column(ForeignKey("data_key.number"), index=True)
    address: Mapped[bytes] = mapped_column(LargeBinary)
    language: Mapped[bytes] = mapped_column(LargeBinary)


class LetterRunRow(Base):
    """A run of letters: what was ordered, in which folder it is made, and how far it has come."""

    __tablename__ = "letter_run"
    number: Mapped[int] = mapped_column(_BIG, primary_key=True)
    id: Mapped[str] = mapped_column(_ID, unique=True)
    scheme: Mapped[str] = mapped_column(_ID, index=True)
    folder: Mapped[str] = mapped_column(Text)
    terms: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))
    made_at: Mapped[int] = mapped_column(BigInteger)
    destroyed_at: Mapped[int | None] = mapped_column(BigInteger)


class LetterRow(Base):
    """A letter of a run; without a file, it has not been made yet."""

    __tablename__ = "letter"
    reference: Mapped[str] = mapped_column(_ID, primary_key=True)
    run: Mapped[str] = mapped_column(ForeignKey("letter_run.id"), index=True)
    number: Mapped[int] = mapped_column(Integer)
    file: Mapped[str | None] = mapped_column(String(64))
    sha256: Mapped[str | None] = mapped_column(String(64))
    pages: Mapped[int | None] = mapped_column(Integer)


class LetterVoucherRow(Base):
    """A voucher in a letter: `ordered`, `valid`, or `void` if the letter does not count for it."""

    __tablename__ = "letter_voucher"
    letter: Mapped[str] = mapped_column(ForeignKey("letter.reference"), primary_key=True)
    voucher: Mapped[str] = mapped_column(_ID, primary_key=True, index=True)
    version: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(16))
