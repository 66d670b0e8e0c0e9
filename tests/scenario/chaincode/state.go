package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/hyperledger/fabric-chaincode-go/v2/pkg/statebased"
	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
)

type asset struct {
	ID    string `json:"id"`
	Owner string `json:"owner"`
	Value string `json:"value"`
}

// create takes an id, an owner and a value, and refuses an id that is taken.
func create(stub shim.ChaincodeStubInterface, arguments [][]byte) ([]byte, error) {
	made := asset{string(arguments[0]), string(arguments[1]), string(arguments[2])}
	present, err := stub.GetState(made.ID)
	if err != nil {
		return nil, err
	}
	if present != nil {
		return nil, fmt.Errorf("asset %s exists", made.ID)
	}
	return put(stub, made)
}

// read takes an id.
func read(stub shim.ChaincodeStubInterface, arguments [][]byte) ([]byte, error) {
	found, err := stub.GetState(string(arguments[0]))
	if err == nil && found == nil {
		err = fmt.Errorf("asset %s does not exist", arguments[0])
	}
	return found, err
}

// update takes an id and the new value, and emits an event with the id.
func update(stub shim.ChaincodeStubInterface, arguments [][]byte) ([]byte, error) {
	if err := stub.SetEvent("updated", arguments[0]); err != nil {
		return nil, err
	}
	return change(stub, arguments[0], func(found *asset) { found.Value = string(arguments[1]) })
}

// transfer takes an id and the new owner.
func transfer(stub shim.ChaincodeStubInterface, arguments [][]byte) ([]byte, error) {
	return change(stub, arguments[0], func(found *asset) { found.Owner = string(arguments[1]) })
}

func change(stub shim.ChaincodeStubInterface, id []byte, alter func(*asset)) ([]byte, error) {
	data, err := read(stub, [][]byte{id})
	if err != nil {
		return nil, err
	}
	var found asset
	if err := json.Unmarshal(data, &found); err != nil {
		return nil, err
	}
	alter(&found)
	return put(stub, found)
}

func put(stub shim.ChaincodeStubInterface, made asset) ([]byte, error) {
	data, err := json.Marshal(made)
	if err != nil {
		return nil, err
	}
	return data, stub.PutState(made.ID, data)
}

// count takes a key and adds one to the number there: two at once conflict.
func count(stub shim.ChaincodeStubInterface, arguments [][]byte) ([]byte, error) {
	data, err := stub.GetState(string(arguments[0]))
	if err != nil {
		return nil, err
	}
	number := 0
	if data != nil {
		if number, err = strconv.Atoi(string(data)); err != nil {
			return nil, err
		}
	}
	data = []byte(strconv.Itoa(number + 1))
	return data, stub.PutState(string(arguments[0]), data)
}

// fill takes a key and a number, and writes so many bytes there.
func fill(stub shim.ChaincodeStubInterface, arguments [][]byte) ([]byte, error) {
	number, err := strconv.Atoi(string(arguments[1]))
	if err != nil || number < 0 {
		return nil, fmt.Errorf("%q is no number of bytes", arguments[1])
	}
	return nil, stub.PutState(string(arguments[0]), bytes.Repeat([]byte{'x'}, number))
}

// tally takes the first key of a range, the key that ends it, and a key, where it writes how many it found.
func tally(stub shim.ChaincodeStubInterface, arguments [][]byte) ([]byte, error) {
	found, err := stub.GetStateByRange(string(arguments[0]), string(arguments[1]))
	if err != nil {
		return nil, err
	}
	defer found.Close()
	number := 0
	for found.HasNext() {
		if _, err := found.Next(); err != nil {
			return nil, err
		}
		number++
	}
	data := []byte(strconv.Itoa(number))
	return data, stub.PutState(string(arguments[2]), data)
}

// remove takes a key.
func remove(stub shim.ChaincodeStubInterface, arguments [][]byte) ([]byte, error) {
	return nil, stub.DelState(string(arguments[0]))
}

// putPrivate takes collection, key and value as transient data. Several collections are parted by commas.
func putPrivate(stub shim.ChaincodeStubInterface, _ [][]byte) ([]byte, error) {
	transient, err := stub.GetTransient()
	if err != nil {
		return nil, err
	}
	for _, collection := range bytes.Split(transient["collection"], []byte{','}) {
		if err := stub.PutPrivateData(string(collection), string(transient["key"]), transient["value"]); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// getPrivate takes a collection and a key.
func getPrivate(stub shim.ChaincodeStubInterface, arguments [][]byte) ([]byte, error) {
	return stub.GetPrivateData(string(arguments[0]), string(arguments[1]))
}

// purgePrivate takes a collection and a key, whose history goes too.
func purgePrivate(stub shim.ChaincodeStubInterface, arguments [][]byte) ([]byte, error) {
	return nil, stub.PurgePrivateData(string(arguments[0]), string(arguments[1]))
}

// setPolicy takes a key and MSP ids: a peer of each of them must endorse the key's next change.
func setPolicy(stub shim.ChaincodeStubInterface, arguments [][]byte) ([]byte, error) {
	endorsers, err := statebased.NewStateEP(nil)
	if err != nil {
		return nil, err
	}
	for _, mspid := range arguments[1:] {
		if err := endorsers.AddOrgs(statebased.RoleTypePeer, string(mspid)); err != nil {
			return nil, err
		}
	}
	policy, err := endorsers.Policy()
	if err != nil {
		return nil, err
	}
	return nil, stub.SetStateValidationParameter(string(arguments[0]), policy)
}

// getPolicy takes a key; its answer lists the MSP ids of its policy.
func getPolicy(stub shim.ChaincodeStubInterface, arguments [][]byte) ([]byte, error) {
	policy, err := stub.GetStateValidationParameter(string(arguments[0]))
	if err != nil {
		return nil, err
	}
	endorsers, err := statebased.NewStateEP(policy)
	if err != nil {
		return nil, err
	}
	return json.Marshal(endorsers.ListOrgs())
}
