"""Ends runs of letters: discards one that is not finished, and destroys print files once they are printed."""

from __future__ import annotations

import shutil
from pathlib import Path

from fabric_gateway._storage.files import sync_folder
from kindpakket.backoffice.letters import manifest
from kindpakket.backoffice.letters.run import unfinished_folder
from kindpakket.backoffice.mailing.errors import MailingError
from kindpakket.backoffice.mailing.on_ledger import OnLedger, on_ledger
from kindpakket.backoffice.register import Register
from kindpakket.municipality import Municipality


def discard(municipality: Municipality, register: Register, run: str) -> int:
    """Give up an unfinished run, so that its vouchers get other letters; return how many vouchers these are.

    Vouchers that are bound to their letter already stay so: they need `reprint_letters`. What an unfinished
    run has made so far is deleted.

    Raises:
        MailingError: the run is finished.
        RegisterError: there is no such run.
    """
    found = register.letters.run(run)
    if not found.is_unfinished:
        raise MailingError(f"run {run} is {found.state}: only a run that is not finished can be discarded")
    ordered = register.letters.ordered(run)
    states = on_ledger(municipality, found.scheme, list(ordered))
    bound = [voucher for voucher, version in ordered.items() if _is_taken(states.get(voucher), version)]
    register.letters.note(run, bound, "valid")
    freed = register.letters.discard(run)
    shutil.rmtree(unfinished_folder(Path(found.folder)), ignore_errors=True)
    return freed


def destroy(register: Register, folder: Path) -> int:
    """Delete the letters in the folder of a finished run, and note that; return how many files these were.

    The manifest stays. What deleting leaves on a disk depends on the disk: use an encrypted one.

    Raises:
        MailingError: the folder is not of a run of this register, or the run is not finished.
    """
    identifier = manifest.run_of(folder)
    run = next((each for each in register.letters.runs() if each.id == identifier), None)
    if run is None:
        raise MailingError(f"{folder} is not the folder of a run of letters of this register")
    if run.is_unfinished:
        raise MailingError(
            f"run {run.id} is not finished: finish or discard it before its letters are destroyed"
        )
    files = [path for path in folder.glob("*.pdf") if path.is_file()]
    for path in files:
        path.unlink()
    sync_folder(folder)
    register.letters.note_destroyed(run.id)
    return len(files)


def _is_taken(state: OnLedger | None, version: int) -> bool:
    return state is not None and (state.version >= version or bool(state.proposed[0]))
