package contract

import "kindpakket.eu/chaincode/rules"

// storedOrganisations are the organisations with the name that the chaincode goes by on this channel; "" in records of layout 1.
type storedOrganisations struct {
	rules.Organisations
	Chaincode string `json:"chaincode,omitzero"`
}

// namedOrganisations finds the organisations, and refuses a call through another chaincode than the one that they were named for.
func (tx *transaction) namedOrganisations() (*storedOrganisations, error) {
	organisations, err := get[storedOrganisations](tx, organisationsKey())
	if err == nil && organisations == nil {
		err = rules.Refuse(rules.NotInitialised, nil, "")
	}
	if err != nil {
		return nil, err
	}
	return organisations, organisations.checkChaincode(tx.proposal)
}

// checkChaincode refuses a call that the client made to another chaincode, whatever its arguments. Organisations that were named in
// layout 1 are not known to go with a name.
func (o *storedOrganisations) checkChaincode(p *proposal) error {
	if o.Chaincode != "" && o.Chaincode != p.chaincode {
		return notDirect("chaincode", p.chaincode)
	}
	return nil
}

// admit refuses everybody before the organisations are named, and then who lacks the role.
func (tx *transaction) admit(roles []role) error {
	organisations, err := tx.namedOrganisations()
	if err != nil {
		return err
	}
	tx.organisations = &organisations.Organisations
	known, err := tx.organisationsWithCallers()
	if err != nil {
		return err
	}
	return tx.caller.admit(known, roles)
}

// organisationsWithCallers gives the organisations with the caller's own, if that is a further one. Each has a key of its own, so that naming one
// touches nothing that the payments of the others read.
func (tx *transaction) organisationsWithCallers() (*rules.Organisations, error) {
	if tx.organisations.Has(tx.caller.msp) || !rules.IsMSP(tx.caller.msp) {
		return tx.organisations, nil
	}
	own, err := get[rules.Organisation](tx, organisationKey(tx.caller.msp))
	if err != nil || own == nil {
		return tx.organisations, err
	}
	known := tx.organisations.With(*own)
	return &known, nil
}

// furtherOrganisations reads all organisations that were proposed after the first ones were named, by MSP id.
func (tx *transaction) furtherOrganisations() ([]rules.Organisation, error) {
	further := []rules.Organisation{}
	err := scanRange(tx, organisationPrefix(), endOf(organisationPrefix()), func(_ string, organisation *rules.Organisation) (bool, error) {
		further = append(further, *organisation)
		return true, nil
	})
	return further, err
}
