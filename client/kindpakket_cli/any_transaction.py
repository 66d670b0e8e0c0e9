"""`kindpakket query` and `kindpakket invoke`: any transaction by its name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from kindpakket_cli.contract import Wrong
from kindpakket_cli.session import Session, acting_as


@click.command()
@click.argument("name")
@click.argument("request", default="{}")
@acting_as()
def query(session: Session, name: str, request: str) -> None:
    """Run the query NAME, such as voucher:Show, with REQUEST, a JSON object. The answer is JSON."""
    session.as_json = True
    session.answer(session.caller().query(name, _object(request, "the request")))


@click.command()
@click.argument("name")
@click.argument("request", default="{}")
@click.option("--request-id", help="The request's id.  [default: a fresh one]")
@click.option(
    "--transient",
    "transients",
    multiple=True,
    type=(str, click.Path(exists=True, dir_okay=False, path_type=Path)),
    metavar="NAME FILE",
    help="A private record from a JSON file; repeat for more.",
)
@click.option(
    "--endorser",
    "endorsers",
    multiple=True,
    metavar="MSP",
    help="The MSP id of an organisation that endorses; repeat for more.",
)
@acting_as()
def invoke(
    session: Session,
    name: str,
    request: str,
    request_id: str | None,
    transients: tuple[tuple[str, Path], ...],
    endorsers: tuple[str, ...],
) -> None:
    """Submit the transaction NAME with REQUEST, a JSON object; request_id may be left out.

    The answer is JSON.
    """
    members = _object(request, "the request")
    if "request_id" in members:
        request_id = str(members.pop("request_id"))
    private = {key: _json(path.read_text("utf-8"), str(path)) for key, path in transients}
    session.as_json = True
    session.answer(
        session.caller().invoke(
            name, members, request_id=request_id, transient=private, organisations=endorsers
        )
    )


def _object(text: str, what: str) -> dict[str, Any]:
    value = _json(text, what)
    if not isinstance(value, dict):
        raise Wrong(f'{what} is not a JSON object, such as \'{{"scheme": "…"}}\'')
    return value


def _json(text: str, what: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise Wrong(f"{what} is not JSON: {error}") from error
