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

// caller is who signed the proposal, according to the attributes of the certificate.
type caller struct {
	msp    string
	role   role
	person string
	shop   string
	till   string
}

// identify reads the caller's certificate. A caller without a readable one has no role.
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

// mark identifies the caller in what it writes. A till that is not a code is left out, so that no free text reaches the ledger.
func (c caller) mark(operation string, r request) mark {
	made := mark{Operation: operation, Request: r.id(), Person: c.person, MSP: c.msp, Role: c.role}
	if why, ok := r.(reasoned); ok {
		made.Reason = why.reason()
	}
	if rules.CheckCode("till", c.till) == nil && rules.PersonalDataIn(c.till) == "" {
		made.Till = c.till
	}
	return made
}

// admit refuses a caller who has none of the roles, or whose role was issued by an organisation in which it does not count.
func (c caller) admit(organisations *rules.Organisations, roles []role) error {
	if slices.Contains(roles, c.role) && c.role.countsIn(c.msp, organisations) {
		return nil
	}
	details := rules.Details{"required": roles, "role": rules.Excerpt(string(c.role)), "msp": rules.Excerpt(c.msp)}
	if slices.Contains(roles, c.role) {
		return rules.Refuse(rules.RoleRequired, details, "the role %s does not count in %s: use a certificate of an organisation that it counts in",
			c.role, rules.Excerpt(c.msp))
	}
	return rules.Refuse(rules.RoleRequired, details, "this needs the role %s; you are %s", rules.Alternatives(roles), c.describe())
}

// describe says who the caller is, for a sentence.
func (c caller) describe() string {
	msp := rules.Excerpt(c.msp)
	switch {
	case c.msp == "":
		return "a caller without a readable certificate"
	case c.role == "":
		return "a caller of " + msp + " without a role"
	}
	return rules.Excerpt(string(c.role)) + " of " + msp
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

// checkPerson refuses a caller whose certificate does not name a person. Only pseudonyms in the form of a code reach the ledger, and no
// account numbers.
func (c caller) checkPerson() error {
	if !rules.IsPerson(c.person) || rules.PersonalDataIn(c.person) != "" {
		return rules.Refuse(rules.PersonRequired, rules.Details{"attribute": "kindpakket.person"}, "")
	}
	return nil
}

// person names who acts, for records and for comparing persons: by the pseudonym in the municipality, and elsewhere by MSP id and pseudonym,
// because every organisation draws its own.
func (tx *transaction) person() string {
	if tx.caller.msp == tx.organisations.Municipality {
		return tx.caller.person
	}
	return tx.caller.msp + keySeparator + tx.caller.person
}

// checkDecider refuses a caller who neither has the role that decides nor made the proposal.
func (tx *transaction) checkDecider(decides role, proposer string) error {
	c := tx.caller
	if c.role == decides || tx.person() == proposer {
		return nil
	}
	return rules.Refuse(rules.RoleRequired, rules.Details{"required": []role{decides}, "role": c.role, "msp": c.msp},
		"only the role %s or the person who proposed it may do this; you are %s", decides, c.describe())
}

// isTill reports whether the caller belongs to a shop and sees only what is that shop's.
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

// checkOwns refuses a till of another shop, and a till of an organisation that the shop does not belong to.
func (c caller) checkOwns(shop *rules.Shop) error {
	if c.isTill() && (c.shop != shop.ID || c.msp != shop.MSP) {
		return notYours(shop.ID)
	}
	return nil
}

func notYours(shop string) error {
	return rules.Refuse(rules.NotYours, rules.Details{"shop": shop}, "this belongs to shop %s, which is not your shop", shop)
}
