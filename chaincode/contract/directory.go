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

// checkChaincode refuses a call that the client made to another chaincode, whatever its arguments. Records of layout 1 do not hold the
// name to compare with.
func (o *storedOrganisations) checkChaincode(p *proposal) error {
	if o.Chaincode != "" && o.Chaincode != p.chaincode {
		return notDirect("chaincode", p.chaincode)
	}
	return nil
}

// admit refuses every caller before the organisations are named, and after that those without the role.
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

// organisationsWithCallers returns the organisations including the caller's, if that is a further one. Each further organisation has
// its own key, so that naming one does not conflict with the payments of the others.
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
