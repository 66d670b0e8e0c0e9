"""The folder of a network: where everything that it keeps on disk lies."""

from __future__ import annotations

import fcntl
import glob
import json
import os
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import psutil

from kindpakket_network.errors import NetworkError
from kindpakket_network.programs.files import place

_LOCK_PATIENCE = 60.0
# What a command that was killed leaves of a file that it wrote.
_LEFT_BEHIND = re.compile(r"[.].+[.][0-9]+[.][0-9a-f]{8}")
_FOLDERS = ("organisations", "nodes", "channels", "chaincode", "run", "logs")
_LAYOUT = frozenset(
    (
        *("topology.yaml", "acting.json", "supervised", "lock", "builder", "results", *_FOLDERS),
        *("backups.json", "restored.json", "restoring", "replaced", ".verify-blocks", ".verify-backup"),
    )
)


@dataclass(frozen=True)
class Home:
    """The layout.

        topology.yaml                   what was brought up here
        acting.json                     the organisations that it acts for; not there: all
        supervised                      there when a service manager starts the nodes
        organisations/<organisation>/   authority/  msp/  tls/ca.pem  users/<user>/{msp,tls}  secrets/
                                        profile.yaml
        nodes/<node>/                   msp/  tls/  data/  and Fabric's configuration file
        channels/<channel>/             configtx.yaml  genesis.block
        chaincode/<label>/              the program and the package
        chaincode/<channel>.<name>.json what was deployed
        builder/                        the external builder that peers call
        run/<node>.json                 processes
        run/<node>.history              how often they were started
        logs/<node>.log
        backups.json                    when which organisation was backed up last
        restored.json                   what a restore put in place
        replaced/<instant>/             what it found there and moved away

    Args:
        root: an absolute path.
    """

    root: Path

    @property
    def topology(self) -> Path:
        """The topology that was brought up."""
        return self.root / "topology.yaml"

    @property
    def acting(self) -> Path:
        """The record of the organisations that this home acts for; see `acting`."""
        return self.root / "acting.json"

    @property
    def supervised(self) -> Path:
        """There when a service manager starts the nodes; see `supervision`."""
        return self.root / "supervised"

    @property
    def backups(self) -> Path:
        """The record of backups; see `backup_record`."""
        return self.root / "backups.json"

    @property
    def builder(self) -> Path:
        """The external builder."""
        return self.root / "builder"

    def organisation(self, name: str) -> Path:
        """The folder of an organisation."""
        return self.root / "organisations" / name

    def user(self, organisation: str, user: str) -> Path:
        """The folder of a user: `msp` and, for administrators, `tls`."""
        return self.organisation(organisation) / "users" / user

    def tls_root(self, organisation: str) -> Path:
        """The certificate of an organisation's TLS authority."""
        return self.organisation(organisation) / "tls" / "ca.pem"

    def profile(self, organisation: str) -> Path:
        """An organisation's connection profile."""
        return self.organisation(organisation) / "profile.yaml"

    def node(self, name: str) -> Path:
        """The folder of a node."""
        return self.root / "nodes" / name

    def channel(self, name: str) -> Path:
        """The folder of a channel."""
        return self.root / "channels" / name

    def genesis(self, channel: str) -> Path:
        """The first block of a channel."""
        return self.channel(channel) / "genesis.block"

    def chaincode(self, label: str) -> Path:
        """The folder of a chaincode's program and package."""
        return self.root / "chaincode" / label

    def deployed(self, channel: str, chaincode: str) -> Path:
        """The record of what was deployed."""
        return self.root / "chaincode" / f"{channel}.{chaincode}.json"

    def log(self, node: str) -> Path:
        """The log of a node."""
        return self.root / "logs" / f"{node}.log"

    def environment(self, node: str) -> Path:
        """The environment of a node that a service manager starts."""
        return self.root / "run" / f"{node}.env"

    def program(self, node: str) -> Path:
        """The link to the program of a node that a service manager starts."""
        return self.root / "run" / f"{node}.program"

    def pid(self, node: str) -> Path:
        """The record of a node's process."""
        return self.root / "run" / f"{node}.json"

    def history(self, node: str) -> Path:
        """The record of a node's starts."""
        return self.root / "run" / f"{node}.history"

    def exists(self) -> bool:
        """Whether a network was brought up here."""
        return self.topology.is_file()

    def others(self) -> list[str]:
        """The names of what is in the folder and belongs to no network."""
        found = sorted(path.name for path in self.root.iterdir()) if self.root.is_dir() else []
        return [one for one in found if one not in _LAYOUT and not _LEFT_BEHIND.fullmatch(one)]

    def create(self) -> None:
        """Make the folders, readable by their owner only.

        Raises:
            NetworkError: the path has characters that settings of Fabric give a meaning.
        """
        if set(str(self.root)) & {",", "$"} or not str(self.root).isprintable():
            raise NetworkError(
                f"{str(self.root)!r} cannot be a network's folder: Fabric gives characters in it a "
                "meaning; use a path without commas, $ and control characters"
            )
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in _FOLDERS:
            (self.root / name).mkdir(mode=0o700, exist_ok=True)

    def install_builder(self) -> None:
        """Copy the external builder here, executable whatever way this package was installed."""
        source = resources.files("kindpakket_network") / "data" / "builder" / "bin"
        folder = self.builder / "bin"
        folder.mkdir(parents=True, exist_ok=True)
        for script in ("detect", "build", "release"):
            write(folder / script, (source / script).read_bytes(), mode=0o755)

    def secret(self, name: str) -> str:
        """A random text of 32 hexadecimal characters that stays the same for this home.

        Args:
            name: what it is for: a path below the home.
        """
        path = self.root / name
        if not path.exists():
            write(path, secrets.token_hex(16).encode(), mode=0o600)
        return path.read_text("ascii")

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A folder for passing files to programs, gone afterwards, which nobody else can read."""
        with tempfile.TemporaryDirectory(prefix=".", dir=self.root / "channels") as folder:
            yield Path(folder)

    def remove(self) -> None:
        """Delete everything."""
        shutil.rmtree(self.root)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other commands from changing this network meanwhile.

        Raises:
            NetworkError: another command keeps it for more than a minute.
        """
        self.create()
        with (self.root / "lock").open("a") as file:
            deadline = time.monotonic() + _LOCK_PATIENCE
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise NetworkError(
                            f"another command is changing the network in {self.root}: wait until it is done"
                        ) from None
                    time.sleep(0.1)
            yield


def read_record(path: Path) -> dict[str, Any]:
    """The members of a JSON file that `write` wrote.

    Raises:
        NetworkError: it cannot be read: something else damaged it.
    """
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise NetworkError(f"{path} cannot be read ({error}): restore it from a backup") from error
    if not isinstance(found, dict):
        raise NetworkError(f"{path} is no record of a network: restore it from a backup")
    return found


def write(path: Path, content: bytes | str, mode: int = 0o644) -> None:
    """Write a file so that it is there as a whole or not at all, also after the machine lost power.

    Args:
        path: the file; its folder is made when it is not there.
        content: its content, text as UTF-8.
        mode: its permissions from the first moment on.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    data = content.encode() if isinstance(content, str) else content
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        temporary.chmod(mode)
        place(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _remove_leftovers(path: Path) -> None:
    """Delete what commands left that were killed while they wrote a file: Fabric reads whole folders."""
    for left in path.parent.glob(f".{glob.escape(path.name)}.*.*"):
        pid = left.name.split(".")[-2]
        if pid.isdecimal() and not psutil.pid_exists(int(pid)):
            left.unlink(missing_ok=True)
