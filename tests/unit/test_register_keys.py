"""Personal data at rest: encrypted field by field, with a key that is elsewhere and can be changed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pyrage
import pytest
from old_register import SCHEME, children
from sqlalchemy import create_engine, text

import killing
from fabric_gateway._storage import files
from kindpakket.backoffice.register import Register, RegisterError
from kindpakket.backoffice.register.store import Store
from kindpakket.backoffice.register.vault import References, Vault


def everything(where: str) -> bytes:
    """All values of all columns."""
    if "://" not in where:
        return Path(where).read_bytes()
    engine = create_engine(where)
    with engine.connect() as connection:
        tables = connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
        rows = [
            str([bytes(value) if isinstance(value, memoryview) else value for value in row])
            for table in tables.scalars().all()
            for row in connection.execute(text(f'TABLE "{table}"'))
        ]
    engine.dispose()
    return "\n".join(rows).encode()


def test_no_personal_value_can_be_read_in_the_database(where: str, register_keys: Path) -> None:
    enrolled = children(30)
    with Register(where) as register:
        (bulk,) = register.enrol(SCHEME, "2026", enrolled)
        secret = register.secret
    content = everything(where)
    assert bulk.entries[0].voucher.encode() in content
    values = ["2015-01-01", "Testerdam", secret.hex()]
    for entry in bulk.entries:
        child = entry.child
        values += [child.bsn, child.first_names, child.household, child.case, entry.salt]
    assert [value for value in values if value.encode() in content] == []
    assert secret not in content
    (key,) = register_keys.iterdir()
    assert key.stat().st_mode & 0o777 == 0o600
    line = key.read_text().splitlines()[-1]
    assert line.split(":")[1].encode() not in content


def test_equal_values_look_different(tmp_path: Path) -> None:
    path = tmp_path / "register.db"
    with Register(path) as register:
        register.enrol(SCHEME, "2026", children(50))
    with closing(sqlite3.connect(path)) as database:
        names = {name for (name,) in database.execute("SELECT family_name FROM person")}
    assert len(names) == 50


def test_without_its_key_a_register_is_refused(tmp_path: Path, register_keys: Path) -> None:
    path = tmp_path / "register.db"
    Register(path).close()
    (key,) = register_keys.iterdir()
    moved = tmp_path / "elsewhere.key"
    key.rename(moved)
    with pytest.raises(RegisterError, match="cannot be read") as missing:
        Register(path)
    assert str(key) in str(missing.value)
    Register(path, key=moved).close()
    Register(path).close()  # it remembers where the key is
    Register(tmp_path / "other.db").close()
    (foreign,) = register_keys.glob("*.key")
    with pytest.raises(RegisterError, match="does not have the key of"):
        Register(path, key=foreign)
    moved.chmod(0o640)
    with pytest.raises(RegisterError, match="chmod 600"):
        Register(path)
    moved.write_text("nonsense")
    moved.chmod(0o600)
    with pytest.raises(RegisterError, match="not a key"):
        Register(path)


def test_a_field_that_was_moved_or_changed_does_not_open(tmp_path: Path) -> None:
    path = tmp_path / "register.db"
    with Register(path) as register:
        (bulk,) = register.enrol(SCHEME, "2026", children(2))
    first, second = (entry.voucher for entry in bulk.entries)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(
            "UPDATE entry SET salt = (SELECT salt FROM entry WHERE voucher = ?) WHERE voucher = ?",
            (first, second),
        )
        database.execute("UPDATE entry SET household = case_number WHERE voucher = ?", (first,))
    with Register(path) as register:
        for voucher, field in ((first, "entry.household"), (second, "entry.salt")):
            with pytest.raises(RegisterError, match=f"{field} of row {voucher} does not open"):
                register.find(voucher)


def test_an_identity_of_age_can_be_the_key(where: str, tmp_path: Path) -> None:
    key = tmp_path / "identity.txt"
    identity = pyrage.x25519.Identity.generate()
    key.write_text(f"# created: today\n# public key: {identity.to_public()}\n{identity}\n")
    key.chmod(0o600)
    with Register(where, key=key) as register:
        bulks = register.enrol(SCHEME, "2026", children(3))
        assert register.status().key == str(identity.to_public())
        register.rotate_key()
        assert register.status().key != str(identity.to_public())
    assert str(identity) not in key.read_text()
    with Register(where) as register:
        assert list(register.bulks(SCHEME)) == bulks


def test_a_file_with_other_keys_is_not_taken(tmp_path: Path) -> None:
    key = tmp_path / "identities.txt"
    key.write_text("".join(f"{pyrage.x25519.Identity.generate()}\n" for _ in range(2)))
    key.chmod(0o600)
    with pytest.raises(RegisterError, match="has 2 keys: give the register a file of its own"):
        Register(tmp_path / "register.db", key=key)


def test_after_a_change_of_the_key_the_old_one_opens_nothing(where: str, tmp_path: Path) -> None:
    old = tmp_path / "old.key"
    with Register(where) as register:
        bulks = register.enrol(SCHEME, "2026", children(1200))
        secret = register.secret
        old.write_bytes(register.key_file.read_bytes())
        old.chmod(0o600)
        before = everything(where)
        done: list[int] = []
        rotation = register.rotate_key(done.append)
        assert (rotation.went_on, rotation.rows, sum(done)) == (False, 2400, 2400)
        assert list(register.bulks(SCHEME)) == bulks
        assert register.enrol(SCHEME, "2026", children(1201))[:3] == bulks
    with pytest.raises(RegisterError, match="does not have the key"):
        Register(where, key=old)
    with Register(where) as register:
        assert register.secret == secret
        assert list(register.bulks(SCHEME))[:3] == bulks
        assert (register.status().rotation, register.status().rows_to_seal) == ("done", 0)
    if "://" not in where:
        with closing(sqlite3.connect(where)) as database:
            fresh = {row[0] for row in database.execute("SELECT bsn FROM person")}
        assert not any(sealed in before for sealed in fresh)


def test_another_process_goes_on_during_and_after_a_change_of_the_key(where: str) -> None:
    with Register(where) as register, Register(where) as other:
        bulks = register.enrol(SCHEME, "2026", children(3))
        assert list(other.bulks(SCHEME)) == bulks
        register.rotate_key()
        assert list(other.bulks(SCHEME)) == bulks
        more = other.enrol(SCHEME, "2026", children(5))
        register.rotate_key()
        register.rotate_key()
        assert list(other.bulks(SCHEME)) == more == list(register.bulks(SCHEME))


def _rotate(instants: killing.Instants, where: str) -> None:
    """Change the key in a process that counts an instant around each transaction and change of a file."""
    patch = pytest.MonkeyPatch()
    writing = Store.writing
    from contextlib import contextmanager

    @contextmanager
    def watched(self: Store) -> Iterator[object]:
        instants.pass_one()
        with writing(self) as connection:
            yield connection
            instants.pass_one()
        instants.pass_one()

    with Register(where) as register:
        patch.setattr(Store, "writing", watched)
        from kindpakket.backoffice.register import key_file

        replace = files.replace

        def replaced(*arguments: object) -> None:
            instants.pass_one()
            replace(*arguments)  # type: ignore[arg-type]
            instants.pass_one()

        patch.setattr(key_file, "replace", replaced)
        register.rotate_key()


def test_killed_at_any_instant_a_change_of_the_key_goes_on(where: str) -> None:
    with Register(where) as register:
        bulks = register.enrol(SCHEME, "2026", children(600))
        secret = register.secret
    finished, instant, went_on = False, 0, 0
    while not finished:
        finished = killing.run_and_die(instant, _rotate, where)
        with Register(where) as register:
            assert (register.secret, list(register.bulks(SCHEME))) == (secret, bulks)
            if not finished:
                went_on += register.rotate_key().went_on
            status = register.status()
            assert (status.rotation, len(register.key_file.read_text().splitlines())) == ("done", 2)
            assert list(register.bulks(SCHEME)) == bulks
        instant += 1
    assert instant > 20
    assert went_on > 10


def test_what_is_sealed_opens_only_where_it_was_sealed() -> None:
    vault = Vault(lambda number: bytes([number]) * 32, 3)
    sealed = vault.seal("person.bsn", "a", "999990019")
    assert vault.open("person.bsn", "a", sealed) == "999990019"
    assert Vault(lambda number: bytes([number]) * 32, 7).open("person.bsn", "a", sealed) == "999990019"
    for field, row, what in (
        ("person.bsn", "b", sealed),
        ("person.born", "a", sealed),
        ("person.bsn", "a", sealed[:-1] + bytes([sealed[-1] ^ 1])),
        ("person.bsn", "a", sealed[:1] + b"\0\0\0\x04" + sealed[5:]),
    ):
        with pytest.raises(RegisterError, match="does not open"):
            vault.open(field, row, what)
    with pytest.raises(RegisterError, match="not encrypted as it should be"):
        vault.open("person.bsn", "a", b"999990019")


def test_references_need_the_secret() -> None:
    first, second = References(bytes(32)), References(bytes([1]) * 32)
    assert first.person("999990019") == References(bytes(32)).person("999990019")
    assert first.person("999990019") != second.person("999990019")
    assert first.person("Z-1") != first.case("Z-1")
