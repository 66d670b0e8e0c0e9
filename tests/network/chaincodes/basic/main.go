// A chaincode with the functions of fabric-samples' asset-transfer-basic, their arguments, results and refusals, for
// programs that were written for it. CreateAsset and TransferAsset emit an event besides.
package main

import (
	"encoding/json"
	"fmt"
	"log"

	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"
)

// Asset has its members in alphabetical order, so that every peer writes the same bytes.
type Asset struct {
	AppraisedValue int    `json:"AppraisedValue"`
	Color          string `json:"Color"`
	ID             string `json:"ID"`
	Owner          string `json:"Owner"`
	Size           int    `json:"Size"`
}

// Assets is the contract.
type Assets struct {
	contractapi.Contract
}

// InitLedger writes the first assets.
func (*Assets) InitLedger(context contractapi.TransactionContextInterface) error {
	for number, owner := range []string{"Tomoko", "Brad", "Jin Soo", "Max", "Adriana", "Michel"} {
		id := fmt.Sprintf("asset%d", number+1)
		if err := write(context, Asset{300 + 100*number, "blue", id, owner, 5}); err != nil {
			return err
		}
	}
	return nil
}

// CreateAsset refuses an id that is taken.
func (*Assets) CreateAsset(context contractapi.TransactionContextInterface, id, color string, size int, owner string, value int) error {
	found, err := context.GetStub().GetState(id)
	if err != nil {
		return err
	}
	if found != nil {
		return fmt.Errorf("the asset %s already exists", id)
	}
	if err := context.GetStub().SetEvent("CreateAsset", []byte(id)); err != nil {
		return err
	}
	return write(context, Asset{value, color, id, owner, size})
}

// ReadAsset returns one asset.
func (*Assets) ReadAsset(context contractapi.TransactionContextInterface, id string) (*Asset, error) {
	return read(context, id)
}

// UpdateAsset replaces an asset that exists.
func (*Assets) UpdateAsset(context contractapi.TransactionContextInterface, id, color string, size int, owner string, value int) error {
	if _, err := read(context, id); err != nil {
		return err
	}
	return write(context, Asset{value, color, id, owner, size})
}

// DeleteAsset removes an asset that exists.
func (*Assets) DeleteAsset(context contractapi.TransactionContextInterface, id string) error {
	if _, err := read(context, id); err != nil {
		return err
	}
	return context.GetStub().DelState(id)
}

// TransferAsset changes the owner, and returns the former one.
func (*Assets) TransferAsset(context contractapi.TransactionContextInterface, id, owner string) (string, error) {
	asset, err := read(context, id)
	if err != nil {
		return "", err
	}
	former := asset.Owner
	asset.Owner = owner
	if err := context.GetStub().SetEvent("TransferAsset", []byte(id+" "+owner)); err != nil {
		return "", err
	}
	return former, write(context, *asset)
}

// GetAllAssets returns every asset.
func (*Assets) GetAllAssets(context contractapi.TransactionContextInterface) ([]*Asset, error) {
	found, err := context.GetStub().GetStateByRange("", "")
	if err != nil {
		return nil, err
	}
	defer func() { _ = found.Close() }()
	assets := []*Asset{}
	for found.HasNext() {
		entry, err := found.Next()
		if err != nil {
			return nil, err
		}
		asset := new(Asset)
		if err := json.Unmarshal(entry.Value, asset); err != nil {
			return nil, err
		}
		assets = append(assets, asset)
	}
	return assets, nil
}

func read(context contractapi.TransactionContextInterface, id string) (*Asset, error) {
	content, err := context.GetStub().GetState(id)
	if err != nil {
		return nil, err
	}
	if content == nil {
		return nil, fmt.Errorf("the asset %s does not exist", id)
	}
	asset := new(Asset)
	return asset, json.Unmarshal(content, asset)
}

func write(context contractapi.TransactionContextInterface, asset Asset) error {
	content, err := json.Marshal(asset)
	if err != nil {
		return err
	}
	return context.GetStub().PutState(asset.ID, content)
}

func main() {
	chaincode, err := contractapi.NewChaincode(new(Assets))
	if err != nil {
		log.Fatal(err)
	}
	if err := chaincode.Start(); err != nil {
		log.Fatal(err)
	}
}
