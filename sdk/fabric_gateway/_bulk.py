"""Many transactions at once, up to a limit."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from types import TracebackType

from fabric_gateway._connection.flow import Flow
from fabric_gateway._connection.interrupt import Interrupt, Interrupted
from fabric_gateway._connection.sync import SyncSession
from fabric_gateway._submission import Outcome, Progress, Report, Submission


class BaseBulk:
    """Many submissions, before their driver is known.

    Attributes:
        left: after closing, outcomes of submissions that were begun but not delivered, unknown ones included.
    """

    def __init__(self, submissions: Iterable[Submission], at_once: int, report: Report | None) -> None:
        if at_once < 1:
            raise ValueError(f"at_once is {at_once}: it must be at least 1")
        self._source = enumerate(submissions)
        self._exhausted = False
        self._at_once = at_once
        self._report = report
        self._progress = Progress()
        self._under_way = 0
        self._closed = False
        self.left: tuple[Outcome, ...] = ()

    def _upcoming(self) -> Iterator[tuple[int, Submission]]:
        """Submissions that may begin now."""
        while not self._exhausted and self._under_way < self._at_once:
            try:
                found = next(self._source)
            except StopIteration:
                self._exhausted = True
                return
            self._under_way += 1
            yield found

    def _delivered(self, outcome: Outcome) -> Outcome:
        self._progress = self._progress.after(outcome, self._under_way)
        if self._report is not None:
            self._report(self._progress)
        return outcome


class Bulk(BaseBulk):
    """Outcomes of many submissions, in the order in which these finish.

    Use it in a `with` statement or read it to its end; once closed, it begins no more
    submissions and gives up those in progress: `left` then says what is known of each.
    """

    def __init__(
        self,
        session: SyncSession,
        submitting: Callable[[Submission], Flow[bytes]],
        submissions: Iterable[Submission],
        at_once: int,
        report: Report | None,
    ) -> None:
        super().__init__(submissions, at_once, report)
        self._session = session
        self._submitting = submitting
        self._interrupt = Interrupt()
        self._outcomes: SimpleQueue[Outcome] = SimpleQueue()
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="submit-all")
        self._closing = threading.Lock()

    def __iter__(self) -> Iterator[Outcome]:
        return self

    def __next__(self) -> Outcome:
        if self._closed:
            raise StopIteration
        try:
            self._begin()
            if self._under_way:
                outcome = self._outcomes.get()
                self._under_way -= 1
                self._begin()
                return self._delivered(outcome)
        except BaseException:
            self.close()
            raise
        self.close()
        raise StopIteration

    def _begin(self) -> None:
        for number, submission in self._upcoming():
            self._pool.submit(self._work, number, submission)

    def _work(self, number: int, submission: Submission) -> None:
        try:
            result = self._session.run(self._submitting(submission), self._interrupt)
            outcome = Outcome(submission, number, result)
        except Interrupted as interrupted:
            outcome = Outcome(submission, number, error=interrupted.__cause__ or interrupted)
        except Exception as error:
            outcome = Outcome(submission, number, error=error)
        self._outcomes.put(outcome)

    def close(self) -> None:
        """Begin no more submissions, give up those in progress, and wait until all have stopped."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
            self._interrupt.set()
            self._pool.shutdown()
            self.left = tuple(self._outcomes.get() for _ in range(self._outcomes.qsize()))

    def __enter__(self) -> Bulk:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
