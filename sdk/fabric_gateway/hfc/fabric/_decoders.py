"""hfc's functions that each decode one part of a block, or of what discovery says, under hfc's names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from fabric_gateway.hfc.fabric._decoded_configuration import (
    config_envelope,
    config_update_envelope,
    configuration,
    fabric_msp,
    signature_policy_envelope,
)
from fabric_gateway.hfc.fabric._decoded_headers import headers, identity, signature_header
from fabric_gateway.hfc.fabric._decoded_peers import endpoints, peers_info
from fabric_gateway.hfc.fabric._decoded_transaction import (
    action_payload,
    chaincode_event,
    endorser_transaction,
    proposal_response_payload,
    read_write_sets,
)

Decoder: TypeAlias = Callable[[Any], Any]

decode_chaincode_action_payload: Decoder = action_payload
decode_chaincode_events: Decoder = chaincode_event
decode_config: Decoder = configuration
decode_config_envelope: Decoder = config_envelope
decode_config_update_envelope: Decoder = config_update_envelope
decode_endorser_transaction: Decoder = endorser_transaction
decode_fabric_MSP_config: Decoder = fabric_msp  # noqa: N816
decode_fabric_endpoints: Decoder = endpoints
decode_fabric_peers_info: Decoder = peers_info
decode_header: Decoder = headers
decode_identity: Decoder = identity
decode_proposal_response_payload: Decoder = proposal_response_payload
decode_readwrite_sets: Decoder = read_write_sets
decode_signature_header: Decoder = signature_header
decode_signature_policy_envelope: Decoder = signature_policy_envelope
