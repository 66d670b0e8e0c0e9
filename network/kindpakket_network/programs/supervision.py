"""Nodes that a service manager starts, such as systemd, and not this tool.

Two files of a node are the switch: the environment that it runs with, and a link to its program. Where they
are, the service manager keeps the node running; where they are not, it leaves it alone. So every verb works
the same with a service manager, and none needs its rights.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from pathlib import Path

from kindpakket_network.errors import NetworkError
from kindpakket_network.programs.files import move
from kindpakket_network.programs.home import Home, write

_NEEDS_ESCAPE = re.compile(r'(["\\`$])')


def is_supervised(home: Home) -> bool:
    """Whether a service manager starts the nodes of a home."""
    return home.supervised.is_file()


def supervise(home: Home, supervised: bool | None) -> None:
    """Have a service manager start the nodes of a home from now on, or this tool again.

    Args:
        home: the home; none of its nodes runs.
        supervised: whether it does; None: as it was.
    """
    if supervised:
        write(home.supervised, "The nodes of this home are started by a service manager.\n")
    elif supervised is not None:
        home.supervised.unlink(missing_ok=True)


def switch_on(home: Home, node: str, program: str, environment: Mapping[str, str]) -> None:
    """Have the service manager keep a node running, with this program and environment."""
    link = home.program(node)
    temporary = link.with_name(f".{link.name}.{secrets.token_hex(4)}")
    temporary.symlink_to(Path(program))
    move(temporary, link)
    home.log(node).touch(mode=0o600)
    write(home.environment(node), environment_text(environment), mode=0o600)


def switch_off(home: Home, node: str) -> None:
    """Have the service manager leave a node alone once it has ended."""
    home.environment(node).unlink(missing_ok=True)


def environment_text(environment: Mapping[str, str]) -> str:
    """Variables as systemd reads them from a file.

    Raises:
        NetworkError: a value has more than one line.
    """
    lines = []
    for name, value in sorted(environment.items()):
        if "\n" in value:
            raise NetworkError(f"{name} has more than one line: settings of nodes are one line each")
        quoted = _NEEDS_ESCAPE.sub(r"\\\1", value)
        lines.append(f'{name}="{quoted}"\n')
    return "".join(lines)
