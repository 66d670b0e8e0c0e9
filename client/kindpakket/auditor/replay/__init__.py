"""The rules of the ledger again, in code that shares nothing with the chaincode."""
