"""The script that starts a chaincode which is more than one file, or which needs a relay."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

BUILT = "_built"


def launcher(command: str, tools: tuple[str, ...] = ()) -> bytes:
    """The script's text. It stays valid when the network's folder moves.

    Args:
        command: the shell command to start, in the folder `_built` beside the script.
        tools: programs that the command uses; their present folders are searched after the PATH.
    """
    folders = dict.fromkeys(str(Path(found).parent) for tool in tools if (found := shutil.which(tool)))
    search = f"PATH=$PATH:{shlex.quote(':'.join(folders))}\nexport PATH\n" if folders else ""
    return (
        "#!/bin/sh\n"
        "# Starts the chaincode; written by `kindpakket network`.\n"
        f'{search}cd "$(dirname "$(readlink -f "$0")")/{BUILT}" || exit 1\n'
        f"exec {command}\n"
    ).encode()


def relayed(command: str) -> str:
    """The command that starts a program which dials its peer, behind a relay that serves the peer."""
    return f"{shlex.quote(sys.executable)} -I -m kindpakket_network.chaincodes.relay {command}"
