"""Derives the flags of one block's transactions, in the order in which peers validate.

Source: Fabric 3.1.1 `core/committer/txvalidator/v20/validator.go`, then
`core/ledger/kvledger/txmgmt/validation/batch_preparer.go`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fabric_gateway.errors import DecodeError
from fabric_gateway.verification._creators import Creator
from fabric_gateway.verification._definitions import Definitions
from fabric_gateway.verification._endorsement_policies import EndorsementPolicies
from fabric_gateway.verification._endorsements import Endorsements, Signers, Undecidable
from fabric_gateway.verification._findings import Finding, Kind
from fabric_gateway.verification._reads import read_conflict
from fabric_gateway.verification._sets import Space
from fabric_gateway.verification._state import State
from fabric_gateway.verification._strangers import Stranger
from fabric_gateway.verification._taken_apart import Fault, TakenApart
from fabric_gateway.verification._updates import Updates

VALID = "VALID"
_CONFIGURATION = (Space(""), b"CHANNEL_CONFIG_ENV_BYTES")
_OWN_RULES = "V2_0"


class JudgedBlock:
    """One block while its transactions are judged.

    Attributes:
        number: number of the block.
        parts: its transactions taken apart.
        updates: what the valid ones change; filled by `flags`.
    """

    def __init__(
        self,
        number: int,
        parts: Sequence[TakenApart],
        state: State,
        definitions: Definitions,
        policies: EndorsementPolicies,
        creators: Sequence[Creator] = (),
    ) -> None:
        self.number = number
        self.parts = parts
        self._creators = creators
        self.updates = Updates(state)
        self._state = state
        self._definitions = definitions
        self._configuration = policies.configuration
        self._endorsements = Endorsements(state, definitions, policies)
        capabilities = policies.configuration.capabilities["Application"]
        self._own_rules = any(name >= _OWN_RULES for name in capabilities)
        self._faults: list[list[Fault]] = []
        """Of each transaction: none if it is valid; several if peers may report any of them."""
        self._undecidable: dict[int, str] = {}
        self._notes: list[Finding] = []

    def flags(self, claimed: Sequence[str]) -> list[str]:
        """The derived flag of each transaction; where it cannot be told, the claimed one."""
        for place, part in enumerate(self.parts):
            try:
                self._faults.append(self._first_faults(place, part))
            except Undecidable as error:
                self._undecidable[place] = str(error)
                self._faults.append([])
        self._mark_doubles()
        flags = [self._flag(place, claimed) for place in range(len(self.parts))]
        for place, part in enumerate(self.parts):
            if flags[place] == VALID:
                conflict = read_conflict(part.sets, self._state, self.updates)
                if conflict is not None:
                    self._faults[place], flags[place] = [conflict], conflict.code
            if flags[place] == VALID:
                self._apply(place, part)
        return flags

    def _first_faults(self, place: int, part: TakenApart) -> list[Fault]:
        """What the validation before the state says; `validateTx` of `validator.go`."""
        if not self.number:
            return []  # peers take block 0 as it is: it is what they trust
        fault = self._creator_fault(place, part) or part.body_fault
        if fault is not None:
            return [fault]
        if part.configuration or part.kind == "CONFIG":
            return []
        if self._state.has_transaction(part.transaction_id):
            return [Fault("DUPLICATE_TXID", "an earlier block has a transaction of this id")]
        if part.action_fault is not None:
            return [part.action_fault]
        if not self._own_rules:
            raise Undecidable(
                "the channel's application has not the capability V2_0, whose rules are followed here"
            )
        signers = Signers(part, self._configuration.membership)
        self._note(place, part, signers)
        return self._endorsements.faults(part, signers)

    def _creator_fault(self, place: int, part: TakenApart) -> Fault | None:
        if self._creators:
            known = self._creators[place]
            return None if known.code == VALID else Fault(known.code, known.reason)
        if part.fault is not None:
            return part.fault
        if part.channel != self._configuration.channel:
            return Fault("BAD_CREATOR_SIGNATURE", f"it was made for channel {part.channel!r}")
        identity, message, signature = part.creator
        try:
            creator = self._configuration.membership.member(identity)
        except Stranger as stranger:
            return Fault("BAD_CREATOR_SIGNATURE", f"its creator is not a member: {stranger}")
        if not creator.verify(message, signature):
            return Fault(
                "BAD_CREATOR_SIGNATURE", f"the signature of its creator, {creator.label}, does not hold"
            )
        return None

    def _note(self, place: int, part: TakenApart, signers: Signers) -> None:
        for flaw in signers.flawed:
            sentence = f"has an endorsement that does not count: {flaw}"
            self._notes.append(self._about(place, "endorsement.flawed", "note", sentence))
        try:
            definition = self._definitions.get(part.chaincode)
        except DecodeError:
            return
        if definition is not None and definition.version != part.version:
            sentence = (
                f"was endorsed by version {part.version!r} of {part.chaincode}; the definition in force names"
                f" {definition.version!r}"
            )
            self._notes.append(self._about(place, "endorsement.version", "note", sentence))

    def _mark_doubles(self) -> None:
        """Of transactions of one block with one id, the first that is valid so far counts."""
        seen: set[str] = set()
        for place, part in enumerate(self.parts):
            if self._faults[place] or part.kind != "ENDORSER_TRANSACTION":
                continue
            if part.transaction_id in seen:
                reason = "an earlier transaction of this block has this id"
                self._faults[place] = [Fault("DUPLICATE_TXID", reason)]
            seen.add(part.transaction_id)

    def _flag(self, place: int, claimed: Sequence[str]) -> str:
        said = claimed[place] if place < len(claimed) else ""
        if place in self._undecidable and not self._faults[place]:
            return said or VALID
        codes = [fault.code for fault in self._faults[place]] or [VALID]
        return said if said in codes else codes[0]

    def _apply(self, place: int, part: TakenApart) -> None:
        version = (self.number, place)
        if part.kind == "CONFIG":
            self.updates.put(*_CONFIGURATION, part.configuration, version)
        else:
            self.updates.apply(part.sets, version)

    def findings(self, claimed: Sequence[str], *, by_peer: bool) -> Iterator[Finding]:
        """Where the claimed flags are not the derived ones, and what cannot be told.

        Args:
            claimed: the flags that the block states.
            by_peer: a peer kept the block, so that it must state them; orderers do not.
        """
        yield from self._notes
        for place, reason in self._undecidable.items():
            sentence = f"can be valid or not: {reason}"
            yield self._about(place, "validity.undecidable", "uncertainty", sentence)
        if len(claimed) != len(self.parts) and (claimed or by_peer):
            sentence = f"has {len(self.parts)} transactions and flags of {len(claimed)}"
            yield block_finding(self.number, "validity.flags", "error", sentence)
        for place, said in enumerate(claimed[: len(self.parts)]):
            if place in self._undecidable and not self._faults[place]:
                continue
            faults = self._faults[place] or [Fault(VALID, "nothing is wrong with it")]
            if said in [fault.code for fault in faults]:
                continue
            if said == VALID and self._creators and self._creators[place].code != VALID:
                continue  # the verification of the chain has said so
            rule = f"validity.{faults[0].code.lower().replace('_', '-')}"
            sentence = f"is flagged {said}, and is {faults[0].code}: {faults[0].reason}"
            yield self._about(place, rule, "error", sentence)

    def _about(self, place: int, rule: str, kind: Kind, sentence: str) -> Finding:
        transaction_id = self.parts[place].transaction_id
        subject = f"transaction {place} of block {self.number}"
        return Finding(self.number, transaction_id, rule, kind, f"{subject} {sentence}")


def block_finding(block: int, rule: str, kind: Kind, sentence: str) -> Finding:
    """A finding about a block as a whole; the sentence goes on after the block's name."""
    return Finding(block, "", rule, kind, f"block {block} {sentence}")
