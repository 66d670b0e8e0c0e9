"""Fabric's programs, built once from their Go modules and kept in the user's cache."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path

from kindpakket_network.description.build import BUILDS, STANDARD_BUILD
from kindpakket_network.errors import CommandFailed, ProgramError
from kindpakket_network.programs.command import Command, run, user_folder
from kindpakket_network.programs.files import move, sync_tree
from kindpakket_network.programs.patches import patched_copy, patches_in

Progress = Callable[[str], None]
# Seconds. A cold build takes minutes; the deadline only ends one that hangs, as behind a dead proxy.
_BUILD_DEADLINE = 3600.0
# A build prints a line for each module and package, hundreds of them: one progress line for so many.
_REPORT_EVERY = 50
_PATCHES = "patches.yaml"
_TOKENS = ("pkcs11",)


@dataclass(frozen=True)
class ToolModule:
    """A Go module of tools.

    Attributes:
        name: its folder in `data/tools`.
        title: its name in messages.
        programs: the programs it builds.
        version: the Go variable that holds the version, and its value.
        needs_c: whether it is built with cgo.
        patched: whether its `patches.yaml`, if it has one, is applied.
        tags: the build tags, such as `pkcs11`.
        configuration: the module, and its folder with configuration files to keep with the programs.
    """

    name: str
    title: str
    programs: tuple[str, ...]
    version: str
    needs_c: bool
    configuration: tuple[str, str] | None
    patched: bool = True
    tags: tuple[str, ...] = ()

    def with_tokens(self) -> ToolModule:
        """The same module with support for keys in PKCS#11 tokens, which needs cgo."""
        return replace(self, title=f"{self.title} with PKCS#11", needs_c=True, tags=_TOKENS)


def fabric(build: str = STANDARD_BUILD) -> ToolModule:
    """The module of a build of Fabric's programs."""
    return ToolModule(
        name="fabric",
        title=BUILDS[build].title,
        programs=("peer", "orderer", "configtxgen", "configtxlator", "osnadmin", "discover", "ledgerutil"),
        version=f"github.com/hyperledger/fabric/common/metadata.Version={build}",
        needs_c=False,
        configuration=("github.com/hyperledger/fabric", "sampleconfig"),
        patched=BUILDS[build].patched,
    )


FABRIC = fabric()
FABRIC_CA = ToolModule(
    name="fabric-ca",
    title="Fabric CA 1.5.15",
    programs=("fabric-ca-server", "fabric-ca-client"),
    version="github.com/hyperledger/fabric-ca/lib/metadata.Version=1.5.15",
    needs_c=True,
    configuration=None,
)


@dataclass(frozen=True)
class Programs:
    """The built programs.

    Attributes:
        fabric: the folder with Fabric's `bin` and `config`.
        fabric_ca: the folder with Fabric CA's `bin`.
        build: the name of the build of Fabric's programs.
    """

    fabric: Path
    fabric_ca: Path
    build: str = STANDARD_BUILD

    @property
    def config(self) -> Path:
        """Fabric's own configuration files, `core.yaml` and `orderer.yaml`."""
        return self.fabric / "config"

    def path(self, program: str) -> str:
        """The path of a program, such as `peer`.

        Raises:
            KeyError: no module builds that program.
        """
        for module, folder in ((FABRIC, self.fabric), (FABRIC_CA, self.fabric_ca)):
            if program in module.programs:
                return str(folder / "bin" / program)
        raise KeyError(program)


def programs(progress: Progress, build: str = STANDARD_BUILD, *, tokens: bool = False) -> Programs:
    """The programs; they are built first if they are not in the cache.

    Args:
        progress: called with a sentence about each step.
        build: which build of Fabric's programs.
        tokens: whether they can use keys in PKCS#11 tokens.

    Raises:
        ProgramError: Go or a C compiler is missing, or the build failed.
    """
    version = go_version()
    nodes, authorities = (_built(module, version, progress) for module in _modules(build, tokens))
    return Programs(nodes, authorities, build)


def cached_programs(build: str = STANDARD_BUILD, *, tokens: bool = False) -> Programs | None:
    """The programs if they are in the cache; None if they are not, or if Go's version cannot be found out."""
    try:
        version = go_version()
    except ProgramError:
        return None
    nodes, authorities = (cache_folder() / cache_key(module, version) for module in _modules(build, tokens))
    return Programs(nodes, authorities, build) if nodes.is_dir() and authorities.is_dir() else None


def _modules(build: str, tokens: bool) -> tuple[ToolModule, ToolModule]:
    modules = fabric(build), FABRIC_CA
    return (modules[0].with_tokens(), modules[1].with_tokens()) if tokens else modules


def cache_folder() -> Path:
    """Where built programs are kept: `kindpakket/programs` below `$XDG_CACHE_HOME`, or below `~/.cache`.

    Raises:
        ProgramError: neither is known.
    """
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else user_folder() / ".cache") / "kindpakket" / "programs"


def go_version() -> str:
    """The version of the Go toolchain, such as `go1.26.1`.

    Raises:
        ProgramError: Go is not installed, or is older than the modules need.
    """
    needed = _needed_go()
    go = shutil.which("go")
    if go is None:
        raise ProgramError(
            f"building Fabric needs Go {needed} or newer, and `go` is not on the PATH: install it"
        )
    try:
        version = run(Command("go env", [go, "env", "GOVERSION"])).output.strip()
    except CommandFailed as error:
        raise ProgramError(
            f"building Fabric needs Go {needed} or newer, and the installed one does not run: {error}"
        ) from error
    if _numbers(version) < _numbers(needed):
        raise ProgramError(
            f"building Fabric needs Go {needed} or newer, and {go} is {version}: install a newer one"
        )
    return version


def cache_key(module: ToolModule, version: str) -> str:
    """The name of a module's folder in the cache: it changes with sources, version, tags and toolchain."""
    folder = resources.files("kindpakket_network") / "data" / "tools" / module.name
    digest = hashlib.sha256()
    for part in (
        (folder / "go.mod").read_bytes(),
        (folder / "go.sum").read_bytes(),
        _patches(module).read_bytes() if _patches(module).is_file() else b"",
        module.version.encode(),
        version.encode(),
        *(tag.encode() for tag in module.tags),
    ):
        digest.update(len(part).to_bytes(8, "big") + part)
    return f"{module.name}-{digest.hexdigest()[:16]}"


def _patches(module: ToolModule) -> Path:
    """The patches of a module; there is no such file if it is built as released."""
    folder = Path(str(resources.files("kindpakket_network"))) / "data" / "tools" / module.name
    return folder / _PATCHES if module.patched else folder / "none"


def _built(module: ToolModule, version: str, progress: Progress) -> Path:
    cache = cache_folder()
    folder = cache / cache_key(module, version)
    if folder.is_dir():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / f"{module.name}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            _build(module, folder, progress)
    return folder


def _build(module: ToolModule, folder: Path, progress: Progress) -> None:
    if module.needs_c and not (shutil.which(os.environ.get("CC", "cc")) or shutil.which("gcc")):
        raise ProgramError(
            f"building {module.title} needs a C compiler, and `cc` is not on the PATH: install gcc or clang"
        )
    progress(f"Building {module.title} from its Go module; this happens once and takes a few minutes ...")
    source = resources.files("kindpakket_network") / "data" / "tools" / module.name
    prefix = f".{module.name}."
    for leftover in folder.parent.glob(f"{prefix}*"):  # from a build that was killed
        shutil.rmtree(leftover)
    with tempfile.TemporaryDirectory(prefix=prefix, dir=folder.parent) as temporary:
        work = Path(temporary)
        for name in ("go.mod", "go.sum"):
            (work / name).write_bytes((source / name).read_bytes())
        originals: dict[str, Path] = {}  # Go downloads nothing for a module that has been replaced
        for patch in patches_in(_patches(module)):
            if patch.module not in originals:
                fetched = json.loads(_go(module, work, ["mod", "download", "-json", patch.module], progress))
                originals[patch.module] = Path(fetched["Dir"])
            copy = patched_copy(patch, originals[patch.module], work / "patched")
            replaced = f"{patch.module}=./{copy.relative_to(work)}"
            _go(module, work, ["mod", "edit", "-replace", replaced], progress)
        result = work / "result"
        (result / "bin").mkdir(parents=True)
        flags = ["-v", "-buildvcs=false", "-ldflags", f"-X {module.version}"]
        if module.tags:
            flags += ["-tags", ",".join(module.tags)]
        _go(module, work, ["build", *flags, "-o", f"{result / 'bin'}/", "tool"], progress)
        missing = [program for program in module.programs if not (result / "bin" / program).is_file()]
        if missing:
            raise ProgramError(f"the build of {module.title} did not produce {', '.join(missing)}")
        if module.configuration is not None:
            name, below = module.configuration
            sources = _go(module, work, ["list", "-m", "-f", "{{.Dir}}", name], progress).strip()
            (result / "config").mkdir()
            for file in ("core.yaml", "orderer.yaml"):
                (result / "config" / file).write_bytes((Path(sources) / below / file).read_bytes())
        sync_tree(result)
        move(result, folder)
    progress(f"{module.title} has been built.")


def _go(module: ToolModule, folder: Path, arguments: list[str], progress: Progress) -> str:
    counter = _Counter(module.title, progress)
    environment = {name: value for name, value in os.environ.items() if name.startswith(("GO", "CGO", "CC"))}
    environment |= {name: os.environ[name] for name in os.environ if name.lower().endswith("_proxy")}
    environment["GOWORK"] = "off"
    if module.tags:
        environment["CGO_ENABLED"] = "1"
    command = Command(f"go {arguments[0]}", ["go", *arguments], environment, folder, _BUILD_DEADLINE)
    try:
        return run(command, counter.line).output
    except CommandFailed as error:
        raise ProgramError(f"{module.title} cannot be built: {error}\n{error.output[-2000:]}") from error


class _Counter:
    """Condenses the output of a build into a few progress sentences."""

    def __init__(self, title: str, progress: Progress) -> None:
        self._title = title
        self._progress = progress
        self._downloaded = 0
        self._compiled = 0

    def line(self, text: str) -> None:
        if text.startswith("go: downloading"):
            self._downloaded += 1
            if self._downloaded % _REPORT_EVERY == 1:
                self._progress(f"{self._title}: downloading module {self._downloaded} ...")
        elif text and not text.startswith(("go:", "#")):
            self._compiled += 1
            if self._compiled % _REPORT_EVERY == 0:
                self._progress(f"{self._title}: {self._compiled} packages compiled ...")


def _needed_go() -> str:
    text = (resources.files("kindpakket_network") / "data" / "tools" / "fabric" / "go.mod").read_text("utf-8")
    match = re.search(r"^go (\d+[.]\d+)", text, re.MULTILINE)
    return match.group(1) if match else "1.26"


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:2])
