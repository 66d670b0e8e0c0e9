"""Machines for tests: network namespaces on one bridge, each with an address and names for the others."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

_CONFIGURATION = Path("/etc/netns")


@dataclass(frozen=True)
class Machine:
    """A machine.

    Attributes:
        name: what the test calls it.
        namespace: its network namespace.
        cable: the bridge's end of its only connection.
        dns: the name by which the other machines know it.
        address: its address.
    """

    name: str
    namespace: str
    cable: str
    dns: str
    address: str

    @property
    def within(self) -> tuple[str, ...]:
        """The prefix that makes a command run there."""
        return "ip", "netns", "exec", self.namespace

    def listening(self) -> set[tuple[str, int]]:
        """The addresses and ports that something listens on."""
        arguments = [*self.within, "ss", "-Htln"]
        lines = subprocess.run(arguments, capture_output=True, text=True, check=True).stdout.splitlines()
        ends = [line.split()[3].rpartition(":") for line in lines]
        return {(address.strip("[]"), int(port)) for address, _, port in ends}

    @contextmanager
    def cut_off(self) -> Iterator[None]:
        """Cut off all traffic to and from the machine, until the end."""
        _ip("link", "set", self.cable, "down")
        try:
            yield
        finally:
            _ip("link", "set", self.cable, "up")


def allowed() -> bool:
    """Whether machines can be created here: that needs root and the program `ip`."""
    name = f"kp-probe-{os.getpid()}"
    try:
        _ip("netns", "add", name)
        _ip("netns", "delete", name)
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


@contextmanager
def machines(names: Sequence[str]) -> Iterator[Mapping[str, Machine]]:
    """Machines that reach one another, removed at the end."""
    mark = f"{random.randrange(1 << 16):04x}"
    bridge, subnet = f"kpb{mark}", f"10.{random.randrange(64, 128)}.{random.randrange(256)}"
    made = {
        name: Machine(name, f"kp{mark}-{name}", f"kp{mark}b{n}", f"{name}.example", f"{subnet}.{n}")
        for n, name in enumerate(names, 1)
    }
    hosts = "127.0.0.1 localhost\n" + "".join(
        f"{machine.address} {machine.dns}\n" for machine in made.values()
    )
    with ExitStack() as undo:
        _ip("link", "add", bridge, "type", "bridge")
        undo.callback(_ip, "link", "delete", bridge)
        _ip("link", "set", bridge, "up")
        for number, machine in enumerate(made.values(), 1):
            _ip("netns", "add", machine.namespace)
            undo.callback(_ip, "netns", "delete", machine.namespace)
            folder = _CONFIGURATION / machine.namespace
            folder.mkdir(parents=True)
            undo.callback(folder.rmdir)
            (folder / "hosts").write_text(hosts)
            undo.callback((folder / "hosts").unlink)
            inside = f"kp{mark}i{number}"
            _ip("link", "add", machine.cable, "type", "veth", "peer", "name", inside)
            _ip("link", "set", machine.cable, "master", bridge, "up")
            _ip("link", "set", inside, "netns", machine.namespace)
            for arguments in (
                ("addr", "add", f"{machine.address}/24", "dev", inside),
                ("link", "set", inside, "up"),
                ("link", "set", "lo", "up"),
            ):
                _ip("-n", machine.namespace, *arguments)
        yield made


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)  # noqa: S607
