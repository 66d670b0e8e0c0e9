"""What the services in memory do with a call that they cannot answer, or not yet."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, NoReturn

import grpc

from fabric_gateway._wire import gateway as wire
from fabric_gateway.errors import ErrorDetail


def abort(
    context: grpc.ServicerContext,
    status: grpc.StatusCode,
    reason: str,
    details: tuple[ErrorDetail, ...] = (),
) -> NoReturn:
    """End a call with a status, a sentence, and what each node said."""
    if details:
        code: Any = status.value
        packed: Any = wire.pack_error_details(code[0], reason, details)
        context.set_trailing_metadata(((wire.STATUS_DETAILS_KEY, packed),))
    context.abort(status, reason)


def wait(context: grpc.ServicerContext, changed: threading.Condition, ready: Callable[[], bool]) -> bool:
    """Wait until something is ready; False when the client gave up first.

    Args:
        context: the client's call.
        changed: is notified of each change.
        ready: whether it is as wanted.
    """

    def wake() -> None:
        with changed:
            changed.notify_all()

    context.add_callback(wake)
    with changed:
        changed.wait_for(lambda: ready() or not context.is_active())
    return ready()
