"""CPU seconds that programs take before they do anything: the least of several runs.

    python tests/bench/start.py [--runs 7]

User time of the process, so that a busy machine changes little. The last column is the multiple of Python's
own start.
"""

from __future__ import annotations

import resource
import subprocess
import sys

import click

PROGRAMS = {
    "Python itself": "pass",
    "import fabric_gateway": "import fabric_gateway",
    "from fabric_gateway import GatewayError": "from fabric_gateway import GatewayError",
    "from fabric_gateway import connect": "from fabric_gateway import connect",
    "from fabric_gateway.aio import connect": "from fabric_gateway.aio import connect",
    "kindpakket --help": "from kindpakket_cli.main import main; main(['--help'])",
}


def cpu_seconds(program: str) -> float:
    """User time of a fresh interpreter that runs a program."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    subprocess.run([sys.executable, "-c", program], check=True, stdout=subprocess.DEVNULL, timeout=120)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


@click.command()
@click.option(
    "--runs", default=7, show_default=True, type=click.IntRange(min=1), help="Runs of each program."
)
def main(runs: int) -> None:
    """Print the CPU seconds that each program takes to start."""
    least = {name: min(cpu_seconds(program) for _ in range(runs)) for name, program in PROGRAMS.items()}
    alone = least["Python itself"]
    for name, seconds in least.items():
        click.echo(f"{name:45} {seconds:6.3f} s {seconds / alone:6.1f} x")


if __name__ == "__main__":
    main()
