"""Whether a transaction's creator is a member, signed it, and made it for this channel.

Source: `core/common/validation/msgvalidation.go` of Fabric 3.1, up to the check of the transaction id.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeAlias

from fabric_gateway._wire import gateway as wire
from fabric_gateway._wire import messages as m
from fabric_gateway.verification._configuration import Configuration
from fabric_gateway.verification._findings import Finding
from fabric_gateway.verification._membership import Member
from fabric_gateway.verification._opened import Opened
from fabric_gateway.verification._strangers import Stranger

_Problem: TypeAlias = tuple[str, str, str]
"""Validation code, rule and reason."""

_VALID, _UNKNOWN = "VALID", "NOT_VALIDATED"


@dataclass(frozen=True, slots=True)
class Creator:
    """What a transaction says about itself and its creator.

    Attributes:
        code: name of the `TxValidationCode` that Fabric gives it for this; `VALID` if there is nothing
        against
            it so far.
        rule: what was broken, such as `creator.revoked`; "" if nothing was.
        reason: why, as the end of a sentence.
        transaction_id: the id that it names.
        kind: its header type, a number of `common.HeaderType`; -1 if it has none.
        timestamp: the time that the client gave it, UTC; None if there is none.
        late: why its creator's certificate did not count at that time; "" if it did.
        opened: the transaction; None if it was not kept.
    """

    code: str
    rule: str = ""
    reason: str = ""
    transaction_id: str = ""
    kind: int = -1
    timestamp: datetime | None = None
    late: str = ""
    opened: Opened | None = field(default=None, repr=False, compare=False)


def check_creator(envelope: bytes, configuration: Configuration) -> Creator:
    """Check who made a transaction, under the configuration before its block."""
    opened = Opened.of(envelope)
    if opened.code:
        rule = "transaction.header" if opened.code == "BAD_COMMON_HEADER" else "transaction.form"
        return Creator(opened.code, rule, opened.reason, opened=opened)
    return _judged(configuration, opened)


def creator_findings(block: int, claimed: str, creator: Creator) -> Iterator[Finding]:
    """What is to be said about a transaction's creator.

    Args:
        block: number of the block.
        claimed: name of the validation code that the peer wrote; `NOT_VALIDATED` in blocks of an orderer.
        creator: what was found about it.
    """
    name = f"transaction {creator.transaction_id or '(without an id)'} in block {block}"
    if creator.code != _VALID and claimed == _VALID:
        yield Finding(
            block, creator.transaction_id, creator.rule, "error", f"{name} is marked VALID: {creator.reason}"
        )
    elif creator.code != _VALID and claimed == _UNKNOWN:
        yield Finding(
            block, creator.transaction_id, creator.rule, "note", f"{name} is invalid: {creator.reason}"
        )
    if creator.late and claimed in (_VALID, _UNKNOWN):
        yield Finding(
            block, creator.transaction_id, "creator.expired", "uncertainty", f"{name}: {creator.late}"
        )


def _judged(configuration: Configuration, opened: Opened) -> Creator:
    channel, signer = opened.channel, opened.signer
    timestamp = _time(channel)
    late = ""
    problem = _header_problem(channel, signer)
    if problem is None:
        problem, member = _signer_problem(configuration, opened)
        if member is not None and timestamp is not None:
            late = str(member.expiry_problem(timestamp) or "")
    if problem is None:
        problem = _content_problem(channel, signer)
    code, rule, reason = problem or (_VALID, "", "")
    return Creator(code, rule, reason, channel.tx_id, channel.type, timestamp, late, opened)


def _header_problem(channel: Any, signer: Any) -> _Problem | None:
    if channel.type not in (m.common.CONFIG, m.common.CONFIG_UPDATE, m.common.ENDORSER_TRANSACTION):
        reason = f"its type {wire.header_type(channel.type)} is not known"
    elif channel.epoch:
        reason = f"its epoch is {channel.epoch}, not 0"
    elif not signer.nonce or not signer.creator:
        reason = "it has no nonce or no creator"
    else:
        return None
    return "BAD_COMMON_HEADER", "transaction.header", reason


def _signer_problem(configuration: Configuration, opened: Opened) -> tuple[_Problem | None, Member | None]:
    code, channel, signer = "BAD_CREATOR_SIGNATURE", opened.channel, opened.signer
    if channel.channel_id != configuration.channel:
        return (code, "transaction.channel", f"it was made for channel {channel.channel_id!r}"), None
    try:
        member = configuration.membership.member(signer.creator)
    except Stranger as stranger:
        return (code, f"creator.{stranger.reason}", f"its creator is not a member: {stranger}"), None
    if not member.verify(opened.content, opened.signature):
        return (code, "creator.signature", f"the signature of {member.label} does not hold"), None
    return None, member


def _content_problem(channel: Any, signer: Any) -> _Problem | None:
    if channel.type == m.common.CONFIG_UPDATE:
        reason = "configuration updates do not belong in blocks"
        return "UNSUPPORTED_TX_PAYLOAD", "transaction.header", reason
    if channel.type == m.common.ENDORSER_TRANSACTION and channel.tx_id != wire.transaction_id(
        signer.nonce, signer.creator
    ):
        return "BAD_PROPOSAL_TXID", "transaction.id", "its id is not the hash of its nonce and creator"
    return None


def _time(channel: Any) -> datetime | None:
    if not channel.HasField("timestamp"):
        return None
    try:
        return datetime.fromtimestamp(channel.timestamp.seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
