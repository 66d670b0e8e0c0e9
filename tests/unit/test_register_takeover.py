"""A register from before its fields were encrypted is taken over without loss, whenever the run ends."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import old_register
import pytest
from old_register import SCHEME, children

import killing
from kindpakket.backoffice.register import Register, RegisterError


@pytest.mark.parametrize("layout", [1, 2])
def test_nothing_is_lost(tmp_path: Path, layout: int) -> None:
    path = tmp_path / "register.db"
    secret, bulks, proposals = old_register.write(path, layout, children(25), size=10)
    before = path.read_bytes()
    with Register(path) as register:
        assert register.secret == secret
        assert list(register.bulks(SCHEME)) == bulks
        found = [register.proposal_of(bulk.request_id) for bulk in bulks]
        expected = [proposals[0], proposals[0], proposals[1]] if proposals else [None, None, None]
        assert found == expected
        assert register.enrol(SCHEME, "2026", children(25)) == bulks
        (notice,) = register.notices
    kept = tmp_path / "register.db.unencrypted"
    assert f"{kept}, still holds the personal data of 25 vouchers unencrypted: delete it" in notice
    assert (kept.read_bytes(), kept.stat().st_mode & 0o777) == (before, 0o600)
    assert path.stat().st_mode & 0o777 == 0o600
    with Register(path) as register:
        assert register.notices == []
        assert register.status().unencrypted == (str(kept),)


def test_nothing_personal_is_readable_afterwards(tmp_path: Path) -> None:
    path = tmp_path / "register.db"
    secret, bulks, _ = old_register.write(path, 2, children(40))
    Register(path).close()
    content = path.read_bytes()
    assert secret not in content
    for entry in bulks[0].entries:
        child = entry.child
        for value in (child.bsn, child.first_names, child.household, child.case, entry.salt, "Testerdam"):
            assert value.encode() not in content
            assert bytes.fromhex(entry.salt) not in content


def test_who_is_gone_from_the_next_file_is_known_for_old_entries_too(tmp_path: Path) -> None:
    path = tmp_path / "register.db"
    old_register.write(path, 2, children(10))
    with Register(path) as register:
        assert register.batches.compare(SCHEME, "2027", children(8)).counts["gone"] == 0
        batch = register.batches.compare(SCHEME, "2026", children(8))
        assert (batch.counts["unchanged"], batch.counts["gone"]) == (8, 2)


def test_an_older_kept_file_is_not_overwritten(tmp_path: Path) -> None:
    path, kept = tmp_path / "register.db", tmp_path / "register.db.unencrypted"
    kept.write_text("something else")
    old_register.write(path, 1, children(1))
    with Register(path) as register:
        assert str(tmp_path / "register.db.unencrypted.2") in register.notices[0]
    assert kept.read_text() == "something else"


def test_a_file_in_use_is_left_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "register.db"
    old_register.write(path, 2, children(1))
    before = path.read_bytes()
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda name, timeout=0.0: connect(name, timeout=0))
    other = connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(RegisterError, match="cannot be taken over now"):
        Register(path)
    other.close()
    assert path.read_bytes() == before


def _take_over(instants: killing.Instants, path: str, keys: str) -> None:
    """Open a register in a process that counts each change of a file's name and each commit."""
    patch = pytest.MonkeyPatch()
    for name in ("replace", "link", "open", "fsync", "unlink"):
        call = getattr(os, name)

        def counted(*arguments: object, call: object = call, **options: object) -> object:
            instants.pass_one()
            return call(*arguments, **options)  # type: ignore[operator]

        patch.setattr(os, name, counted)
    Register(Path(path), keys=Path(keys)).close()


def test_killed_at_any_instant_it_is_the_old_or_the_new_register(tmp_path: Path, register_keys: Path) -> None:
    finished, instant = False, 0
    while not finished:
        folder = tmp_path / str(instant)
        folder.mkdir()
        path = folder / "register.db"
        secret, bulks, _ = old_register.write(path, 2, children(7), size=3)
        finished = killing.run_and_die(instant, _take_over, str(path), str(register_keys))
        with Register(path) as register:
            assert (register.secret, list(register.bulks(SCHEME))) == (secret, bulks)
        assert (folder / "register.db.unencrypted").is_file()
        assert not (folder / ".register.db.new").exists()
        instant += 1
    assert instant > 8
