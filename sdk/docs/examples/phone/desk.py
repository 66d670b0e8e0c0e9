"""The desk: it has the connection and the holder's certificate, and asks the phone to sign.

Run it with a connection profile, a certificate, an asset and its new owner. What the phone is to sign goes to
the standard output, a line each; the phone's answers come from the standard input.
"""

import json
import sys
from base64 import b64decode, b64encode
from pathlib import Path

from fabric_gateway import Identity, Profile, connect


def ask(**wanted: bytes) -> list[bytes]:
    """Show what is to be signed, and read the signatures."""
    print(json.dumps({name: b64encode(content).decode() for name, content in wanted.items()}), flush=True)
    return [b64decode(signature) for signature in json.loads(sys.stdin.readline())]


# --8<-- [start:steps]
path, certificate, asset, owner = sys.argv[1:]
profile = Profile.load(path)
identity = Identity(profile.mspid, Path(certificate).read_bytes())  # without a key

with connect(profile, identity) as gateway:
    network = gateway.network("mychannel")
    proposal = network.contract("basic").proposal("TransferAsset", asset, owner)
    (signature,) = ask(proposal=proposal.bytes)

    transaction = gateway.signed_proposal(proposal.message, signature).endorse()
    commit = network.commit(transaction.transaction_id)
    signature, for_the_status = ask(transaction=transaction.bytes, status=commit.bytes)

    transaction = gateway.signed_transaction(transaction.message, signature, commit_signature=for_the_status)
    status = transaction.submit().status()
    print(f"{status.code}; the former owner was {transaction.result.decode()}", file=sys.stderr)
# --8<-- [end:steps]
