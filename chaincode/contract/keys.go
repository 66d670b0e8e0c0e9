package contract

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"kindpakket.eu/chaincode/rules"
)

// This file is the grammar of the ledger's keys: every key is composed and taken apart here and nowhere else. A key is the name of its
// kind and its members, joined by slashes. Members are ids, days, versions and MSP ids, none of which contains a slash.

const (
	keySeparator = "/"

	idForm      = `[0-9a-f]{32}`
	dayForm     = `[0-9]{4}-[0-9]{2}-[0-9]{2}`
	mspForm     = `[A-Za-z][A-Za-z0-9.-]{0,63}`
	versionForm = `[0-9]{6}`

	digestForm = `[0-9a-f]{64}`

	transactionForm = digestForm

	// The two parts of a shop's statement, as its entries and cursors name them.
	settlementPart = "settlement"
	openPart       = "open"

	itemForm = dayForm + keySeparator + idForm

	// noScheme stands in a key for the scheme of what is about none.
	noScheme = "-"
)

// keyKind is a kind of key: its name, and the form of each of its members.
type keyKind struct {
	name    string
	members []string
}

// Kinds of public keys.
var (
	organisationsKind = keyKind{name: "organisations"}
	organisationKind  = keyKind{"organisation", []string{mspForm}}
	requestKind       = keyKind{"request", []string{idForm}}
	schemeKind        = keyKind{"scheme", []string{idForm}}
	rulesKind         = keyKind{"rules", []string{idForm, versionForm}}
	changeKind        = keyKind{"change", []string{idForm, idForm}}
	decisionKind      = keyKind{"decision", []string{idForm}}
	budgetKind        = keyKind{"budget", []string{idForm}}
	allocationKind    = keyKind{"allocation", []string{idForm, idForm}}
	dayKind           = keyKind{"day", []string{idForm}}
	shopKind          = keyKind{"shop", []string{idForm}}
	voucherKind       = keyKind{"voucher", []string{idForm, idForm}}
	entitlementKind   = keyKind{"entitlement", []string{idForm}}
	boundKind         = keyKind{"bound", []string{digestForm}}
	paymentKind       = keyKind{"payment", []string{idForm}}
	refundKind        = keyKind{"refund", []string{idForm}}
	waitingKind       = keyKind{"waiting", []string{idForm, idForm}}
	askedKind         = keyKind{"asked", []string{idForm, idForm, idForm}}
	settlementKind    = keyKind{"settlement", []string{idForm, idForm}}
	erasureKind       = keyKind{"erasure", []string{idForm}}
	pendingKind       = keyKind{"pending", []string{anyOf(pendingKinds()...), `(` + noScheme + `|` + idForm + `)`, idForm}}
)

// ownLists are the keys that list what waits of some kinds, by scheme, beside those of all other kinds.
var ownLists = map[rules.PendingKind]keyKind{rules.PendingReceivable: receivableKind, rules.PendingRefund: waitingKind}

// pendingRecordKinds are the kinds of records because of which something may wait that has no list of its own.
var pendingRecordKinds = []keyKind{
	organisationKind, schemeKind, changeKind, decisionKind, allocationKind, shopKind, voucherKind, settlementKind, erasureKind,
}

// pendingRecordForm admits the keys of those records, and pendingRecordParts are the ranges that they are in.
var (
	pendingRecordForm  = formOf(pendingRecordKinds...)
	pendingRecordParts = partsOf(pendingRecordKinds)
)

// Kinds of keys that find things by their scheme, shop and day. What a shop is owed is unsettled or, once a settlement holds it, sold.
// Holds are held and, when they were released, undone, like payments that were cancelled. So each payment is under exactly one of four.
var (
	unsettledKind      = atShop("unsettled")
	soldKind           = atShop("sold")
	heldKind           = atShop("held")
	undoneKind         = atShop("undone")
	shopSettlementKind = atShop("shop-settlement")
	liveKind           = keyKind{"live", []string{idForm, idForm, idForm}}
	receivableKind     = keyKind{"receivable", []string{idForm, idForm, idForm}}
)

func atShop(name string) keyKind { return keyKind{name, []string{idForm, idForm, dayForm, idForm}} }

// Kinds of keys in private collections. An account that replaced the one of the application has its change as second member.
var (
	caseKind    = keyKind{"case", []string{idForm, idForm}}
	accountKind = keyKind{"account", []string{idForm}}
)

// publicKeyForm admits the public keys that the chaincode writes, and no others.
var publicKeyForm = formOf(
	organisationsKind, organisationKind, requestKind, schemeKind, rulesKind, changeKind, decisionKind, budgetKind, allocationKind, dayKind,
	shopKind, voucherKind, entitlementKind, boundKind, paymentKind, refundKind, askedKind, waitingKind, unsettledKind, soldKind, heldKind, undoneKind,
	settlementKind, shopSettlementKind, liveKind, receivableKind, erasureKind, pendingKind,
)

// cursorForm admits the cursors that pages of lists end with: what a key has after the prefix of the list, the part of a list in parts
// that it belongs to, and the transaction at which a history goes on.
var cursorForm = regexp.MustCompile(`^(` + strings.Join([]string{
	"", restForm, transactionForm,
	anyOf(settlementPart, openPart, heldKind.name, unsettledKind.name, soldKind.name, undoneKind.name, askedKind.name, waitingKind.name) +
		keySeparator + `(` + restForm + `)?`,
	anyOf(append(textsOf(rules.PendingKinds), namesOf(pendingRecordKinds)...)...) + keySeparator + `((` + noScheme + keySeparator + `)?` + restForm + `)?`,
	organisationKind.name + keySeparator + mspForm,
}, "|") + `)$`)

// restForm is what a key may have after the prefix of a list.
const restForm = `(` + idForm + `(` + keySeparator + idForm + `){0,2}|(` + idForm + keySeparator + `)?` + itemForm + `)`

// anyOf is the form of a member that is one of some names.
func anyOf(names ...string) string { return `(` + strings.Join(names, "|") + `)` }

// pendingKinds are the kinds of what waits that have no list of their own.
func pendingKinds() []string {
	var names []string
	for _, kind := range rules.PendingKinds {
		if _, other := ownLists[kind]; !other {
			names = append(names, string(kind))
		}
	}
	return names
}

// lasting are the kinds of the records that most transactions read and few change.
var lasting = namesOf([]keyKind{organisationsKind, organisationKind, schemeKind, rulesKind, dayKind, shopKind})

// lasts reports whether a key is that of a record that most transactions read and few change.
func lasts(key string) bool {
	name, _, _ := strings.Cut(key, keySeparator)
	return slices.Contains(lasting, name)
}

func textsOf[T ~string](values []T) []string {
	var texts []string
	for _, value := range values {
		texts = append(texts, string(value))
	}
	return texts
}

func namesOf(kinds []keyKind) []string {
	var names []string
	for _, kind := range kinds {
		names = append(names, kind.name)
	}
	return names
}

// partsOf returns the range of all keys of each kind.
func partsOf(kinds []keyKind) []part {
	var parts []part
	for _, kind := range kinds {
		parts = append(parts, part{kind.name, kind.prefix()})
	}
	return parts
}

func formOf(kinds ...keyKind) *regexp.Regexp {
	var patterns []string
	for _, kind := range kinds {
		patterns = append(patterns, kind.key(kind.members...))
	}
	return regexp.MustCompile(`^(` + strings.Join(patterns, "|") + `)$`)
}

func (k keyKind) key(members ...string) string {
	var key strings.Builder
	key.Grow(len(k.name) + 3*(len(keySeparator)+32) + len(rules.Day("2000-01-01")))
	key.WriteString(k.name)
	for _, member := range members {
		key.WriteString(keySeparator)
		key.WriteString(member)
	}
	return key.String()
}

// prefix is what all keys of the kind with these first members start with. It ends in a separator.
func (k keyKind) prefix(members ...string) string {
	return k.key(members...) + keySeparator
}

func organisationsKey() string                       { return organisationsKind.key() }
func organisationKey(msp string) string              { return organisationKind.key(msp) }
func organisationPrefix() string                     { return organisationKind.prefix() }
func requestKey(request string) string               { return requestKind.key(request) }
func schemeKey(scheme string) string                 { return schemeKind.key(scheme) }
func schemePrefix() string                           { return schemeKind.prefix() }
func changeKey(scheme, change string) string         { return changeKind.key(scheme, change) }
func changePrefix(scheme string) string              { return changeKind.prefix(scheme) }
func decisionKey(decision string) string             { return decisionKind.key(decision) }
func decisionPrefix() string                         { return decisionKind.prefix() }
func budgetKey(scheme string) string                 { return budgetKind.key(scheme) }
func allocationKey(scheme, allocation string) string { return allocationKind.key(scheme, allocation) }
func allocationPrefix(scheme string) string          { return allocationKind.prefix(scheme) }
func dayKey(scheme string) string                    { return dayKind.key(scheme) }
func shopKey(shop string) string                     { return shopKind.key(shop) }
func shopPrefix() string                             { return shopKind.prefix() }
func voucherKey(scheme, voucher string) string       { return voucherKind.key(scheme, voucher) }
func voucherPrefix(scheme string) string             { return voucherKind.prefix(scheme) }
func entitlementKey(entitlement string) string       { return entitlementKind.key(entitlement) }
func boundKey(digest string) string                  { return boundKind.key(digest) }
func paymentKey(payment string) string               { return paymentKind.key(payment) }
func paymentPrefix() string                          { return paymentKind.prefix() }
func refundKey(refund string) string                 { return refundKind.key(refund) }
func waitingKey(scheme, refund string) string        { return waitingKind.key(scheme, refund) }
func waitingPrefix(scheme string) string             { return waitingKind.prefix(scheme) }
func settlementKey(scheme, settlement string) string { return settlementKind.key(scheme, settlement) }
func settlementPrefix(scheme string) string          { return settlementKind.prefix(scheme) }
func erasureKey(erasure string) string               { return erasureKind.key(erasure) }
func erasurePrefix() string                          { return erasureKind.prefix() }
func caseKey(scheme, voucher string) string          { return caseKind.key(scheme, voucher) }
func casePrefix(scheme string) string                { return caseKind.prefix(scheme) }

func rulesKey(scheme string, version rules.Number) string {
	return rulesKind.key(scheme, fmt.Sprintf("%06d", version))
}

// pendingKey lists a thing that waits, under its kind and scheme.
func pendingKey(p rules.Pending) string {
	return pendingKind.key(string(p.Kind), cmp.Or(p.Scheme, noScheme), p.ID)
}

// accountKey names a private account of a shop: that of its application ("") or of a later change.
func accountKey(shop, change string) string {
	if change == "" {
		return accountKind.key(shop)
	}
	return accountKind.key(shop, change)
}

func unsettledKey(scheme, shop string, day rules.Day, item string) string {
	return unsettledKind.key(scheme, shop, string(day), item)
}

func unsettledPrefix(scheme, shop string) string {
	return unsettledKind.prefix(scheme, shop)
}

// unsettledUntil returns the first key after the items of a shop up to and including a day.
func unsettledUntil(scheme, shop string, day rules.Day) string {
	return unsettledKind.key(scheme, shop, string(day.Next()))
}

func soldKey(scheme, shop string, day rules.Day, item string) string {
	return soldKind.key(scheme, shop, string(day), item)
}

func heldKey(payment *rules.Payment) string {
	return heldKind.key(payment.Scheme, payment.Shop, string(payment.HeldDay), payment.ID)
}

func undoneKey(payment *rules.Payment, day rules.Day) string {
	return undoneKind.key(payment.Scheme, payment.Shop, string(day), payment.ID)
}

func shopSettlementKey(settlement *rules.Settlement) string {
	return shopSettlementKind.key(settlement.Scheme, settlement.Shop, string(settlement.Through), settlement.ID)
}

func askedKey(refund *rules.Refund) string {
	return askedKind.key(refund.Scheme, refund.Shop, refund.ID)
}

func liveKey(scheme, shop, settlement string) string { return liveKind.key(scheme, shop, settlement) }

func receivableKey(s *rules.Settlement) string { return receivableKind.key(s.Scheme, s.Shop, s.ID) }

// readSettlementKey returns the scheme and the id of a key that finds a settlement by its scheme and shop.
func readSettlementKey(key string) (scheme, settlement string) {
	members := strings.Split(key, keySeparator)
	return members[1], members[3]
}

// readShopKey returns the shop, the day and the id of a key that finds a thing by its shop and day.
func readShopKey(key string) (shop string, day rules.Day, id string) {
	members := strings.Split(key, keySeparator)
	return members[2], rules.Day(members[3]), members[4]
}

// firstMember returns the name of the kind of a key.
func firstMember(key string) string { return key[:strings.Index(key, keySeparator)] }

// lastMember returns the id that a key ends with.
func lastMember(key string) string { return key[strings.LastIndex(key, keySeparator)+1:] }

// keyAt returns the key that a cursor names within a prefix, and cursorOf the cursor of a key.
func keyAt(prefix, cursor string) string { return prefix + cursor }

func cursorOf(prefix, key string) string { return strings.TrimPrefix(key, prefix) }

// keyAfter returns the first key after another.
func keyAfter(key string) string { return key + "\x00" }

// endOf returns the first key after all keys with a prefix: its separator becomes the character after it.
func endOf(prefix string) string {
	return strings.TrimSuffix(prefix, keySeparator) + "0"
}
