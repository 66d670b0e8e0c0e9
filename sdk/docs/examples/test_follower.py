"""Tests of programs that follow events, use asyncio, or read a connection profile."""

import asyncio
import json
import tempfile
from itertools import islice
from pathlib import Path

from grpc import StatusCode

from fabric_gateway import FileCheckpointer, GatewayError, Network, aio, connect
from fabric_gateway.testing import Invocation, MemoryGateway


def parcels(call: Invocation) -> None:
    """Stands for the chaincode."""
    call.put("parcel", call.arguments[0])
    call.emit("Moved", call.arguments[0])


# --8<-- [start:follower]
def places(network: Network, file: Path, most: int) -> list[str]:
    """The program that is tested: it reads events, and keeps its position."""
    found = []
    with (
        FileCheckpointer(file) as checkpoint,
        network.chaincode_events("parcels", start_block=0, checkpoint=checkpoint) as events,
    ):
        for event in islice(events, most):
            found.append(event.payload.decode())
            checkpoint.checkpoint_event(event)
    return found


def test_each_event_is_read_once(tmp_path: Path) -> None:
    with MemoryGateway({"parcels": parcels}) as memory, memory.connect() as gateway:
        network = gateway.network("channel")
        for place in ("Zuidhorn", "Groningen", "Assen"):
            network.contract("parcels").submit("Move", place)

        memory.break_streams(1, 1)  # the first two streams end after a message each
        assert places(network, tmp_path / "position", most=2) == ["Zuidhorn", "Groningen"]

        memory.stop()  # the program ends, the peer restarts, and the program runs again
        memory.start()
        assert places(network, tmp_path / "position", most=1) == ["Assen"]


# --8<-- [end:follower]


# --8<-- [start:asyncio]
def test_with_asyncio(tmp_path: Path) -> None:
    async def main(memory: MemoryGateway) -> list[bytes]:
        async with aio.connect(endpoint=memory.endpoint, identity=memory.identity) as gateway:
            contract = gateway.network("channel").contract("parcels")
            return await asyncio.gather(*(contract.submit("Move", place) for place in ("Assen", "Zwolle")))

    with MemoryGateway({"parcels": parcels}) as memory:
        memory.fail("Submit", StatusCode.UNAVAILABLE, after=True)
        assert asyncio.run(main(memory)) == [b"", b""]
        assert memory.height == 3


# --8<-- [end:asyncio]


# --8<-- [start:profile]
def test_with_the_programs_own_profile(tmp_path: Path) -> None:
    name = "peer0.org1.example.com"  # what the program's profile expects in the peer's certificate
    with MemoryGateway({"parcels": parcels}, tls=True, server_name=name) as memory:
        assert memory.tls_root is not None
        profile = {
            "client": {"organization": "Org1"},
            "organizations": {"Org1": {"mspid": "Org1MSP", "peers": [name]}},
            "peers": {
                name: {
                    "url": f"grpcs://{memory.endpoint}",
                    "tlsCACerts": {"pem": memory.tls_root.decode()},
                    "grpcOptions": {"ssl-target-name-override": name},
                }
            },
        }
        (tmp_path / "profile.json").write_text(json.dumps(profile))
        with connect(tmp_path / "profile.json", memory.identity) as gateway:
            assert gateway.channels() == ("channel",)


# --8<-- [end:profile]


# --8<-- [start:rights]
def test_a_certificate_that_has_expired(tmp_path: Path) -> None:
    with MemoryGateway({"parcels": parcels}) as memory, memory.connect() as gateway:
        words = "access denied: client identity expired"
        memory.fail("Endorse", StatusCode.PERMISSION_DENIED, words)
        try:
            gateway.network("channel").contract("parcels").submit("Move", "Assen")
        except GatewayError as error:
            assert error.identity_expired and not error.retryable
        assert memory.calls == ["Endorse"]


# --8<-- [end:rights]

if __name__ == "__main__":  # pytest finds the tests by itself
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            with tempfile.TemporaryDirectory() as folder:
                test(Path(folder))
            print(name, "passed")
