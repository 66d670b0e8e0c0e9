"""One run of a client program, measured from outside as well."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Timer

from sdk.job import Answer, Job
from sdk.programs import environment


@dataclass(frozen=True, slots=True)
class Measured:
    """A client's answer, and what the system says of its process.

    Attributes:
        answer: the answer.
        process_cpu_seconds: CPU time of the whole process, its start and its warm-up included.
        peak_bytes: the most memory that it had resident.
    """

    answer: Answer
    process_cpu_seconds: float
    peak_bytes: int


def measure(command: Sequence[str], job: Job, deadline: float) -> Measured:
    """Have a client do a job.

    The client stays until its input ends, so that its peak can be read while it is there: `ru_maxrss` would
    not do, a child begins with the peak of the process that forked it.

    Args:
        command: the program and its arguments.
        job: the job.
        deadline: seconds after which the client is killed.

    Raises:
        RuntimeError: the client did not do it; the message has its last words.
    """
    with tempfile.TemporaryFile("w+") as words:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=words,
            text=True,
            env=environment(),
        )
        guard = Timer(deadline, process.kill)
        guard.start()
        try:
            line, peak = _converse(process, job)
            status, cpu = _reap(process)
        finally:
            guard.cancel()
            if process.returncode is None:
                process.kill()
                process.wait()
        if status or not line:
            words.seek(0)
            raise RuntimeError(f"{' '.join(command)} ended with {status}: {words.read()[-2000:]}")
    return Measured(Answer.from_line(line), cpu, peak)


def _converse(process: subprocess.Popen[str], job: Job) -> tuple[str, int]:
    if process.stdin is None or process.stdout is None:
        raise TypeError("the client has no pipes")
    try:
        process.stdin.write(job.as_line())
        process.stdin.flush()
        line = process.stdout.readline()
        peak = _peak(process.pid)
        process.stdin.close()
    except BrokenPipeError:
        return "", 0
    process.stdout.close()
    return line, peak


def _peak(pid: int) -> int:
    """`VmHWM` of a process in bytes; 0 if it has ended already."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == "VmHWM":
            return int(value.split()[0]) * 1024
    return 0


def _reap(process: subprocess.Popen[str]) -> tuple[int, float]:
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_utime + usage.ru_stime
