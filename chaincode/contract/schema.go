package contract

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"kindpakket.eu/chaincode/rules"
)

// schema is the part of JSON Schema that Fabric's contract metadata knows and that describes our requests and answers.
type schema struct {
	ID                   string             `json:"$id,omitzero"`
	Ref                  string             `json:"$ref,omitzero"`
	Type                 any                `json:"type,omitzero"`
	Enum                 []string           `json:"enum,omitzero"`
	Pattern              string             `json:"pattern,omitzero"`
	Minimum              *int64             `json:"minimum,omitzero"`
	Maximum              *int64             `json:"maximum,omitzero"`
	MinItems             *int64             `json:"minItems,omitzero"`
	MaxItems             *int64             `json:"maxItems,omitzero"`
	Items                *schema            `json:"items,omitzero"`
	Properties           map[string]*schema `json:"properties,omitzero"`
	Required             []string           `json:"required,omitzero"`
	AdditionalProperties any                `json:"additionalProperties,omitzero"`
	AnyOf                []*schema          `json:"anyOf,omitzero"`
}

// Patterns of strings in requests. They match exactly what the rules check.
const (
	idPattern     = `^[0-9a-f]{32}$`
	digestPattern = `^[0-9a-f]{64}$`
	codePattern   = `^[a-z][a-z0-9-]{0,31}$`
	mspPattern    = `^[A-Za-z][A-Za-z0-9.-]{0,63}$`
	dayPattern    = `^[0-9]{4}-[0-9]{2}-[0-9]{2}$`
)

// patterns lists the patterns of strings by the name of their member.
var patterns = map[string]string{
	"request_id": idPattern, "scheme": idPattern, "voucher": idPattern, "vouchers": idPattern, "shop": idPattern, "payment": idPattern,
	"allocation": idPattern, "settlement": idPattern, "settlements": idPattern, "entitlement": idPattern, "change": idPattern, "erasure": idPattern,
	"void": idPattern, "decision": idPattern, "entitlements": idPattern, "request": idPattern, "id": idPattern, "ids": idPattern,
	"payments": idPattern, "hold": idPattern, "refund": idPattern, "against": idPattern,
	"bank_reference": `^[A-Za-z0-9/-]{1,35}$`,
	"reason":         codePattern, "name": codePattern, "preset": codePattern, "category": codePattern, "categories": codePattern, "code": codePattern,
	"file_sha256": digestPattern, "file_commitment": digestPattern, "receipt": digestPattern, "list_sha256": digestPattern, "self_block": digestPattern, "path": digestPattern,
	"signature": `^[A-Za-z0-9+/]{10,96}={0,2}$`, "public_key": `^[A-Za-z0-9+/]{43,88}={0,2}$`,
	"municipality": mspPattern, "shops": mspPattern, "auditors": mspPattern, "msp": mspPattern, "accounts": `^[A-Za-z][A-Za-z0-9_-]{0,63}$`,
	"cursor": cursorForm.String(), "key": publicKeyForm.String(), "seed": `^[0-9a-f]{1,64}$`, "salt": `^[0-9a-f]{32,128}$`,
	// Where a member means something else, its name is preceded by that of the structure's type.
	"selfBlockRequest.code": idPattern,
	"privateRecords.scheme": `^([0-9a-f]{32})?$`,
	"Booking.reason":        `^([a-z][a-z0-9-]{0,31})?$`,
	"holdsRequest.shop":     `^([0-9a-f]{32})?$`,

	"keys":                      pendingRecordForm.String(),
	"waitingRequest.scheme":     `^([0-9a-f]{32})?$`,
	"receivablesRequest.scheme": `^([0-9a-f]{32})?$`,
}

// choices are the values of texts that have few, by their type, or by the type and the name of their member.
var choices = map[string][]string{
	"AllocationUse":             {string(rules.AllocationToIssue), string(rules.AllocationToTopUp)},
	"ProofKind":                 {string(rules.ProofByKey), string(rules.ProofByBooklet)},
	"RetentionStart":            {string(rules.RetentionFromEnd), string(rules.RetentionFromClosing)},
	"Booking.outcome":           {string(rules.BookPaid), string(rules.BookRejected), string(rules.BookReturned)},
	"OrganisationKind":          {string(rules.OrganisationOfShops), string(rules.OrganisationOfAuditors)},
	"Reach":                     {string(rules.ReachNew), string(rules.ReachAll)},
	"batchItem.operation":       slices.Sorted(maps.Keys(batched)),
	"sampleRequest.kind":        {ofVouchers, ofPayments, ofSettlements},
	"privateRecords.collection": {citizens, shopAccounts},
	"waitingRequest.kind":       append([]string{""}, textsOf(rules.PendingKinds)...),
}

// alternatives are the structures that a value of any kind may be, by the structure's type and the member.
var alternatives = map[string][]reflect.Type{
	"batchItem.request": {reflect.TypeFor[purchaseRequest](), reflect.TypeFor[captureRequest](), reflect.TypeFor[refundRequest]()},
	"itemAnswer.answer": {reflect.TypeFor[rules.Payment](), reflect.TypeFor[rules.Refund]()},
}

// span is a least and a most.
type span struct{ least, most int64 }

var (
	instants = span{int64(rules.Day("2000-01-01").Start()), int64(rules.Day("2200-01-01").Start()) - 1}
	// amounts are those of money in requests, unless their member is listed.
	amounts = span{1, int64(rules.MaxAmount)}
	budgets = span{1, int64(rules.MaxBudget)}
	days    = span{0, 36_500}
	bulk    = span{1, maxBulk}

	// spans bound numbers and amounts in requests, by the name of their member, or of their structure's type and the member.
	spans = map[string]span{
		"budget_cents": budgets, "add_cents": budgets, "remove_cents": budgets, "settlement_cents": budgets, "limit": {1, int64(maxLimit)}, "per_mille": {1, 1_000},
		"units": {1, int64(rules.MaxAmount)}, "hold_days": {0, 366}, "extension_days": {0, 366}, "refund_grace_days": days, "settlement_days": days,
		"retention_days": days, "page": {0, 255}, "deadline": instants, "expires_at": instants, "ends_at": instants,
		"part": {0, int64(rules.MaxParts) - 1}, "parts": {1, int64(rules.MaxParts)}, "proposeAllocationRequest.cents": budgets,
		"proposeAllocationRequest.vouchers": {1, int64(rules.MaxParts * rules.MaxPart)},
		"received_cents":                    {0, int64(rules.MaxBudget)},
		"refund_alone_cents":                {0, int64(rules.MaxAmount)},
	}
	// counts bound how many items a list of a request has, likewise.
	counts = map[string]span{
		"keys": bulk, "vouchers": bulk, "activations": bulk, "top_ups": bulk, "settlements": bulk, "payments": bulk, "ids": bulk, "entitlements": bulk,
		"batchRequest.items": {1, maxBatch}, "lines": {1, 20}, "categories": {1, 50}, "proofs": {1, 2}, "path": {0, 8}, "drawing.path": {0, 14},
	}
)

// describer makes schemas by reflection. Structures that others hold become components with a name.
type describer struct {
	components map[string]*schema
	types      map[string]reflect.Type
	// strict tells that requests are described, whose values are bounded, and not answers.
	strict bool
	// inside tells that a component is described. Its $id is what references in it are relative to, so they are the plain names.
	inside bool
}

// object describes a structure inline.
func (d *describer) object(t reflect.Type) *schema {
	made := &schema{Type: "object", Properties: map[string]*schema{}, AdditionalProperties: false}
	d.addMembers(made, t)
	return made
}

func (d *describer) addMembers(made *schema, t reflect.Type) {
	for i := range t.NumField() {
		field := t.Field(i)
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		inner := field.Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		if field.Anonymous && name == "" {
			d.addMembers(made, inner)
			continue
		}
		described := d.value(inner, name, t.Name()+"."+name)
		if options != "omitzero" && options != "omitempty" {
			made.Required = append(made.Required, name)
			if field.Type.Kind() == reflect.Pointer && inner.Kind() == reflect.Struct && !d.strict {
				described = d.object(inner)
				described.Type = []string{"object", "null"}
			}
		}
		made.Properties[name] = described
	}
}

// value describes a value of a member. path is the name of the structure's type and of the member.
func (d *describer) value(t reflect.Type, member, path string) *schema {
	if t == reflect.TypeFor[jsontext.Value]() {
		return d.anyOf(alternatives[path])
	}
	if t == reflect.TypeFor[rules.Details]() {
		return &schema{Type: "object"}
	}
	switch t.Kind() {
	case reflect.Struct:
		return d.reference(t)
	case reflect.Slice:
		list := &schema{Type: "array", Items: d.value(t.Elem(), member, path)}
		if most, known := bound(counts, path, member); known && d.strict {
			list.MinItems, list.MaxItems = &most.least, &most.most
		}
		return list
	case reflect.Map:
		return &schema{Type: "object", AdditionalProperties: d.value(t.Elem(), member, path)}
	case reflect.String:
		return d.text(t, member, path)
	case reflect.Bool:
		return &schema{Type: "boolean"}
	case reflect.Int, reflect.Int64:
		return d.number(t, member, path)
	case reflect.Pointer:
		return d.value(t.Elem(), member, path)
	}
	panic(fmt.Sprintf("%s is a %s, which no schema describes", path, t))
}

// anyOf describes a value that is one of some structures, or anything when there are none.
func (d *describer) anyOf(types []reflect.Type) *schema {
	made := &schema{}
	for _, t := range types {
		made.AnyOf = append(made.AnyOf, d.reference(t))
	}
	return made
}

func (d *describer) text(t reflect.Type, member, path string) *schema {
	made := &schema{Type: "string"}
	if !d.strict {
		return made
	}
	for _, name := range []string{path, t.Name()} {
		if enum, ok := choices[name]; ok {
			made.Enum = enum
			return made
		}
	}
	made.Pattern = patterns[member]
	if special, ok := patterns[path]; ok {
		made.Pattern = special
	}
	if t == reflect.TypeFor[rules.Day]() {
		made.Pattern = dayPattern
	}
	return made
}

func (d *describer) number(t reflect.Type, member, path string) *schema {
	made := &schema{Type: "integer"}
	bounds, known := bound(spans, path, member)
	if !known && t == reflect.TypeFor[rules.Cents]() {
		bounds, known = amounts, true
	}
	if known && d.strict {
		made.Minimum, made.Maximum = &bounds.least, &bounds.most
	}
	return made
}

// bound looks up a bound by the structure's type and the member, or by the member alone.
func bound(bounds map[string]span, path, member string) (span, bool) {
	if special, known := bounds[path]; known {
		return special, true
	}
	general, known := bounds[member]
	return general, known
}

// reference names a structure among the components. Two structures of one name would be one for readers, so they cannot be.
func (d *describer) reference(t reflect.Type) *schema {
	name := strings.ToUpper(t.Name()[:1]) + t.Name()[1:]
	if known, ok := d.types[name]; ok && known != t {
		panic(fmt.Sprintf("%s and %s have one name in the metadata: rename one", known, t))
	}
	if d.types[name] == nil {
		d.types[name] = t
		outside := d.inside
		d.inside = true
		d.components[name] = d.object(t)
		d.components[name].ID = name
		d.inside = outside
	}
	if d.inside {
		return &schema{Ref: name}
	}
	return &schema{Ref: "#/components/schemas/" + name}
}
