"""Constants that programs import, mostly to name a language or a kind of proposal."""

SUCCESS_STATUS = 200

CC_INSTALL = "install"
CC_INSTANTIATE = "deploy"
CC_INVOKE = "invoke"
CC_QUERY = "query"
CC_UPGRADE = "upgrade"

CC_TYPE_GOLANG = "GOLANG"
CC_TYPE_JAVA = "JAVA"
CC_TYPE_NODE = "NODE"
CC_TYPE_CAR = "CAR"

DEFAULT_WAIT_FOR_EVENT_TIMEOUT = 30
"""Seconds that `wait_for_event` waits."""

GRPC_BROKER_UNAVAILABLE_RETRY_DELAY = 3000
"""Milliseconds; taken by `chaincode_invoke` and not used."""

SYSTEM_CHANNEL_NAME = "testchainid"

LIFECYCLE_CC = "_lifecycle"
LC_INSTALL = "InstallChaincode"
LC_QUERY_INSTALLED = "QueryInstalledChaincodes"
LC_APPROVE_FOR_MY_ORG = "ApproveChaincodeDefinitionForMyOrg"
LC_QUERY_APPROVED = "QueryApprovedChaincodeDefinition"
LC_COMMIT = "CommitChaincodeDefinition"
LC_QUERY_CC_DEFINITION = "QueryChaincodeDefinition"
LC_QUERY_CC_DEFINITIONS = "QueryChaincodeDefinitions"
