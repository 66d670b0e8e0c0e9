"""A chaincode in Python, for which Fabric has no library: it serves its peer by the protocol alone.

Each transaction asks its peer once, so its answer completes it.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
from fabric_protos.peer import chaincode_pb2, chaincode_shim_pb2, proposal_response_pb2

calls: Any = chaincode_pb2  # the messages have no type stubs
shim: Any = chaincode_shim_pb2
responses: Any = proposal_response_pb2

MISSING = "there is no value under"
Message = shim.ChaincodeMessage


def connect(messages: Iterator[Any], _: Any) -> Iterator[Any]:
    """Answer what the peer asks, until it leaves."""
    name = calls.ChaincodeID(name=os.environ["CHAINCODE_ID"])
    yield Message(type=Message.REGISTER, payload=name.SerializeToString())
    asked: dict[tuple[str, str], bytes] = {}
    for message in messages:
        transaction = (message.channel_id, message.txid)
        if message.type == Message.TRANSACTION:
            function, *arguments = calls.ChaincodeInput.FromString(message.payload).args
            asked[transaction] = b"" if function == b"Put" else arguments[0] if arguments else b"?"
            yield _question(message, function, arguments)
        elif message.type in (Message.RESPONSE, Message.ERROR):
            yield _reply(message, Message.COMPLETED, _answer(message, asked.pop(transaction)))
        elif message.type == Message.KEEPALIVE:
            yield message


def _question(message: Any, function: bytes, arguments: list[bytes]) -> Any:
    if function == b"Put":
        put = shim.PutState(key=arguments[0].decode(), value=arguments[1])
        return _reply(message, Message.PUT_STATE, put)
    if function == b"Get":
        return _reply(message, Message.GET_STATE, shim.GetState(key=arguments[0].decode()))
    refusal = f"{function.decode()} is not a transaction: use Put or Get"
    return _reply(message, Message.COMPLETED, responses.Response(status=500, message=refusal))


def _answer(message: Any, key: bytes) -> Any:
    if message.type == Message.ERROR:
        return responses.Response(status=500, message=message.payload.decode())
    if key and not message.payload:
        return responses.Response(status=500, message=f"{MISSING} {key.decode()}")
    return responses.Response(status=200, payload=message.payload)


def _reply(message: Any, kind: Any, payload: Any) -> Any:
    return Message(
        type=kind,
        payload=payload.SerializeToString(),
        txid=message.txid,
        channel_id=message.channel_id,
    )


def main() -> None:
    """Serve until a signal stops it."""
    key, certificate, root = (
        Path(os.environ[f"CHAINCODE_TLS_{name}"]).read_bytes() for name in ("KEY", "CERT", "CLIENT_CA")
    )
    handler = grpc.stream_stream_rpc_method_handler(
        connect,
        request_deserializer=Message.FromString,
        response_serializer=Message.SerializeToString,
    )
    server = grpc.server(ThreadPoolExecutor(8))
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("protos.Chaincode", {"Connect": handler}),)
    )
    credentials = grpc.ssl_server_credentials([(key, certificate)], root, require_client_auth=True)
    server.add_secure_port(os.environ["CHAINCODE_SERVER_ADDRESS"], credentials)
    server.start()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    stop.wait()
    server.stop(1).wait()


if __name__ == "__main__":
    main()
