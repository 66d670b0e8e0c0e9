"""Calls to the chaincode: requests and answers, refusals, queries, ids, days and money."""
