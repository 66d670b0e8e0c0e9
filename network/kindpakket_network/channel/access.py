"""Which policy guards which of a channel's resources, where that is not as Fabric has it.

Fabric asks for writers when a client evaluates a transaction. Here readers may, so that an auditor can.
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
        changed: other policies of the application group than the usual ones, by resource.
    """
    return {resource: _POLICY + policy for resource, policy in {**USUAL, **changed}.items()}
