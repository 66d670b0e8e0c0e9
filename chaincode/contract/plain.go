package contract

import (
	"slices"
	"strings"

	"kindpakket.eu/chaincode/rules"
)

// plain is a JSON object as clients write it: in ASCII without escapes, with whole numbers, and without null. It is read in one pass. What
// is not plain, or not JSON at all, is left to those who read all of JSON and say what is wrong with it.
type plain struct {
	text   string
	at     int
	depth  int
	member string
	// screened tells that strings with personal data are not plain.
	screened bool
	// canonical is what was read so far in the form of RFC 8785, without holders' proofs.
	canonical []byte
}

// plainMember is a member of an object, and where it is in the canonical form: nowhere if it is a proof.
type plainMember struct {
	name     string
	from, to int
}

// readPlain returns the canonical form of a plain object, without holders' proofs, and whether it is plain.
func readPlain(text string, screened bool) ([]byte, bool) {
	p := &plain{text: text, screened: screened, canonical: make([]byte, 0, len(text))}
	ok := p.next() == '{' && p.object() && p.next() == 0 && p.at == len(text)
	return p.canonical, ok
}

// next skips white space, and gives the byte after it: 0 at the end.
func (p *plain) next() byte {
	for ; p.at < len(p.text); p.at++ {
		if c := p.text[p.at]; c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			return c
		}
	}
	return 0
}

// take skips a byte that has to come next.
func (p *plain) take(wanted byte) bool {
	if p.next() != wanted {
		return false
	}
	p.at++
	return true
}

func (p *plain) value() bool {
	switch c := p.next(); {
	case c == '"':
		text, ok := p.string()
		p.quote(text)
		return ok
	case c == '{':
		return p.object()
	case c == '[':
		return p.list()
	case c == 't':
		return p.literal("true")
	case c == 'f':
		return p.literal("false")
	}
	return p.number()
}

func (p *plain) quote(text string) {
	p.canonical = append(append(append(p.canonical, '"'), text...), '"')
}

// string reads a string, which needs no escapes in the canonical form either.
func (p *plain) string() (string, bool) {
	if !p.take('"') {
		return "", false
	}
	from := p.at
	for ; p.at < len(p.text); p.at++ {
		switch c := p.text[p.at]; {
		case c == '"':
			p.at++
			text := p.text[from : p.at-1]
			return text, !p.screened || rules.PersonalDataIn(text) == ""
		case c < ' ', c > '~', c == '\\':
			return "", false
		}
	}
	return "", false
}

// number reads a whole number, of which the canonical form keeps all digits.
func (p *plain) number() bool {
	from := p.at
	if p.at < len(p.text) && p.text[p.at] == '-' {
		p.at++
	}
	digits := p.at
	for p.at < len(p.text) && '0' <= p.text[p.at] && p.text[p.at] <= '9' {
		p.at++
	}
	p.canonical = append(p.canonical, p.text[from:p.at]...)
	isWhole := p.at == len(p.text) || !strings.ContainsRune(".eE", rune(p.text[p.at]))
	return p.at > digits && isWhole && (p.text[digits] != '0' || p.at == from+1)
}

func (p *plain) literal(name string) bool {
	ok := strings.HasPrefix(p.text[p.at:], name)
	p.at += len(name)
	p.canonical = append(p.canonical, name...)
	return ok
}

func (p *plain) list() bool {
	return p.within('[', ']', func(first bool) bool {
		if !first {
			p.canonical = append(p.canonical, ',')
		}
		return p.value()
	})
}

func (p *plain) object() bool {
	var room [12]plainMember
	members, start := room[:0], len(p.canonical)+1
	ok := p.within('{', '}', func(bool) bool {
		made, ok := p.pair(start)
		members = append(members, made)
		return ok
	})
	return ok && p.sort(members, start)
}

// pair reads a member of an object whose members start somewhere in the canonical form.
func (p *plain) pair(start int) (plainMember, bool) {
	name, ok := p.string()
	if !ok || !p.take(':') {
		return plainMember{}, false
	}
	if p.depth == 1 {
		p.member = name
	}
	before := len(p.canonical)
	if before > start {
		p.canonical = append(p.canonical, ',')
	}
	from := len(p.canonical)
	p.quote(name)
	p.canonical = append(p.canonical, ':')
	if !p.value() {
		return plainMember{}, false
	}
	if isProof(name, p.member, p.depth) {
		p.canonical = p.canonical[:before]
		return plainMember{name: name}, true
	}
	return plainMember{name, from, len(p.canonical)}, true
}

// within reads what is between two brackets, with commas between items.
func (p *plain) within(opening, closing byte, item func(first bool) bool) bool {
	p.at++
	p.canonical = append(p.canonical, opening)
	if p.depth++; p.depth > maxDepth {
		return false
	}
	for first := true; p.next() != closing; first = false {
		if !first && !p.take(',') || !item(first) {
			return false
		}
	}
	p.at++
	p.depth--
	p.canonical = append(p.canonical, closing)
	return true
}

// sort puts the members of the object that was just read in order, and reports whether their names are unique.
func (p *plain) sort(members []plainMember, start int) bool {
	byName := func(a, b plainMember) int { return strings.Compare(a.name, b.name) }
	if !slices.IsSortedFunc(members, byName) {
		slices.SortFunc(members, byName)
		ordered := make([]byte, 0, len(p.canonical)-start)
		for _, member := range members {
			if member.to == 0 {
				continue
			}
			if len(ordered) > 0 {
				ordered = append(ordered, ',')
			}
			ordered = append(ordered, p.canonical[member.from:member.to]...)
		}
		copy(p.canonical[start:], ordered)
	}
	for i := 1; i < len(members); i++ {
		if members[i].name == members[i-1].name {
			return false
		}
	}
	return true
}
