"""Run all tests, stage by stage, and show at the end what each runner said of itself.

A runner that fails does not keep the next ones from running; the exit code says whether all passed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROOF = "KINDPAKKET_PROOF"
# Folders whose tests start networks of their own.
LIVE = ("abuse", "hfc", "network", "scenario")
_NO_TESTS = 5


@dataclass(frozen=True)
class Runner:
    """One command that runs tests.

    Attributes:
        title: what it runs.
        language: of the tests.
        arguments: program and arguments.
        summary: picks from all that it wrote what to show again.
        folder: where it runs.
        empty: the exit code when no test was selected.
        settings: environment variables beside those that all runners have.
    """

    title: str
    language: str
    arguments: Sequence[str]
    summary: Callable[[list[str]], list[str]]
    folder: Path = ROOT
    empty: int = 0
    settings: Mapping[str, str] = field(default_factory=dict)

    def run(self, environment: Mapping[str, str], *, follow: bool) -> Result:
        """Run it.

        Args:
            environment: its environment variables.
            follow: pass on what it writes as it comes; otherwise only keep it.
        """
        written = bytearray()
        with subprocess.Popen(
            self.arguments,
            cwd=self.folder,
            env={**environment, **self.settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as process:
            assert process.stdout is not None
            while some := os.read(process.stdout.fileno(), 1 << 16):
                written += some
                if follow:
                    _show(some)
        lines = written.decode(errors="replace").splitlines()
        return Result(self, process.returncode in (0, self.empty), bytes(written), self.summary(lines))


@dataclass(frozen=True)
class Result:
    """What came of a runner.

    Attributes:
        runner: the runner.
        passed: whether all its tests passed.
        written: all that it wrote.
        summary: the lines to show again.
    """

    runner: Runner
    passed: bool
    written: bytes
    summary: list[str]


def of_go(lines: list[str]) -> list[str]:
    """The verdict on each package, and the tests that failed."""
    return [line for line in lines if line.lstrip().startswith(("ok ", "FAIL", "--- FAIL", "panic:"))]


def of_pytest(lines: list[str]) -> list[str]:
    """From the short summary on; the last line when there is none."""
    titles = [number for number, line in enumerate(lines) if "short test summary info" in line]
    return lines[titles[-1] :] if titles else lines[-1:]


def stages(options: Sequence[str], *, proof: bool = False) -> list[list[Runner]]:
    """The runners: those of a stage run side by side, one stage after the other.

    Tests wait for much of their time, so three of them run at a time on two cores. Those without a network
    run beside the tests in Go, which do not wait.

    Args:
        options: what pytest is told beside how to run.
        proof: run the fuzz tests of the chaincode with time, too, and the scenarios on Raft.
    """

    def go(folder: str) -> Runner:
        return Runner(f"Go: {folder}", "go", ["go", "test", "./..."], of_go, ROOT / folder)

    def python(title: str, *how: str, settings: Mapping[str, str] | None = None) -> Runner:
        color = f"--color={'yes' if sys.stdout.isatty() else 'no'}"
        arguments = [sys.executable, "-m", "pytest", color, *how, *options]
        return Runner(
            f"Python: {title}", "python", arguments, of_pytest, empty=_NO_TESTS, settings=settings or {}
        )

    def workers(number: int) -> list[str]:
        return ["-n", str(number), "--dist", "loadgroup", "--no-loadscope-reorder"]

    def ignoring(*folders: str) -> list[str]:
        return [f"--ignore=tests/{folder}" for folder in folders]

    raft = python(
        "the SDK's scenarios on Raft",
        "-m",
        "not alone",
        "tests/scenario",
        settings={"SCENARIO_ORDERING": "raft"},
    )
    fuzzing = Runner("Go: fuzz tests", "go", [sys.executable, str(ROOT / "tests/fuzz.py")], of_go)
    return [
        *([[fuzzing]] if proof else []),
        [
            python("without a network", *workers(3), "-m", "not alone", *ignoring(*LIVE)),
            go("chaincode"),
            go("tools/mutate"),
        ],
        [python("on networks, three at a time", *workers(3), "-m", "not alone", *ignoring("unit"))],
        *([[raft]] if proof else []),
        [python("one at a time", "-m", "alone")],
    ]


def run(stage: Sequence[Runner], environment: Mapping[str, str]) -> list[Result]:
    """Run a stage's runners side by side; what the first one writes is shown as it comes, the rest after."""
    print(*(f"{runner.title} ..." for runner in stage), sep="\n", flush=True)
    with ThreadPoolExecutor(len(stage)) as pool:
        running = [
            pool.submit(runner.run, environment, follow=number == 0) for number, runner in enumerate(stage)
        ]
        results = [each.result() for each in running]
    for result in results[1:]:
        print(f"\n{result.runner.title}:", flush=True)
        _show(result.written)
    return results


def _show(some: bytes) -> None:
    sys.stdout.buffer.write(some)
    sys.stdout.flush()


def main() -> int:
    """Run what the command line names, or all.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser(
        description=str(__doc__), epilog="Other options are passed on to pytest.", allow_abbrev=False
    )
    parser.add_argument("--proof", action="store_true", help="run every repetition")
    parser.add_argument("--only", choices=["go", "python"], help="the tests in one language")
    known, options = parser.parse_known_args()
    environment = dict(os.environ)
    # The tests start hundreds of commands, and without bytecode each would compile all that it imports.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    if known.proof:
        environment[PROOF] = "1"
        options.append("--proof")
    results: list[Result] = []
    for stage in stages(options, proof=known.proof):
        chosen = [runner for runner in stage if known.only in (None, runner.language)]
        if chosen:
            results += run(chosen, environment)
    for result in results:
        print(f"\n{result.runner.title}:", *result.summary, sep="\n")
    return 0 if all(result.passed for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
