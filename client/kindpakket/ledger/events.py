"""The chaincode's events, each of a batch of payments by itself.

for event in network.chaincode_events("kindpakket"):
    for single in single_events(event):
        if single.name == "PaymentTaken":
            print(json.loads(single.payload)["cents"])
"""

from __future__ import annotations

import json
from dataclasses import replace

from fabric_gateway import ChaincodeEvent, DecodeError

BATCH_EVENT = "PaymentsTaken"
"""The event of `payment:Batch`: its payload lists the events that its requests would emit alone."""


def single_events(event: ChaincodeEvent) -> tuple[ChaincodeEvent, ...]:
    """The events that an event stands for: of a batch those of its requests, in order; else the event itself.

    They have the block and the transaction of the batch, and the name and payload that the request alone
    emits. A checkpoint is kept per transaction, so keep it when all of them have been dealt with.

    Args:
        event: an event of the chaincode. One of a filtered block has no payload, and is given as it is.

    Raises:
        DecodeError: it is a batch's event that no chaincode emits.
    """
    if event.name != BATCH_EVENT or not event.payload:
        return (event,)
    try:
        listed = [
            (str(each["name"]), _encoded(each["payload"])) for each in json.loads(event.payload)["events"]
        ]
    except (LookupError, TypeError, ValueError) as error:
        raise DecodeError(
            f"the event {event.name} of transaction {event.transaction_id} cannot be read: {error!r}"
        ) from error
    return tuple(replace(event, name=name, payload=payload) for name, payload in listed)


def _encoded(payload: object) -> bytes:
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
