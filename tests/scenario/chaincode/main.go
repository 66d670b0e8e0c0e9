// A chaincode that does, on demand, each thing that a client of Fabric has to cope with.
package main

import (
	"fmt"
	"log"
	"os"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

// A function of the chaincode: how many arguments it takes at least, and what it does with them.
type function struct {
	arguments int
	run       func(shim.ChaincodeStubInterface, [][]byte) ([]byte, error)
}

var functions = map[string]function{
	"Create":        {3, create},
	"Read":          {1, read},
	"Update":        {2, update},
	"Transfer":      {2, transfer},
	"Count":         {1, count},
	"Fill":          {2, fill},
	"Emit":          {2, emit},
	"Wait":          {1, wait},
	"Echo":          {0, echo},
	"EchoTransient": {0, echoTransient},
	"WhoAmI":        {0, whoAmI},
	"Fail":          {1, fail},
	"FailAt":        {1, failAt},
	"Differ":        {0, differ},
	"Crash":         {0, crash},
	"Tally":         {3, tally},
	"Delete":        {1, remove},
	"PutPrivate":    {0, putPrivate},
	"GetPrivate":    {2, getPrivate},
	"PurgePrivate":  {2, purgePrivate},
	"SetPolicy":     {2, setPolicy},
	"GetPolicy":     {1, getPolicy},
}

type chaincode struct{}

func (chaincode) Init(shim.ChaincodeStubInterface) *peer.Response { return shim.Success(nil) }

func (chaincode) Invoke(stub shim.ChaincodeStubInterface) *peer.Response {
	arguments := stub.GetArgs()
	if len(arguments) == 0 {
		return shim.Error("no function was named")
	}
	name, arguments := string(arguments[0]), arguments[1:]
	called, known := functions[name]
	if !known {
		return shim.Error(fmt.Sprintf("there is no function %q", name))
	}
	if len(arguments) < called.arguments {
		return shim.Error(fmt.Sprintf("%s takes %d arguments, got %d", name, called.arguments, len(arguments)))
	}
	result, err := called.run(stub, arguments)
	if err != nil {
		return shim.Error(err.Error())
	}
	return shim.Success(result)
}

func file(variable string) []byte {
	data, err := os.ReadFile(os.Getenv(variable))
	if err != nil {
		log.Fatalf("%s: %v", variable, err)
	}
	return data
}

func main() {
	server := shim.ChaincodeServer{
		CCID: os.Getenv("CHAINCODE_ID"), Address: os.Getenv("CHAINCODE_SERVER_ADDRESS"), CC: chaincode{},
		TLSProps: shim.TLSProperties{
			Cert: file("CHAINCODE_TLS_CERT"), Key: file("CHAINCODE_TLS_KEY"), ClientCACerts: file("CHAINCODE_TLS_CLIENT_CA"),
		},
	}
	log.Fatal(server.Start())
}
