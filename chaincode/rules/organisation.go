package rules

import (
	"regexp"
	"slices"
)

// maxOrganisations is how many organisations a channel names at most, including those that were only proposed or have ended.
const maxOrganisations = 100

// collectionForm is narrower than what Fabric takes for the name of a collection.
var collectionForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,63}$`)

// OrganisationKind tells what a further organisation is.
type OrganisationKind string

// Kinds of a further organisation. A further municipality has a channel of its own.
const (
	OrganisationOfShops    OrganisationKind = "shops"
	OrganisationOfAuditors OrganisationKind = "auditors"
)

// Organisation is an organisation that one person proposes after the others were named, and another one decides on. Accounts is the
// private collection that the accounts of its shops are kept in, "" for the one that all others share.
type Organisation struct {
	MSP        string           `json:"msp"`
	Kind       OrganisationKind `json:"kind"`
	State      State            `json:"state"`
	Change     string           `json:"change"`
	Accounts   string           `json:"accounts,omitzero"`
	Reason     string           `json:"reason"`
	ProposedBy string           `json:"proposed_by"`
	ProposalTerm
	DecidedBy    string `json:"decided_by,omitzero"`
	RejectReason string `json:"reject_reason,omitzero"`
	EndedBy      string `json:"ended_by,omitzero"`
}

// IsNamed reports whether roles count in the organisation.
func (o *Organisation) IsNamed() bool {
	return o.State == ChangeIsApproved
}

// CheckWaiting refuses a change that is not the one that the organisation was proposed by last.
func (o *Organisation) CheckWaiting(change string) error {
	if o.Change != change {
		return Refuse(ChangeNotFound, Details{"msp": o.MSP, "change": change},
			"change %s is not the latest proposal for %s: look at the latest one first", change, o.MSP)
	}
	return nil
}

// Approve names the organisation that another person proposed, within the term of the proposal.
func (o *Organisation) Approve(person string, now Number) error {
	state, err := changeLife.next(o.Change, ApproveChange, o.State)
	if err != nil {
		return err
	}
	if err := FirstError(CheckSecondPerson(o.ProposedBy, person), o.CheckTerm(o.Change, now)); err != nil {
		return err
	}
	o.State, o.DecidedBy = state, person
	return nil
}

// Reject ends the proposal of the organisation.
func (o *Organisation) Reject(person, reason string) error {
	state, err := changeLife.next(o.Change, RejectChange, o.State)
	if err != nil {
		return err
	}
	o.State, o.DecidedBy, o.RejectReason = state, person, reason
	return nil
}

// CheckMSP refuses anything but an MSP id.
func CheckMSP(msp string) error {
	if !IsMSP(msp) {
		return Refuse(InvalidOrganisations, Details{"msp": Excerpt(msp)},
			"%q is not an MSP id: give a letter followed by at most 63 letters, digits, dots or hyphens", Excerpt(msp))
	}
	return nil
}

// IsMSP reports whether a text has the form of the MSP ids that can be named.
func IsMSP(text string) bool {
	return mspForm.MatchString(text)
}

// CheckOrganisationKind refuses an unknown kind of organisation, and a collection for accounts that does not belong to shops or whose name
// Fabric would not accept.
func CheckOrganisationKind(kind OrganisationKind, accounts string) error {
	switch {
	case kind != OrganisationOfShops && kind != OrganisationOfAuditors:
		return Refuse(InvalidCode, Details{"member": "kind", "value": Excerpt(string(kind))},
			"kind is %q: it must be %s or %s", Excerpt(string(kind)), OrganisationOfShops, OrganisationOfAuditors)
	case accounts == "":
		return nil
	case kind != OrganisationOfShops:
		return Refuse(InvalidOrganisations, Details{"accounts": Excerpt(accounts)}, "only organisations of shops have accounts: leave out accounts")
	case !collectionForm.MatchString(accounts):
		return Refuse(InvalidOrganisations, Details{"accounts": Excerpt(accounts)},
			"accounts is %q: give the name of a collection, a letter followed by at most 63 letters, digits, hyphens or underscores", Excerpt(accounts))
	}
	return nil
}

// CheckNext refuses a further organisation that was named before, also if it has ended, and one too many.
func (o *Organisations) CheckNext(further []Organisation, next string) error {
	all := o.With(further...)
	switch {
	case all.HasEnded(next):
		return Refuse(OrganisationNamed, Details{"msp": next},
			"%s was named for this channel and has ended: choose another MSP id, because whoever gets the same one would inherit its shops", next)
	case all.Has(next):
		return Refuse(OrganisationNamed, Details{"msp": next}, "%s has already been named for this channel", next)
	}
	known := slices.ContainsFunc(further, func(o Organisation) bool { return o.MSP == next })
	if !known && 1+len(o.Shops)+len(o.Auditors)+len(o.Ended)+len(further) >= maxOrganisations {
		return Refuse(InvalidOrganisations, Details{"msp": next, "most": maxOrganisations},
			"%s cannot be proposed: a channel has at most %d organisations, including those that were only proposed or have ended", next, maxOrganisations)
	}
	return nil
}

// With returns the organisations together with those further ones that were approved, and those of them that have ended.
func (o *Organisations) With(further ...Organisation) Organisations {
	all := Organisations{
		Municipality: o.Municipality, Shops: slices.Clone(o.Shops), Auditors: slices.Clone(o.Auditors), Ended: slices.Clone(o.Ended),
	}
	for _, organisation := range further {
		switch {
		case organisation.State == OrganisationEnded:
			all.Ended = append(all.Ended, organisation.MSP)
		case !organisation.IsNamed():
		case organisation.Kind == OrganisationOfShops:
			all.Shops = append(all.Shops, organisation.MSP)
		case organisation.Kind == OrganisationOfAuditors:
			all.Auditors = append(all.Auditors, organisation.MSP)
		}
	}
	return all
}

// Has reports whether an MSP is one of the organisations, or was until it ended.
func (o *Organisations) Has(msp string) bool {
	return msp == o.Municipality || slices.Contains(o.Shops, msp) || slices.Contains(o.Auditors, msp) || o.HasEnded(msp)
}

// HasEnded reports whether an MSP is one of the organisations that have ended.
func (o *Organisations) HasEnded(msp string) bool {
	return slices.Contains(o.Ended, msp)
}
