"""A gRPC channel to a node itself, whose calls are awaited: for what the Gateway service does not offer.

Like hfc's, it is gRPC's blocking channel with its calls moved out of the event loop: it belongs to no loop,
may be used after a `fork`, and its errors are of the classes that programs know.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import grpc

Pem: TypeAlias = bytes | str | os.PathLike[str]

_OPTIONS: Mapping[str, int | str] = {
    "grpc.max_receive_message_length": -1,  # blocks may be larger than gRPC's 4 MB
    "grpc.max_send_message_length": -1,
}


class NodeChannel:
    """A channel to one node; it connects at the first call."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._channel = channel

    def unary_unary(
        self, method: str, request_serializer: Any = None, response_deserializer: Any = None, **named: Any
    ) -> Any:
        """What makes calls of a method, each an awaitable answer; generated stubs use it."""
        call: Any = self._channel.unary_unary(method, request_serializer, response_deserializer)

        async def calling(request: Any, timeout: float | None = None, **options: Any) -> Any:
            loop = asyncio.get_running_loop()
            answered = loop.create_future()
            future = call.future(request, timeout=timeout, **options)

            def told(_: Any) -> None:
                loop.call_soon_threadsafe(_settle, answered, future)

            future.add_done_callback(told)
            try:
                return await answered
            except asyncio.CancelledError:
                future.cancel()
                raise

        return calling

    def unary_stream(
        self, method: str, request_serializer: Any = None, response_deserializer: Any = None, **named: Any
    ) -> Any:
        """What makes calls of a method, each an asynchronous iterator of answers."""
        call: Any = self._channel.unary_stream(method, request_serializer, response_deserializer)
        return lambda request, timeout=None, **options: _answers(call(request, timeout=timeout, **options))

    def stream_stream(
        self, method: str, request_serializer: Any = None, response_deserializer: Any = None, **named: Any
    ) -> Any:
        """As `unary_stream`, for an iterable of requests."""
        call: Any = self._channel.stream_stream(method, request_serializer, response_deserializer)
        return lambda requests, timeout=None, **options: _answers(
            call(iter(requests), timeout=timeout, **options)
        )

    async def close(self) -> None:
        """Close the channel; calls in progress are cancelled."""
        self._channel.close()


def create_grpc_channel(
    target: str,
    cert_file: Pem | None = None,
    client_key: Pem | None = None,
    client_cert: Pem | None = None,
    opts: Iterable[tuple[str, int | str]] | None = None,
) -> NodeChannel:
    """Open a channel.

    Args:
        target: host and port, with `grpc://` or `grpcs://` or without.
        cert_file: certificates to trust for TLS, PEM, or their file; None: without TLS, unless the target has
            `grpcs://`.
        client_key: the client's own TLS key, PEM, or its file.
        client_cert: the client's own TLS certificate, PEM, or its file.
        opts: gRPC channel options.

    Raises:
        OSError: a file cannot be read.
    """
    scheme, _, address = target.rpartition("://")
    options = tuple({**_OPTIONS, **dict(opts or ())}.items())
    if scheme != "grpcs" and (scheme == "grpc" or cert_file is None):
        return NodeChannel(grpc.insecure_channel(address, options))
    credentials = grpc.ssl_channel_credentials(
        content(cert_file), content(client_key) if client_cert else None, content(client_cert)
    )
    return NodeChannel(grpc.secure_channel(address, credentials, options))


def content(given: Pem | None) -> bytes | None:
    """PEM as bytes: given as bytes or text, or in a file."""
    if given is None or isinstance(given, bytes):
        return given
    if isinstance(given, str) and "-----BEGIN" in given:
        return given.encode()
    return Path(given).read_bytes()


def _settle(answered: asyncio.Future[Any], future: Any) -> None:
    """Hand the end of a call to who awaits it."""
    if answered.done():
        return
    if future.cancelled():
        answered.cancel()
        return
    error = future.exception()
    if error is None:
        answered.set_result(future.result())
    else:
        answered.set_exception(error)


async def _answers(call: Any) -> AsyncIterator[Any]:
    """The answers of a stream; it is cancelled when nobody reads it any more."""
    loop = asyncio.get_running_loop()
    end = object()
    try:
        while (found := await loop.run_in_executor(None, next, call, end)) is not end:
            yield found
    finally:
        call.cancel()
