package contract

import (
	"slices"

	"github.com/hyperledger/fabric-chaincode-go/v2/pkg/cid"
	"github.com/hyperledger/fabric-chaincode-go/v2/shim"

	"kindpakket.eu/chaincode/rules"
)

type role string

const (
	issuer     role = "issuer"
	approver   role = "approver"
	treasurer  role = "treasurer"
	cashier    role = "cashier"
	shopkeeper role = "shopkeeper"
	auditor    role = "auditor"
)

var (
	municipal = []role{issuer, approver, treasurer}
	readers   = append(slices.Clone(municipal), auditor)
	tills     = []role{cashier, shopkeeper}
	everybody = append(slices.Clone(readers), tills...)
)

// caller is who signed the proposal, by the attributes of the certificate.
type caller struct {
	msp    string
	role   role
	person string
	shop   string
	till   string
}

// identify reads the caller's certificate. Whoever has no readable one has no role.
func identify(stub shim.ChaincodeStubInterface) caller {
	identity, err := cid.New(stub)
	if err != nil {
		return caller{}
	}
	attribute := func(name string) string {
		value, _, err := identity.GetAttributeValue("kindpakket." + name)
		if err != nil {
			return ""
		}
		return value
	}
	msp, _ := identity.GetMSPID()
	return caller{msp: msp, role: role(attribute("role")), person: attribute("person"), shop: attribute("shop"), till: attribute("till")}
}

// mark tells of the caller in what it writes. A till that is no code is left out, so that no free text gets onto the ledger.
func (c caller) mark(operation string, r request) mark {
	made := mark{Operation: operation, Request: r.id(), Person: c.person, MSP: c.msp, Role: c.role}
	if why, ok := r.(reasoned); ok {
		made.Reason = why.reason()
	}
	if rules.CheckCode("till", c.till) == nil {
		made.Till = c.till
	}
	return made
}

// admit refuses a caller without one of the roles, and one whose role was issued by another organisation than it counts in.
func (c caller) admit(organisations *rules.Organisations, roles []role) error {
	if slices.Contains(roles, c.role) && c.role.countsIn(c.msp, organisations) {
		return nil
	}
	return rules.Refuse(rules.RoleRequired,
		rules.Details{"required": roles, "role": rules.Excerpt(string(c.role)), "msp": rules.Excerpt(c.msp)},
		"this needs one of the roles %v, in the organisation where it counts", roles)
}

func (r role) countsIn(msp string, organisations *rules.Organisations) bool {
	switch {
	case slices.Contains(municipal, r):
		return msp == organisations.Municipality
	case slices.Contains(tills, r):
		return slices.Contains(organisations.Shops, msp)
	}
	return r == auditor && slices.Contains(organisations.Auditors, msp)
}

// checkPerson refuses a caller that nobody stands behind. Only pseudonyms of the form of a code get onto the ledger.
func (c caller) checkPerson() error {
	if !rules.IsPerson(c.person) {
		return rules.Refuse(rules.PersonRequired, rules.Details{"attribute": "kindpakket.person"}, "")
	}
	return nil
}

// checkDecider refuses who has neither the role that decides nor made the proposal.
func (c caller) checkDecider(decides role, proposer string) error {
	if c.role == decides || c.person == proposer {
		return nil
	}
	return rules.Refuse(rules.RoleRequired, rules.Details{"required": []role{decides}, "role": c.role, "msp": c.msp},
		"this needs the role %s, or the person who proposed it", decides)
}

// isTill tells whether the caller belongs to a shop and sees only what is that shop's.
func (c caller) isTill() bool {
	return slices.Contains(tills, c.role)
}

// checkShop refuses a till of another shop.
func (c caller) checkShop(shop string) error {
	if c.isTill() && c.shop != shop {
		return notYours(shop)
	}
	return nil
}

// checkOwns refuses a till of another shop, and one of an organisation that the shop does not belong to.
func (c caller) checkOwns(shop *rules.Shop) error {
	if c.isTill() && (c.shop != shop.ID || c.msp != shop.MSP) {
		return notYours(shop.ID)
	}
	return nil
}

func notYours(shop string) error {
	return rules.Refuse(rules.NotYours, rules.Details{"shop": shop}, "this belongs to shop %s, which is not the caller's", shop)
}
