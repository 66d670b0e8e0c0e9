package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/hyperledger/fabric-chaincode-go/v2/pkg/cid"
	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
)

// emit takes an event's name and payload.
func emit(stub shim.ChaincodeStubInterface, arguments [][]byte) ([]byte, error) {
	return nil, stub.SetEvent(string(arguments[0]), arguments[1])
}

// wait takes a number of milliseconds, and answers after them.
func wait(_ shim.ChaincodeStubInterface, arguments [][]byte) ([]byte, error) {
	number, err := strconv.Atoi(string(arguments[0]))
	time.Sleep(time.Duration(number) * time.Millisecond)
	return nil, err
}

// echo answers with its arguments, one after another.
func echo(_ shim.ChaincodeStubInterface, arguments [][]byte) ([]byte, error) {
	return bytes.Join(arguments, nil), nil
}

// echoTransient answers with the transient data, as text by name.
func echoTransient(stub shim.ChaincodeStubInterface, _ [][]byte) ([]byte, error) {
	transient, err := stub.GetTransient()
	if err != nil {
		return nil, err
	}
	texts := map[string]string{}
	for name, value := range transient {
		texts[name] = string(value)
	}
	return json.Marshal(texts)
}

// whoAmI answers with the client's MSP id and common name, and the MSP id of the peer that asks: peers differ.
func whoAmI(stub shim.ChaincodeStubInterface, _ [][]byte) ([]byte, error) {
	client, err := cid.New(stub)
	if err != nil {
		return nil, err
	}
	mspid, err := client.GetMSPID()
	if err != nil {
		return nil, err
	}
	certificate, err := client.GetX509Certificate()
	if err != nil {
		return nil, err
	}
	peer, err := shim.GetMSPID()
	if err != nil {
		return nil, err
	}
	return json.Marshal(map[string]string{"mspid": mspid, "name": certificate.Subject.CommonName, "peer": peer})
}

// fail takes a message and refuses with it.
func fail(_ shim.ChaincodeStubInterface, arguments [][]byte) ([]byte, error) {
	return nil, errors.New(string(arguments[0]))
}

// failAt takes MSP ids: their peers refuse.
func failAt(_ shim.ChaincodeStubInterface, arguments [][]byte) ([]byte, error) {
	peer, err := shim.GetMSPID()
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(arguments, func(mspid []byte) bool { return string(mspid) == peer }) {
		return nil, fmt.Errorf("%s refuses", peer)
	}
	return nil, nil
}

// differ answers differently each time.
func differ(shim.ChaincodeStubInterface, [][]byte) ([]byte, error) {
	return []byte(rand.Text()), nil
}

// crash ends the chaincode's process.
func crash(shim.ChaincodeStubInterface, [][]byte) ([]byte, error) {
	os.Exit(1)
	return nil, nil
}
