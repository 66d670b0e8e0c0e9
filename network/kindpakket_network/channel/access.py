"""The policies that guard a channel's resources, where they differ from Fabric's defaults.

By default Fabric requires Writers to evaluate a transaction. Here Readers may, so that an auditor can.
"""

from __future__ import annotations

from collections.abc import Mapping

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


def access(changed: Mapping[str, str]) -> dict[str, str]:
    """The paths of policies by resource.

    Args:
        changed: policies of the application group that override the defaults, by resource.
    """
    return {resource: _POLICY + policy for resource, policy in {**USUAL, **changed}.items()}
