"""The policies that guard a channel's resources, where they differ from Fabric's defaults.

By default Fabric requires Writers to evaluate a transaction. Here Readers may, so that an auditor can.

Readers also decides whose gossip a peer believes. A peer that is on several channels judges the gossip of
another organisation's peer by any one of them that knows the organisation (`getValidatedIdentity` in
Fabric's `internal/peer/gossip/mcs.go` goes through a map), and a channel also knows organisations that only
order it. If one of those is a member of another channel, its gossip would be rejected now and then by a
policy that has nothing to do with it. So such a channel's Readers includes the peers of organisations that
only order it, which have its blocks anyway, and a policy of the members alone guards its resources.
"""

from __future__ import annotations

from collections.abc import Mapping

MEMBER_READERS = "MemberReaders"
"""The policy of a channel's members who may evaluate transactions, where others are in Readers too."""

_POLICY = "/Channel/Application/"
USUAL: Mapping[str, str] = {
    "_lifecycle/CheckCommitReadiness": "Readers",
    "_lifecycle/CommitChaincodeDefinition": "Writers",
    "_lifecycle/QueryChaincodeDefinition": "Readers",
    "_lifecycle/QueryChaincodeDefinitions": "Readers",
    "qscc/GetChainInfo": "BlockReaders",
    "qscc/GetBlockByNumber": "BlockReaders",
    "qscc/GetBlockByHash": "BlockReaders",
    "qscc/GetTransactionByID": "BlockReaders",
    "qscc/GetBlockByTxID": "BlockReaders",
    "cscc/GetConfigBlock": "BlockReaders",
    "peer/Propose": "Readers",
    "peer/ChaincodeToChaincode": "Readers",
    "event/Block": "BlockReaders",
    "event/FilteredBlock": "BlockReaders",
    "gateway/ChaincodeEvents": "BlockReaders",
}


def access(changed: Mapping[str, str], *, strangers: bool = False) -> dict[str, str]:
    """The paths of policies by resource.

    Args:
        changed: policies of the application group that override the defaults, by resource.
        strangers: whether organisations that have peers but are no members order the channel.
    """
    names = {"Readers": MEMBER_READERS} if strangers else {}
    chosen = {**USUAL, **changed}
    return {resource: _POLICY + names.get(policy, policy) for resource, policy in chosen.items()}
