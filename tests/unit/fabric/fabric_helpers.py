"""What the tests of `fabric_gateway` share: a scripted chaincode, and asyncio clients in sync clothes."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from fabric_gateway import Deadlines, aio
from fabric_gateway.testing import ChaincodeRefusal, Invocation

Open = Callable[..., Any]
"""The fixture `opened`: connects a client."""
Boxes = Callable[..., Any]
"""The fixture `boxes`: opens an outbox."""

AMPLE = Deadlines(evaluate=60, endorse=60, submit=60, resolve=60, commit_status=60)
IMPATIENT = Deadlines(endorse=2, submit=1, resolve=0.3, commit_status=0.2)


class Blocking:
    """An asyncio object, used as its sync twin: what it returns is awaited, what it streams is read."""

    def __init__(self, runner: asyncio.Runner, wrapped: Any) -> None:
        self._runner = runner
        self._wrapped = wrapped

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._wrapped, name)
        if not inspect.ismethod(found):
            return found

        def call(*args: Any, **kwargs: Any) -> Any:
            plain = [each._wrapped if isinstance(each, Blocking) else each for each in args]
            return self._settled(found(*plain, **kwargs))

        return call

    def __iter__(self) -> Blocking:
        return self

    def __next__(self) -> Any:
        async def one() -> Any:
            return await anext(self._wrapped)

        try:
            return self._runner.run(one())
        except StopAsyncIteration:
            raise StopIteration from None

    def __enter__(self) -> Blocking:
        self._settled(self._wrapped.__aenter__())
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _settled(self, result: Any) -> Any:
        if inspect.isawaitable(result):

            async def settle() -> Any:
                return await result

            result = self._runner.run(settle())
        ours = inspect.isasyncgen(result) or type(result).__module__.startswith(aio.__name__)
        return Blocking(self._runner, result) if ours else result


def ledger(call: Invocation) -> str | bytes:
    """The scripted chaincode of these tests."""
    if call.name == "Add":
        key, number = (argument.decode() for argument in call.arguments)
        total = int(call.get(key) or 0) + int(number)
        call.put(key, str(total))
        call.emit("Added", f"{key}={total}")
        return str(total)
    if call.name == "Show":
        return call.get(call.arguments[0].decode()) or b""
    if call.name == "Echo":
        return b"|".join(call.arguments + tuple(call.transient[key] for key in sorted(call.transient)))
    if call.name == "Keep":
        return str(len(call.transient["iban"]))
    if call.name == "Hide":
        collection, key = (argument.decode() for argument in call.arguments)
        call.put_private(collection, key, call.transient["value"])
        call.put_private(collection, "old", None)
        return b""
    if call.name == "Remove":
        call.delete(call.arguments[0].decode())
        return b""
    raise ChaincodeRefusal(f"NO_SUCH_FUNCTION: there is no {call.name}\n{{}}")


def certificate_for(public_key: Any) -> bytes:
    """A certificate, PEM, for a key whose other half may be out of reach; another key signs it."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "user")])
    start = datetime.now(UTC) - timedelta(hours=1)
    builder = x509.CertificateBuilder(
        issuer_name=name,
        subject_name=name,
        public_key=public_key,
        serial_number=x509.random_serial_number(),
        not_valid_before=start,
        not_valid_after=start + timedelta(days=1),
    )
    signed = builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM)
