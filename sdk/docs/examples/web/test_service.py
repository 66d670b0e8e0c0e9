"""Tests of the service: what it answers when all is well, and when peers fail."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from basic import basic
from grpc import StatusCode
from service import application

from fabric_gateway import Deadlines, aio
from fabric_gateway.testing import MemoryGateway

QUICK = Deadlines(evaluate=0.5, endorse=0.5, submit=0.5, resolve=0.5, commit_status=0.5)
ASSET = {"color": "blue", "size": 5, "owner": "Ann", "value": 100}


# --8<-- [start:served]
@asynccontextmanager
async def served(
    memory: MemoryGateway, outbox: Path, deadlines: Deadlines | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    """The service within this event loop, and a client of it."""

    def connect() -> aio.Gateway:
        return aio.connect(
            endpoint=memory.endpoint, identity=memory.identity, deadlines=deadlines or Deadlines()
        )

    app = application(connect, outbox, resume_every=0.05)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as client,
    ):
        yield client


def memory() -> MemoryGateway:
    return MemoryGateway({"basic": basic}, channel="mychannel")


async def put(client: httpx.AsyncClient, asset: str, key: str, **changed: object) -> httpx.Response:
    wanted = {**ASSET, **changed}
    return await client.put(f"/assets/{asset}", json=wanted, headers={"Idempotency-Key": key})


async def finished(client: httpx.AsyncClient, key: str) -> httpx.Response:
    """The request's outcome, once it is known."""
    async with asyncio.timeout(30):
        while (answer := await client.get(f"/requests/{key}")).status_code == 202:
            await asyncio.sleep(0.01)
    return answer


def transactions(peer: MemoryGateway) -> int:
    """How many valid transactions there are; an envelope that was offered twice counts once."""
    with (
        peer.connect() as gateway,
        gateway.network("mychannel").filtered_blocks(start=1, stop=peer.height - 1) as blocks,
    ):
        return sum(found.code == "VALID" for block in blocks for found in block.transactions)


# --8<-- [end:served]


# --8<-- [start:tests]
def test_a_request_is_done_once_however_often_it_comes(tmp_path: Path) -> None:
    async def main(peer: MemoryGateway) -> None:
        async with served(peer, tmp_path / "outbox.db") as client:
            answers = await asyncio.gather(*(put(client, "car", "order 1") for _ in range(10)))
            assert {answer.status_code for answer in answers} == {201}
            assert (await client.get("/assets/car")).json()["Owner"] == "Ann"

    with memory() as peer:
        asyncio.run(main(peer))
        assert peer.calls.count("Submit") == 1


def test_what_the_chaincode_refuses_is_told_in_its_words(tmp_path: Path) -> None:
    async def main(peer: MemoryGateway) -> None:
        async with served(peer, tmp_path / "outbox.db") as client:
            assert (await put(client, "car", "order 1")).status_code == 201
            again = await put(client, "car", "order 2")
            assert (again.status_code, again.json()) == (409, {"error": "the asset car already exists"})
            missing = await client.get("/assets/boat")
            assert (missing.status_code, missing.json()) == (404, {"error": "the asset boat does not exist"})
            reused = await put(client, "boat", "order 1")
            assert reused.status_code == 422

    with memory() as peer:
        asyncio.run(main(peer))


def test_a_lost_answer_is_no_second_asset(tmp_path: Path) -> None:
    async def main(peer: MemoryGateway) -> None:
        async with served(peer, tmp_path / "outbox.db", QUICK) as client:
            peer.hang("Submit", times=50, after=True)  # it is ordered, and nobody says so
            peer.hang("CommitStatus", times=50)
            answer = await put(client, "car", "order 1")
            assert (answer.status_code, answer.json()["state"]) == (202, "endorsed")
            peer.forget_faults()
            assert (await finished(client, "order 1")).json()["state"] == "valid"
            assert (await put(client, "car", "order 1")).status_code == 201

    with memory() as peer:
        asyncio.run(main(peer))
        assert transactions(peer) == 1


def test_when_no_peer_answers_requests_are_kept(tmp_path: Path) -> None:
    async def main(peer: MemoryGateway) -> None:
        async with served(peer, tmp_path / "outbox.db", QUICK) as client:
            assert (await client.get("/health")).status_code == 200
            peer.stop()
            assert (await client.get("/health")).status_code == 503
            assert (await client.get("/assets/car")).status_code == 503
            answers = await asyncio.gather(*(put(client, f"car {n}", f"order {n}") for n in range(20)))
            assert {answer.status_code for answer in answers} == {202}
            peer.start()
            states = [(await finished(client, f"order {n}")).json()["state"] for n in range(20)]
            assert set(states) == {"valid"}
            assert (await client.get("/health")).json()["unfinished"] == 0

    with memory() as peer:
        asyncio.run(main(peer))
        assert transactions(peer) == 20


def test_a_peer_without_capacity_is_waited_for(tmp_path: Path) -> None:
    async def main(peer: MemoryGateway) -> None:
        async with served(peer, tmp_path / "outbox.db") as client:
            peer.fail("Endorse", StatusCode.RESOURCE_EXHAUSTED, "too many requests", times=3)
            assert (await put(client, "car", "order 1")).status_code == 201

    with memory() as peer:
        asyncio.run(main(peer))


# --8<-- [end:tests]
