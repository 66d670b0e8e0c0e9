"""The public names of Fabric's Gateway SDKs for Go, Node and Java, read from their sources.

All three come with the Go module of fabric-gateway, which the benchmark of the SDK uses.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

_USING = Path(__file__).parents[2] / "bench/sdk/go"
_MODULE = "github.com/hyperledger/fabric-gateway"
# Methods that every class of the language has, or that only its own language needs.
_EVERYWHERE = {
    "Go": {"Error", "Unwrap"},
    "Node": {"constructor"},
    "Java": {"equals", "hashCode", "printStackTrace"},
}


def sources() -> Path | None:
    """The folder of the module, in Go's cache; None where Go or the module cannot be had."""
    go = shutil.which("go")
    if go is None:
        return None
    wanted = re.search(rf"{re.escape(_MODULE)} (v\S+)", (_USING / "go.mod").read_text("utf-8"))
    assert wanted is not None
    ran = subprocess.run(
        [go, "mod", "download", "-json", f"{_MODULE}@{wanted[1]}"],
        cwd=_USING,
        check=False,
        capture_output=True,
        text=True,
    )
    return Path(json.loads(ran.stdout)["Dir"]) if ran.returncode == 0 else None


def names(root: Path) -> dict[str, set[str]]:
    """The public names by language."""
    found = {"Go": set(_go(root)), "Node": set(_node(root)), "Java": set(_java(root))}
    return {language: words - _EVERYWHERE[language] for language, words in found.items()}


def _go(root: Path) -> Iterator[str]:
    """Exported types, fields, functions, and methods of exported types."""
    for folder in ("client", "identity", "hash"):
        for path in (root / "pkg" / folder).glob("*.go"):
            if path.stem.endswith("_test"):
                continue
            text = path.read_text("utf-8")
            yield from re.findall(r"^type ([A-Z]\w*)", text, re.MULTILINE)
            yield from re.findall(r"^func (?:\(\w* ?\*?[A-Z]\w*\) )?([A-Z]\w*)", text, re.MULTILINE)
            for body in re.findall(r"^type [A-Z]\w* (?:struct|interface) \{\n(.*?)^\}", text, re.M | re.S):
                yield from re.findall(r"^\t([A-Z]\w*)[ (]", body, re.MULTILINE)


def _node(root: Path) -> Iterator[str]:
    """What `index.ts` exports: types with their members, and the functions of modules."""
    source = root / "node/src"
    index = (source / "index.ts").read_text("utf-8")
    exported = set()
    for listed in re.findall(r"export \{(.*?)\} from", index, re.DOTALL):
        exported |= {name.split()[-1] for name in listed.replace("\n", " ").split(",") if name.strip()}
    yield from exported
    for path in source.rglob("*.ts"):
        if path.stem.endswith(".test"):
            continue
        text = path.read_text("utf-8")
        for name, body in re.findall(r"^export (?:interface|class) (\w+).*?\{\n(.*?)^\}", text, re.M | re.S):
            if name in exported:
                yield from re.findall(r"^    (?:readonly )?([a-z]\w*)\??[:(]", body, re.MULTILINE)
        if f"from './{path.relative_to(source).with_suffix('')}'" in index and path.stem in {
            "checkpointers",
            "hashes",
            "signers",
        }:
            yield from re.findall(r"^export (?:async )?(?:function|const) (\w+)", text, re.MULTILINE)


def _java(root: Path) -> Iterator[str]:
    """Public types and their methods."""
    package = root / "java/src/main/java/org/hyperledger/fabric/client"
    for path in package.rglob("*.java"):
        text = re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.DOTALL)
        kind = re.search(r"^public (?:final )?(class|interface|enum) (\w+)", text, re.MULTILINE)
        if kind is None:
            continue
        yield kind[2]
        if kind[1] == "interface":
            methods = re.findall(r"^ {4}(?: {4})?(?:default |static )?[\w<>\[\], .]+ (\w+)\(", text, re.M)
        else:
            methods = re.findall(r"^ {4}public (?:static )?[\w<>\[\], .]+ (\w+)\(", text, re.MULTILINE)
        yield from (name for name in methods if name != kind[2])
        if kind[1] == "enum":
            yield from re.findall(r"^ {4}([A-Z][A-Z0-9_]*)[(,;]", text, re.MULTILINE)
