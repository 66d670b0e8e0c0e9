"""One of many transactions to be submitted, what became of it, and the progress of all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from grpc import StatusCode

from fabric_gateway.errors import EndorseError, UnknownOutcome

AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Submission:
    """One of many transactions to be submitted.

    Attributes:
        name: name of the function.
        arguments: its arguments, text or bytes.
        transient: private input.
        endorsing_organizations: MSP ids of the organisations that must endorse.
        key: anything by which the program recognises it.
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
        number: its position among all submissions, from 0.
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
    """The progress of many submissions.

    Attributes:
        successful: number of results.
        failed: number of errors, unknown outcomes included.
        unknown: number of unknown outcomes.
        under_way: number of submissions that were begun and whose outcome was not delivered yet.
    """

    successful: int = 0
    failed: int = 0
    unknown: int = 0
    under_way: int = 0

    @property
    def done(self) -> int:
        """Number of outcomes delivered so far."""
        return self.successful + self.failed

    def after(self, outcome: Outcome, under_way: int) -> Progress:
        """The progress after one more outcome."""
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
