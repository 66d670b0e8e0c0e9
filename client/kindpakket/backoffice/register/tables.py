"""The register's tables. Columns of bytes are sealed by the vault; all others tell nothing about a person.

Ids of vouchers, entitlements and bulks, presets and units are on the ledger as well. What makes the tables is
in `migrations`; a test compares the two.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

_BIG = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only in a column of the type INTEGER."""
_ID = String(32)


class Base(DeclarativeBase):
    """What all tables belong to."""


class SettingRow(Base):
    """What the register knows of itself: `id`, `key_file`, `log_days`, and `secret`, which is sealed."""

    __tablename__ = "setting"
    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[bytes] = mapped_column(LargeBinary)


class DataKeyRow(Base):
    """A key that seals fields, encrypted with a key of the key file. The highest number seals."""

    __tablename__ = "data_key"
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)
    wrapped_by: Mapped[str] = mapped_column(String(80))
    made_at: Mapped[int] = mapped_column(BigInteger)


class PersonRow(Base):
    """A person, by the reference that follows from the BSN."""

    __tablename__ = "person"
    reference: Mapped[str] = mapped_column(_ID, primary_key=True)
    data_key: Mapped[int] = mapped_column(ForeignKey("data_key.number"), index=True)
    bsn: Mapped[bytes] = mapped_column(LargeBinary)
    first_names: Mapped[bytes] = mapped_column(LargeBinary)
    family_name: Mapped[bytes] = mapped_column(LargeBinary)
    born: Mapped[bytes] = mapped_column(LargeBinary)


class BatchRow(Base):
    """A file of children, with what it would change and has changed."""

    __tablename__ = "batch"
    number: Mapped[int] = mapped_column(_BIG, primary_key=True)
    id: Mapped[str] = mapped_column(_ID, unique=True)
    scheme: Mapped[str] = mapped_column(_ID)
    period: Mapped[str] = mapped_column(String(64))
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    state: Mapped[str] = mapped_column(String(16))
    made_at: Mapped[int] = mapped_column(BigInteger)
    vouchers: Mapped[int] = mapped_column(Integer)
    cents: Mapped[int] = mapped_column(BigInteger)


class BatchLineRow(Base):
    """What a line of a file means for the register; without a number: an entry that the file lacks.

    Preset and units are there if the file's are not those with which the voucher was issued.
    """

    __tablename__ = "batch_line"
    id: Mapped[int] = mapped_column(_BIG, primary_key=True)
    batch: Mapped[str] = mapped_column(ForeignKey("batch.id"))
    number: Mapped[int | None] = mapped_column(Integer)
    entitlement: Mapped[str] = mapped_column(_ID)
    outcome: Mapped[str] = mapped_column(String(16))
    detail: Mapped[str] = mapped_column(String(140))
    preset: Mapped[str | None] = mapped_column(String(140))
    units: Mapped[int | None] = mapped_column(Integer)
    __table_args__ = (Index("batch_line_by_entitlement", "batch", "entitlement"),)


class BulkRow(Base):
    """Entries that one request issues."""

    __tablename__ = "bulk"
    number: Mapped[int] = mapped_column(_BIG, primary_key=True)
    id: Mapped[str] = mapped_column(_ID, unique=True)
    scheme: Mapped[str] = mapped_column(_ID, index=True)
    batch: Mapped[str | None] = mapped_column(ForeignKey("batch.id"))
    issued_at: Mapped[int | None] = mapped_column(BigInteger)
    issued_cents: Mapped[int | None] = mapped_column(BigInteger)


class EntryRow(Base):
    """A voucher and whom it is for; once the person has been erased, only what is on the ledger as well."""

    __tablename__ = "entry"
    number: Mapped[int] = mapped_column(_BIG, primary_key=True)
    scheme: Mapped[str] = mapped_column(_ID)
    period: Mapped[str | None] = mapped_column(String(64))
    entitlement: Mapped[str] = mapped_column(_ID)
    voucher: Mapped[str] = mapped_column(_ID, unique=True)
    bulk: Mapped[str] = mapped_column(ForeignKey("bulk.id"), index=True)
    preset: Mapped[str] = mapped_column(String(140))
    units: Mapped[int] = mapped_column(Integer)
    person: Mapped[str | None] = mapped_column(ForeignKey("person.reference"), index=True)
    case_reference: Mapped[str | None] = mapped_column(_ID, index=True)
    data_key: Mapped[int | None] = mapped_column(ForeignKey("data_key.number"), index=True)
    salt: Mapped[bytes | None] = mapped_column(LargeBinary)
    household: Mapped[bytes | None] = mapped_column(LargeBinary)
    household_reference: Mapped[str | None] = mapped_column(_ID, index=True)
    case_number: Mapped[bytes | None] = mapped_column(LargeBinary)
    __table_args__ = (
        UniqueConstraint("scheme", "entitlement"),
        Index("entry_by_period", "scheme", "period"),
    )


class ProposalRow(Base):
    """An allocation that was proposed, or is about to be; over once nothing more can come of it."""

    __tablename__ = "proposal"
    number: Mapped[int] = mapped_column(_BIG, primary_key=True)
    id: Mapped[str] = mapped_column(_ID, unique=True)
    scheme: Mapped[str] = mapped_column(_ID)
    cents: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(String(140))
    batch: Mapped[str | None] = mapped_column(_ID)
    file_sha256: Mapped[str | None] = mapped_column(String(64))
    over_at: Mapped[int | None] = mapped_column(BigInteger)


class PartRow(Base):
    """A bulk as a part of an allocation's list."""

    __tablename__ = "part"
    proposal: Mapped[str] = mapped_column(ForeignKey("proposal.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    bulk: Mapped[str] = mapped_column(_ID, index=True)


class BankFileRow(Base):
    """A file that went to the bank or came from it, as far as it is kept."""

    __tablename__ = "bank_file"
    number: Mapped[int] = mapped_column(_BIG, primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16))
    kept_at: Mapped[int] = mapped_column(BigInteger)
    kept_by: Mapped[str] = mapped_column(String(140))
    data_key: Mapped[int] = mapped_column(ForeignKey("data_key.number"), index=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class LineDecisionRow(Base):
    """What somebody decided on a line of a statement: the settlements that it pays or returns, in JSON."""

    __tablename__ = "line_decision"
    line: Mapped[str] = mapped_column(String(16), primary_key=True)
    settlements: Mapped[str] = mapped_column(Text)
    decided_at: Mapped[int] = mapped_column(BigInteger)
    decided_by: Mapped[str] = mapped_column(String(140))


class PayeeCheckRow(Base):
    """What the bank found when it compared an account's holder with the name in a payment."""

    __tablename__ = "payee_check"
    settlement: Mapped[str] = mapped_column(_ID, primary_key=True)
    shop: Mapped[str] = mapped_column(_ID, index=True)
    account_sha256: Mapped[str] = mapped_column(String(64))
    result: Mapped[str] = mapped_column(String(16))
    checked_at: Mapped[int] = mapped_column(BigInteger)
    data_key: Mapped[int] = mapped_column(ForeignKey("data_key.number"), index=True)
    said: Mapped[bytes] = mapped_column(LargeBinary)


class LookUpRow(Base):
    """A line of the log of look-ups.

    The database itself refuses to change one, and to delete one before its retention is over.
    """

    __tablename__ = "look_up"
    number: Mapped[int] = mapped_column(_BIG, primary_key=True)
    trace_id: Mapped[str] = mapped_column(_ID)
    span_id: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(64))
    activity: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(String(140))
    account: Mapped[str] = mapped_column(String(64))
    official: Mapped[str] = mapped_column(String(140))
    started_ms: Mapped[int] = mapped_column(BigInteger)
    ended_ms: Mapped[int] = mapped_column(BigInteger)
    person: Mapped[str | None] = mapped_column(_ID, index=True)
    scheme: Mapped[str | None] = mapped_column(_ID)
    persons: Mapped[int] = mapped_column(Integer)


class ErasureRow(Base):
    """A certificate of what was erased, which names nobody."""

    __tablename__ = "erasure"
    number: Mapped[int] = mapped_column(_BIG, primary_key=True)
    id: Mapped[str] = mapped_column(_ID, unique=True)
    made_at: Mapped[int] = mapped_column(BigInteger)
    certificate: Mapped[str] = mapped_column(Text)
