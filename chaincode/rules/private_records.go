package rules

import (
	"regexp"
	"unicode/utf8"
)

var kvkForm = regexp.MustCompile(`^[0-9]{8}$`)

// ShopAccount is where a shop is paid. It stays in the private collection of the municipality and the shops.
type ShopAccount struct {
	IBAN    string `json:"iban"`
	Holder  string `json:"holder"`
	KvK     string `json:"kvk"`
	Contact string `json:"contact"`
	Salt    string `json:"salt"`
}

// CaseRecord ties a voucher to a case of the municipality's register. It stays in the municipality's private collection.
type CaseRecord struct {
	Voucher string `json:"voucher"`
	Case    string `json:"case"`
	Salt    string `json:"salt"`
}

// Check refuses an account that nobody could be paid on. The refusal repeats none of its values.
func (a *ShopAccount) Check() error {
	if !IsIBAN(a.IBAN) {
		return Refuse(InvalidIBAN, nil, "the account's IBAN is not valid: give it in upper case, without spaces")
	}
	if !kvkForm.MatchString(a.KvK) {
		return Refuse(InvalidKVK, nil, "")
	}
	return FirstError(checkText("holder", a.Holder, 140), checkText("contact", a.Contact, 254), checkSalt(a.Salt))
}

// Check refuses a malformed case record. The refusal repeats none of its values.
func (c *CaseRecord) Check() error {
	if CheckID("", c.Voucher) != nil {
		return Refuse(InvalidID, Details{"member": "voucher"}, "the voucher of a case record is not an id: give 32 lower-case hexadecimal characters")
	}
	return FirstError(checkText("case", c.Case, 140), checkSalt(c.Salt))
}

func checkText(member, text string, most int) error {
	if length := utf8.RuneCountInString(text); length < 1 || length > most {
		return Refuse(MalformedRequest, Details{"member": member, "length": length, "most": most},
			"%s has %d characters: give 1 to %d", member, length, most)
	}
	return nil
}

func checkSalt(salt string) error {
	if len(salt) < 32 || len(salt) > 128 || !isHexadecimal(salt) {
		return Refuse(SaltTooShort, Details{"length": len(salt), "least": 32},
			"the salt, of %d characters, is not valid: give 32 to 128 random lower-case hexadecimal characters", len(salt))
	}
	return nil
}

// CheckCases refuses too many records, malformed ones, and two for one voucher.
func CheckCases(cases []CaseRecord, most int) error {
	if err := CheckCount("cases", len(cases), most); err != nil {
		return err
	}
	seen := map[string]bool{}
	for i := range cases {
		if err := cases[i].Check(); err != nil {
			return err
		}
		if seen[cases[i].Voucher] {
			return Refuse(MalformedRequest, Details{"voucher": cases[i].Voucher}, "voucher %s appears twice: give one case record for each voucher", cases[i].Voucher)
		}
		seen[cases[i].Voucher] = true
	}
	return nil
}
