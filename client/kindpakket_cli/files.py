"""Files that commands read: rules, activations and replacements."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from kindpakket_cli.contract import Wrong

if TYPE_CHECKING:
    from kindpakket.ledger.records import Rules

READABLE = click.Path(exists=True, dir_okay=False, path_type=Path)
"""The path of an existing file."""
_DATES = ("starts_on", "ends_on")


def read_rules(path: Path) -> Rules:
    """Rules as the chaincode takes them. YAML reads `2026-01-01` as a date, which becomes text again.

    Raises:
        Wrong: the file does not contain rules.
    """
    import yaml

    try:
        content = yaml.safe_load(path.read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Wrong(f"{path} is neither YAML nor JSON: {error}") from error
    if not isinstance(content, dict):
        raise Wrong(f"{path} does not contain rules: write a line `name: value` for each")
    return cast("Rules", {name: str(value) if name in _DATES else value for name, value in content.items()})


def read_json(path: Path, kind: type, what: str) -> Any:
    """The content of a JSON file.

    Args:
        path: the file.
        kind: what it must contain, `list` or `dict`.
        what: its name in errors, such as "list of activations".

    Raises:
        Wrong: it contains something else.
    """
    try:
        content = json.loads(path.read_bytes())
    except ValueError as error:
        raise Wrong(f"{path} is not JSON: {error}") from error
    if not isinstance(content, kind):
        raise Wrong(f"{path} does not contain a {what}")
    return content
