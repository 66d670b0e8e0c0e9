package contract

import "kindpakket.eu/chaincode/rules"

// organisationEvent is the payload of the events of further organisations.
type organisationEvent struct {
	MSP    string                 `json:"msp"`
	Kind   rules.OrganisationKind `json:"kind"`
	Change string                 `json:"change"`
	State  rules.State            `json:"state"`
}

type proposeOrganisationRequest struct {
	header
	MSP      string                 `json:"msp"`
	Kind     rules.OrganisationKind `json:"kind"`
	Accounts string                 `json:"accounts,omitzero"`
	because
}

func (r *proposeOrganisationRequest) check() error {
	return rules.FirstError(r.checkHeader(), rules.CheckMSP(r.MSP), rules.CheckOrganisationKind(r.Kind, r.Accounts), r.checkAccounts(), r.checkReason())
}

func (r *proposeOrganisationRequest) checkAccounts() error {
	if r.Accounts == citizens {
		return rules.Refuse(rules.InvalidOrganisations, rules.Details{"accounts": r.Accounts}, "the collection %s is not for accounts: name another collection", citizens)
	}
	return nil
}

var proposeOrganisation = operation{name: "organisations:Propose", event: "OrganisationProposed", roles: []role{issuer, approver}}

// Propose asks for a further organisation of shops or of auditors. It takes the place of a proposal that was not approved.
func (*OrganisationsContract) Propose(ctx *Context, text string) (string, error) {
	return write(ctx, proposeOrganisation, text, func(tx *transaction, r *proposeOrganisationRequest) (any, error) {
		further, err := tx.furtherOrganisations()
		if err != nil {
			return nil, err
		}
		if err := tx.organisations.CheckNext(further, r.MSP); err != nil {
			return nil, err
		}
		// The proposal that this one takes the place of no longer waits.
		if _, err := tx.read(organisationKey(r.MSP)); err != nil {
			return nil, err
		}
		return tx.putOrganisation(&rules.Organisation{
			MSP: r.MSP, Kind: r.Kind, State: rules.ChangeIsProposed, Change: r.RequestID, Accounts: r.Accounts, Reason: r.Reason,
			ProposedBy: tx.person(), ProposalTerm: rules.NewProposalTerm(tx.now),
		})
	})
}

type organisationChangeRequest struct {
	header
	MSP    string `json:"msp"`
	Change string `json:"change"`
}

func (r *organisationChangeRequest) check() error {
	return rules.FirstError(r.checkHeader(), rules.CheckMSP(r.MSP), rules.CheckID("change", r.Change))
}

func (r *organisationChangeRequest) reads() []string { return []string{organisationKey(r.MSP)} }

var approveOrganisation = operation{name: "organisations:Approve", event: "OrganisationApproved", roles: []role{approver}}

// Approve names an organisation that another person proposed: from now on roles count in it.
func (*OrganisationsContract) Approve(ctx *Context, text string) (string, error) {
	return write(ctx, approveOrganisation, text, func(tx *transaction, r *organisationChangeRequest) (any, error) {
		organisation, err := tx.proposedOrganisation(r)
		if err != nil {
			return nil, err
		}
		if err := organisation.Approve(tx.person(), tx.now); err != nil {
			return nil, err
		}
		if organisation.Accounts != "" {
			// A peer knows the hashes of every collection of the definition, and fails for any other.
			if _, err := tx.privateHash(organisation.Accounts, accountKey(r.Change, "")); err != nil {
				return nil, err
			}
		}
		return tx.putOrganisation(organisation)
	})
}

type rejectOrganisationRequest struct {
	organisationChangeRequest
	because
}

func (r *rejectOrganisationRequest) check() error {
	return rules.FirstError(r.organisationChangeRequest.check(), r.checkReason())
}

var rejectOrganisation = operation{name: "organisations:Reject", event: "OrganisationRejected", roles: []role{issuer, approver}}

// Reject ends the proposal of an organisation. Approvers may do so, and the issuer who proposed it.
func (*OrganisationsContract) Reject(ctx *Context, text string) (string, error) {
	return write(ctx, rejectOrganisation, text, func(tx *transaction, r *rejectOrganisationRequest) (any, error) {
		organisation, err := tx.proposedOrganisation(&r.organisationChangeRequest)
		if err != nil {
			return nil, err
		}
		if err := tx.checkDecider(approver, organisation.ProposedBy); err != nil {
			return nil, err
		}
		if err := organisation.Reject(tx.person(), r.Reason); err != nil {
			return nil, err
		}
		return tx.putOrganisation(organisation)
	})
}

// List returns all further organisations that were proposed, by MSP id. They are few enough for one answer.
func (*OrganisationsContract) List(ctx *Context, text string) (string, error) {
	return query(ctx, readers, text, func(tx *transaction, _ *nothing) (any, error) {
		further, err := tx.furtherOrganisations()
		return listed[rules.Organisation]{Items: further}, err
	})
}

// proposedOrganisation finds the organisation that a decision is about.
func (tx *transaction) proposedOrganisation(r *organisationChangeRequest) (*rules.Organisation, error) {
	organisation, err := get[rules.Organisation](tx, organisationKey(r.MSP))
	if err != nil {
		return nil, err
	}
	if organisation == nil {
		return nil, rules.Refuse(rules.ChangeNotFound, rules.Details{"msp": r.MSP, "change": r.Change}, "%s has not been proposed", r.MSP)
	}
	return organisation, organisation.CheckWaiting(r.Change)
}

// putOrganisation writes a further organisation and sets its event.
func (tx *transaction) putOrganisation(organisation *rules.Organisation) (any, error) {
	tx.event = organisationEvent{
		MSP: organisation.MSP, Kind: organisation.Kind, Change: organisation.Change, State: organisation.State,
	}
	return organisation, putPending(tx, organisationKey(organisation.MSP), organisation)
}
