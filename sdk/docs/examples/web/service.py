"""A web service in front of a channel: one gateway for its life, and each request done once."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from fabric_gateway import (
    CommitError,
    FabricError,
    GatewayError,
    Identity,
    OutboxConflict,
    Profile,
    aio,
)

RESUME_EVERY = 5.0  # seconds


# --8<-- [start:life]
@dataclass
class Ledger:
    """What the service keeps open."""

    gateway: aio.Gateway
    outbox: aio.Outbox

    @property
    def contract(self) -> aio.Contract:
        return self.gateway.network("mychannel").contract("basic")


def application(
    connect: Callable[[], aio.Gateway], outbox: Path, resume_every: float = RESUME_EVERY
) -> Starlette:
    """The service. It connects when it starts, within the event loop that serves requests."""

    @asynccontextmanager
    async def life(app: Starlette) -> AsyncIterator[None]:
        async with connect() as gateway, aio.Outbox(outbox) as requests:
            app.state.ledger = Ledger(gateway, requests)
            resuming = asyncio.create_task(resume(app.state.ledger, resume_every))
            try:
                yield
            finally:
                resuming.cancel()
                with suppress(asyncio.CancelledError):
                    await resuming

    return Starlette(
        lifespan=life,
        routes=[
            Route("/assets/{asset}", create, methods=["PUT"]),
            Route("/assets/{asset}", read),
            Route("/requests/{key}", progress),
            Route("/health", health),
        ],
        exception_handlers={FabricError: failed},
    )


async def resume(ledger: Ledger, every: float) -> None:
    """Finish what an earlier call, or an earlier process, left unfinished."""
    while True:
        async for _ in ledger.outbox.resume(ledger.gateway):
            pass
        await asyncio.sleep(every)


# --8<-- [end:life]


# --8<-- [start:create]
async def create(request: Request) -> Response:
    """Create an asset. The client chooses the key, and repeats it when it repeats the call."""
    ledger: Ledger = request.app.state.ledger
    key = request.headers.get("Idempotency-Key")
    if not key:
        return JSONResponse({"error": "give the header Idempotency-Key, new for each request"}, 400)
    try:
        wanted = await request.json()
        arguments = [str(wanted[name]) for name in ("color", "size", "owner", "value")]
    except (ValueError, TypeError, KeyError):
        return JSONResponse({"error": "send JSON with color, size, owner and value"}, 400)
    asset = request.path_params["asset"]
    try:
        await ledger.outbox.submit(ledger.contract, key, "CreateAsset", asset, *arguments)
    except OutboxConflict:
        raise
    except FabricError:
        entry = ledger.outbox.get(key)
        if entry is None or entry.finished:
            raise
        return JSONResponse({"request": key, "state": entry.state}, 202, {"Location": f"/requests/{key}"})
    return JSONResponse({"asset": asset}, 201)


async def progress(request: Request) -> Response:
    """What became of a request that was answered with 202."""
    ledger: Ledger = request.app.state.ledger
    entry = ledger.outbox.get(request.path_params["key"])
    if entry is None:
        return JSONResponse({"error": "there is no such request"}, 404)
    if entry.finished:
        entry.outcome()  # raises what `submit` would
    return JSONResponse({"request": entry.request_id, "state": entry.state}, 200 if entry.finished else 202)


# --8<-- [end:create]


# --8<-- [start:errors]
async def read(request: Request) -> Response:
    """Read an asset from the peer."""
    ledger: Ledger = request.app.state.ledger
    found = await ledger.contract.evaluate("ReadAsset", request.path_params["asset"])
    return JSONResponse(json.loads(found))


async def failed(_: Request, error: Exception) -> Response:
    """An error of the SDK as an answer. What is not named here is the service's own fault: 500."""
    match error:
        case OutboxConflict():
            return JSONResponse({"error": "this Idempotency-Key stands for another request"}, 422)
        case GatewayError(chaincode_message=str(message)):
            return JSONResponse({"error": message}, 404 if message.endswith("does not exist") else 409)
        case CommitError(code=code):
            return JSONResponse({"error": f"the transaction is invalid: {code}"}, 409)
        case GatewayError(forbidden=True) | GatewayError(identity_refused=True):
            return JSONResponse({"error": "the ledger refuses this service"}, 502)
        case GatewayError():
            return JSONResponse({"error": "the ledger cannot be reached"}, 503, {"Retry-After": "5"})
    raise error


# --8<-- [end:errors]


# --8<-- [start:health]
async def health(request: Request) -> Response:
    """Whether requests can be served now. It sends a small call to each peer."""
    ledger: Ledger = request.app.state.ledger
    peers = await ledger.gateway.check()
    content = {
        "peers": {peer.name: peer.last_error or "healthy" for peer in peers},
        "unfinished": len(ledger.outbox.pending()),
    }
    return JSONResponse(content, 200 if any(peer.healthy for peer in peers) else 503)


# --8<-- [end:health]


# --8<-- [start:environment]
def from_environment() -> Starlette:
    """The service as the environment describes it: uvicorn --factory service:from_environment."""
    profile = Profile.load(os.environ["FABRIC_PROFILE"])
    identity = Identity.from_msp(os.environ["FABRIC_MSP"], profile.mspid)
    return application(lambda: aio.connect(profile, identity), Path(os.environ["OUTBOX"]))


# --8<-- [end:environment]
