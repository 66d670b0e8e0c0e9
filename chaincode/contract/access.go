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
	acquirer   role = "acquirer"
	auditor    role = "auditor"
)

var (
	municipal = []role{issuer, approver, treasurer}
	readers   = append(slices.Clone(municipal), auditor)
	tills     = []role{cashier, shopkeeper}
	sellers   = append(slices.Clone(tills), acquirer)
	ofAShop   = append(slices.Clone(readers), tills...)
	everybody = append(slices.Clone(readers), sellers...)
)

// caller is who signed the proposal, according to the attributes of the certificate.
type caller struct {
	msp    string
	role   role
	person string
	shop   string
	till   string
}

// identify reads the caller's certificate, once for many transactions. A caller without a readable one has no role.
func identify(stub shim.ChaincodeStubInterface) caller {
	creator, err := stub.GetCreator()
	if err != nil {
		return caller{}
	}
	known, err := recall(creator, func(c *caller) (err error) {
		*c, err = readCertificate(stub)
		return err
	})
	if err != nil {
		return caller{}
	}
	return *known
}

func readCertificate(stub shim.ChaincodeStubInterface) (caller, error) {
	identity, err := cid.New(stub)
	if err != nil {
		return caller{}, err
	}
	attribute := func(name string) string {
		value, _, err := identity.GetAttributeValue("kindpakket." + name)
		if err != nil {
			return ""
		}
		return value
	}
	msp, _ := identity.GetMSPID()
	return caller{msp: msp, role: role(attribute("role")), person: attribute("person"), shop: attribute("shop"), till: attribute("till")}, nil
}

// mark identifies the caller in what it writes. A till that is not a code is left out, so that no free text reaches the ledger.
func (c caller) mark(operation string, r request) mark {
	made := mark{Operation: operation, Request: r.id(), Person: c.person, MSP: c.msp, Role: c.role}
	if why, ok := r.(reasoned); ok {
		made.Reason = why.reason()
	}
	if till := c.tillOf(r); rules.CheckCode("till", till) == nil && rules.PersonalDataIn(till) == "" {
		made.Till = till
	}
	return made
}

// tillOf returns the till at which the caller acts: the one in its certificate or, for an acquirer, the one that the request names.
func (c caller) tillOf(r request) string {
	if hosted, ok := r.(hosted); ok && c.role == acquirer {
		return hosted.till()
	}
	return c.till
}

// checkTill refuses a till in the request of anybody but an acquirer.
func (c caller) checkTill(r request) error {
	hosted, ok := r.(hosted)
	if !ok || hosted.till() == "" {
		return nil
	}
	if c.role != acquirer {
		return rules.Refuse(rules.InvalidCode, rules.Details{"member": "till", "role": c.role},
			"only an acquirer names a till in the request: leave it out, as your certificate names yours")
	}
	return rules.CheckCode("till", hosted.till())
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
	case slices.Contains(sellers, r):
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

// isSeller reports whether the caller acts for shops and sees only what is theirs.
func (c caller) isSeller() bool {
	return slices.Contains(sellers, c.role)
}

// checkShop refuses a till of another shop. For which shops an acquirer may act, only their records tell.
func (c caller) checkShop(shop string) error {
	if slices.Contains(tills, c.role) && c.shop != shop {
		return notYours(shop)
	}
	return nil
}

// checkOwns refuses a till of another shop, an acquirer without a mandate of the shop, and any of an organisation that the shop does not
// belong to.
func (c caller) checkOwns(shop *rules.Shop) error {
	switch {
	case !c.isSeller(), c.role != acquirer && c.shop == shop.ID && c.msp == shop.MSP:
		return nil
	case c.role != acquirer:
		return notYours(shop.ID)
	case c.msp == shop.MSP && shop.HasMandated(c.person):
		return nil
	}
	return rules.Refuse(rules.NotYours, rules.Details{"shop": shop.ID}, "shop %s has not mandated you: its shopkeeper has to, first", shop.ID)
}

// checkShopkeeper refuses the second of two persons of a shop when neither is a shopkeeper.
func (c caller) checkShopkeeper(first role) error {
	if c.role == shopkeeper || first == shopkeeper {
		return nil
	}
	return rules.Refuse(rules.RoleRequired, rules.Details{"required": []role{shopkeeper}, "role": c.role, "msp": c.msp},
		"one of the two persons must be a %s: the first is %s, you are %s", shopkeeper, first, c.describe())
}

func notYours(shop string) error {
	return rules.Refuse(rules.NotYours, rules.Details{"shop": shop}, "this belongs to shop %s, which is not your shop", shop)
}
