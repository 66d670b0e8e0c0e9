"""Verification of a Fabric ledger from its blocks alone: no peer and no orderer is believed.

Signatures, certificates, policies and configurations are decided as Fabric 3.1's peers decide them, from the
blocks and from an anchor that the auditor names.
"""

from fabric_gateway.verification._chain import (
    ChainVerifier,
    CheckedBlock,
    Position,
)
from fabric_gateway.verification._checkpoints import (
    Checkpoint,
    cosigned,
    open_checkpoint,
)
from fabric_gateway.verification._configuration import (
    Configuration,
)
from fabric_gateway.verification._creators import (
    Creator,
)
from fabric_gateway.verification._definitions import (
    Collection,
    Definition,
    Definitions,
)
from fabric_gateway.verification._files import (
    BlockFileError,
    BlockFiles,
    stored_form,
)
from fabric_gateway.verification._findings import (
    Finding,
    Kind,
)
from fabric_gateway.verification._membership import (
    Member,
    Membership,
)
from fabric_gateway.verification._notes import (
    Note,
    NoteError,
    NoteKey,
    NotePublicKey,
    NoteSignature,
)
from fabric_gateway.verification._policies import (
    Policy,
    SignaturePolicy,
    application_policy,
)
from fabric_gateway.verification._pool import (
    Further,
    SignaturePool,
    WorkerDied,
)
from fabric_gateway.verification._sets import (
    Space,
)
from fabric_gateway.verification._state import (
    KeyState,
    State,
    ValueReader,
)
from fabric_gateway.verification._strangers import (
    Reason,
    Stranger,
)
from fabric_gateway.verification._validity import (
    BlockValidity,
    StateWrite,
    Validity,
)
from fabric_gateway.verification._values import (
    BlockSource,
    values_from,
)
from fabric_gateway.verification._verify import (
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
    "Further",
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
    "stored_form",
    "values_from",
    "verify_chain",
]
