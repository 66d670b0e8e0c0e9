"""What a proposal asks for: chaincode, function, arguments; and constants that programs import from here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fabric_gateway.hfc.util.consts import (
    CC_INSTALL,
    CC_INSTANTIATE,
    CC_INVOKE,
    CC_QUERY,
    CC_TYPE_CAR,
    CC_TYPE_GOLANG,
    CC_TYPE_JAVA,
    CC_TYPE_NODE,
    CC_UPGRADE,
)

__all__ = [
    "CC_INSTALL",
    "CC_INSTANTIATE",
    "CC_INVOKE",
    "CC_QUERY",
    "CC_TYPE_CAR",
    "CC_TYPE_GOLANG",
    "CC_TYPE_JAVA",
    "CC_TYPE_NODE",
    "CC_UPGRADE",
    "TXProposalRequest",
    "create_tx_prop_req",
    "validate",
]


class TXProposalRequest:
    """A request, in the attributes that hfc gives it; those for deploying are kept and not used."""

    def __init__(
        self,
        prop_type: str | None = None,
        cc_path: str | None = None,
        cc_type: str = CC_TYPE_GOLANG,
        cc_name: str | None = None,
        cc_version: str | None = None,
        fcn: str | None = None,
        args: Sequence[str | bytes] | None = None,
        cc_endorsement_policy: Any = None,
        transient_map: Mapping[str, bytes] | None = None,
        packaged_cc: bytes | None = None,
        collections_config: Any = None,
        is_init: bool = False,
    ) -> None:
        self.prop_type = prop_type
        self.cc_path = cc_path
        self.cc_type = cc_type
        self.cc_name = cc_name
        self.cc_version = cc_version
        self.fcn = fcn
        self.args: Sequence[str | bytes] = [] if args is None else args
        self.cc_endorsement_policy = cc_endorsement_policy
        self.transient_map: Mapping[str, bytes] = transient_map or {}
        self.packaged_cc = packaged_cc
        self.collections_config = collections_config
        self.is_init = is_init


def validate(tx_prop_req: TXProposalRequest) -> TXProposalRequest:
    """A request that names a chaincode.

    Raises:
        ValueError: there is none, or it names no chaincode.
    """
    if not tx_prop_req:
        raise ValueError("Missing proposal request object")
    if not tx_prop_req.cc_name:
        raise ValueError("Missing 'cc_name' parameter in the proposal request")
    return tx_prop_req


def create_tx_prop_req(
    prop_type: str | None = None,
    cc_path: str | None = None,
    cc_type: str = CC_TYPE_GOLANG,
    cc_name: str | None = None,
    cc_version: str | None = None,
    fcn: str | None = None,
    args: Sequence[str | bytes] | None = None,
    cc_endorsement_policy: Any = None,
    transient_map: Mapping[str, bytes] | None = None,
    packaged_cc: bytes | None = None,
    collections_config: Any = None,
    is_init: bool = False,
) -> TXProposalRequest:
    """Make a request; raises as `validate`."""
    return validate(
        TXProposalRequest(
            prop_type,
            cc_path,
            cc_type,
            cc_name,
            cc_version,
            fcn,
            args,
            cc_endorsement_policy,
            transient_map,
            packaged_cc,
            collections_config,
            is_init,
        )
    )
