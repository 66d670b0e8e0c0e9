package rules

import (
	"regexp"
	"strings"
)

var (
	codeForm   = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)
	personForm = regexp.MustCompile(`^[a-z][a-z0-9-]{0,63}$`)
	mspForm    = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9.-]{0,63}$`)
)

// CheckID refuses what is not 32 lower-case hexadecimal characters.
func CheckID(member, id string) error {
	if !isHex(id, 32) {
		return Refuse(InvalidID, Details{"member": member, "value": Excerpt(id)},
			"%s is not an id: give 32 lower-case hexadecimal characters", member)
	}
	return nil
}

// CheckIDs refuses a list of too few or too many ids, malformed ones, and one that stands in it twice.
func CheckIDs(member string, ids []string, most int) error {
	if err := CheckCount(member, len(ids), most); err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, id := range ids {
		if err := CheckID(member, id); err != nil {
			return err
		}
		if seen[id] {
			return Refuse(MalformedRequest, Details{"member": member, "id": id}, "%s stands twice in %s", id, member)
		}
		seen[id] = true
	}
	return nil
}

// CheckCode refuses what is not a code of a category, preset, reason or name.
func CheckCode(member, code string) error {
	if !codeForm.MatchString(code) {
		return Refuse(InvalidCode, Details{"member": member, "value": Excerpt(code)},
			"%s is not a code: give a lower-case letter and at most 31 lower-case letters, digits and hyphens", member)
	}
	return nil
}

// CheckDigest refuses what is not a SHA-256 digest in 64 lower-case hexadecimal characters.
func CheckDigest(member, digest string) error {
	if !isHex(digest, 64) {
		return Refuse(InvalidID, Details{"member": member, "value": Excerpt(digest)},
			"%s is not a SHA-256 digest: give 64 lower-case hexadecimal characters", member)
	}
	return nil
}

// IsPerson tells whether an attribute is the pseudonym of a person.
func IsPerson(text string) bool {
	return personForm.MatchString(text)
}

// isHex tells whether a text is that many lower-case hexadecimal characters.
func isHex(text string, length int) bool {
	return len(text) == length && isHexadecimal(text)
}

func isHexadecimal(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return !strings.ContainsRune("0123456789abcdef", r) }) < 0
}
