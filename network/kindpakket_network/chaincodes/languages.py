"""The languages that chaincode is written in: how each is recognised, built and started."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kindpakket_network.errors import NetworkError

_QUIET = "--no-audit --no-fund --prefer-offline"
_DEPENDENCIES = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"
# The main program of Fabric's library, which cannot be told whose certificates to accept.
_ROUTER = "org.hyperledger.fabric.contract.ContractRouter"
# A small machine starts much sooner with the simple collector and compiler.
# Without the variable: with it, Fabric's library also prepares TLS to a peer that it would dial, and fails.
_JAVA = "env -u CORE_PEER_TLS_ENABLED java -XX:+UseSerialGC -XX:TieredStopAtLevel=1"
_SHIM = "node_modules/fabric-shim/cli.js"


@dataclass(frozen=True)
class Language:
    """A language, with its usual way to build and start a program.

    Attributes:
        name: its name in messages.
        markers: the files that tell a folder's language.
        output: the names of folders that a build writes; they are not source.
        tools: the programs that building needs, and what to install for them.
        build: the shell command that builds in a copy of the source; None: there is no usual one.
        run: the shell command that starts what was built, given its folder; None: there is no usual one.
        versions: the commands that print which tools build it.
    """

    name: str
    markers: tuple[str, ...]
    output: frozenset[str] = frozenset()
    tools: tuple[tuple[str, str], ...] = ()
    build: Callable[[Path], str] | None = None
    run: Callable[[Path], str] | None = None
    versions: tuple[tuple[str, ...], ...] = ()


def _build_node(source: Path) -> str:
    locked = any((source / name).is_file() for name in ("package-lock.json", "npm-shrinkwrap.json"))
    steps = (f"npm {'ci' if locked else 'install'}", "npm run build --if-present", "npm prune --omit=dev")
    return " && ".join(f"{step} {_QUIET}" if "run" not in step.split() else step for step in steps)


def _run_node(built: Path) -> str:
    if not (built / _SHIM).is_file():
        raise NetworkError(
            "its package.json does not bring fabric-shim, which serves the chaincode: add it to "
            "`dependencies`, or say with `run` how the program is started"
        )
    return (
        f'node {_SHIM} server --chaincode-address "$CHAINCODE_SERVER_ADDRESS" --chaincode-id "$CHAINCODE_ID"'
        ' --chaincode-tls-cert-file "$CHAINCODE_TLS_CERT" --chaincode-tls-key-file "$CHAINCODE_TLS_KEY"'
        ' --chaincode-tls-client-cacert-file "$CHAINCODE_TLS_CLIENT_CA"'
    )


def _build_maven(_: Path) -> str:
    return f"mvn -B -q -Dmaven.test.skip=true package {_DEPENDENCIES} -DincludeScope=runtime"


def _run_maven(built: Path) -> str:
    jars = [
        jar
        for jar in sorted((built / "target").glob("*.jar"))
        if not jar.name.startswith("original-") and not jar.stem.endswith(("-sources", "-javadoc"))
    ]
    if not jars:
        raise NetworkError(
            "its build left no jar in target/: keep `jar` as the packaging in pom.xml, or say with `run` how "
            "the program is started"
        )
    mains = {jar: main for jar in jars if (main := _main_class(jar)) not in (None, _ROUTER)}
    if not mains:
        raise NetworkError(
            "its jar has no main class that serves its peer and asks for its certificate (ContractRouter "
            "does not): write one and name it in pom.xml as `kindpakket network chaincode new java` does, or "
            "say with `run` how the program is started"
        )
    jar, main = next(iter(mains.items()))
    return f"{_JAVA} -cp 'target/{jar.name}:target/dependency/*' {main}"


def _main_class(jar: Path) -> str | None:
    with zipfile.ZipFile(jar) as content:
        if "META-INF/MANIFEST.MF" not in content.namelist():
            return None
        text = content.read("META-INF/MANIFEST.MF").decode("utf-8", "replace").replace("\r\n", "\n")
    for line in text.replace("\n ", "").splitlines():
        name, _, value = line.partition(":")
        if name == "Main-Class":
            return value.strip()
    return None


GO = Language(
    name="Go",
    markers=("go.mod",),
    tools=(("go", "Go"),),
    build=lambda _: "go build -trimpath -buildvcs=false -o chaincode .",
    run=lambda _: "./chaincode",
    versions=(("go", "version"),),
)
_LANGUAGES = (
    GO,
    Language(
        name="Node",
        markers=("package.json",),
        output=frozenset(("node_modules", "coverage")),
        tools=(("npm", "Node.js 18 or newer with npm"), ("node", "Node.js 18 or newer")),
        build=_build_node,
        run=_run_node,
        versions=(("node", "--version"), ("npm", "--version")),
    ),
    Language(
        name="Java",
        markers=("pom.xml",),
        output=frozenset(("target",)),
        tools=(("mvn", "Maven"), ("java", "a Java 17 development kit")),
        build=_build_maven,
        run=_run_maven,
        versions=(("mvn", "--version"),),
    ),
    Language(
        name="Java with Gradle", markers=("build.gradle", "build.gradle.kts"), output=frozenset(("build",))
    ),
    Language(
        name="Python",
        markers=("requirements.txt", "pyproject.toml"),
        output=frozenset(("build", "dist", "venv", "__pycache__")),
    ),
)
_OTHER = Language(name="another language", markers=())


def language_of(folder: Path) -> Language | None:
    """The language of a source folder by its marker file; None if it has none."""
    found = (one for one in _LANGUAGES if any((folder / marker).is_file() for marker in one.markers))
    return next(found, None)


def language_or_other(folder: Path) -> Language:
    """The same; a stand-in without usual commands if the folder has no marker file."""
    return language_of(folder) or _OTHER


def all_markers() -> tuple[str, ...]:
    """The marker files of all languages."""
    return tuple(marker for one in _LANGUAGES for marker in one.markers)


def builds_to_dist(folder: Path) -> bool:
    """Whether a Node package has a build script, which by custom writes to `dist`."""
    try:
        members = json.loads((folder / "package.json").read_text("utf-8"))
        return "build" in members.get("scripts", {})
    except (OSError, ValueError, AttributeError, TypeError):
        return False
