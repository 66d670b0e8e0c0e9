"""`kindpakket letters …`: on files alone here; others are in `mailing` and `letter_runs`."""

from __future__ import annotations

from pathlib import Path

import click

from kindpakket_cli import letter_runs, mailing
from kindpakket_cli.contract import Wrong, group, not_as_it_should_be
from kindpakket_cli.offline import offline
from kindpakket_cli.output import complain, print_files, print_json

templates_option = click.option(
    "--templates",
    "templates_folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Your templates, from kindpakket letters template.  [default: those that Kindpakket comes with]",
)
"""The option for a municipality's templates."""


@group("letters")
def letters() -> None:
    """Letters to households: templates, addresses, print, and what becomes of the print files."""


@letters.command("template")
@click.argument("folder", metavar="DIRECTORY", type=click.Path(file_okay=False, path_type=Path))
@offline
def template(folder: Path, as_json: bool) -> None:
    """Copy the templates to a new DIRECTORY, to change them there.

    Texts are in languages/*.yaml (a further language is a further file), colours, logo and contact in
    settings.yaml, and the layout in letter.typ. See what you change with `kindpakket letters sample`.
    """
    from kindpakket.backoffice.letters.templates import copy

    written = copy(folder)
    _answer(written, as_json)


@letters.command("sample")
@click.argument("folder", metavar="DIRECTORY", type=click.Path(file_okay=False, path_type=Path))
@templates_option
@offline
def sample(folder: Path, templates_folder: Path | None, as_json: bool) -> None:
    """Write a letter with invented data to DIRECTORY, for each language with an address and without one.

    Its codes are bound to nothing.
    """
    from kindpakket.backoffice.letters import Renderer, Templates
    from kindpakket.backoffice.letters.sample import sample_letter

    templates = Templates.load(templates_folder)
    renderer = Renderer(templates)
    made = {}
    for language in sorted(templates.languages):
        for suffix, addressed in (("", True), ("-without-address", False)):
            letter = sample_letter(language, addressed=addressed)
            made[folder / f"sample-{language}{suffix}.pdf"] = renderer.render([letter], invented=True).pdf
    folder.mkdir(parents=True, exist_ok=True)
    for path, pdf in made.items():
        path.write_bytes(pdf)
    _answer(list(made), as_json)


@letters.command("check")
@click.argument("folder", metavar="DIRECTORY", type=click.Path(exists=True, file_okay=False, path_type=Path))
@offline
def check(folder: Path, as_json: bool) -> None:
    """Check that the letters in DIRECTORY are those of its manifest, all of them and no others."""
    from kindpakket.backoffice.letters.manifest import problems

    try:
        found = problems(folder)
    except (ValueError, KeyError, TypeError) as error:
        raise Wrong(f"the manifest in {folder} cannot be read ({error}): ask for it again", "FILE") from None
    if as_json:
        print_json({"problems": found})
    for problem in [] if as_json else found:
        complain(problem)
    if found:
        not_as_it_should_be()
    if not as_json:
        click.echo("The letters are those of the manifest.")


for _command in (*mailing.COMMANDS, *letter_runs.COMMANDS):
    letters.add_command(_command)


def _answer(paths: list[Path], as_json: bool) -> None:
    if as_json:
        print_files(paths)
    else:
        for path in paths:
            click.echo(str(path))
