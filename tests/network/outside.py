"""What people outside the municipality do between two commands of a page: a parent, and the bank.

python outside.py slip LETTERS FILE     the code of the first slip, as it is typed
python outside.py bank FILE FOLDER      a bank takes the payment file, pays it, and sends what it did
"""

from __future__ import annotations

import re
import sys
from contextlib import suppress
from pathlib import Path

import pypdfium2

from kindpakket.backoffice.bank.files import read_bytes
from kindpakket.backoffice.bank.orders import read_orders
from kindpakket.holder.typed_page import TypedPage
from kindpakket.ledger.days import today
from kindpakket_demo.bank import opened

_TYPED = re.compile(r"((?:[0-9A-Z]{5} ?){4})\s+((?:[0-9A-Z]{5} ?){3})")


def slip(letters: Path, file: Path) -> None:
    """Read the code of the first slip from the letters as they are printed."""
    for path in sorted(letters.glob("*.pdf")):
        for page in pypdfium2.PdfDocument(path):
            for found in _TYPED.findall(page.get_textpage().get_text_range()):
                with suppress(ValueError):  # it is another code, such as that which blocks the voucher
                    file.write_text(TypedPage.from_text(" ".join(found)).as_text() + "\n")
                    return
    sys.exit(f"{letters} has no slip with a typed code")


def bank(file: Path, folder: Path) -> None:
    """Pay a file, and write the reports and statements to a folder."""
    content = file.read_bytes()
    account = read_orders(content)[0].debtor
    folder.mkdir()
    with opened(f"{today():%Y-%m-%d}T09:00") as made:
        made.hold("GEMEENTE", account)
        made.ask("POST", "/payments", content)
        made.pass_days(10)
        sent = [*made.files("pain.002"), *made.files("camt.053")]
    for number, message in enumerate(sent):
        statements = read_bytes(message, f"{number}.xml").statements
        if not statements or any(each.account == account for each in statements):
            (folder / f"{number}.xml").write_bytes(message)


if __name__ == "__main__":
    {"slip": slip, "bank": bank}[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))
