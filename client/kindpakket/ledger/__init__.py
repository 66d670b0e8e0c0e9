"""How the chaincode is called: requests and answers, refusals, queries, ids, days and money."""
