"""Where an attempt ended, and with which code or message."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from fabric_gateway import CommitError, FabricError, GatewayError, SubmitError
from kindpakket.ledger.refusals import Refusal, parse
from kindpakket_network import NetworkError
from kindpakket_network.errors import CommandFailed


class Place(Enum):
    """Where a refusal comes from."""

    CHAINCODE = "the chaincode refuses to endorse"
    PEER = "a peer refuses before it asks the chaincode"
    ORDERING = "the consenters refuse to order"
    VALIDATION = "the transaction is in a block and invalid"


@dataclass(frozen=True)
class Verdict:
    """The end of an attempt.

    Attributes:
        place: where it ended.
        message: the chaincode's code, the validation code, or Fabric's message.
    """

    place: Place
    message: str

    def is_that(self, place: Place, expected: str) -> bool:
        """Whether this is the expected end; Fabric's message only has to contain what is expected."""
        if place is not self.place:
            return False
        exact = place in (Place.CHAINCODE, Place.VALIDATION)
        return self.message == expected if exact else expected in self.message


def verdict_of(error: Exception) -> Verdict:
    """The end of an attempt, as an error of the library or of the peer program describes it.

    Raises:
        Exception: the error itself, if it is neither.
    """
    if isinstance(error, Refusal):
        return Verdict(Place.CHAINCODE, error.code)
    if isinstance(error, CommitError):
        return Verdict(Place.VALIDATION, error.code)
    if isinstance(error, SubmitError) and (error.refused or error.already_submitted):
        return Verdict(Place.ORDERING, str(error))
    if isinstance(error, GatewayError):
        refusal = parse(error.chaincode_message or "")
        return Verdict(Place.CHAINCODE, refusal.code) if refusal else Verdict(Place.PEER, str(error))
    if isinstance(error, CommandFailed):
        invalid = error.output.partition("transaction invalidated with status (")[2]
        code = invalid.partition(")")[0]
        return Verdict(Place.VALIDATION, code) if code else Verdict(Place.PEER, error.output)
    if isinstance(error, FabricError | NetworkError):
        return Verdict(Place.PEER, str(error))
    raise error
