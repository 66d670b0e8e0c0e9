"""One of many transactions to be submitted, what became of it, and how far all of them have come."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from grpc import StatusCode

from kindpakket.fabric.errors import EndorseError, UnknownOutcome

AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Submission:
    """One of many transactions to be submitted.

    Attributes:
        name: name of the function.
        arguments: its arguments, text or bytes.
        transient: private input.
        endorsing_organizations: MSP ids of the organisations that are to endorse.
        key: anything by which the program knows it again.
    """

    name: str
    arguments: Sequence[str | bytes] = ()
    transient: Mapping[str, str | bytes] | None = None
    endorsing_organizations: Sequence[str] = ()
    key: object = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a submission.

    Attributes:
        submission: the submission.
        number: its place among all, from 0.
        result: what the chaincode returned, if the transaction is committed and valid; else None.
        error: what `Contract.submit` would have raised; None if there is a result.
    """

    submission: Submission
    number: int
    result: bytes | None = None
    error: BaseException | None = None

    @property
    def successful(self) -> bool:
        """The transaction is committed and valid."""
        return self.error is None

    @property
    def unknown(self) -> bool:
        """The transaction may have been ordered: resolve it, with the envelope in `error`."""
        return isinstance(self.error, UnknownOutcome)

    def get(self) -> bytes:
        """The result, or the error raised."""
        if self.error is not None:
            raise self.error
        return self.result or b""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far many submissions have come.

    Attributes:
        successful: so many have a result.
        failed: so many have an error, unknown ones included.
        unknown: so many are unknown.
        under_way: so many were begun and have not been told of.
    """

    successful: int = 0
    failed: int = 0
    unknown: int = 0
    under_way: int = 0

    @property
    def done(self) -> int:
        """So many were told of."""
        return self.successful + self.failed

    def after(self, outcome: Outcome, under_way: int) -> Progress:
        """The progress when one more has been told of."""
        return Progress(
            self.successful + outcome.successful,
            self.failed + (not outcome.successful),
            self.unknown + outcome.unknown,
            under_way,
        )


Report: TypeAlias = Callable[[Progress], object]


def never_begun(submission: Submission, number: int) -> Outcome:
    """The outcome of a submission that was cancelled before anything was sent for it."""
    error = EndorseError("the program gave up on the call before it began", status=StatusCode.CANCELLED)
    return Outcome(submission, number, error=error)
