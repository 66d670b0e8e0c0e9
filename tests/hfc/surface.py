"""Lists the public calls of hfc's modules with their parameters, as JSON: `surface.py RESULTS`."""

import asyncio
import inspect
import json
import sys
import tempfile
from pathlib import Path

from hfc.fabric import block_decoder, certificateAuthority, client, orderer, organization, peer, user
from hfc.fabric.channel import channel, channel_configuration, channel_eventhub
from hfc.fabric.transaction import tx_context, tx_proposal_request
from hfc.fabric_ca import affiliationService, caservice, certificateService, identityService
from hfc.fabric_network import (
    contract,
    couchdbwalletstore,
    gateway,
    inmemorywalletstore,
    network,
    wallet,
)
from hfc.protos import utils as protos
from hfc.util import channel as grpc_channel
from hfc.util import keyvaluestore, policies, utils
from hfc.util.crypto import crypto

PLACES = {
    block_decoder: [
        "BlockDecoder",
        "FilteredBlockDecoder",
        "HeaderType",
        "decode_block_data",
        "decode_block_data_envelope",
        "decode_block_header",
        "decode_block_metadata",
    ],
    certificateAuthority: ["certificateAuthority", "create_ca"],
    client: ["Client"],
    organization: ["Organization", "create_org"],
    orderer: ["Orderer"],
    peer: ["Peer", "create_peer"],
    user: ["User", "create_user", "validate"],
    channel: ["Channel"],
    channel_configuration: ["ChannelConfiguration"],
    channel_eventhub: ["ChannelEventHub"],
    tx_context: ["TXContext", "create_tx_context", "validate"],
    tx_proposal_request: ["TXProposalRequest", "create_tx_prop_req", "validate"],
    affiliationService: ["AffiliationService"],
    caservice: ["CAClient", "CAService", "Enrollment", "ca_service"],
    certificateService: ["CertificateService"],
    identityService: ["IdentityService"],
    contract: ["Contract"],
    couchdbwalletstore: ["CouchDBWalletStore"],
    gateway: ["Gateway"],
    inmemorywalletstore: ["InMemoryWalletStore"],
    network: ["Network"],
    wallet: ["FileSystenWallet", "Identity"],
    keyvaluestore: ["FileKeyValueStore", "file_key_value_store"],
    crypto: ["Ecies", "ecies", "generate_nonce"],
    grpc_channel: ["create_grpc_channel"],
    policies: ["s2d"],
    protos: [
        "create_cc_spec",
        "create_envelope",
        "create_seek_info",
        "create_seek_payload",
        "create_tx_payload",
    ],
    utils: [
        "build_cc_proposal",
        "build_channel_header",
        "build_header",
        "build_tx_req",
        "create_serialized_identity",
        "current_timestamp",
        "extract_channel_config",
        "pem_to_der",
        "proto_b",
        "proto_str",
        "send_install_proposal",
        "send_transaction",
        "send_transaction_proposal",
        "sign_proposal",
        "sign_tran_payload",
        "stream_envelope",
        "string_to_signature",
    ],
}

# Names with an underscore that the collected programs read or set, by the object that has them.
PRIVATE = {
    "channel": ["_discovery", "_name", "_orderers", "_peers"],
    "client": ["_CAs", "_channels", "_organizations", "_orderers", "_peers", "_state_store"],
    "enrollment": ["_caCert", "_cert", "_private_key", "_service"],
    "orderer": ["_channel", "_endpoint", "_grpc_options", "_name", "_ssl_target_name", "_tls_ca_certs_path"],
    "organization": ["_CAs", "_mspid", "_name", "_orderers", "_peers", "_users"],
    "peer": [
        "_channel",
        "_client_cert_path",
        "_client_key_path",
        "_endpoint",
        "_grpc_options",
        "_name",
        "_ssl_target_name",
        "_tls_ca_certs_path",
    ],
    "service": ["_ca_client"],
    "user": ["_enrollment", "_msp_id", "_name", "_org", "_state_store"],
    "wallet": ["_path"],
}


def main():
    calls = {}
    for module, names in PLACES.items():
        for name in names:
            place = module.__name__.split("hfc.", 1)[1] + "." + name
            value = getattr(module, name)
            if inspect.isclass(value):
                for member in dir(value):
                    if not member.startswith("_") or member == "__init__":
                        calls[f"{place}.{member}"] = parameters(
                            inspect.getattr_static(value, member), value, member
                        )
            else:
                calls[place] = parameters(value)
    for name, there in objects().items():
        calls.update({f"{name}.{private}": "private" for private in PRIVATE[name] if hasattr(there, private)})
    Path(sys.argv[1]).write_text(json.dumps(calls, indent=1))


def objects():
    """One object of each class whose private names programs use."""
    asyncio.set_event_loop(asyncio.new_event_loop())
    folder = tempfile.mkdtemp(dir=".")  # hfc cannot read back a user without an enrolment
    store = keyvaluestore.FileKeyValueStore(folder)
    made = client.Client()
    return {
        "channel": made.new_channel("trade"),
        "client": made,
        "enrollment": caservice.Enrollment(None, b""),
        "orderer": orderer.Orderer(),
        "organization": organization.Organization(),
        "peer": peer.Peer(),
        "service": caservice.ca_service(),
        "user": user.User("name", "org", store),
        "wallet": wallet.FileSystenWallet(folder),
    }


def parameters(value, owner=None, name=None):
    """The parameters' names and simple defaults; "attribute" for what is not callable."""
    called = getattr(owner, name) if owner else value
    if isinstance(value, property) or not callable(called):
        return "attribute"
    kinds = inspect.Parameter
    given = inspect.signature(called).parameters.values()
    if any(parameter.kind in (kinds.VAR_POSITIONAL, kinds.VAR_KEYWORD) for parameter in given):
        return "any"
    return [[parameter.name, default(parameter)] for parameter in given if parameter.name != "self"]


def default(parameter):
    value = parameter.default
    if value is parameter.empty:
        return "required"
    return repr(value) if isinstance(value, (bool, int, str)) else "optional"


if __name__ == "__main__":
    main()
