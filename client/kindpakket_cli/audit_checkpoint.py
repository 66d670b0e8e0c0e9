"""`kindpakket audit checkpoint …`: signed notes of how high a ledger was and the hash of its last block."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kindpakket_cli.audit_evidence import default_state, read_checkpoint, read_signers
from kindpakket_cli.contract import Refused, Wrong, group, not_as_it_should_be
from kindpakket_cli.files import READABLE
from kindpakket_cli.output import answer, complain, print_json
from kindpakket_cli.session import Session, acting_as

if TYPE_CHECKING:
    from fabric_gateway.verification import Checkpoint, Note
    from kindpakket.auditor.state import State

_PATH = click.Path(dir_okay=False, path_type=Path)
_key_option = click.option(
    "--key", "key_path", type=READABLE, required=True, help="Your key, of `checkpoint key`."
)
_state_option = click.option(
    "--state",
    "where",
    type=READABLE,
    help="The state of your audit.  [default: audits/CHANNEL.db in the home]",
)
_out_option = click.option("--out", type=_PATH, help="Write the note to this file.  [default: print it]")


@group("checkpoint")
def checkpoint() -> None:
    """Checkpoints: sign how far you verified, cosign those of others, show them, compare two."""


@checkpoint.command("key")
@click.argument("name")
@click.option("--out", type=_PATH, required=True, help="The file of the key, which is made.")
@click.option("--cosigns", is_flag=True, help="A key for `cosign`: its signatures say when they were made.")
@acting_as()
def key(session: Session, name: str, out: Path, cosigns: bool) -> None:
    """Make a key for checkpoints, named NAME, such as `auditor.example`. Give others its public key."""
    from fabric_gateway.verification import NoteKey

    made = NoteKey.make(name, cosigns=cosigns)
    made.save(out)
    text = f"The key is in {out}; only you can read it. Its public key, to give to others:\n{made.public}"
    answer(session.as_json, {"file": str(out), "public_key": str(made.public)}, text)


@checkpoint.command("sign")
@_key_option
@_state_option
@_out_option
@acting_as("auditor")
def sign(session: Session, key_path: Path, where: Path | None, out: Path | None) -> None:
    """Sign how far your last audit verified the ledger. It is refused if that audit found an error."""
    from fabric_gateway.verification import NoteKey
    from kindpakket.auditor.verification import checkpoint_of

    signer = NoteKey.load(key_path)
    with _state(session, where) as state:
        found = checkpoint_of(state)
        if found is None:
            raise Wrong("no audit has verified this ledger from block 0: run kindpakket audit verify first")
        _refuse_errors(state)
        _give(session, found.signed(signer), out)


@checkpoint.command("cosign")
@click.argument("path", type=READABLE, metavar="FILE")
@_key_option
@_state_option
@_out_option
@acting_as("auditor")
def cosign(session: Session, path: Path, key_path: Path, where: Path | None, out: Path | None) -> None:
    """Add your signature to the checkpoint in FILE, once your own audit has verified the ledger up to it.

    First run `kindpakket audit verify --anchor FILE`, by which your audit learns of the checkpoint.
    """
    from fabric_gateway.verification import Note, NoteKey, cosigned
    from kindpakket.auditor.verification import agrees

    signer, known = NoteKey.load(key_path), read_checkpoint(path)
    with _state(session, where) as state:
        if not agrees(state, known):
            raise Refused(
                f"your audit has not verified the ledger up to {path}: run kindpakket audit verify "
                f"--anchor {path}"
            )
        _refuse_errors(state)
    _give(session, cosigned(Note.parse(path.read_bytes()), signer), out)


@checkpoint.command("show")
@click.argument("path", type=READABLE, metavar="FILE")
@click.option("--signer", "signers", multiple=True, metavar="KEY|FILE", help="A public key that you trust.")
@acting_as()
def show(session: Session, path: Path, signers: tuple[str, ...]) -> None:
    """Show the checkpoint in FILE: which ledger, how high, its last block, and who signed.

    A signature counts for something only if you give the public key of whom you trust by --signer.
    """
    from fabric_gateway.verification import Note, NoteError

    found = read_checkpoint(path)
    note = Note.parse(path.read_bytes())
    try:
        trusted = {signed.name for signed in note.signed_by(read_signers(signers))}
    except NoteError as error:
        raise Refused(f"{path}: {error}") from error
    members = {
        **_members(found),
        "signatures": [
            {"name": item.name, "key_id": item.key_id.hex(), "verified": item.name in trusted}
            for item in note.signatures
        ],
    }
    rows = {**members, "signatures": ", ".join(_signed(item.name, trusted) for item in note.signatures)}
    session.answer(members if session.as_json else rows)


@checkpoint.command("compare")
@click.argument("one", type=READABLE)
@click.argument("other", type=READABLE)
@acting_as()
def compare(session: Session, one: Path, other: Path) -> None:
    """Compare the checkpoints in ONE and OTHER. Exit code 1: no honest ledger has both.

    At different heights only the blocks can tell: `audit verify --anchor` with the one on the other's ledger.
    """
    first, second = read_checkpoint(one), read_checkpoint(other)
    reason = first.contradicts(second)
    same = first == second
    if session.as_json:
        print_json(
            {"one": _members(first), "other": _members(second), "same": same, "contradiction": reason or None}
        )
    elif reason:
        complain(f"They contradict each other: {reason}.")
    elif same:
        click.echo(f"They are the same: height {first.height} of {first.channel}.")
    elif first.channel != second.channel:
        click.echo(f"They are of two channels, {first.channel} and {second.channel}.")
    else:
        later, earlier = (one, other) if first.height > second.height else (other, one)
        click.echo(
            f"They may be of one ledger, at heights {first.height} and {second.height}. Whether {later} "
            f"continues {earlier} is in the blocks: kindpakket audit verify --anchor {earlier}"
        )
    if reason:
        not_as_it_should_be()


@contextmanager
def _state(session: Session, where: Path | None) -> Iterator[State]:
    from kindpakket.auditor.state import State

    path = where or default_state(session, session.default_channel())
    if not path.is_file():
        raise Wrong(f"there is no state of an audit at {path}: run kindpakket audit verify first", "FILE")
    state = State(path)
    try:
        yield state
    finally:
        state.close()


def _refuse_errors(state: State) -> None:
    if errors := state.errors():
        number = "an error" if errors == 1 else f"{errors} errors"
        raise Refused(f"your audit found {number} in these blocks: see kindpakket audit verify")


def _give(session: Session, note: Note, out: Path | None) -> None:
    """Write or print a signed note."""
    if out is not None:
        out.write_text(str(note), "utf-8")
        answer(session.as_json, {"file": str(out), "note": str(note)}, f"The checkpoint is in {out}.")
    elif session.as_json:
        print_json({"note": str(note)})
    else:
        click.echo(str(note), nl=False)


def _members(found: Checkpoint) -> dict[str, object]:
    return {
        "channel": found.channel,
        "genesis": found.genesis.hex(),
        "height": found.height,
        "hash": found.hash.hex(),
    }


def _signed(name: str, trusted: set[str]) -> str:
    return f"{name} (verified)" if name in trusted else f"{name} (not verified)"
