"""Verification of a Fabric ledger from its blocks alone: nothing that a peer or an orderer claims is
believed.

Signatures, certificates, policies and configurations are decided as Fabric 3.1's peers decide them, from the
blocks and from an anchor that the auditor names.
"""

from kindpakket.fabric.verification._configuration import (
    Configuration,
)
from kindpakket.fabric.verification._definitions import (
    Collection,
    Definition,
    Definitions,
)
from kindpakket.fabric.verification._findings import (
    Finding,
    Kind,
)
from kindpakket.fabric.verification._membership import (
    Member,
    Membership,
)
from kindpakket.fabric.verification._policies import (
    Policy,
    SignaturePolicy,
    application_policy,
)
from kindpakket.fabric.verification._sets import Space, Version
from kindpakket.fabric.verification._state import KeyState, State, ValueReader
from kindpakket.fabric.verification._strangers import (
    Reason,
    Stranger,
)
from kindpakket.fabric.verification._taken_apart import Fault, Signed, TakenApart
from kindpakket.fabric.verification._validity import BlockValidity, StateWrite, Validity

__all__ = [
    "BlockValidity",
    "Collection",
    "Configuration",
    "Definition",
    "Definitions",
    "Fault",
    "Finding",
    "KeyState",
    "Kind",
    "Member",
    "Membership",
    "Policy",
    "Reason",
    "SignaturePolicy",
    "Signed",
    "Space",
    "State",
    "StateWrite",
    "Stranger",
    "TakenApart",
    "Validity",
    "ValueReader",
    "Version",
    "application_policy",
]
