"""A checkpoint of a ledger: signed by one auditor, cosigned by another, opened by a third."""

import hashlib
from pathlib import Path

from fabric_gateway.verification import Checkpoint, NoteKey, cosigned, open_checkpoint

# Stands for `verifier.checkpoint` at the end of a verification.
genesis, last = hashlib.sha256(b"block 0").digest(), hashlib.sha256(b"block 538").digest()
checkpoint = Checkpoint("mychannel", genesis, 539, last)

# --8<-- [start:sign]
NoteKey.make("auditor.example").save("auditor.key")  # once; only its owner may read the file
key = NoteKey.load("auditor.key")
Path("checkpoint.txt").write_text(str(checkpoint.signed(key)))
# --8<-- [end:sign]

# --8<-- [start:cosign]
court = NoteKey.make("court.example", cosigns=True)
Path("checkpoint.txt").write_text(str(cosigned(Path("checkpoint.txt").read_text(), court)))
# --8<-- [end:cosign]

# --8<-- [start:open]
trusted = [key.public, court.public]  # known from elsewhere: `NotePublicKey.parse` reads their text
opened = open_checkpoint(Path("checkpoint.txt").read_text(), trusted, needed=2)
# --8<-- [end:open]
print(opened.text, end="")

# --8<-- [start:contradiction]
other = Checkpoint("mychannel", genesis, 539, hashlib.sha256(b"another block 538").digest())
print(opened.contradicts(other))
# --8<-- [end:contradiction]
