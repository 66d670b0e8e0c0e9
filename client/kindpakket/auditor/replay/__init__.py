"""The ledger's rules, implemented again in code that shares nothing with the chaincode."""
