"""`kindpakket settlement export SCHEME` of earlier versions: `payout export` for one scheme."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from pathlib import Path
from typing import Any, cast

import click

from kindpakket_cli.output import note
from kindpakket_cli.payout_export import export

_FILE = "register.db"
"""The register in the home that keeps the payment file, unless another one is named."""


def _of_one_scheme(scheme_id: str, home: Path, where: str | None, **others: Any) -> None:
    """Write the approved settlements of SCHEME to a payment file: use payout export --scheme SCHEME."""
    if where is None:
        where = str(home / _FILE)
        note(f"{where} keeps the payment file; name your register with --register.")
    run = cast(Callable[..., None], export.callback)
    run(home=home, where=where, schemes=(scheme_id,), **others)


def _parameters() -> list[click.Parameter]:
    """Those of `payout export`, but for the scheme and that the register may be left out."""
    found: list[click.Parameter] = [click.Argument(["scheme_id"], metavar="SCHEME")]
    for parameter in export.params:
        if parameter.name == "schemes":
            continue
        own = copy(parameter)
        if own.name == "where":
            own.required = False
        found.append(own)
    return found


export_of_one_scheme = click.Command(
    "export", params=_parameters(), callback=_of_one_scheme, help=_of_one_scheme.__doc__, hidden=True
)
"""The command; not listed, as `payout export` takes its place."""
