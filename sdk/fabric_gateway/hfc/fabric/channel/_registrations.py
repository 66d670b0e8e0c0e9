"""What a program asked an event hub to tell it, and how it is told."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from fabric_gateway.hfc.fabric.block_decoder import code_name

Decoded: TypeAlias = dict[str, Any]
OnBlock: TypeAlias = Callable[[Decoded], Any]
OnTransaction: TypeAlias = Callable[[str, str, int], Any]
OnChaincode: TypeAlias = Callable[..., Any]

_TRANSACTIONS_FILTER = 2
_ENDORSER_TRANSACTION = 3


@dataclass(eq=False)
class EventRegistration:
    """A call to be made for blocks or transactions.

    Attributes:
        onEvent: what to call; None: nothing.
        unregister: it is made once.
        disconnect: the hub disconnects after it.
    """

    onEvent: Callable[..., Any] | None
    unregister: bool
    disconnect: bool


@dataclass(eq=False)
class ChaincodeRegistration:
    """A call to be made for chaincode events.

    Attributes:
        ccid: name of the chaincode.
        pattern: regular expression that the event's name begins with.
        er: the call.
        as_array: the events of a block are given at once, as a list.
    """

    ccid: str
    pattern: str
    er: EventRegistration
    as_array: bool


@dataclass(frozen=True)
class Seen:
    """A transaction in a block that was delivered.

    Attributes:
        transaction_id: the transaction.
        status: name of its validation code.
        block_number: number of the block.
        events: its chaincode events; in a filtered block without payload.
    """

    transaction_id: str
    status: str
    block_number: int
    events: list[Decoded] = field(default_factory=list)

    def matching(self, registration: ChaincodeRegistration) -> Iterator[Decoded]:
        """What there is to tell of its events, as hfc tells it of several at once."""
        for event in self.events:
            if event["chaincode_id"] == registration.ccid and re.match(
                registration.pattern, event["event_name"]
            ):
                yield {
                    "chaincode_event": event,
                    "block_num": self.block_number,
                    "tx_id": self.transaction_id,
                    "tx_status": self.status,
                }


def seen_in_filtered(block: Decoded) -> list[Seen]:
    """The transactions of a filtered block."""
    return [
        Seen(
            item["txid"],
            item["tx_validation_code"],
            block["number"],
            [
                {name: value for name, value in action["chaincode_event"].items() if name != "payload"}
                for action in item["transaction_actions"]["chaincode_actions"]
            ],
        )
        for item in block["filtered_transactions"]
    ]


def seen_in_full(block: Decoded) -> list[Seen]:
    """The transactions of a whole block."""
    codes = block["metadata"]["metadata"][_TRANSACTIONS_FILTER] or []
    number = block["header"]["number"]
    seen = []
    for index, envelope in enumerate(block["data"]["data"]):
        header = envelope["payload"]["header"]["channel_header"]
        actions = (
            envelope["payload"]["data"].get("actions", ()) if header["type"] == _ENDORSER_TRANSACTION else ()
        )
        events = [
            action["payload"]["action"]["proposal_response_payload"]["extension"]["events"]
            for action in actions
        ]
        status = code_name(codes[index]) if index < len(codes) else "NOT_VALIDATED"
        seen.append(Seen(header["tx_id"], status, number, events))
    return seen
