"""The file for tills that take typed pages: the public keys of the pages that were printed."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping
from pathlib import Path

from kindpakket.backoffice.letters import VoucherRecord


def write_pages(folder: Path, records: Mapping[str, VoucherRecord], vouchers: Collection[str]) -> Path | None:
    """Write the public keys of some vouchers' booklets beside the folder of their letters.

    Args:
        folder: the folder of the letters.
        records: what the letters have, by voucher.
        vouchers: the vouchers to which their letter belongs.

    Returns:
        The file, for `kindpakket.holder.printed_pages`; None if no letter has a booklet.
    """
    chosen = [records[voucher] for voucher in records if voucher in vouchers and records[voucher].public_keys]
    if not chosen:
        return None
    path = folder.with_name(f"{folder.name}-pages.jsonl")
    beside = path.with_name(f".{path.name}.new")
    with beside.open("w", encoding="utf-8") as file:
        for record in chosen:
            members = {
                "scheme": record.scheme,
                "voucher": record.voucher,
                "public_keys": list(record.public_keys),
            }
            file.write(json.dumps(members) + "\n")
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    return path
