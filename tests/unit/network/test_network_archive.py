"""Encrypted archives and the keys that read them: all or nothing, and nothing in the clear."""

from __future__ import annotations

import gzip
import io
import stat
import tarfile
from pathlib import Path

import pyrage
import pytest

from kindpakket_network.backups import key as backup_key
from kindpakket_network.backups.archive import ArchiveError, extract, writing

SECRET = b"-----BEGIN PRIVATE KEY----- of nobody"
LARGE = bytes(range(256)) * 4096


@pytest.fixture
def identity() -> pyrage.x25519.Identity:
    return pyrage.x25519.Identity.generate()


@pytest.fixture
def archive(tmp_path: Path, identity: pyrage.x25519.Identity) -> Path:
    tree = tmp_path / "tree"
    (tree / "empty").mkdir(parents=True)
    (tree / "key.pem").write_bytes(SECRET)
    (tree / "key.pem").chmod(0o600)
    (tree / "large").write_bytes(LARGE)
    (tree / "left.out").write_text("x")
    path = tmp_path / "archive.age"
    with writing(path, [str(identity.to_public())]) as writer:
        writer.add("manifest.json", b"{}")
        writer.add_tree("nodes/tree", tree, lambda one: one.name == "left.out")
    return path


def forged(path: Path, identity: pyrage.x25519.Identity, member: tarfile.TarInfo) -> Path:
    """An archive that somebody else made, who knows the public key."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        tar.addfile(member, io.BytesIO(b"x" * member.size))
    path.write_bytes(pyrage.encrypt(gzip.compress(packed.getvalue()), [identity.to_public()]))
    return path


def test_what_goes_in_comes_out_with_its_permissions(
    archive: Path, identity: pyrage.x25519.Identity, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    extract(archive, [identity], out)
    tree = out / "nodes" / "tree"
    assert (tree / "key.pem").read_bytes() == SECRET
    assert stat.S_IMODE((tree / "key.pem").stat().st_mode) == 0o600
    assert (tree / "large").read_bytes() == LARGE
    assert (tree / "empty").is_dir()
    assert not (tree / "left.out").exists()
    assert (out / "manifest.json").read_bytes() == b"{}"


def test_links_are_followed_so_that_a_ledger_on_another_disk_is_in_the_backup(
    identity: pyrage.x25519.Identity, tmp_path: Path
) -> None:
    disk, node, out = tmp_path / "disk", tmp_path / "node", tmp_path / "out"
    for folder in (disk, node):
        folder.mkdir()
    (disk / "blocks").write_bytes(b"blocks")
    (disk / "same").hardlink_to(disk / "blocks")
    (node / "data").symlink_to(disk)
    with writing(tmp_path / "archive.age", [str(identity.to_public())]) as writer:
        writer.add_tree("nodes/peer", node)
    extract(tmp_path / "archive.age", [identity], out)
    for name in ("blocks", "same"):
        assert (out / "nodes" / "peer" / "data" / name).read_bytes() == b"blocks"


def test_nothing_of_it_is_in_the_clear_and_only_its_owner_reads_the_file(archive: Path) -> None:
    content = archive.read_bytes()
    assert content.startswith(b"age-encryption.org/v1")
    assert not any(words in content for words in (SECRET, b"PRIVATE", b"manifest", b"key.pem"))
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600


@pytest.mark.parametrize("place", [0.2, 0.5, 0.99])
def test_a_changed_archive_is_refused(
    archive: Path, identity: pyrage.x25519.Identity, tmp_path: Path, place: float
) -> None:
    content = bytearray(archive.read_bytes())
    content[int(len(content) * place)] ^= 1
    archive.write_bytes(content)
    with pytest.raises(ArchiveError, match=r"damaged, modified or incomplete|cannot be decrypted"):
        extract(archive, [identity], tmp_path / "out")


@pytest.mark.parametrize("left", [30, 250, 0.5, 0.999])
def test_an_archive_that_was_cut_off_is_refused(
    archive: Path, identity: pyrage.x25519.Identity, tmp_path: Path, left: float
) -> None:
    content = archive.read_bytes()
    archive.write_bytes(content[: left if isinstance(left, int) else int(len(content) * left)])
    with pytest.raises(ArchiveError):
        extract(archive, [identity], tmp_path / "out")


def test_an_archive_for_another_key_is_refused(archive: Path, tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="cannot be decrypted with this key"):
        extract(archive, [pyrage.x25519.Identity.generate()], tmp_path / "out")


def test_what_is_no_archive_is_refused(tmp_path: Path, identity: pyrage.x25519.Identity) -> None:
    (tmp_path / "text").write_text("hello")
    for name, words in (("text", "is not a backup"), ("nothing", "cannot be read")):
        with pytest.raises(ArchiveError, match=words):
            extract(tmp_path / name, [identity], tmp_path / "out")
    (tmp_path / "other.age").write_bytes(pyrage.encrypt(b"no tar stream", [identity.to_public()]))
    with pytest.raises(ArchiveError, match="damaged, modified or incomplete"):
        extract(tmp_path / "other.age", [identity], tmp_path / "out")


@pytest.mark.parametrize("name", ["../escaped", "nodes/../../escaped"])
def test_an_archive_that_leaves_its_folder_is_refused(
    identity: pyrage.x25519.Identity, tmp_path: Path, name: str
) -> None:
    member = tarfile.TarInfo(name)
    member.size = 1
    with pytest.raises(ArchiveError, match="is rejected"):
        extract(forged(tmp_path / "forged.age", identity, member), [identity], tmp_path / "out")
    assert not (tmp_path / "escaped").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_an_archive_with_links_is_refused(
    identity: pyrage.x25519.Identity, tmp_path: Path, kind: bytes
) -> None:
    member = tarfile.TarInfo("link")
    member.type, member.linkname = kind, "/etc/passwd"
    with pytest.raises(ArchiveError, match="is not a regular file"):
        extract(forged(tmp_path / "forged.age", identity, member), [identity], tmp_path / "out")


def test_an_archive_that_was_not_finished_is_not_there(
    tmp_path: Path, identity: pyrage.x25519.Identity
) -> None:
    path = tmp_path / "archive.age"
    with pytest.raises(RuntimeError), writing(path, [str(identity.to_public())]) as writer:
        writer.add("large", LARGE)
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_told_and_leaves_nothing(
    tmp_path: Path, identity: pyrage.x25519.Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("kindpakket_network.backups.archive.pyrage.encrypt_io", full)
    recipients = [str(identity.to_public())]
    with (
        pytest.raises(ArchiveError, match="No space left"),
        writing(tmp_path / "a.age", recipients) as writer,
    ):
        writer.add("large", LARGE * 8)
    assert list(tmp_path.iterdir()) == []


def test_another_backup_is_not_overwritten(archive: Path) -> None:
    before = archive.read_bytes()
    with pytest.raises(ArchiveError, match="never overwrites one"), writing(archive, ["age1"]):
        pass
    assert archive.read_bytes() == before


@pytest.mark.parametrize(
    ("recipients", "words"), [(["age1xyz"], "not an age public key"), ([], "needs at least one recipient")]
)
def test_who_cannot_read_is_no_recipient(tmp_path: Path, recipients: list[str], words: str) -> None:
    with pytest.raises(ArchiveError, match=words), writing(tmp_path / "archive.age", recipients):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_key_is_locked_with_a_passphrase(tmp_path: Path) -> None:
    path = tmp_path / "key.age"
    public = backup_key.create(path, "goed")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert b"AGE-SECRET-KEY" not in path.read_bytes()
    (found,) = backup_key.load(path, lambda: "goed")
    assert str(found.to_public()) == public
    with pytest.raises(ArchiveError, match=r"passphrase for .* is wrong"):
        backup_key.load(path, lambda: "fout")


def test_an_open_key_asks_for_nothing_and_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "key"
    public = backup_key.create(path, None)
    (found,) = backup_key.load(path, lambda: pytest.fail("asked"))
    assert str(found.to_public()) == public
    with pytest.raises(ArchiveError, match="already exists"):
        backup_key.create(path, None)


def test_what_holds_no_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello")
    (tmp_path / "bad").write_text("AGE-SECRET-KEY-1NO")
    for name, words in (
        ("text", "does not contain an age key"),
        ("bad", "an invalid key"),
        ("gone", "cannot be read"),
    ):
        with pytest.raises(ArchiveError, match=words):
            backup_key.load(tmp_path / name, lambda: "")
