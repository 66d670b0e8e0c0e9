"""Processes that are forked: an asyncio call that would wait for good is refused, and blocking calls work."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from fabric_gateway.testing import MemoryGateway
from fabric_gateway.testing._gateway import _self_signed

PROGRAM = """
import asyncio, multiprocessing, sys
from fabric_gateway import Identity, aio, connect

endpoint, key, certificate, case = sys.argv[1:]
identity = Identity("Org1MSP", open(certificate, "rb").read(), open(key, "rb").read())


async def opened():
    gateway = aio.connect(endpoint=endpoint, identity=identity)
    print("parent", await gateway.network("channel").contract("echo").evaluate("a"), flush=True)
    return gateway


def blocking():
    with connect(endpoint=endpoint, identity=identity) as gateway:
        print("child", gateway.network("channel").contract("echo").evaluate("b"), flush=True)


def asynchronous():
    async def asked():
        async with aio.connect(endpoint=endpoint, identity=identity) as own:
            print("child", await own.network("channel").contract("echo").evaluate("b"), flush=True)

    asyncio.run(asked())


def same():
    call = gateway.network("channel").contract("echo").evaluate("b")
    print("child", loop.run_until_complete(call), flush=True)


def streaming():
    async def read():
        gateway.network("channel").blocks()

    loop.run_until_complete(read())


loop = asyncio.new_event_loop()
gateway = loop.run_until_complete(opened())
if case.endswith("after closing"):
    loop.run_until_complete(gateway.close())
target = {"blocking": blocking, "its own": asynchronous, "the parent's": same, "a stream of": streaming}
child = multiprocessing.get_context("fork").Process(
    target=next(call for words, call in target.items() if case.startswith(words))
)
child.start()
child.join(60)
print("ended", child.exitcode)
child.kill()
"""


@pytest.mark.parametrize(
    ("case", "works"),
    [
        ("blocking, a connection of its own", True),
        ("its own, after closing", True),
        ("its own", False),
        ("the parent's", False),
        ("a stream of the parent's", False),
    ],
)
def test_a_child_of_a_fork_works_or_is_told_why_not(case: str, works: bool, tmp_path: Path) -> None:
    key, certificate = _self_signed("user", "P-256", {})
    files = [tmp_path / "key.pem", tmp_path / "cert.pem"]
    files[0].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    files[1].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    with MemoryGateway({"echo": lambda call: call.name}, channel="channel") as memory:
        ran = subprocess.run(
            [sys.executable, "-c", PROGRAM, memory.endpoint, *map(str, files), case],
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
    assert ran.returncode == 0, ran.stderr
    assert "parent" in ran.stdout
    if works:
        assert "child b'" in ran.stdout, ran.stderr
        assert "ended 0" in ran.stdout
    else:
        assert "ended 1" in ran.stdout, "the child waits"
        assert (
            "ConnectionClosed: this process was forked from one with open asyncio connections" in ran.stderr
        )
