"""Verification of a Fabric ledger from its blocks alone: nothing that a peer or an orderer claims is
believed.

Signatures, certificates, policies and configurations are decided as Fabric 3.1's peers decide them, from the
blocks and from an anchor that the auditor names.
"""

from kindpakket.fabric.verification._configuration import (
    Configuration,
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
from kindpakket.fabric.verification._strangers import (
    Reason,
    Stranger,
)

__all__ = [
    "Configuration",
    "Finding",
    "Kind",
    "Member",
    "Membership",
    "Policy",
    "Reason",
    "SignaturePolicy",
    "Stranger",
    "application_policy",
]
