package contract

import (
	"reflect"
	"strings"
	"sync"

	"kindpakket.eu/chaincode/rules"
)

// Version is that of the transactions and records; its first number is the layout of the records.
const Version = "3.1.0"

// document is the contract metadata that org.hyperledger.fabric:GetMetadata answers, by Fabric's contract schema. Members that
// start with x- are extensions.
type document struct {
	Info       info                        `json:"info"`
	Contracts  map[string]documentContract `json:"contracts"`
	Components documentComponents          `json:"components"`
}

type info struct {
	Title       string  `json:"title"`
	Version     string  `json:"version"`
	Description string  `json:"description,omitzero"`
	License     license `json:"license,omitzero"`
}

type license struct {
	Name string `json:"name"`
	URL  string `json:"url"`
}

type documentContract struct {
	Name         string                `json:"name"`
	Transactions []documentTransaction `json:"transactions"`
}

type documentTransaction struct {
	Name        string              `json:"name"`
	Description string              `json:"description"`
	Tag         []string            `json:"tag"`
	Parameters  []documentParameter `json:"parameters,omitzero"`
	Returns     *schema             `json:"returns"`
	Roles       []role              `json:"x-roles,omitzero"`
	Transient   map[string]*schema  `json:"x-transient,omitzero"`
}

type documentParameter struct {
	Name        string  `json:"name"`
	Description string  `json:"description"`
	Schema      *schema `json:"schema"`
}

type documentComponents struct {
	Schemas map[string]*schema `json:"schemas"`
}

// Tags of transactions, in lower case as in Fabric's tutorials and in upper case as the contract API writes them.
var (
	submitTag   = []string{"submit", "SUBMIT"}
	evaluateTag = []string{"evaluate", "EVALUATE"}
)

// transientRecords are the private records in the transient map, by their key there.
var transientRecords = map[string]reflect.Type{
	transientAccount: reflect.TypeFor[rules.ShopAccount](),
	transientCases:   reflect.TypeFor[[]rules.CaseRecord](),
}

// metadata is the document, made once.
var metadata = sync.OnceValues(describe)

// describe makes the document out of the catalogue.
func describe() ([]byte, error) {
	made := document{
		Info: info{
			Title: "Kindpakket", Version: Version,
			Description: "Vouchers for children in low-income families: schemes, shops, vouchers, payments, settlements, audit and erasure. " +
				"Each transaction takes one argument, a JSON object.",
			License: license{Name: "EUPL-1.2", URL: "https://joinup.ec.europa.eu/collection/eupl/eupl-text-eupl-12"},
		},
		Contracts: map[string]documentContract{},
	}
	describer := &describer{components: map[string]*schema{}, types: map[string]reflect.Type{}, strict: true}
	transactions := make([]documentTransaction, len(catalogue))
	for i, entry := range catalogue {
		transactions[i] = describer.request(entry)
	}
	describer.strict = false
	for i, entry := range catalogue {
		transactions[i].Returns = describer.answer(entry.answer)
		name, _, _ := strings.Cut(entry.name, ":")
		contract := made.Contracts[name]
		made.Contracts[name] = documentContract{Name: name, Transactions: append(contract.Transactions, transactions[i])}
	}
	system, own, _ := strings.Cut(metadataTransaction, ":")
	made.Contracts[system] = documentContract{Name: system, Transactions: []documentTransaction{
		{Name: own, Description: "Returns this document.", Tag: evaluateTag, Returns: &schema{Type: "string"}},
	}}
	made.Components.Schemas = describer.components
	return encode(made)
}

func (d *describer) request(entry described) documentTransaction {
	_, name, _ := strings.Cut(entry.name, ":")
	transaction := documentTransaction{
		Name: name, Description: entry.about, Tag: submitTag, Roles: entry.roles,
		Parameters: []documentParameter{{
			Name: "request", Description: "A JSON object in UTF-8, parsed strictly.", Schema: d.object(entry.request),
		}},
	}
	if entry.query {
		transaction.Tag = evaluateTag
	}
	if entry.private != "" {
		transaction.Transient = map[string]*schema{entry.private: d.value(transientRecords[entry.private], "", entry.private)}
	}
	return transaction
}

// answer describes an answer: a record of the rules by reference, anything that the contract composes inline.
func (d *describer) answer(t reflect.Type) *schema {
	if t.PkgPath() == reflect.TypeFor[rules.Scheme]().PkgPath() {
		return d.reference(t)
	}
	return d.object(t)
}
