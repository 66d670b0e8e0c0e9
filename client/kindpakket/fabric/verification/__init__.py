"""Verification of a Fabric ledger from its blocks alone: no peer and no orderer is believed.

Signatures, certificates, policies and configurations are decided as Fabric 3.1's peers decide them, from the
blocks and from an anchor that the auditor names.
"""

from kindpakket.fabric.verification._chain import (
    ChainVerifier,
    CheckedBlock,
    Position,
)
from kindpakket.fabric.verification._checkpoints import (
    Checkpoint,
    cosigned,
    open_checkpoint,
)
from kindpakket.fabric.verification._configuration import (
    Configuration,
)
from kindpakket.fabric.verification._creators import (
    Creator,
)
from kindpakket.fabric.verification._definitions import (
    Collection,
    Definition,
    Definitions,
)
from kindpakket.fabric.verification._files import (
    BlockFileError,
    BlockFiles,
)
from kindpakket.fabric.verification._findings import (
    Finding,
    Kind,
)
from kindpakket.fabric.verification._membership import (
    Member,
    Membership,
)
from kindpakket.fabric.verification._notes import (
    Note,
    NoteError,
    NoteKey,
    NotePublicKey,
    NoteSignature,
)
from kindpakket.fabric.verification._policies import (
    Policy,
    SignaturePolicy,
    application_policy,
)
from kindpakket.fabric.verification._pool import (
    SignaturePool,
    WorkerDied,
)
from kindpakket.fabric.verification._sets import (
    Space,
)
from kindpakket.fabric.verification._state import (
    KeyState,
    State,
    ValueReader,
)
from kindpakket.fabric.verification._strangers import (
    Reason,
    Stranger,
)
from kindpakket.fabric.verification._validity import (
    BlockValidity,
    StateWrite,
    Validity,
)
from kindpakket.fabric.verification._values import (
    BlockSource,
    values_from,
)
from kindpakket.fabric.verification._verify import (
    verify_chain,
)

__all__ = [
    "BlockFileError",
    "BlockFiles",
    "BlockSource",
    "BlockValidity",
    "ChainVerifier",
    "CheckedBlock",
    "Checkpoint",
    "Collection",
    "Configuration",
    "Creator",
    "Definition",
    "Definitions",
    "Finding",
    "KeyState",
    "Kind",
    "Member",
    "Membership",
    "Note",
    "NoteError",
    "NoteKey",
    "NotePublicKey",
    "NoteSignature",
    "Policy",
    "Position",
    "Reason",
    "SignaturePolicy",
    "SignaturePool",
    "Space",
    "State",
    "StateWrite",
    "Stranger",
    "Validity",
    "ValueReader",
    "WorkerDied",
    "application_policy",
    "cosigned",
    "open_checkpoint",
    "values_from",
    "verify_chain",
]
