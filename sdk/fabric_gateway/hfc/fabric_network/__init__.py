"""Wallets, and the short way to a chaincode: gateway, network, contract."""
