"""A chaincode that is built in a copy of its source, with its dependencies beside it."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
from pathlib import Path

from kindpakket_network.chaincodes.build_cache import from_cache
from kindpakket_network.chaincodes.source import Source
from kindpakket_network.errors import CommandFailed, NetworkError
from kindpakket_network.programs.command import Command, run
from kindpakket_network.programs.process import MARK

_BUILD_DEADLINE = 900.0
# Characters of a failed build's output in the error message: the last lines say what is wrong.
_LAST = 2000


def build_to(target: Path, source: Source, package_id: str) -> str:
    """Put a built chaincode somewhere: from the cache, or built in a copy of its source and kept there.

    Args:
        target: the folder to write; it must not exist.
        source: the source.
        package_id: the package id, which source and commands decide.

    Returns:
        The shell command that starts it in that folder.

    Raises:
        NetworkError: a tool is missing, it does not build, or what was built cannot be started.
    """
    _ensure_tools(source)
    from_cache(_key(source, package_id), target, lambda path: _build(path, source))
    if source.run is not None:
        return source.run
    assert source.language.run is not None  # noqa: S101 - Source.of has checked it
    try:
        return source.language.run(target)
    except NetworkError as error:
        raise NetworkError(f"the chaincode in {source.folder} cannot be started: {error}") from error


def _ensure_tools(source: Source) -> None:
    for tool, package in source.language.tools if source.build is None else ():
        if shutil.which(tool) is None:
            raise NetworkError(
                f"the chaincode in {source.folder} is {source.language.name}, and `{tool}` is not on the "
                f"PATH: install {package}"
            )


def _key(source: Source, package_id: str) -> str:
    parts = [package_id, platform.system(), platform.machine()]
    for command in source.language.versions:
        if shutil.which(command[0]) is not None:
            parts.append(run(Command(" ".join(command), command, _environment())).output)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _build(target: Path, source: Source) -> None:
    source.copy_to(target)
    usual = source.language.build
    text = source.build if source.build is not None else usual(target) if usual is not None else ""
    if not text:
        return
    command = Command(
        f"`{text}`", ["/bin/sh", "-ec", text], _environment(), folder=target, deadline=_BUILD_DEADLINE
    )
    try:
        run(command)
    except CommandFailed as error:
        ending = error.output[-_LAST:] or str(error)
        raise NetworkError(
            f"the chaincode in {source.folder} does not build with `{text}`:\n{ending}"
        ) from error


def _environment() -> dict[str, str]:
    """Everything that is set: builds take registries, proxies and options from the environment."""
    return {name: value for name, value in os.environ.items() if name != MARK}
