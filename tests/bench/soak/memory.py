"""The memory of processes over time, and its slope."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import linear_regression, median

import psutil

_PART = 6
"""The first and the last sixth of what is looked at are compared."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A process at a moment.

    Attributes:
        seconds: since the start of the soak.
        own: bytes that are the process's own, in memory or swapped out. What it maps of files does not
            count: the kernel drops and reads it again as others need memory.
        threads: how many.
        files: open file descriptors.
    """

    seconds: float
    own: int
    threads: int
    files: int


@dataclass(frozen=True, slots=True)
class Growth:
    """How a process's memory changed after the warm-up.

    Attributes:
        name: of the process.
        samples: how many there are.
        first: median of its own bytes in the first sixth.
        last: the same in the last sixth.
        highest: the highest of all.
        slope: bytes per hour, by least squares.
        span: seconds from the first sample to the last.
        threads: first and last median.
        files: first and last median.
    """

    name: str
    samples: int
    first: int
    last: int
    highest: int
    slope: float
    span: float
    threads: tuple[int, int]
    files: tuple[int, int]

    @property
    def grown(self) -> float:
        """Bytes that the slope makes over the span."""
        return self.slope * self.span / 3600


class Memory:
    """Samples of processes, which are written to a file as they come."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._samples: dict[str, list[Sample]] = defaultdict(list)
        file.write_text("")

    def look(self, seconds: float, processes: Mapping[str, int]) -> dict[str, Sample]:
        """Take a sample of each process, by name and process id; of those that have ended, none."""
        taken: dict[str, Sample] = {}
        with self._file.open("a") as file:
            for name, pid in processes.items():
                try:
                    process = psutil.Process(pid)
                    with process.oneshot():
                        sample = Sample(
                            round(seconds, 1),
                            _own(pid),
                            process.num_threads(),
                            process.num_fds(),
                        )
                except (psutil.NoSuchProcess, ProcessLookupError, FileNotFoundError):
                    continue
                taken[name] = sample
                self._samples[name].append(sample)
                file.write(json.dumps({"process": name, **asdict(sample)}) + "\n")
        return taken

    def growth(self, warm_up: float) -> list[Growth]:
        """Each process's growth after so many seconds; processes without three samples are left out."""
        found = []
        for name, every in self._samples.items():
            samples = [sample for sample in every if sample.seconds >= warm_up]
            if len(samples) >= 3 and samples[0].seconds < samples[-1].seconds:
                found.append(_growth(name, samples))
        return found


def _own(pid: int) -> int:
    kilobytes = 0
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name in {"RssAnon", "VmSwap"}:
            kilobytes += int(value.split()[0])
    return kilobytes * 1024


def _growth(name: str, samples: list[Sample]) -> Growth:
    part = max(1, len(samples) // _PART)
    first, last = samples[:part], samples[-part:]
    seconds = [sample.seconds for sample in samples]
    own = [sample.own for sample in samples]
    return Growth(
        name,
        len(samples),
        int(median(sample.own for sample in first)),
        int(median(sample.own for sample in last)),
        max(own),
        3600 * linear_regression(seconds, own).slope,
        seconds[-1] - seconds[0],
        (int(median(one.threads for one in first)), int(median(one.threads for one in last))),
        (int(median(one.files for one in first)), int(median(one.files for one in last))),
    )
