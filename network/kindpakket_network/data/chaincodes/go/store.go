package main

import (
	"errors"
	"fmt"

	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"
)

// Store keeps values by key. Every peer must compute the same result, so it asks neither a clock nor another service.
type Store struct {
	contractapi.Contract
}

// Put stores a value under a key, replacing any earlier one.
func (*Store) Put(context contractapi.TransactionContextInterface, key, value string) error {
	if key == "" {
		return errors.New("the key is empty: give a key")
	}
	return context.GetStub().PutState(key, []byte(value))
}

// Get returns the value under a key.
func (*Store) Get(context contractapi.TransactionContextInterface, key string) (string, error) {
	value, err := context.GetStub().GetState(key)
	if err != nil {
		return "", err
	}
	if len(value) == 0 {
		return "", fmt.Errorf("there is no value under %q: put one first", key)
	}
	return string(value), nil
}
