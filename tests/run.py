"""Run all tests, one runner after another, and repeat each runner's summary at the end.

A runner that fails does not stop the next ones; the exit code says whether all passed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
WORKERS = "2"
PROOF = "KINDPAKKET_PROOF"
_NO_TESTS = 5


@dataclass(frozen=True)
class Runner:
    """One command that runs tests.

    Attributes:
        title: what it runs.
        arguments: program and arguments.
        folder: where it runs.
        summary: picks the lines of its output to repeat at the end.
        empty: the exit code when no test was selected.
    """

    title: str
    arguments: Sequence[str]
    folder: Path
    summary: Callable[[list[str]], list[str]]
    empty: int = 0

    def run(self, environment: Mapping[str, str]) -> tuple[bool, list[str]]:
        """Run it, and pass its output on as it arrives.

        Returns:
            Whether it passed, and its summary.
        """
        print(f"{self.title} ...", flush=True)
        written = bytearray()
        with subprocess.Popen(
            self.arguments,
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as process:
            assert process.stdout is not None
            while chunk := os.read(process.stdout.fileno(), 1 << 16):
                written += chunk
                sys.stdout.buffer.write(chunk)
                sys.stdout.flush()
        lines = written.decode(errors="replace").splitlines()
        return process.returncode in (0, self.empty), self.summary(lines)


def of_go(lines: list[str]) -> list[str]:
    """The verdict on each package, and the tests that failed."""
    return [line for line in lines if line.lstrip().startswith(("ok ", "FAIL", "--- FAIL", "panic:"))]


def of_pytest(lines: list[str]) -> list[str]:
    """Everything from the short summary on, or the last line if there is none."""
    titles = [number for number, line in enumerate(lines) if "short test summary info" in line]
    return lines[titles[-1] :] if titles else lines[-1:]


def runners(options: Sequence[str]) -> dict[str, list[Runner]]:
    """The runners by language.

    Args:
        options: further options for pytest.
    """
    pytest = [sys.executable, "-m", "pytest", f"--color={'yes' if sys.stdout.isatty() else 'no'}", *options]
    together = ["-n", WORKERS, "--dist", "loadgroup", "--no-loadscope-reorder", "-m", "not alone"]
    return {
        "go": [
            Runner(f"Go: {folder}", ["go", "test", "./..."], ROOT / folder, of_go)
            for folder in ("chaincode", "tools/mutate")
        ],
        "python": [
            Runner("Python: two at a time", [*pytest, *together], ROOT, of_pytest, _NO_TESTS),
            Runner("Python: one at a time", [*pytest, "-m", "alone"], ROOT, of_pytest, _NO_TESTS),
        ],
    }


def main() -> int:
    """Run the tests that the command line selects, or all.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser(
        description=str(__doc__), epilog="Other options are passed on to pytest.", allow_abbrev=False
    )
    parser.add_argument("--proof", action="store_true", help="run every repetition")
    parser.add_argument("--only", choices=["go", "python"], help="run only the tests in this language")
    known, options = parser.parse_known_args()
    environment = dict(os.environ)
    if known.proof:
        environment[PROOF] = "1"
        options.append("--proof")
    results = [
        (runner, *runner.run(environment))
        for language, group in runners(options).items()
        if known.only in (None, language)
        for runner in group
    ]
    for runner, _, summary in results:
        print(f"\n{runner.title}:", *summary, sep="\n")
    return 0 if all(passed for _, passed, _ in results) else 1


if __name__ == "__main__":
    sys.exit(main())
