"""One timer looks after all calls that wait for an answer."""

from __future__ import annotations

import asyncio
from typing import Any

from fabric_gateway._connection.watch import Watch


class Clock:
    """A loop's time and timers, moved by hand."""

    def __init__(self) -> None:
        self.now = 0.0
        self.timers: list[Timer] = []

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, callback: Any) -> Timer:
        self.timers.append(Timer(when, callback))
        return self.timers[-1]

    def move(self, seconds: float) -> None:
        end = self.now + seconds
        while due := [timer for timer in self.timers if not timer.cancelled and timer.at <= end]:
            first = min(due, key=lambda timer: timer.at)
            self.timers.remove(first)
            self.now = first.at
            first.callback()
        self.now = end

    @property
    def waiting(self) -> int:
        return sum(not timer.cancelled for timer in self.timers)


class Timer:
    def __init__(self, at: float, callback: Any) -> None:
        self.at, self.callback, self.cancelled = at, callback, False

    def when(self) -> float:
        return self.at

    def cancel(self) -> None:
        self.cancelled = True


def watching() -> tuple[Watch, Clock, list[tuple[Any, float]]]:
    clock = Clock()
    looks: list[tuple[Any, float]] = []
    loop: Any = clock
    return Watch(loop, lambda link, patience: looks.append((link, clock.now))), clock, looks


def test_a_call_is_looked_after_whenever_its_patience_is_over() -> None:
    watch, clock, looks = watching()
    link: Any = "peer0"
    call = watch.begin(link, 1.0)
    clock.move(3.5)
    assert looks == [("peer0", 1.0), ("peer0", 2.0), ("peer0", 3.0)]
    watch.end(call)
    clock.move(10)
    assert len(looks) == 3


def test_an_impatient_call_is_not_held_up_by_a_patient_one() -> None:
    watch, clock, looks = watching()
    patient: Any = "patient"
    impatient: Any = "impatient"
    watch.begin(patient, 1.0)
    clock.move(0.5)
    watch.begin(impatient, 0.2)
    clock.move(0.6)
    assert [(link, round(at, 6)) for link, at in looks] == [
        ("impatient", 0.7),
        ("impatient", 0.9),
        ("patient", 1.0),
        ("impatient", 1.1),
    ]


def test_a_thousand_calls_have_one_timer_and_none_when_they_have_ended() -> None:
    watch, clock, looks = watching()
    link: Any = "peer0"
    for _ in range(1000):
        watch.end(watch.begin(link, 1.0))
    assert clock.waiting == 1
    clock.move(1.5)
    assert (clock.waiting, looks) == (0, [])


def test_what_a_look_raises_does_not_end_the_watch() -> None:
    async def main() -> int:
        looks = 0
        seen = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda *_: None)

        def look(link: Any, patience: float) -> None:
            nonlocal looks
            looks += 1
            if looks == 3:
                seen.set()
            raise OSError("a look that fails")

        watch = Watch(loop, look)
        link: Any = "peer0"
        watch.begin(link, 0.01)
        async with asyncio.timeout(300):
            await seen.wait()
        watch.stop()
        return looks

    assert asyncio.run(main()) == 3


def test_a_closed_gateway_leaves_no_timer() -> None:
    watch, clock, looks = watching()
    link: Any = "peer0"
    watch.begin(link, 1.0)
    watch.stop()
    clock.move(5)
    assert (clock.waiting, looks) == (0, [])
