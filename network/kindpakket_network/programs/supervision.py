"""Nodes that a service manager such as systemd starts, instead of this tool.

Two files switch a node on: its environment, and a link to its program. While they exist, the service manager
keeps the node running; without them, it leaves the node alone. So every verb works the same with a service
manager, and none needs the service manager's privileges.
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
    """Choose whether a service manager or this tool starts a home's nodes from now on.

    Args:
        home: the home; none of its nodes may be running.
        supervised: True: a service manager; False: this tool; None: as before.
    """
    if supervised:
        write(home.supervised, "The nodes of this home are started by a service manager.\n")
    elif supervised is not None:
        home.supervised.unlink(missing_ok=True)


def switch_on(home: Home, node: str, program: str, environment: Mapping[str, str]) -> None:
    """Have the service manager keep a node running with this program and environment."""
    link = home.program(node)
    temporary = link.with_name(f".{link.name}.{secrets.token_hex(4)}")
    temporary.symlink_to(Path(program))
    move(temporary, link)
    home.log(node).touch(mode=0o600)
    write(home.environment(node), environment_text(environment), mode=0o600)


def switch_off(home: Home, node: str) -> None:
    """Keep the service manager from starting a node again once it has exited."""
    home.environment(node).unlink(missing_ok=True)


def environment_text(environment: Mapping[str, str]) -> str:
    """Variables in the format of systemd's `EnvironmentFile`.

    Raises:
        NetworkError: a value spans several lines.
    """
    lines = []
    for name, value in sorted(environment.items()):
        if "\n" in value:
            raise NetworkError(f"the value of {name} spans several lines: write it on one line")
        quoted = _NEEDS_ESCAPE.sub(r"\\\1", value)
        lines.append(f'{name}="{quoted}"\n')
    return "".join(lines)
