package contract

import (
	"slices"

	"kindpakket.eu/chaincode/rules"
)

type endOrganisationRequest struct {
	header
	MSP string `json:"msp"`
	because
}

func (r *endOrganisationRequest) check() error {
	return rules.FirstError(r.checkHeader(), rules.CheckMSP(r.MSP), r.checkReason())
}

var proposeOrganisationEnd = operation{name: "organisations:ProposeEnd", event: "OrganisationEndProposed", roles: proposers}

// ProposeEnd asks for the permanent end of an organisation: roles no longer count in it. Its shops are ended one by one.
func (*OrganisationsContract) ProposeEnd(ctx *Context, text string) (string, error) {
	return write(ctx, proposeOrganisationEnd, text, func(tx *transaction, r *endOrganisationRequest) (any, error) {
		further, err := tx.furtherOrganisations()
		if err != nil {
			return nil, err
		}
		if err := tx.organisations.CheckEndable(further, r.MSP); err != nil {
			return nil, err
		}
		return tx.proposeDecision(&rules.Decision{ID: r.RequestID, Kind: rules.DecideOrganisationEnd, MSP: r.MSP, Reason: r.Reason})
	})
}

// endOrganisation carries out a decision to end an organisation. It reads all organisations again, so that of two decisions on the last two
// of a kind, one is refused or not valid.
func (tx *transaction) endOrganisation(decision *rules.Decision) error {
	further, err := tx.furtherOrganisations()
	if err != nil {
		return err
	}
	if err := tx.organisations.CheckEndable(further, decision.MSP); err != nil {
		return err
	}
	index := slices.IndexFunc(further, func(o rules.Organisation) bool { return o.MSP == decision.MSP })
	if index < 0 {
		return tx.endFirstOrganisation(decision.MSP)
	}
	further[index].End(tx.person())
	return putPending(tx, organisationKey(decision.MSP), &further[index])
}

// endFirstOrganisation rewrites the record of the first organisations. Every transaction reads it, so those in flight are not valid.
func (tx *transaction) endFirstOrganisation(msp string) error {
	first, err := tx.namedOrganisations()
	if err != nil {
		return err
	}
	first.End(msp)
	return tx.put(organisationsKey(), first)
}
