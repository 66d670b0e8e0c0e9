"""Many transactions at once, for asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from types import TracebackType

from fabric_gateway._bulk import BaseBulk
from fabric_gateway._connection.aio import AsyncSession
from fabric_gateway._connection.flow import Flow
from fabric_gateway._submission import Outcome, Report, Submission, never_begun


class Bulk(BaseBulk):
    """Outcomes of many submissions as they finish; see `fabric_gateway.Bulk`."""

    def __init__(
        self,
        session: AsyncSession,
        submitting: Callable[[Submission], Flow[bytes]],
        submissions: Iterable[Submission],
        at_once: int,
        report: Report | None,
    ) -> None:
        super().__init__(submissions, at_once, report)
        self._session = session
        self._submitting = submitting
        self._outcomes: asyncio.Queue[Outcome] = asyncio.Queue()
        self._tasks: dict[asyncio.Task[Outcome], tuple[int, Submission]] = {}

    def __aiter__(self) -> AsyncIterator[Outcome]:
        return self

    async def __anext__(self) -> Outcome:
        if self._closed:
            raise StopAsyncIteration
        try:
            self._begin()
            if self._under_way:
                outcome = await self._outcomes.get()
                self._under_way -= 1
                self._begin()
                return self._delivered(outcome)
        except BaseException:
            await self.close()
            raise
        await self.close()
        raise StopAsyncIteration

    def _begin(self) -> None:
        for number, submission in self._upcoming():
            task = asyncio.create_task(self._work(number, submission))
            self._tasks[task] = number, submission
            task.add_done_callback(self._ended)

    async def _work(self, number: int, submission: Submission) -> Outcome:
        try:
            return Outcome(submission, number, await self._session.run(self._submitting(submission)))
        except asyncio.CancelledError as cancelled:
            return Outcome(submission, number, error=cancelled.__cause__ or cancelled)
        except Exception as error:
            return Outcome(submission, number, error=error)

    def _ended(self, task: asyncio.Task[Outcome]) -> None:
        number, submission = self._tasks.pop(task)
        self._outcomes.put_nowait(never_begun(submission, number) if task.cancelled() else task.result())

    async def close(self) -> None:
        """Begin no more submissions, give up those in progress, and wait until all have stopped."""
        self._closed = True
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        while self._tasks:
            await asyncio.wait(tuple(self._tasks))
        found = [self._outcomes.get_nowait() for _ in range(self._outcomes.qsize())]
        self.left += tuple(found)

    async def __aenter__(self) -> Bulk:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
