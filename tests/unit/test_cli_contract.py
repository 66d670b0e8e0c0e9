"""What all commands promise: help, options, exit codes, JSON. Each test walks all commands there are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from desk import Command
from grpc import StatusCode
from story import SCHEME

from fabric_gateway.testing import ChaincodeRefusal
from kindpakket_cli.contract import EXIT_CODES, LEDGER
from kindpakket_cli.main import main
from kindpakket_network.errors import (
    CommandFailed,
    NetworkError,
    NodeFailed,
    NoSuch,
    PortInUse,
    ProgramError,
    TopologyError,
    Waiting,
)
from kindpakket_network.verbs.network import Network

ANOTHER_FORMAT = {
    ("network", "draw"): "SVG",
    ("network", "export", "channel"): "a block, in base64",
    ("network", "export", "organisation"): "a bundle of certificates, in YAML",
    ("network", "export", "profile"): "a connection profile, in YAML",
    ("network", "metrics"): "Prometheus' text format",
    ("network", "schema"): "a JSON Schema: JSON already",
}
"""Commands without --json: what they print is one document in this format."""
WITHOUT_A_HOME = {
    ("bank", "match"): "reads files alone",
    ("bank", "read"): "reads files alone",
    ("books", "balance"): "reads files alone",
    ("books", "check"): "reads files alone",
    ("books", "close"): "reads and writes files alone",
    ("books", "journal"): "reads and writes files alone",
    ("books", "mapping"): "reads and writes files alone",
    ("intake", "check"): "reads a file, and nothing of a network",
    ("letters", "check"): "reads a folder of letters",
    ("letters", "sample"): "writes a folder of its own",
    ("letters", "template"): "writes a folder of its own",
    ("network", "backup-key"): "writes a file of its own",
    ("network", "chaincode", "new"): "writes a folder of its own",
    ("network", "init"): "writes a folder of its own",
    ("network", "programs"): "fills the user's cache",
    ("network", "schema"): "prints what belongs to this version",
}
LISTING = "network", "logs"  # prints an object for each entry, one a line


def walk(
    command: click.Command = main, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """All groups and commands with their paths."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from walk(found, (*path, name))


COMMANDS = {path: command for path, command in walk() if not isinstance(command, click.Group)}
GROUPS = {path: command for path, command in walk() if isinstance(command, click.Group)}


def options(command: click.Command) -> dict[str, click.Option]:
    return {
        name: option for option in command.params if isinstance(option, click.Option) for name in option.opts
    }


def test_all_commands_are_found() -> None:
    assert len(COMMANDS) > 95
    assert {("scheme", "list"), ("network", "channel", "sign"), ("query",)} <= set(COMMANDS)


def test_every_command_answers_in_json_or_prints_a_document_of_another_format() -> None:
    assert {path for path, command in COMMANDS.items() if "--json" not in options(command)} == set(
        ANOTHER_FORMAT
    )


def test_every_command_that_acts_on_a_home_finds_it_in_the_same_way() -> None:
    homes = {path: options(command).get("--home") for path, command in COMMANDS.items()}
    assert {path for path, home in homes.items() if home is None} == set(WITHOUT_A_HOME)
    for path, home in homes.items():
        if home is not None:
            assert (home.envvar, home.default) == ("KINDPAKKET_HOME", Path(".kindpakket")), path


def test_every_help_is_made_of_sentences() -> None:
    for path, command in walk():
        help_text = command.help or ""
        assert help_text[:1].isupper(), path
        for paragraph in help_text.split("\n\n"):
            assert paragraph.rstrip()[-1] in ".:", (path, paragraph)
        for name, option in options(command).items():
            text = (option.help or "").split("  [default")[0].rstrip()
            assert text[:1].isupper(), (path, name, text)
            assert text.endswith("."), (path, name, text)


def test_every_help_can_be_shown() -> None:
    for path in [*GROUPS, *COMMANDS]:
        result = CliRunner().invoke(main, [*path, "--help"])
        assert result.exit_code == 0, path
        assert "Usage:" in result.output


def test_the_list_of_commands_says_what_each_says_of_itself() -> None:
    context = click.Context(main)
    assert set(main.list_commands(context)) == set(main.later)
    for name, (_, line) in main.later.items():
        command = main.get_command(context, name)
        assert command is not None
        help_text = " ".join((command.help or "").split("\n\n")[0].split())
        assert help_text.startswith(line), name


def test_help_and_documentation_have_the_same_exit_codes() -> None:
    shown = " ".join(CliRunner().invoke(main, ["--help"]).output.split())
    assert EXIT_CODES in shown
    page = (Path(__file__).parents[2] / "docs" / "command-line.md").read_text()
    for code in range(6):
        assert f"| {code} |" in page


def test_shared_options_mean_the_same_before_and_after_every_command(tmp_path: Path) -> None:
    """With a home that does not exist, each way ends with the same error."""
    home = ["--home", str(tmp_path / "none"), "--json"]
    for group, verb in (("scheme", "list"), ("shop", "list"), ("audit", "verify")):
        for arguments in ([*home, group, verb], [group, *home, verb], [group, verb, *home]):
            result = CliRunner().invoke(main, arguments)
            assert result.exit_code == 2, result.output
            assert json.loads(result.stderr)["error"]["code"] == "HOME"
            assert str(tmp_path / "none") in result.stderr
    for arguments in (
        [*home, "network", "status"],
        ["network", *home, "status"],
        ["network", "status", *home],
        [*home, "network", "channel", "update"],
        ["network", "channel", *home, "update", "--dry-run"],
    ):
        result = CliRunner().invoke(main, arguments)
        assert str(tmp_path / "none") in result.output.replace("\n", ""), arguments


def test_what_comes_last_wins(kindpakket: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINDPAKKET_HOME", "from-the-environment")
    show = ["scheme", "list"]
    assert "from-the-environment" in CliRunner().invoke(main, show).stderr
    assert "before" in CliRunner().invoke(main, ["--home", "before", *show]).stderr
    assert (
        "between"
        in CliRunner().invoke(main, ["--home", "before", "scheme", "--home", "between", "list"]).stderr
    )
    assert "after" in CliRunner().invoke(main, ["--home", "before", *show, "--home", "after"]).stderr
    named = CliRunner().invoke(main, ["network", "certificates"])
    assert "from-the-environment" in named.stderr


def test_an_option_before_a_command_that_has_it_not_is_refused() -> None:
    for arguments in (
        ["--organisation", "auditor", "network", "status"],
        ["--json", "network", "draw"],
    ):
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == 2
        assert f"{arguments[0]} is not an option of" in result.stderr


def error(arguments: list[str], code: int) -> dict[str, object]:
    """The error of a command with --json, which is all that it prints on standard error."""
    result = CliRunner().invoke(main, [*arguments, "--json"])
    assert result.exit_code == code, result.output
    found: dict[str, object] = json.loads(result.stderr)["error"]
    assert found["exit_code"] == code
    return found


def test_errors_on_the_ledger_are_json_too(kindpakket: Command) -> None:
    home = ["--home", str(kindpakket.home)]
    kindpakket.desk.answers["scheme:Open"] = ChaincodeRefusal(
        'SCHEME_STATE: scheme aa is draft {"state":"draft"}'
    )
    refused = error(["scheme", "open", SCHEME, *home], 1)
    assert refused["code"] == "SCHEME_STATE"
    assert refused["message"] == "refused: SCHEME_STATE: scheme aa is draft"
    assert error(["scheme", "open", *home], 2)["code"] == "USAGE"
    assert error(["scheme", "open", SCHEME, "--user", "nobody", *home], 2)["code"] == "HOME"
    kindpakket.memory.fail("Evaluate", StatusCode.UNAVAILABLE, "connection refused", times=1000)
    assert error(["query", "shop:List", *home], 3)["code"] == "NETWORK"


@pytest.mark.parametrize(
    ("raised", "exit_code", "code"),
    [
        (NetworkError("it is not possible"), 1, "REFUSED"),
        (TopologyError("f.yaml", []), 2, "TOPOLOGY"),
        (NoSuch("there is no node x"), 2, "NO_SUCH"),
        (OSError(2, "No such file or directory", "f"), 2, "FILE"),
        (NodeFailed("peer0", "ended", Path("log"), ""), 3, "NETWORK"),
        (CommandFailed("it ended with 1", ""), 3, "NETWORK"),
        (PortInUse("7051"), 3, "NETWORK"),
        (ProgramError("no compiler"), 3, "NETWORK"),
        (Waiting(["winkels has to approve", "auditor has to approve"]), 5, "WAITING"),
        (KeyboardInterrupt(), 4, "INTERRUPTED"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else str(value),
)
def test_errors_of_the_network_have_their_exit_codes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, raised: BaseException, exit_code: int, code: str
) -> None:
    def fail(*_: object) -> None:
        raise raised

    monkeypatch.setattr(Network, "start", fail)
    start = ["network", "start", "peer0.gemeente", "--home", str(tmp_path / "home")]
    found = error(start, exit_code)
    assert found["code"] == code
    if isinstance(raised, Waiting):
        assert found["waits_for"] == list(raised.sentences)
    plain = CliRunner().invoke(main, start)
    assert plain.exit_code == exit_code
    assert str(found["message"]) in plain.stderr


def test_with_json_nobody_is_asked(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    found = error(["network", "reset", "--home", str(tmp_path / "home")], 2)
    assert "--yes" in str(found["message"])
    declined = CliRunner().invoke(main, ["network", "reset", "--home", str(tmp_path / "home")], input="n\n")
    assert (declined.exit_code, (tmp_path / "home").exists()) == (1, True)


def test_a_fault_of_the_program_is_not_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Network, "start", fail)
    arguments = ["network", "start", "peer0.gemeente", "--home", str(tmp_path / "home")]
    assert isinstance(CliRunner().invoke(main, arguments).exception, ZeroDivisionError)


def test_the_groups_of_the_ledger_share_their_options() -> None:
    for path, command in COMMANDS.items():
        if path[0] != "network" and path not in WITHOUT_A_HOME:
            names = {option.name for option in options(command).values()}
            assert set(LEDGER) <= names, path
