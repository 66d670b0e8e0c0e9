"""The nodes of a network: certificate authorities, orderers, peers, chaincode processes."""
