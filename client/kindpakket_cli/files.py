"""Files that commands read: rules, and what wallets and printers hand in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import click
import yaml

from kindpakket.ledger.records import Rules
from kindpakket_cli.session import Wrong

READABLE = click.Path(exists=True, dir_okay=False, path_type=Path)
"""A file that is there."""
_DATES = ("starts_on", "ends_on")


def read_rules(path: Path) -> Rules:
    """Rules as the chaincode takes them; YAML would read `2026-01-01` as a date, which is written back.

    Raises:
        Wrong: the file holds no rules.
    """
    try:
        content = yaml.safe_load(path.read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Wrong(f"{path} is neither YAML nor JSON: {error}") from error
    if not isinstance(content, dict):
        raise Wrong(f"{path} holds no rules: write one `name: value` for each rule")
    return cast(Rules, {name: str(value) if name in _DATES else value for name, value in content.items()})


def read_json(path: Path, kind: type, what: str) -> Any:
    """The content of a JSON file.

    Args:
        path: the file.
        kind: what it must hold, `list` or `dict`.
        what: its name in errors, such as "list of activations".

    Raises:
        Wrong: it holds something else.
    """
    try:
        content = json.loads(path.read_bytes())
    except ValueError as error:
        raise Wrong(f"{path} is not JSON: {error}") from error
    if not isinstance(content, kind):
        raise Wrong(f"{path} holds no {what}")
    return content
