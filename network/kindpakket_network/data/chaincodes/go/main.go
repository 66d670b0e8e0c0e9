package main

import (
	"log"

	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"
)

// The contract API takes address, package id and TLS files from the environment, and serves the peer.
func main() {
	chaincode, err := contractapi.NewChaincode(new(Store))
	if err != nil {
		log.Fatal(err)
	}
	if err := chaincode.Start(); err != nil {
		log.Fatal(err)
	}
}
