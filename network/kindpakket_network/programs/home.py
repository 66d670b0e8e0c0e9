"""A network's folder: the layout of everything it keeps on disk."""

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

# Seconds. Long enough for a short command in a timer, such as `metrics`, to finish; `up` takes longer.
_LOCK_PATIENCE = 60.0
# The temporary files of `write`, as a command that was killed leaves them.
_LEFT_BEHIND = re.compile(r"[.].+[.][0-9]+[.][0-9a-f]{8}")
_FOLDERS = ("organisations", "nodes", "channels", "chaincode", "run", "logs")
_LAYOUT = frozenset(
    (
        *("topology.yaml", "acting.json", "supervised", "lock", "builder", "results", *_FOLDERS),
        *("backups.json", "restored.json", "restoring", "replaced", ".verify-blocks", ".verify-backup"),
        *("removals.json", "removed"),
    )
)


@dataclass(frozen=True)
class Home:
    """The layout.

        topology.yaml                   the topology that was brought up
        acting.json                     the organisations that this home acts for; if missing: all
        supervised                      exists if a service manager starts the nodes
        organisations/<organisation>/   authority/  msp/  tls/ca.pem  users/<user>/{msp,tls}  secrets/
                                        profile.yaml
        nodes/<node>/                   msp/  tls/  data/  and Fabric's configuration file
        channels/<channel>/             configtx.yaml  genesis.block
        chaincode/<label>/              the program and the package
        chaincode/<channel>.<name>.json the record of a deployment
        builder/                        the external builder that peers call
        run/<node>.json                 the record of a process
        run/<node>.history              how often it was started
        logs/<node>.log
        backups.json                    each organisation's last backup
        restored.json                   what the last restore put in place
        replaced/<instant>/             what a restore moved out of the way
        removals.json                   what was removed, or is being removed
        removed/<instant>.<name>/       the files of what was removed

    Args:
        root: an absolute path.
    """

    root: Path

    @property
    def topology(self) -> Path:
        """The topology that was brought up."""
        return self.root / "topology.yaml"

    @property
    def own_organisations(self) -> Path:
        """The record of the organisations that this home acts for; see `acting`."""
        return self.root / "acting.json"

    @property
    def supervised(self) -> Path:
        """Exists if a service manager starts the nodes; see `supervision`."""
        return self.root / "supervised"

    @property
    def backups(self) -> Path:
        """The record of backups; see `kindpakket_network.backups.record`."""
        return self.root / "backups.json"

    @property
    def removals(self) -> Path:
        """The record of what leaves and has left; see `departures`."""
        return self.root / "removals.json"

    @property
    def removed(self) -> Path:
        """The folder with the files of what was removed."""
        return self.root / "removed"

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
        """The genesis block of a channel."""
        return self.channel(channel) / "genesis.block"

    def genesis_blocks(self) -> list[Path]:
        """The genesis blocks of all channels that the home has one of."""
        return sorted(self.root.glob("channels/*/genesis.block"))

    def chaincode(self, label: str) -> Path:
        """The folder of a chaincode's program and package."""
        return self.root / "chaincode" / label

    def deployed(self, channel: str, chaincode: str) -> Path:
        """The record of a chaincode's deployment to a channel."""
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
        """Whether a network has been brought up here."""
        return self.topology.is_file()

    def others(self) -> list[str]:
        """The names of files and folders here that are not part of a network's layout."""
        names = sorted(path.name for path in self.root.iterdir()) if self.root.is_dir() else []
        return [name for name in names if name not in _LAYOUT and not _LEFT_BEHIND.fullmatch(name)]

    def create(self) -> None:
        """Make the folders, readable by their owner only.

        Raises:
            NetworkError: the path contains characters that are special in Fabric's settings.
        """
        if set(str(self.root)) & {",", "$"} or not str(self.root).isprintable():
            raise NetworkError(
                f"{str(self.root)!r} cannot be a network's folder: commas, $ and control characters are "
                "special in Fabric's settings; choose a path without them"
            )
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in _FOLDERS:
            (self.root / name).mkdir(mode=0o700, exist_ok=True)

    def install_builder(self) -> None:
        """Copy the external builder here, executable however this package was installed."""
        source = resources.files("kindpakket_network") / "data" / "builder" / "bin"
        folder = self.builder / "bin"
        folder.mkdir(parents=True, exist_ok=True)
        for script in ("detect", "build", "release"):
            write(folder / script, (source / script).read_bytes(), mode=0o755)

    def secret(self, name: str) -> str:
        """A random secret of 32 hexadecimal characters, generated once for this home.

        Args:
            name: its path, relative to the home.
        """
        path = self.root / name
        if not path.exists():
            write(path, secrets.token_hex(16).encode(), mode=0o600)
        return path.read_text("ascii")

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A temporary folder for passing files to programs; only its owner can read it."""
        with tempfile.TemporaryDirectory(prefix=".", dir=self.root / "channels") as folder:
            yield Path(folder)

    def remove(self) -> None:
        """Delete everything."""
        shutil.rmtree(self.root)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lock that keeps other commands from changing this network.

        Raises:
            NetworkError: another command held the lock for a minute.
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
                            f"another command is changing the network in {self.root} and has not finished "
                            f"within {_LOCK_PATIENCE:g} s: wait for it, and try again"
                        ) from None
                    time.sleep(0.1)
            yield


def read_record(path: Path) -> dict[str, Any]:
    """The members of a JSON file written by `write`.

    Raises:
        NetworkError: the file cannot be read, or is not a JSON object.
    """
    try:
        members = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise NetworkError(f"{path} cannot be read ({error}): restore it from a backup") from error
    if not isinstance(members, dict):
        raise NetworkError(f"{path} is not a JSON object: restore it from a backup")
    return members


def write(path: Path, content: bytes | str, mode: int = 0o644) -> None:
    """Write a file atomically and durably: readers, also after a power cut, see the old or the new content.

    Args:
        path: the file; its folder is created if needed.
        content: its content; text is written as UTF-8.
        mode: its permissions, which it has from the start.
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
    """Delete temporary files of commands that were killed while writing: Fabric reads whole folders."""
    for leftover in path.parent.glob(f".{glob.escape(path.name)}.*.*"):
        pid = leftover.name.split(".")[-2]
        if pid.isdecimal() and not psutil.pid_exists(int(pid)):
            leftover.unlink(missing_ok=True)
