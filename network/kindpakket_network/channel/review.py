"""A proposed change compared with a channel: what would change, who has signed, who must still sign."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kindpakket_network.channel.approval import Demand
from kindpakket_network.channel.difference import Difference
from kindpakket_network.channel.signature import Signature
from kindpakket_network.errors import NetworkError


@dataclass(frozen=True)
class Review:
    """A proposed change compared with the channel's present configuration.

    Attributes:
        channel: the channel.
        differences: what would change.
        signatures: the signatures so far.
        demands: the policies that it must satisfy.
        lacking: the smallest sets of organisations whose administrators' signatures would suffice, by MSP id.
        outdated: the elements that were changed in the channel since the proposal was made.
        done: whether the channel already has this change.
    """

    channel: str
    differences: tuple[Difference, ...]
    signatures: tuple[Signature, ...]
    demands: tuple[Demand, ...]
    lacking: tuple[tuple[str, ...], ...]
    outdated: tuple[str, ...]
    done: bool

    @property
    def complete(self) -> bool:
        """Whether it can be submitted as it is."""
        return not (self.outdated or self.done or self.refused) and all(
            demand.satisfied for demand in self.demands
        )

    @property
    def refused(self) -> tuple[Signature, ...]:
        """The invalid signatures."""
        return tuple(signature for signature in self.signatures if signature.problem)

    def ensure_current(self) -> None:
        """Check that the proposal is up to date.

        Raises:
            NetworkError: the channel has changed since, or a signature is not valid.
        """
        if self.outdated:
            raise NetworkError(
                f"{self.channel} has changed since this was proposed ({', '.join(self.outdated)}): propose "
                "it again from the channel's present configuration"
            )
        if self.refused:
            problems = "; ".join(
                f"{signature.name} of {signature.msp} {signature.problem}" for signature in self.refused
            )
            raise NetworkError(
                f"this change of {self.channel} has an invalid signature: {problems}. Propose it again"
            )

    def ensure_complete(self) -> None:
        """Check that the proposal can be submitted.

        Raises:
            NetworkError: it is outdated, a signature is not valid, or signatures are missing.
        """
        self.ensure_current()
        if any(not demand.satisfied for demand in self.demands):
            raise NetworkError(
                f"{self.lacking_words()}: have it signed with `kindpakket network channel sign`, then "
                "submit it"
            )

    def lacking_words(self) -> str:
        """A sentence about the missing signatures, and the policies that require them."""
        rules = "; ".join(
            f"{demand.policy} is {demand.words}" for demand in self.demands if not demand.satisfied
        )
        sets = " or ".join(" and ".join(msps) for msps in self.lacking)
        signers = f"administrators of {sets}" if sets else "identities other than its members' administrators"
        return f"the change of {self.channel} still needs signatures of {signers} ({rules})"

    def as_json(self) -> dict[str, Any]:
        """The same as members for JSON."""
        return {
            "channel": self.channel,
            "complete": self.complete,
            "done": self.done,
            "outdated": list(self.outdated),
            "differences": [vars(difference) for difference in self.differences],
            "signatures": [vars(signature) for signature in self.signatures],
            "demands": [vars(demand) for demand in self.demands],
            "lacking": [list(msps) for msps in self.lacking],
        }
