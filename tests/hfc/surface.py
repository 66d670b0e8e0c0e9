"""Lists the public calls of hfc's modules with their parameters, as JSON: `surface.py RESULTS`."""

import inspect
import json
import sys
from pathlib import Path

from hfc.fabric import block_decoder, certificateAuthority, client, orderer, organization, peer, user
from hfc.fabric.channel import channel, channel_eventhub
from hfc.fabric_ca import affiliationService, caservice, certificateService, identityService
from hfc.fabric_network import contract, gateway, inmemorywalletstore, network, wallet
from hfc.util import keyvaluestore
from hfc.util.crypto import crypto

PLACES = {
    block_decoder: ["BlockDecoder"],
    certificateAuthority: ["certificateAuthority", "create_ca"],
    client: ["Client"],
    organization: ["Organization", "create_org"],
    orderer: ["Orderer"],
    peer: ["Peer", "create_peer"],
    user: ["User", "create_user", "validate"],
    channel: ["Channel"],
    channel_eventhub: ["ChannelEventHub"],
    affiliationService: ["AffiliationService"],
    caservice: ["CAClient", "CAService", "Enrollment", "ca_service"],
    certificateService: ["CertificateService"],
    identityService: ["IdentityService"],
    contract: ["Contract"],
    gateway: ["Gateway"],
    inmemorywalletstore: ["InMemoryWalletStore"],
    network: ["Network"],
    wallet: ["FileSystenWallet", "Identity"],
    keyvaluestore: ["FileKeyValueStore", "file_key_value_store"],
    crypto: ["Ecies", "ecies", "generate_nonce"],
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
    Path(sys.argv[1]).write_text(json.dumps(calls, indent=1))


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
