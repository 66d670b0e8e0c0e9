package contract

import (
	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"

	"kindpakket.eu/chaincode/rules"
)

// OrganisationsContract names the organisations of the channel: the first ones at once, and further ones by two persons. Two persons end them.
type OrganisationsContract struct{ contractapi.Contract }

// GetEvaluateTransactions names the queries.
func (*OrganisationsContract) GetEvaluateTransactions() []string {
	return []string{"Show", "List"}
}

type initialiseRequest struct {
	header
	Municipality string   `json:"municipality"`
	Shops        []string `json:"shops"`
	Auditors     []string `json:"auditors"`
}

func (r *initialiseRequest) check() error {
	return rules.FirstError(r.checkHeader(), r.organisations().Check())
}

func (r *initialiseRequest) organisations() *rules.Organisations {
	return &rules.Organisations{Municipality: r.Municipality, Shops: r.Shops, Auditors: r.Auditors}
}

var initialise = operation{name: "organisations:Initialise", event: "OrganisationsInitialised", roles: []role{approver}}

// Initialise names the MSPs of the municipality, the shops and the auditors. Only an approver of the MSP that is
// named as the municipality can; nothing else works before. The name by which the chaincode was called is stored with them.
func (*OrganisationsContract) Initialise(ctx *Context, text string) (string, error) {
	tx, err := begin(ctx)
	if err != nil {
		return "", err
	}
	existing, err := get[storedOrganisations](tx, organisationsKey())
	if err != nil {
		return "", err
	}
	if existing != nil {
		if err := existing.checkChaincode(tx.proposal); err != nil {
			return "", err
		}
		if tx.authorise(initialise) != nil {
			return "", alreadyInitialised(existing)
		}
	}
	r := new(initialiseRequest)
	if err := tx.caller.readRequest(initialise, text, r); err != nil {
		return "", err
	}
	if existing == nil {
		if err := tx.caller.admit(r.organisations(), initialise.roles); err != nil {
			return "", err
		}
		if err := tx.caller.checkPerson(); err != nil {
			return "", err
		}
	}
	return tx.once(initialise, text, r, "", func() (any, error) {
		if existing != nil {
			return nil, alreadyInitialised(existing)
		}
		named := storedOrganisations{Organisations: *r.organisations(), Chaincode: tx.proposal.chaincode}
		tx.event = named
		return named, tx.put(organisationsKey(), named)
	})
}

func alreadyInitialised(existing *storedOrganisations) error {
	return rules.Refuse(rules.AlreadyInitialised, rules.Details{"municipality": existing.Municipality}, "")
}

type nothing struct{}

func (*nothing) check() error { return nil }

// Show returns the organisations to everybody, with the further ones that were approved, and those that have ended.
func (*OrganisationsContract) Show(ctx *Context, text string) (string, error) {
	if err := parse(text, "", new(nothing)); err != nil {
		return "", err
	}
	tx, err := begin(ctx)
	if err != nil {
		return "", err
	}
	organisations, err := tx.namedOrganisations()
	if err != nil {
		return "", err
	}
	further, err := tx.furtherOrganisations()
	if err != nil {
		return "", err
	}
	organisations.Organisations = organisations.With(further...)
	answer, err := encode(organisations)
	return string(answer), err
}
