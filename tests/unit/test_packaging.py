"""What is installed: every package of the two source folders."""

from __future__ import annotations

from configparser import ConfigParser
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = (ROOT / "client", ROOT / "network")


def test_setup_cfg_lists_every_package() -> None:
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg")
    found = {
        ".".join(file.parent.relative_to(source).parts)
        for source in SOURCES
        for file in source.rglob("__init__.py")
    }
    assert set(setup["options"]["packages"].split()) == found


def test_no_module_is_outside_a_package() -> None:
    modules = [file for source in SOURCES for file in source.rglob("*.py")]
    assert [file for file in modules if not (file.parent / "__init__.py").exists()] == []
