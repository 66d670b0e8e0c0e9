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

// CheckID refuses anything but 32 lower-case hexadecimal characters.
func CheckID(member, id string) error {
	if !isHex(id, 32) {
		return Refuse(InvalidID, Details{"member": member, "value": Excerpt(id)},
			"%s is %q: give an id of 32 lower-case hexadecimal characters", member, Excerpt(id))
	}
	return nil
}

// CheckIDs refuses a list with too few or too many ids, malformed ids, and an id that appears twice.
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
			return Refuse(MalformedRequest, Details{"member": member, "id": id}, "%s appears twice in %s: give each id once", id, member)
		}
		seen[id] = true
	}
	return nil
}

// CheckCode refuses anything but the code of a category, preset, reason or name.
func CheckCode(member, code string) error {
	if !codeForm.MatchString(code) {
		return Refuse(InvalidCode, Details{"member": member, "value": Excerpt(code)},
			"%s is %q: give a code, a lower-case letter followed by at most 31 lower-case letters, digits or hyphens", member, Excerpt(code))
	}
	return nil
}

// CheckDigest refuses anything but a SHA-256 digest in 64 lower-case hexadecimal characters.
func CheckDigest(member, digest string) error {
	if !isHex(digest, 64) {
		return Refuse(InvalidID, Details{"member": member, "value": Excerpt(digest)},
			"%s is %q: give a SHA-256 digest of 64 lower-case hexadecimal characters", member, Excerpt(digest))
	}
	return nil
}

// CheckPerson refuses anything but the pseudonym of a person.
func CheckPerson(member, person string) error {
	if !IsPerson(person) {
		return Refuse(InvalidCode, Details{"member": member, "value": Excerpt(person)},
			"%s is %q: give a person, a lower-case letter followed by at most 63 lower-case letters, digits or hyphens", member, Excerpt(person))
	}
	return nil
}

// IsPerson reports whether an attribute is the pseudonym of a person.
func IsPerson(text string) bool {
	return personForm.MatchString(text)
}

// isHex reports whether a text is that many lower-case hexadecimal characters.
func isHex(text string, length int) bool {
	return len(text) == length && isHexadecimal(text)
}

func isHexadecimal(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return !strings.ContainsRune("0123456789abcdef", r) }) < 0
}
