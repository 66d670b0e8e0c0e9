package rules

import "slices"

// OrganisationEnded is the state of a further organisation in which roles no longer count. It is for good, and keeps its MSP id in use.
const OrganisationEnded State = "ended"

// CheckEndable refuses to end the municipality, the last organisation of shops or of auditors, and what is not named.
func (o *Organisations) CheckEndable(further []Organisation, msp string) error {
	all := o.With(further...)
	switch {
	case msp == o.Municipality:
		return Refuse(InvalidOrganisations, Details{"msp": msp},
			"%s is the municipality, which cannot be ended: give an organisation of shops or of auditors", msp)
	case all.HasEnded(msp):
		return Refuse(ChangeState, Details{"msp": msp, "state": OrganisationEnded}, "%s has already ended", msp)
	case slices.Equal(all.Shops, []string{msp}):
		return lastOf(OrganisationOfShops, msp)
	case slices.Equal(all.Auditors, []string{msp}):
		return lastOf(OrganisationOfAuditors, msp)
	case all.Has(msp):
		return nil
	case slices.ContainsFunc(further, func(o Organisation) bool { return o.MSP == msp && o.State == ChangeIsProposed }):
		return Refuse(ChangeState, Details{"msp": msp, "state": ChangeIsProposed},
			"%s has been proposed and is not named yet: reject its proposal with organisations:Reject", msp)
	}
	return Refuse(ChangeNotFound, Details{"msp": msp}, "%s is not named for this channel, so it cannot be ended", msp)
}

// lastOf refuses to leave a channel without an organisation of a kind.
func lastOf(kind OrganisationKind, msp string) error {
	return Refuse(InvalidOrganisations, Details{"msp": msp, "kind": kind},
		"%s is the last organisation of %s of this channel: name another one before you end it", msp, kind)
}

// End ends one of the first organisations, which can be ended.
func (o *Organisations) End(msp string) {
	ends := func(other string) bool { return other == msp }
	o.Shops, o.Auditors = slices.DeleteFunc(slices.Clone(o.Shops), ends), slices.DeleteFunc(slices.Clone(o.Auditors), ends)
	o.Ended = append(slices.Clone(o.Ended), msp)
}

// End ends a further organisation, which can be ended.
func (o *Organisation) End(person string) {
	o.State, o.EndedBy = OrganisationEnded, person
}
