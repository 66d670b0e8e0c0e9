// A chaincode that passes calls on to Kindpakket, as one would that wants a user to sign one thing and do another.
package main

import (
	"log"
	"os"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

const target = "kindpakket"

type relay struct{}

func (relay) Init(shim.ChaincodeStubInterface) *peer.Response { return shim.Success(nil) }

// Invoke passes its own arguments on; after "relay:Send" those that follow.
func (relay) Invoke(stub shim.ChaincodeStubInterface) *peer.Response {
	arguments := stub.GetArgs()
	if len(arguments) > 1 && string(arguments[0]) == "relay:Send" {
		arguments = arguments[1:]
	}
	return stub.InvokeChaincode(target, arguments, "")
}

func read(variable string) []byte {
	data, err := os.ReadFile(os.Getenv(variable))
	if err != nil {
		log.Fatalf("%s: %v", variable, err)
	}
	return data
}

func main() {
	server := shim.ChaincodeServer{
		CCID: os.Getenv("CHAINCODE_ID"), Address: os.Getenv("CHAINCODE_SERVER_ADDRESS"), CC: relay{},
		TLSProps: shim.TLSProperties{
			Cert: read("CHAINCODE_TLS_CERT"), Key: read("CHAINCODE_TLS_KEY"), ClientCACerts: read("CHAINCODE_TLS_CLIENT_CA"),
		},
	}
	log.Fatal(server.Start())
}
