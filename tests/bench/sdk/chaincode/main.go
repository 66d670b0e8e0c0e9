// A chaincode that stores what it is given and looks at nothing, so that a request that was sent twice shows on the
// ledger as two valid transactions. Its settings are those of every chaincode that the network serves:
// CHAINCODE_ID, CHAINCODE_SERVER_ADDRESS, CHAINCODE_TLS_CERT, CHAINCODE_TLS_KEY and CHAINCODE_TLS_CLIENT_CA.
package main

import (
	"log"
	"os"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

type assets struct{}

// Init is never asked for.
func (assets) Init(shim.ChaincodeStubInterface) *peer.Response { return shim.Success(nil) }

// Invoke has one function, Create, with a key and a value.
func (assets) Invoke(stub shim.ChaincodeStubInterface) *peer.Response {
	arguments := stub.GetStringArgs()
	if len(arguments) != 3 || arguments[0] != "Create" {
		return shim.Error("call Create with a key and a value")
	}
	if err := stub.PutState(arguments[1], []byte(arguments[2])); err != nil {
		return shim.Error(err.Error())
	}
	return shim.Success([]byte(arguments[1]))
}

func read(variable string) []byte {
	content, err := os.ReadFile(os.Getenv(variable))
	if err != nil {
		log.Fatalf("%s names no readable file: %v", variable, err)
	}
	return content
}

func main() {
	server := &shim.ChaincodeServer{
		CCID:    os.Getenv("CHAINCODE_ID"),
		Address: os.Getenv("CHAINCODE_SERVER_ADDRESS"),
		CC:      assets{},
		TLSProps: shim.TLSProperties{
			Cert:          read("CHAINCODE_TLS_CERT"),
			Key:           read("CHAINCODE_TLS_KEY"),
			ClientCACerts: read("CHAINCODE_TLS_CLIENT_CA"),
		},
	}
	if err := server.Start(); err != nil {
		log.Fatal(err)
	}
}
