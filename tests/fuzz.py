"""Fuzz the chaincode: every fuzz test that it has, one after the other, for some seconds each.

An input that fails a test is written to that package's `testdata/fuzz`, and is one of its tests from then on.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

CHAINCODE = Path(__file__).parents[1] / "chaincode"
PACKAGES = ("./rules", "./contract")
PROOF = "KINDPAKKET_PROOF"


def go_test(*arguments: str, **how: Any) -> subprocess.CompletedProcess[str]:
    """Run `go test` in the chaincode's folder, as a proof."""
    command = [shutil.which("go") or "go", "test", *arguments]
    return subprocess.run(
        command, cwd=CHAINCODE, env={**os.environ, PROOF: "1"}, text=True, check=False, **how
    )


def targets(package: str, wanted: str) -> list[str]:
    """The names of a package's fuzz tests.

    Args:
        package: its folder, such as `./rules`.
        wanted: the regular expression that a name must match.
    """
    listed = go_test("-list", "^Fuzz", package, stdout=subprocess.PIPE)
    listed.check_returncode()
    return [name for name in listed.stdout.split() if name.startswith("Fuzz") and re.search(wanted, name)]


def fuzz(package: str, target: str, seconds: int) -> bool:
    """Run one fuzz test, and say whether nothing was found."""
    how = [f"-fuzz=^{target}$", f"-fuzztime={seconds}s", "-fuzzminimizetime=20x"]
    return go_test("-run=^$", *how, package).returncode == 0


def main() -> int:
    """Run what the command line names, or all.

    Returns:
        The exit code: 0 when nothing was found.
    """
    parser = argparse.ArgumentParser(description=str(__doc__))
    parser.add_argument("--seconds", type=int, default=60, help="how long each of them runs (default: 60)")
    parser.add_argument("wanted", nargs="?", default="", help="only those whose name matches, such as Cost")
    options = parser.parse_args()
    failed = []
    for package in PACKAGES:
        for target in targets(package, options.wanted):
            print(f"{target} for {options.seconds} seconds ...", flush=True)
            if not fuzz(package, target, options.seconds):
                failed.append(target)
    for target in failed:
        print(f"FAIL {target}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
