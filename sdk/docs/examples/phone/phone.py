"""The phone: it has the key, shows what it is asked to sign, and needs neither a network nor this SDK.

Run it with the file of the key. It stands for an app, in whatever language: Fabric's messages are protocol
buffers, and the signature is ECDSA over SHA-256.
"""

import json
import sys
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from fabric_protos.common import common_pb2
from fabric_protos.gateway import gateway_pb2
from fabric_protos.peer import chaincode_pb2, proposal_pb2, transaction_pb2

common: Any = common_pb2  # the messages have no types
gateway: Any = gateway_pb2
chaincode: Any = chaincode_pb2
proposals: Any = proposal_pb2
transactions: Any = transaction_pb2


class Phone:
    """Signs a proposal that its holder has seen, and after it that proposal's transaction only."""

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        self._key = key
        self._header: Any = None
        self._input = b""

    def answer(self, line: str) -> str:
        """The signatures that a line asks for."""
        wanted = {name: b64decode(content) for name, content in json.loads(line).items()}
        if wanted.keys() == {"proposal"}:
            self.show(wanted["proposal"])
        elif wanted.keys() == {"transaction", "status"}:
            self.compare(wanted["transaction"], wanted["status"])
        else:
            raise SystemExit(f"it is not known how to sign {', '.join(wanted)}")
        signatures = [self._key.sign(content, ec.ECDSA(hashes.SHA256())) for content in wanted.values()]
        return json.dumps([b64encode(signature).decode() for signature in signatures])

    # --8<-- [start:show]
    def show(self, content: bytes) -> None:
        """Show what a proposal asks for. An app waits here for the holder's yes."""
        proposal = proposals.Proposal.FromString(content)
        self._header = common.Header.FromString(proposal.header)
        self._input = proposals.ChaincodeProposalPayload.FromString(proposal.payload).input
        channel = common.ChannelHeader.FromString(self._header.channel_header)
        call = chaincode.ChaincodeInvocationSpec.FromString(self._input).chaincode_spec
        name, *arguments = (argument.decode() for argument in call.input.args)
        print(f"{channel.channel_id}: {call.chaincode_id.name}", file=sys.stderr)
        print(f"{name}({', '.join(arguments)})", file=sys.stderr)

    # --8<-- [end:show]

    # --8<-- [start:compare]
    def compare(self, content: bytes, status: bytes) -> None:
        """Refuse a transaction that is not of the proposal that the holder has seen."""
        payload = common.Payload.FromString(content)
        (action,) = transactions.Transaction.FromString(payload.data).actions
        made = transactions.ChaincodeActionPayload.FromString(action.payload)
        called = proposals.ChaincodeProposalPayload.FromString(made.chaincode_proposal_payload)
        if payload.header != self._header or called.input != self._input:
            raise SystemExit("this transaction is not the one that was shown")
        channel = common.ChannelHeader.FromString(self._header.channel_header)
        asked = gateway.CommitStatusRequest.FromString(status)
        if (asked.transaction_id, asked.channel_id) != (channel.tx_id, channel.channel_id):
            raise SystemExit("this asks for another transaction")

    # --8<-- [end:compare]


loaded = serialization.load_pem_private_key(Path(sys.argv[1]).read_bytes(), None)
assert isinstance(loaded, ec.EllipticCurvePrivateKey)
phone = Phone(loaded)
for line in sys.stdin:
    print(phone.answer(line), flush=True)
