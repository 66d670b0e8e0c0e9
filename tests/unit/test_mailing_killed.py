"""A run of letters that is killed at any moment and run again, and where its secrets are afterwards."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from letter_town import ORDER, PAGES, LetterTown
from story import SCHEME

import killing
from kindpakket.backoffice.letters import Templates
from kindpakket.backoffice.letters.journal import Journal
from kindpakket.backoffice.letters.manifest import problems
from kindpakket.backoffice.mailing import destroy, print_letters
from kindpakket.backoffice.register.store import Store
from kindpakket.holder import typeable
from kindpakket.holder.booklet import Booklet
from kindpakket.holder.slip import Slip
from kindpakket.holder.typed_page import seed_of
from kindpakket.ledger.ids import new_code
from kindpakket.ledger.merkle import root_of

CHILDREN = 4  # in two households
TRIED_PAGES = 4
QR_CODES = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)


def _print(root: str) -> None:
    """What the command does."""
    town = LetterTown(Path(root))
    with town.register() as register:
        print_letters(
            town.municipality(), register, SCHEME, town.folder, Templates.load(town.templates), ORDER
        )


def _counted(instants: killing.Instants, root: str) -> None:
    """The same with an instant around each transaction of the register and the ledger, and each file."""
    writing = Store.writing

    @contextmanager
    def watched(self: Store) -> Iterator[object]:
        instants.pass_one()
        with writing(self) as connection:
            yield connection
            instants.pass_one()
        instants.pass_one()

    Store.writing = watched  # type: ignore[method-assign, assignment]
    for name in ("add", "finish"):
        setattr(Journal, name, _around(getattr(Journal, name), instants))
    LetterTown.__init__ = _with_instants(LetterTown.__init__, instants)  # type: ignore[method-assign]
    _print(root)


def _around(real: Any, instants: killing.Instants) -> Any:
    def step(*arguments: Any, **members: Any) -> Any:
        instants.pass_one()
        answer = real(*arguments, **members)
        instants.pass_one()
        return answer

    return step


def _with_instants(real: Any, instants: killing.Instants) -> Any:
    def founded(self: LetterTown, root: Path) -> None:
        real(self, root)
        self.ledger.around = instants.pass_one

    return founded


def _slips(town: LetterTown) -> list[Slip]:
    return [
        Slip.from_text(code.text)
        for path in sorted(town.folder.glob("*.pdf"))
        for page in pypdfium2.PdfDocument(path)
        for code in zxingcpp.read_barcodes(page.render(scale=150 / 72).to_pil(), formats=QR_CODES)
    ]


def _check(town: LetterTown) -> None:
    """Each voucher is bound once, to the one booklet that is printed for it."""
    assert problems(town.folder) == []
    state = town.ledger.state
    assert len(state["bound"]) == len(set(state["bound"])) == CHILDREN
    slips = _slips(town)
    assert len(slips) == CHILDREN * (PAGES - 1)
    for slip in slips:
        bound = state["vouchers"][slip.voucher]["authorisation"]
        proof = slip.page.sign(b"anything", bound["version"])
        assert _root(proof) == bound["root"]
    with town.register() as register:
        (run,) = register.letters.runs()
        assert (run.state, run.vouchers) == ("done", {"ordered": 0, "valid": CHILDREN, "void": 0})
    assert not town.folder.with_name(".letters.unfinished").exists()


def _root(proof: Any) -> str:
    path = [bytes.fromhex(sibling) for sibling in proof["path"]]
    return root_of(proof["page"], base64.b64decode(proof["public_key"]), path).hex()


def test_killed_at_each_instant_and_run_again(tmp_path: Path, proof: bool) -> None:
    finished, instant = False, 0
    while not finished:
        town = LetterTown.found(tmp_path / str(instant), CHILDREN)
        finished = killing.run_and_die(instant, _counted, str(town.root))
        if not finished:
            _print(str(town.root))
        _check(town)
        instant += 1 if proof else 3
    assert instant > 20


def test_killed_again_and_again_in_one_folder(tmp_path: Path) -> None:
    town = LetterTown.found(tmp_path / "town", CHILDREN)
    for instant in (4, 9, 10, 8, 12, 6, 5, 3):
        if killing.run_and_die(instant, _counted, str(town.root)):
            break
    else:
        _print(str(town.root))
    _check(town)


class Drawn:
    """Everything secret that a run draws, and the personal data that it prints."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.secrets: list[bytes] = []
        real = Booklet.of_secrets.__func__  # type: ignore[attr-defined]

        def drawn(kind: type[Booklet], page_secrets: list[bytes]) -> Booklet:
            self.secrets += page_secrets
            made: Booklet = real(kind, page_secrets)
            return made

        monkeypatch.setattr(Booklet, "of_secrets", classmethod(drawn))

        def code() -> str:
            made = new_code()
            self.secrets.append(bytes.fromhex(made))
            return made

        monkeypatch.setattr("kindpakket.backoffice.letters.order.new_code", code)

    def forms(self) -> Iterator[bytes]:
        """Each secret, and each seed, in every form in which anything of Kindpakket writes bytes."""
        for secret in self.secrets:
            for value in (secret, seed_of(secret)):
                yield value
                yield from (value.hex().encode(), value.hex().upper().encode())
                yield from (base64.b64encode(value)[:21], base64.urlsafe_b64encode(value)[:21])
                yield base64.b32encode(value)[:25]
                yield json.dumps(list(value))[1:-1].encode()
                yield value.hex(":").encode()
            for kind in typeable.Kind:
                yield from _typed(typeable.encode(kind, secret))
            for number in range(PAGES):
                yield from _typed(typeable.encode(typeable.Kind.PAGE, bytes([number]) + secret))


def _typed(code: str) -> Iterator[bytes]:
    for text in (code, code.replace(" ", ""), code.replace(" ", "-")):
        yield from (text.encode(), text.lower().encode())


def test_the_secrets_are_nowhere_once_the_letters_are_destroyed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """Looked for in the register, the ledger, the home, temporary files, and all that a run writes."""
    for name, variable in (("home", "HOME"), ("tmp", "TMPDIR"), ("cache", "XDG_CACHE_HOME")):
        (tmp_path / name).mkdir()
        monkeypatch.setenv(variable, str(tmp_path / name))
    town = LetterTown.found(tmp_path / "town", CHILDREN, where)
    drawn = Drawn(monkeypatch)
    with town.register() as register:
        print_letters(
            town.municipality(), register, SCHEME, town.folder, Templates.load(town.templates), ORDER
        )
        drawn.secrets = drawn.secrets[TRIED_PAGES:]  # without those of the invented letter
        assert len(drawn.secrets) == CHILDREN * (PAGES + 1)
        slips = _slips(town)
        assert {slip.page.seed for slip in slips} <= {seed_of(secret) for secret in drawn.secrets}
        destroy(register, town.folder)
    forms = set(drawn.forms())
    assert min(map(len, forms)) >= 16
    searched = 0
    for path in tmp_path.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            searched += 1
            assert [form for form in forms if form in content] == [], path
    if "://" in where:
        dumped = _dump(where)
        assert b"letter_voucher" in dumped
        assert [form for form in forms if form in dumped] == []
    assert searched > 10
    assert os.environ["HOME"] == str(tmp_path / "home")


def _dump(url: str) -> bytes:
    """All rows of all tables of a database, bytes as they are and in hexadecimal."""
    from sqlalchemy import MetaData, create_engine, select

    engine = create_engine(url)
    metadata = MetaData()
    metadata.reflect(engine)
    parts = []
    with engine.connect() as connection:
        for table in metadata.sorted_tables:
            parts.append(table.name.encode())
            for row in connection.execute(select(table)):
                for value in row:
                    parts.append(
                        bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
                    )
    engine.dispose()
    return b"\0".join(parts)
