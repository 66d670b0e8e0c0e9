"""What an audit is made of: where the blocks come from, and what the auditor knows about them already."""

from __future__ import annotations

import functools
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kindpakket_cli.contract import Wrong
from kindpakket_cli.files import READABLE

if TYPE_CHECKING:
    from fabric_gateway.blocks import BlockMessage
    from fabric_gateway.verification import Checkpoint, NotePublicKey
    from kindpakket.auditor.auditor import Auditor
    from kindpakket.auditor.state import State
    from kindpakket.auditor.verification import Anchor
    from kindpakket.ledger.domain import Domain
    from kindpakket_cli.session import Session

_HASH = re.compile(r"[0-9a-fA-F]{64}")
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
"""The path of an existing folder."""


@dataclass(slots=True)
class Blocks:
    """A source of blocks.

    Attributes:
        domain: the channel and the chaincode.
        read: gives the blocks from a number on, up to the last one.
        size: how much there is, in the unit of `measure`.
        measure: how much of it a block is.
        auditor: the client at the auditor's own peer; None for files.
    """

    domain: Domain
    read: Callable[[int], Iterable[BlockMessage]]
    size: int
    measure: Callable[[BlockMessage], int]
    auditor: Auditor | None = None


@dataclass(slots=True)
class Evidence:
    """What was said about blocks, anchor and state.

    Attributes:
        folder: a folder of copied block files.
        bundle: a bundle.
        anchor: a hash, or the path of a genesis block or a checkpoint.
        signers: public keys that must have signed the checkpoint.
        trusting: take over from them that the blocks below it were verified.
        where: the file with the state.
        again: begin at block 0.
    """

    folder: Path | None = None
    bundle: Path | None = None
    anchor: str | None = None
    signers: tuple[str, ...] = ()
    trusting: bool = False
    where: Path | None = None
    again: bool = False
    _open: ExitStack = field(default_factory=ExitStack)

    @property
    def offline(self) -> bool:
        """Whether the blocks are in files."""
        return self.folder is not None or self.bundle is not None

    @contextmanager
    def blocks(self, session: Session) -> Iterator[Blocks]:
        """The source of the blocks.

        Raises:
            Wrong: the files cannot be used.
        """
        if self.folder is not None and self.bundle is not None:
            raise Wrong("--blocks and --bundle are two sources: give one")
        with self._open:
            yield self._of_files(session) if self.offline else self._of_peer(session)

    def _of_peer(self, session: Session) -> Blocks:
        auditor = session.auditor()
        height = auditor.network.ledger_height()
        return Blocks(
            auditor.caller.domain,
            lambda start: auditor.network.blocks(start, height - 1) if start < height else (),
            height,
            lambda _: 1,
            auditor,
        )

    def _of_files(self, session: Session) -> Blocks:
        from fabric_gateway.verification import BlockFiles
        from kindpakket.auditor.copies import domain_of, opened_bundle
        from kindpakket.ledger.domain import Domain

        if self.bundle is not None:
            manifest, files = self._open.enter_context(opened_bundle(self.bundle))
            domain = Domain(manifest.channel, session.chaincode or manifest.chaincode)
        else:
            files = BlockFiles(self.folder or "")
            try:
                domain = domain_of(files.read(), session.chaincode)
            except LookupError as error:
                raise Wrong(f"{self.folder}: {error}, by --chaincode", "FILE") from error
        if session.channel not in (None, domain.channel):
            raise Wrong(f"the blocks are of channel {domain.channel}, not of {session.channel}")
        size = sum(path.stat().st_size for path in files.paths)
        return Blocks(domain, files.read, size, lambda message: sum(map(len, message.data.data)))

    def known(self) -> Anchor:
        """What the auditor knows about the ledger already.

        Raises:
            Wrong: the anchor or a key cannot be read.
        """
        from kindpakket.auditor.verification import Anchor

        keys = read_signers(self.signers)
        if self.anchor is None:
            if keys or self.trusting:
                raise Wrong("--signer and --trusting go with a checkpoint: give it by --anchor")
            return Anchor()
        if _HASH.fullmatch(self.anchor):
            return self._certain(Anchor(bytes.fromhex(self.anchor)))
        path = Path(self.anchor)
        if not path.is_file():
            raise Wrong(f"{self.anchor!r} is neither a hash of 64 hexadecimal characters nor a file", "FILE")
        content = path.read_bytes()
        if not content.startswith(b"fabric-ledger/"):
            return self._certain(Anchor(_genesis(path, content)))
        checkpoint = read_checkpoint(path, keys)
        if self.trusting and not keys:
            raise Wrong("--trusting needs to know whom: give their public keys by --signer")
        return Anchor(b"", (checkpoint,), checkpoint if self.trusting else None)

    def _certain(self, anchor: Anchor) -> Anchor:
        if self.signers or self.trusting:
            raise Wrong("--signer and --trusting go with a checkpoint: the anchor is another one")
        return anchor

    @contextmanager
    def state(self, session: Session, source: Blocks, anchor: Anchor) -> Iterator[State]:
        """The state to go on from: of the auditor's own peer below the home, of files a temporary one."""
        from kindpakket.auditor.state import State

        with ExitStack() as stack:
            where = self.where
            if where is None and source.auditor is not None:
                where = default_state(session, source.domain.channel)
            elif where is None:
                folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="kindpakket-audit-"))
                where = Path(folder) / "state.db"
            where.parent.mkdir(parents=True, exist_ok=True)
            state = State(
                where,
                again=self.again,
                channel=source.domain.channel,
                chaincode=source.domain.chaincode,
                anchor=anchor.name,
            )
            stack.callback(state.close)
            yield state


def default_state(session: Session, channel: str) -> Path:
    """Where the audits of the own peer keep their state."""
    return Path(session.home.root) / "audits" / f"{channel}.db"


def read_signers(texts: Iterable[str]) -> tuple[NotePublicKey, ...]:
    """Public keys of auditors, each as text or in a file.

    Raises:
        Wrong: one cannot be read.
    """
    from fabric_gateway.verification import NoteError, NotePublicKey

    keys = []
    for text in texts:
        content = Path(text).read_text("utf-8") if Path(text).is_file() else text
        try:
            keys.append(NotePublicKey.parse(content.strip()))
        except NoteError as error:
            raise Wrong(f"--signer: {error}") from error
    return tuple(keys)


def read_checkpoint(path: Path, keys: tuple[NotePublicKey, ...] = ()) -> Checkpoint:
    """A checkpoint in a file.

    Args:
        path: the file.
        keys: who must have signed it, each of them; none: its signatures are not looked at.

    Raises:
        Wrong: it is none, or they have not signed it.
    """
    from fabric_gateway.verification import Checkpoint, Note, NoteError, open_checkpoint

    try:
        note = Note.parse(path.read_bytes())
        return open_checkpoint(note, keys, len(keys)) if keys else Checkpoint.parse(note.text)
    except NoteError as error:
        raise Wrong(f"{path}: {error}", "FILE") from error


def _genesis(path: Path, content: bytes) -> bytes:
    from kindpakket.auditor.copies import genesis_hash

    try:
        return genesis_hash(content)
    except ValueError as error:
        raise Wrong(f"{path} is neither a genesis block nor a checkpoint: {error}", "FILE") from error


_BLOCKS = click.option(
    "--blocks", "block_files", type=FOLDER, help="Read the block files in this folder, offline."
)
_BUNDLE = click.option("--bundle", type=READABLE, help="Read a bundle of `audit bundle`, offline.")


def copies_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that name copies of the blocks, as one parameter `evidence`."""

    @_BLOCKS
    @_BUNDLE
    @functools.wraps(command)
    def given(*arguments: Any, block_files: Path | None, bundle: Path | None, **named: Any) -> None:
        command(*arguments, evidence=Evidence(block_files, bundle), **named)

    return given


def evidence_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that say what is audited, as one parameter `evidence`."""

    @_BLOCKS
    @_BUNDLE
    @click.option(
        "--anchor",
        metavar="HASH|FILE",
        help="What you know from another source: the hash of block 0, the genesis block, or a checkpoint.",
    )
    @click.option(
        "--signer",
        "signers",
        multiple=True,
        metavar="KEY|FILE",
        help="The public key of an auditor who must have signed the checkpoint; repeat for several.",
    )
    @click.option(
        "--trusting",
        is_flag=True,
        help="Believe those signers that the blocks below the checkpoint were verified: check only hashes.",
    )
    @click.option(
        "--state",
        "where",
        type=click.Path(dir_okay=False, path_type=Path),
        help="The file with which an interrupted audit goes on.  [default: audits/CHANNEL.db in the home; "
        "for files a temporary one]",
    )
    @click.option("--again", is_flag=True, help="Begin at block 0, whatever an earlier audit left.")
    @functools.wraps(command)
    def given(
        *arguments: Any,
        block_files: Path | None,
        bundle: Path | None,
        anchor: str | None,
        signers: tuple[str, ...],
        trusting: bool,
        where: Path | None,
        again: bool,
        **named: Any,
    ) -> None:
        evidence = Evidence(block_files, bundle, anchor, signers, trusting, where, again)
        command(*arguments, evidence=evidence, **named)

    return given
