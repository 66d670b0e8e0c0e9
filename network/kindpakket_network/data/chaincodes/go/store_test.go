package main

import (
	"testing"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"
)

// memory is a stub whose state is a map.
type memory struct {
	shim.ChaincodeStubInterface
	state map[string][]byte
}

func (m *memory) PutState(key string, value []byte) error { m.state[key] = value; return nil }

func (m *memory) GetState(key string) ([]byte, error) { return m.state[key], nil }

func newContext() contractapi.TransactionContextInterface {
	context := new(contractapi.TransactionContext)
	context.SetStub(&memory{state: map[string][]byte{}})
	return context
}

func TestAValueThatWasPutIsFound(t *testing.T) {
	context := newContext()
	if err := new(Store).Put(context, "a", "1"); err != nil {
		t.Fatal(err)
	}
	if value, err := new(Store).Get(context, "a"); err != nil || value != "1" {
		t.Fatalf("got %q, %v", value, err)
	}
}

func TestAKeyWithoutAValueIsRefused(t *testing.T) {
	if _, err := new(Store).Get(newContext(), "a"); err == nil {
		t.Fatal("no refusal")
	}
}
