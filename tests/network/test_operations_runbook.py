"""The runbook's commands, all of them and in order, do what it says."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kindpakket_network import Network
from kindpakket_network.description.ports import free_base
from kindpakket_network.errors import NetworkError
from patience import PATIENCE, ends

RUNBOOK = Path(__file__).parents[2] / "docs" / "runbook.md"
BASE = "27050"
ORGANISATIONS = 8
_BEFORE = """\
set -euo pipefail
expect() {
    local code=0
    "${@:2}" || code=$?
    test "$code" -eq "$1" || { echo "exit $code, not $1"; exit 1; }
}
"""


def script(text: str) -> str:
    """The commands of the page as one program, which prints each before running it."""
    lines = [_BEFORE]
    for section, block in re.findall(r"^## ([^\n]*)$|^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        if section:
            lines.append(f"echo '## {section.replace(chr(39), '')}'")
        for line in block.splitlines():
            command, _, code = line.partition("# exit ")
            lines.append(f"echo {shown(command.strip())}")
            lines.append(f"expect {int(code)} {command}" if code else line)
    return "\n".join(lines)


def shown(command: str) -> str:
    """A command as an argument of echo."""
    return "'$ " + command.replace("'", "'\\''") + "'"


@pytest.fixture
def workplace(tmp_path: Path) -> Iterator[Path]:
    """A folder with the command in it; whatever it started is stopped at the end."""
    programs = tmp_path / "programs"
    programs.mkdir()
    entry = "from kindpakket_cli.main import main; main(prog_name='kindpakket')"
    command = programs / "kindpakket"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -c "{entry}" "$@"\n')
    command.chmod(0o755)
    yield tmp_path
    for home in (tmp_path / ".kindpakket", tmp_path / "auditors"):
        if (home / "topology.yaml").is_file():
            try:
                Network.open(home).down()
            except NetworkError as error:
                print(error)


def test_every_command_does_what_the_runbook_says(workplace: Path) -> None:
    text = RUNBOOK.read_text("utf-8").replace(BASE, str(free_base(ORGANISATIONS)))
    environment = {**os.environ, "PATH": f"{workplace / 'programs'}:{os.environ['PATH']}"}
    log = workplace / "runbook.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            ["/bin/bash", "-c", script(text)],
            cwd=workplace,
            env=environment,
            stdout=out,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        code = ends(process, log)
        if code is None:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(PATIENCE)
    output = log.read_text("utf-8", errors="replace")
    assert code == 0, output[-6000:]
    assert output.count("\n$ kindpakket ") > 40
    assert not (workplace / ".kindpakket").exists()
