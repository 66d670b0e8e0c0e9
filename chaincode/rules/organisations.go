package rules

import "slices"

// Organisations names the MSPs of the channel by what they are. Roles count only in the MSP that they belong to, and in none that has ended.
type Organisations struct {
	Municipality string   `json:"municipality"`
	Shops        []string `json:"shops"`
	Auditors     []string `json:"auditors"`
	Ended        []string `json:"ended,omitzero"`
}

// Check refuses malformed MSP ids and an organisation that is named twice.
func (o *Organisations) Check() error {
	all := slices.Concat([]string{o.Municipality}, o.Shops, o.Auditors)
	for i, msp := range all {
		if !mspForm.MatchString(msp) || slices.Contains(all[:i], msp) {
			return Refuse(InvalidOrganisations, Details{"msp": Excerpt(msp)},
				"%q is not an MSP id or appears twice: give the MSP id of each organisation once", Excerpt(msp))
		}
	}
	if len(o.Shops) == 0 || len(o.Auditors) == 0 || len(all) > maxOrganisations {
		return Refuse(InvalidOrganisations, Details{"shops": len(o.Shops), "auditors": len(o.Auditors)},
			"shops: %d, auditors: %d; name at least one organisation of each, and at most %d in all", len(o.Shops), len(o.Auditors), maxOrganisations)
	}
	return nil
}
