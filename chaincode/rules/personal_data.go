package rules

import (
	"regexp"
	"strings"
)

var (
	separators = strings.NewReplacer(" ", "", ".", "", "-", "")
	nineDigits = regexp.MustCompile(`^[0-9]{9}$`)
	emailForm  = regexp.MustCompile(`^[^\s@]+@[^\s@]+\.[^\s@]+$`)
	ibanForm   = regexp.MustCompile(`^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$`)
)

// minIBAN is the length of the shortest account number. No shorter text becomes one in upper case, where each of its letters is one byte.
const minIBAN = 15

// PersonalDataIn returns the kind of personal data that a public text is, a BSN, an IBAN or an e-mail address, or "". Only whole values
// count: one random hexadecimal id in thirty holds a run of digits that passes for a BSN.
func PersonalDataIn(text string) string {
	bare := separators.Replace(text)
	switch {
	case IsBSN(bare):
		return "bsn"
	case len(bare) >= minIBAN && IsIBAN(strings.ToUpper(bare)):
		return "iban"
	case strings.Contains(text, "@") && emailForm.MatchString(strings.TrimSpace(text)):
		return "e-mail"
	}
	return ""
}

// RefusePersonalData refuses a member that contains personal data of a kind. The refusal does not repeat it.
func RefusePersonalData(member, kind string) error {
	return Refuse(PersonalDataRefused, Details{"member": member, "kind": kind},
		"%s contains personal data (%s), which must not be on the ledger: leave it out", member, kind)
}

// IsBSN reports whether a text is nine digits that pass the eleven-test of the Dutch citizen service number: the digits times
// 9, 8, … 2 and −1 add up to a multiple of eleven.
func IsBSN(text string) bool {
	if len(text) != 9 || !nineDigits.MatchString(text) || text == "000000000" {
		return false
	}
	sum := 0
	for i, digit := range text {
		weight := 9 - i
		if i == 8 {
			weight = -1
		}
		sum += weight * int(digit-'0')
	}
	return sum%11 == 0
}

// IsIBAN reports whether a text is an account number by ISO 13616, in upper case and without spaces: a country that has such
// numbers, its length, and the remainder 1 modulo 97.
func IsIBAN(text string) bool {
	if len(text) < minIBAN || ibanLengths[text[:2]] != len(text) || !ibanForm.MatchString(text) {
		return false
	}
	remainder := 0
	for _, letter := range text[4:] + text[:4] {
		if letter >= 'A' {
			remainder = (remainder*100 + int(letter-'A') + 10) % 97
		} else {
			remainder = (remainder*10 + int(letter-'0')) % 97
		}
	}
	return remainder == 1
}

// ibanLengths are the countries of the IBAN registry (SWIFT) with the length of their numbers. A random id of 32 hexadecimal
// characters is none of them: no country with letters a to f has 32 characters.
var ibanLengths = map[string]int{
	"AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27, "BR": 29, "BY": 28,
	"CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18,
	"FK": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HN": 28, "HR": 21, "HU": 28,
	"IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20,
	"LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MN": 20, "MR": 27, "MT": 31, "MU": 30, "NI": 28,
	"NL": 18, "NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "RU": 33, "SA": 24,
	"SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "SO": 23, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26,
	"UA": 29, "VA": 22, "VG": 24, "XK": 20, "YE": 30,
}
