"""Runs the commands of a page of the documentation, all of them and in order."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from kindpakket_network import Network
from kindpakket_network.errors import NetworkError
from patience import PATIENCE, ends

DOCS = Path(__file__).parents[2] / "docs"
_BEFORE = """\
set -euo pipefail
expect() {
    local code=0
    "${@:2}" || code=$?
    test "$code" -eq "$1" || { echo "exit $code, not $1"; exit 1; }
}
"""


def commands(text: str, acts: Mapping[str, str] | None = None) -> str:
    """The commands of a page as one program, which prints each before running it.

    A command after which the page says `# exit N` has to end with that code. Comments of their own line that
    are in `acts` are replaced by a command: they say what somebody else does meanwhile.
    """
    lines = [_BEFORE]
    for section, block in re.findall(r"^## ([^\n]*)$|^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        if section:
            lines.append(f"echo '## {section.replace(chr(39), '')}'")
        document = ""
        for line in block.splitlines():
            if document:  # what `cat` writes to a file
                lines.append(line)
                document = "" if line == document else document
                continue
            command, _, code = ((acts or {}).get(line, line)).partition("# exit ")
            lines.append(f"echo {_shown(command.strip())}")
            lines.append(f"expect {int(code)} {command}" if code else command)
            document = command.rpartition("<<")[2] if "<<" in command else ""
    return "\n".join(lines)


def run(script: str, workplace: Path) -> str:
    """Run a page's program in a folder, and return what it wrote.

    Raises:
        AssertionError: a command ended otherwise than the page says; with the end of what was written.
    """
    environment = {**os.environ, "PATH": f"{workplace / 'programs'}:{os.environ['PATH']}"}
    log = workplace / "page.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            ["/bin/bash", "-c", script],
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
    return output


@contextmanager
def workplace_in(folder: Path, homes: Sequence[str] = (".kindpakket",)) -> Iterator[Path]:
    """Put the command into a folder; networks in these homes of it are stopped at the end."""
    programs = folder / "programs"
    programs.mkdir()
    entry = "from kindpakket_cli.main import main; main(prog_name='kindpakket')"
    command = programs / "kindpakket"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -c "{entry}" "$@"\n')
    command.chmod(0o755)
    yield folder
    for home in (folder / name for name in homes):
        if (home / "topology.yaml").is_file():
            try:
                Network.open(home).down()
            except NetworkError as error:
                print(error)


def _shown(command: str) -> str:
    """A command as an argument of echo."""
    return "'$ " + command.replace("'", "'\\''") + "'"
