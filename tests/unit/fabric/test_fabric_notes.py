"""Signed notes and checkpoints: forms of C2SP, keys, cosigning, contradictions."""

from __future__ import annotations

import base64
import hashlib
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from fabric_gateway.verification import (
    Checkpoint,
    Note,
    NoteError,
    NoteKey,
    NotePublicKey,
    cosigned,
    open_checkpoint,
)

# The example in the documentation of Go's golang.org/x/mod/sumdb/note, which signed-note describes.
GO_PRIVATE = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
GO_PUBLIC = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
CHECKPOINT = Checkpoint("zuidhorn", bytes(range(32)), 539, hashlib.sha256(b"block 538").digest())


def test_a_note_of_gos_tools_is_read_and_made_alike(tmp_path: Path) -> None:
    """Keys and notes are those of other tools, byte for byte."""
    note, public = Note.parse(GO_NOTE), NotePublicKey.parse(GO_PUBLIC)
    assert note.signed_by([public]) == (public,)
    assert str(note) == GO_NOTE
    assert str(public) == GO_PUBLIC
    path = tmp_path / "key"
    path.write_text(GO_PRIVATE)
    path.chmod(0o600)
    key = NoteKey.load(path)
    assert str(Note(note.text, (key.sign(note.text),))) == GO_NOTE


def test_a_checkpoint_has_three_lines() -> None:
    """Origin, height and hash."""
    origin, height, content, end = CHECKPOINT.text.split("\n")
    assert origin == f"fabric-ledger/zuidhorn/{bytes(range(32)).hex()}"
    assert (height, end) == ("539", "")
    assert base64.b64decode(content) == CHECKPOINT.hash
    assert Checkpoint.parse(CHECKPOINT.text) == CHECKPOINT


def test_auditors_cosign_a_checkpoint() -> None:
    """Each adds a line; whoever opens it says how many of whom must have signed."""
    first, second = NoteKey.make("auditor.example"), NoteKey.make("court.example", cosigns=True)
    note = cosigned(CHECKPOINT.signed(first), second)
    keys = [first.public, second.public]
    assert open_checkpoint(str(note), keys, needed=2) == CHECKPOINT
    assert str(note).count("\n— ") == 2
    with pytest.raises(
        NoteError, match=r"1 of the 1 keys that are trusted signed this checkpoint .*: 2 must"
    ):
        open_checkpoint(note, [first.public], needed=2)
    with pytest.raises(NoteError, match=r"0 of the 1 keys .* \(none\): 1 must"):
        open_checkpoint(note, [NoteKey.make("auditor.example").public])


def test_a_key_counts_once_however_often_it_signs() -> None:
    """Two signatures of one auditor are no quorum, under two names neither."""
    secret = Ed25519PrivateKey.generate()
    keys = [NoteKey(name, secret) for name in ("auditor.example", "other.example")]
    with pytest.raises(NoteError, match=r"1 of the 2 keys"):
        open_checkpoint(CHECKPOINT.signed(*keys), [key.public for key in keys], needed=2)


def test_cosigning_again_replaces_the_signature() -> None:
    """So that a note does not grow."""
    key = NoteKey.make("court.example", cosigns=True)
    note = cosigned(cosigned(CHECKPOINT.signed(NoteKey.make("a")), key), key)
    assert len(note.signatures) == 2


def test_a_cosignature_says_when_it_was_made() -> None:
    """The time is under the signature."""
    key = NoteKey.make("court.example", cosigns=True)
    moment = datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)
    signature = key.sign(CHECKPOINT.text, moment)
    assert key.public.signed_at(CHECKPOINT.text, signature.content) == moment
    later = (int.from_bytes(signature.content[:8], "big") + 1).to_bytes(8, "big")
    assert key.public.signed_at(CHECKPOINT.text, later + signature.content[8:]) is None


@settings(deadline=None)
@given(st.integers(min_value=0), st.integers(1, 255))
def test_a_changed_note_is_not_what_was_signed(place: int, change: int) -> None:
    """Whatever byte is changed, it is not opened as another checkpoint."""
    key = NoteKey("auditor.example", Ed25519PrivateKey.from_private_bytes(bytes(32)))
    content = bytearray(str(CHECKPOINT.signed(key)).encode())
    content[place % len(content)] ^= change
    with pytest.raises(NoteError):
        open_checkpoint(bytes(content), [key.public])


def test_a_key_is_kept_for_its_owner_alone(tmp_path: Path) -> None:
    """Private permissions, which are insisted on, and never overwritten."""
    key, path = NoteKey.make("auditor.example"), tmp_path / "auditor.key"
    key.save(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert NoteKey.load(path).public == key.public
    with pytest.raises(NoteError, match="exists already"):
        NoteKey.make("auditor.example").save(path)
    path.chmod(0o644)
    with pytest.raises(NoteError, match=r"can be read by others: chmod 600 auditor\.key"):
        NoteKey.load(path)


@pytest.mark.parametrize("name", ["", "two words", "a+b"])
def test_names_of_keys_fit_on_a_line(name: str) -> None:
    """Neither spaces nor plus signs."""
    with pytest.raises(NoteError, match="cannot be the name of a key"):
        NoteKey.make(name)


@pytest.mark.parametrize(
    "text",
    [
        "fabric-ledger/zuidhorn/00\n1\nAAAA\n",
        "sum.golang.org/tree\n5\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        CHECKPOINT.text.replace("539", "0"),
        CHECKPOINT.text.replace("539", "0539"),
        CHECKPOINT.origin,
    ],
)
def test_other_notes_are_not_checkpoints(text: str) -> None:
    """One clear refusal."""
    with pytest.raises(NoteError, match="this is not a checkpoint"):
        Checkpoint.parse(text)


def test_two_checkpoints_that_no_honest_ledger_has() -> None:
    """The same height with another hash, or another beginning."""
    other = Checkpoint("zuidhorn", CHECKPOINT.genesis, 539, bytes(32))
    assert "at height 539 block 538 of zuidhorn is" in CHECKPOINT.contradicts(other)
    assert "two ledgers call themselves zuidhorn" in CHECKPOINT.contradicts(
        Checkpoint("zuidhorn", bytes(32), 7, bytes(32))
    )
    assert not CHECKPOINT.contradicts(Checkpoint("zuidhorn", CHECKPOINT.genesis, 540, bytes(32)))
    assert not CHECKPOINT.contradicts(Checkpoint("winsum", bytes(32), 539, bytes(32)))
