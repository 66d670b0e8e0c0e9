"""The steps of the program in which fabric_gateway.hfc is known to differ from hfc, and how.

`sdk/docs/hfc.md` describes them. The comparison also fails if one of these steps stops differing.
"""

from __future__ import annotations

import re

from hfc_agreement import Difference

_CODES = r'Exception: \[\["ENDORSEMENT_POLICY_FAILURE", "ENDORSEMENT_POLICY_FAILURE"\]\]'

ACTS = {
    # bugs in hfc make these fail
    "gateway.submit": Difference(
        r"ValueError: .*proposalResponses", r'^"there is no function \\"invoke\\""$'
    ),
    "gateway.evaluate": Difference(r"AttributeError: .*channel3", r"QueryRefused: .*there is no function"),
    "wallet.remove": Difference(r"AttributeError", r"^false$"),
    "invoke.unknown peer": Difference(
        r"AttributeError: .*NoneType", r"NoPeer: .*there is no peer 'peer9.org1'"
    ),
    "invoke.argument of a wrong type": Difference(
        r"AttributeError: .*encode", r"TypeError: .*neither text nor"
    ),
    "query.unknown channel": Difference(r"AttributeError: .*NoneType", r"EvaluateError: .*channel other"),
    # the gateway refuses what hfc sends to ordering although it cannot be valid
    "invoke.peers differ": Difference(_CODES, r"EndorseError: .*ProposalResponsePayloads do not match"),
    # the gateway's message is different
    "query.channel not joined": Difference(r"channel 'far' not found", r"EvaluateError: .*channel far"),
    "query.unknown chaincode": Difference(
        r"chaincode nothing not found", r"QueryRefused: .*chaincode nothing"
    ),
}

READS = {
    # hfc mistakes a peer's refusal for an empty answer
    "block.not there": Difference(r'"data": \{"data": \[\]\}', r"QueryRefused: .*no such block number"),
    "transaction.not there": Difference(r"ValueError", r"QueryRefused: .*no such transaction ID"),
    "peers": Difference(r'^\{"local_peers": \{\}\}$', r"QueryRefused: .*access denied"),
    "instantiated": Difference(r"^\[\[\]\]$", r'^\[\[\["assets", "1.0"\]\]\]$'),
    "installed": Difference(r"^\[\[\]\]$", r"Impossible: .*lscc, which Fabric 3 does not have"),
    # hfc raises what it was asked to return; the repository's main returns it, as we do
    "info.not decoded": Difference(r'Exception: \[\[\{"status": 200', r'^\{"hex": "[0-9a-f]+"\}$'),
    "block.not decoded": Difference(r'Exception: \[\[\{"status": 200', r'^\{"hex": "[0-9a-f]+"\}$'),
}

USAGES = {
    # what hfc 1.0.0 does not have; hfc 0.8 or the repository's main has it
    "a version of the chaincode": Difference(r"TypeError: .*cc_version", r'^"v"$'),
    "errors of the repositorys main": Difference(r"ModuleNotFoundError", r'^"no"$'),
    "the lifecycle of the repositorys main": Difference(r"ModuleNotFoundError", r'"1\.0", "1"\]$'),
    "keys embedded in the profile": Difference(r"TypeError", r'^\["user", "admin"\]$'),
    "roots in the profile": Difference(r"_MultiThreadedRendezvous", r'^"embedded"$'),
    # the short way of hfc asks discovery for peers, whom it does not reach by TLS
    "peers as the mapping of the short way": Difference(r"_MultiThreadedRendezvous", r'^"short"$'),
    # what operators do by commands today
    "a chaincode installed by a script": Difference(
        r"KeyError: .*GOPATH", r"Impossible: .*peer lifecycle chaincode install"
    ),
    "a channel created by a script": Difference(r"^false$", r"Impossible: .*osnadmin channel join"),
    # gRPC's asyncio does not survive a fork: an error, and not a wait without end
    "a process that is started with a connection open": Difference(
        r'^"child"$', r"^\"ConnectionClosed: this process was forked from one with open asyncio"
    ),
}

# Calls of hfc that fabric_gateway.hfc lacks: hfc's internals, which take and return its own messages.
NOT_THERE = re.compile(
    r"""
    \.get_attrs$
    | ^fabric\.client\.Client\.(txEvent|create_onCcEvent|create_onCcEventArray)$
    | ^fabric\.channel\.channel\.Channel\.(get_block_between|get_channel_config|query_)
    | ^fabric\.channel\.channel\.Channel\.(send_install|send_instantiate|send_upgrade)
    | ^fabric\.channel\.channel\.Channel\.(is_readonly|state_store)
    | ^fabric\.channel\.channel_eventhub\.ChannelEventHub\.(check_|handle_)
    | ^fabric_ca\.caservice\.CAClient\.generateAuthToken$
    | ^fabric_network\.couchdbwalletstore\.CouchDBWalletStore\.
    | ^util\.keyvaluestore\.FileKeyValueStore\.async_
    | ^util\.crypto\.crypto\.Ecies\.(encrypt|decrypt)$
    """,
    re.VERBOSE,
)

# Calls with other parameters: hfc reads the working folder at import, we when the wallet is created.
OTHER_PARAMETERS = {"fabric_network.wallet.FileSystenWallet.__init__"}
