"""A stand-in for systemd, which runs the units of `export systemd` as far as it matters to the nodes.

Tests run on machines where systemd is not the first process, so this reads the same files: it starts a
service when its path unit says so, with only the environment that the unit names, and restarts it when it has
ended.
"""

from __future__ import annotations

import configparser
import re
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_INTERVAL = 0.05
_VARIABLE = re.compile(r'^([A-Z0-9_]+)="((?:[^"\\]|\\.)*)"$', re.MULTILINE)
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"  # systemd's default for services


def read_environment(text: str) -> dict[str, str]:
    """Variables as systemd reads them: a backslash escapes each of the characters "\\`$."""
    return {name: re.sub(r'\\(["\\`$])', r"\1", value) for name, value in _VARIABLE.findall(text)}


def read_unit(path: Path) -> configparser.ConfigParser:
    """The sections of a unit; if a key appears more than once, the last one counts here."""
    unit = configparser.ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string(path.read_text("utf-8"))
    return unit


class ServiceManager:
    """The services of a folder with units.

    Args:
        units: the folder.
        within: the prefix of every service's command, such as `ip netns exec NAME`.
    """

    def __init__(self, units: Path, within: Sequence[str] = ()) -> None:
        self._units = units
        self._within = list(within)
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    @contextmanager
    def running(self) -> Iterator[None]:
        """Keep services running as their units say, and stop them all at the end."""
        over = threading.Event()

        def keep() -> None:
            while not over.wait(_INTERVAL):
                for path in sorted(self._units.glob("*.path")):
                    self._look_at(read_unit(path)["Path"])

        thread = threading.Thread(target=keep)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
            for process in self._running.values():
                process.terminate()
            for process in self._running.values():
                process.wait()

    def _look_at(self, path: configparser.SectionProxy) -> None:
        name = path["Unit"]
        process = self._running.get(name)
        if process is not None and process.poll() is None:
            return
        if Path(path["PathExists"]).exists():
            self._start(name)

    def _start(self, name: str) -> None:
        unit = read_unit(self._units / name)
        assert Path(unit["Unit"]["ConditionPathExists"]).exists()
        service = unit["Service"]
        environment = read_environment(Path(service["EnvironmentFile"]).read_text("utf-8"))
        log = Path(service["StandardOutput"].removeprefix("append:"))
        with log.open("ab") as output:
            self._running[name] = subprocess.Popen(
                [*self._within, *service["ExecStart"].split()],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={"PATH": _PATH, **environment},
                cwd=service["WorkingDirectory"],
                umask=int(service["UMask"], 8),
                start_new_session=True,
            )
