package contract

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"
	contractmetadata "github.com/hyperledger/fabric-contract-api-go/v2/metadata"
	"github.com/xeipuuv/gojsonschema"

	"kindpakket.eu/chaincode/internal/fakeledger"
)

func catalogued() map[string]described {
	listed := map[string]described{}
	for _, entry := range catalogue {
		listed[entry.name] = entry
	}
	return listed
}

// api gives what the contract API finds by reflection: the transactions, and whether each is evaluated.
func api(t *testing.T) map[string]bool {
	t.Helper()
	chaincode, err := contractapi.NewChaincode(contracts()...)
	if err != nil {
		t.Fatal(err)
	}
	var found contractmetadata.ContractChaincodeMetadata
	ledger := fakeledger.New(program(func(stub shim.ChaincodeStubInterface) error {
		return json.Unmarshal(chaincode.Invoke(stub).GetPayload(), &found)
	}))
	if s := ledger.Simulate(fakeledger.Call{Name: metadataTransaction}); s.Response.GetStatus() != shim.OK {
		t.Fatal(s.Response)
	}
	evaluated := map[string]bool{}
	for name, contract := range found.Contracts {
		for _, transaction := range contract.Transactions {
			evaluated[name+":"+transaction.Name] = slices.Contains(transaction.Tag, "evaluate") || slices.Contains(transaction.Tag, "EVALUATE")
		}
	}
	return evaluated
}

func TestTheCatalogueListsEveryTransaction(t *testing.T) {
	listed, found := catalogued(), api(t)
	if len(listed) != len(catalogue) {
		t.Errorf("the catalogue has %d entries with %d names", len(catalogue), len(listed))
	}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		entry, known := listed[name]
		switch {
		case name == metadataTransaction:
		case !known:
			t.Errorf("%s is a transaction: add it to contract/catalogue.go, with its request and its answer", name)
		case entry.query != found[name]:
			t.Errorf("%s: the catalogue says query %v, and GetEvaluateTransactions %v", name, entry.query, found[name])
		}
	}
	for name, entry := range listed {
		if _, known := found[name]; !known {
			t.Errorf("%s is in the catalogue and no transaction of a contract", name)
		}
		if entry.about == "" || (len(entry.roles) == 0 && name != "organisations:Show") {
			t.Errorf("%s: say what it does, and who may", name)
		}
	}
}

func TestThePageDescribesEveryTransaction(t *testing.T) {
	page, err := os.ReadFile("../../docs/transactions.md")
	if err != nil {
		t.Fatal(err)
	}
	described := map[string]bool{}
	for _, match := range regexp.MustCompile("`([a-z]+:[A-Z][A-Za-z]+)`").FindAllSubmatch(page, -1) {
		if name := string(match[1]); name != "contract:Operation" {
			described[name] = true
		}
	}
	listed := catalogued()
	for _, name := range slices.Sorted(maps.Keys(listed)) {
		if !described[name] {
			t.Errorf("%s is a transaction that docs/transactions.md does not describe", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(described)) {
		if _, known := listed[name]; !known {
			t.Errorf("docs/transactions.md describes %s, which contract/catalogue.go does not list", name)
		}
	}
}

// answered asks for the metadata as any client would.
func answered(t *testing.T) []byte {
	t.Helper()
	w := newWorld(t)
	response := w.ledger.Simulate(fakeledger.Call{Name: "org.hyperledger.fabric:GetMetadata", Creator: w.users["auditor"]}).Response
	if response.GetStatus() != shim.OK {
		t.Fatal(response.GetMessage())
	}
	return response.GetPayload()
}

// Any client may have the query ordered, and its arguments would stay on the ledger.
func TestTheMetadataTakeNoArguments(t *testing.T) {
	w := newWorld(t)
	for _, arguments := range [][]string{{""}, {"{}"}, {"123456782"}, {strings.Repeat("x", 5<<20), "y"}} {
		s := w.ledger.Simulate(fakeledger.Call{Name: metadataTransaction, Arguments: arguments, Creator: w.users["auditor"]})
		if code := codeOf(t, s.Response.GetMessage()); code != "MALFORMED_REQUEST" || len(s.Response.GetMessage()) > 200 {
			t.Errorf("%d arguments: %s", len(arguments), s.Response.GetMessage())
		}
	}
}

func TestTheMetadataFollowFabricsSchema(t *testing.T) {
	data := answered(t)
	checkAgainst(t, gojsonschema.NewBytesLoader(contractmetadata.GetJSONSchema()), data)
	var document contractmetadata.ContractChaincodeMetadata
	if err := json.Unmarshal(data, &document); err != nil {
		t.Fatal(err)
	}
	if err := contractmetadata.ValidateAgainstSchema(document); err != nil {
		t.Fatal(err)
	}
	if document.Info.Title != "Kindpakket" || document.Info.Version != Version || document.Info.License.Name != "EUPL-1.2" {
		t.Error(document.Info)
	}
	found, transactions := api(t), 0
	for name, contract := range document.Contracts {
		for _, transaction := range contract.Transactions {
			full := name + ":" + transaction.Name
			if evaluated, known := found[full]; !known || evaluated != slices.Contains(transaction.Tag, "evaluate") {
				t.Errorf("%s is tagged %v", full, transaction.Tag)
			}
			transactions++
		}
	}
	if transactions != len(found) {
		t.Errorf("the metadata name %d transactions, and there are %d", transactions, len(found))
	}
	for name, component := range document.Components.Schemas {
		if component.ID != name || len(component.Properties) == 0 {
			t.Errorf("the component %s: %+v", name, component)
		}
	}
	for _, reference := range regexp.MustCompile(`"\$ref":"(?:#/components/schemas/)?([^"]+)"`).FindAllSubmatch(data, -1) {
		if _, known := document.Components.Schemas[string(reference[1])]; !known {
			t.Errorf("there is no component %s", reference[1])
		}
	}
}

func checkAgainst(t *testing.T, schema gojsonschema.JSONLoader, data []byte) {
	t.Helper()
	result, err := gojsonschema.Validate(schema, gojsonschema.NewBytesLoader(data))
	if err != nil {
		t.Fatal(err)
	}
	for _, flaw := range result.Errors() {
		t.Error(flaw)
	}
}

func TestTheMetadataSayWhatARequestLooksLike(t *testing.T) {
	document := decodeJSON(t, answered(t))
	transaction := func(contract, name string) object {
		for _, made := range document["contracts"].(object)[contract].(object)["transactions"].([]any) {
			if made.(object)["name"] == name {
				return made.(object)
			}
		}
		t.Fatalf("no %s:%s", contract, name)
		return nil
	}
	book := transaction("settlement", "Book")
	request := book["parameters"].([]any)[0].(object)["schema"].(object)
	members := request["properties"].(object)
	if request["additionalProperties"] != false || !slices.Equal(request["required"].([]any), []any{"request_id", "scheme", "settlement", "outcome"}) {
		t.Error(request)
	}
	if members["scheme"].(object)["pattern"] != idPattern || !slices.Equal(members["outcome"].(object)["enum"].([]any), []any{"paid", "rejected", "returned"}) {
		t.Error(members)
	}
	if book["returns"].(object)["$ref"] != "#/components/schemas/Settlement" || !slices.Equal(book["x-roles"].([]any), []any{"treasurer"}) {
		t.Error(book)
	}
	components := document["components"].(object)["schemas"].(object)
	if line := components["Line"].(object)["properties"].(object)["cents"].(object); number(t, line["minimum"]) != 1 || number(t, line["maximum"]) != 100_000_000 {
		t.Error(line)
	}
	if item := components["Item"].(object)["properties"].(object)["cents"].(object); item["minimum"] != nil {
		t.Errorf("items of refunds are negative: %v", item)
	}
	if private := transaction("shop", "Apply")["x-transient"].(object)["account"].(object); private["$ref"] != "#/components/schemas/ShopAccount" {
		t.Error(private)
	}
	if private := transaction("voucher", "RecordCases")["x-transient"].(object)["cases"].(object); private["type"] != "array" {
		t.Error(private)
	}
	voucher := components["Voucher"].(object)["properties"].(object)["authorisation"].(object)
	if !slices.Equal(voucher["type"].([]any), []any{"object", "null"}) {
		t.Errorf("before activation there is none: %v", voucher)
	}
}

func TestEveryTransactionRefusesWhatItDoesNotKnow(t *testing.T) {
	w := newTown(t)
	users := map[role]string{"": "clerk", issuer: "clerk", approver: "manager", treasurer: "treasurer", auditor: "auditor", cashier: "shop", shopkeeper: "shop"}
	for name, entry := range catalogued() {
		w.refused("MALFORMED_REQUEST", users[slices.Concat(entry.roles, []role{""})[0]], name, object{"nonsense": 1})
		if len(entry.roles) > 0 {
			w.enrol("nobody", "GemeenteMSP", "", "p-nobody", "")
			code := "ROLE_REQUIRED"
			if name == initialise.name {
				code = "ALREADY_INITIALISED"
			}
			w.refusedText(code, "nobody", name, "not even JSON")
		}
	}
}

// schemas are those of the metadata, ready to validate; made once for all tests.
var schemas = sync.OnceValues(func() (map[string]contractmetadata.TransactionMetadata, error) {
	data, err := metadata()
	if err != nil {
		return nil, err
	}
	var document contractmetadata.ContractChaincodeMetadata
	if err := json.Unmarshal(data, &document); err != nil {
		return nil, err
	}
	if err := document.CompileSchemas(); err != nil {
		return nil, err
	}
	compiled := map[string]contractmetadata.TransactionMetadata{}
	for name, contract := range document.Contracts {
		for _, transaction := range contract.Transactions {
			compiled[name+":"+transaction.Name] = transaction
		}
	}
	return compiled, nil
})

var (
	seenByName = map[string]int{}
	describing sync.Mutex
)

// checkMetadata holds a request that was taken, and its answer, against the metadata; the first few of each transaction.
func (w *world) checkMetadata(name string, request object, answer []byte) {
	w.t.Helper()
	describing.Lock()
	defer describing.Unlock()
	if seenByName[name]++; seenByName[name] > 30 {
		return
	}
	compiled, err := schemas()
	if err != nil {
		w.t.Fatal(err)
	}
	transaction, known := compiled[name]
	if !known {
		w.t.Fatalf("the metadata lack %s: add it to contract/catalogue.go", name)
	}
	for what, part := range map[string]struct {
		schema *gojsonschema.Schema
		value  any
	}{
		"request": {transaction.Parameters[0].CompiledSchema, object{"request": json.RawMessage(encodeJSON(w.t, request))}},
		"answer":  {transaction.Returns.CompiledSchema, object{"return": json.RawMessage(answer)}},
	} {
		result, err := part.schema.Validate(gojsonschema.NewBytesLoader(encodeJSON(w.t, part.value)))
		if err != nil {
			w.t.Fatal(err)
		}
		for _, flaw := range result.Errors() {
			w.t.Fatalf("the metadata do not describe the %s of %s: %s", what, name, flaw)
		}
	}
}

func TestTheSchemasRefuseWhatTheRulesRefuse(t *testing.T) {
	compiled, err := schemas()
	if err != nil {
		t.Fatal(err)
	}
	w := newTown(t)
	good := func() object { return newHolder(w.scheme, w.id()).pay(w.id(), w.shop, w.now, clothing(500)) }
	for name, spoil := range map[string]func(object){
		"nothing":            nil,
		"an unknown member":  func(r object) { r["extra"] = 1 },
		"a missing member":   func(r object) { delete(r, "shop") },
		"an id":              func(r object) { r["shop"] = "x" },
		"an amount":          func(r object) { r["lines"] = []object{{"category": "books", "cents": 0}} },
		"a fraction":         func(r object) { r["lines"] = []object{{"category": "books", "cents": 1.5}} },
		"an unknown in line": func(r object) { r["lines"] = []object{{"category": "books", "cents": 1, "x": 1}} },
		"a category":         func(r object) { r["lines"] = []object{{"category": "Books", "cents": 1}} },
		"no lines":           func(r object) { r["lines"] = []object{} },
		"a kind of proof":    func(r object) { r["proof"] = object{"kind": "x", "version": 1, "signature": ""} },
		"no proof":           func(r object) { delete(r, "proof") },
		"an instant":         func(r object) { r["deadline"] = 5 },
	} {
		request := good()
		if spoil != nil {
			spoil(request)
		}
		result, err := compiled["payment:Pay"].Parameters[0].CompiledSchema.Validate(gojsonschema.NewBytesLoader(encodeJSON(t, object{"request": request})))
		if err != nil {
			t.Fatal(err)
		}
		if result.Valid() != (spoil == nil) {
			t.Errorf("%s: %v", name, result.Errors())
		}
	}
	returned := compiled["voucher:Show"].Returns.CompiledSchema
	voucher := decodeJSON(t, encodeJSON(t, w.must("clerk", "voucher:Show", object{"scheme": w.scheme, "voucher": w.holder().voucher})))
	for _, valid := range []bool{true, false} {
		if !valid {
			voucher["day"].(object)["extra"] = 1
		}
		if result, err := returned.Validate(gojsonschema.NewBytesLoader(encodeJSON(t, object{"return": voucher}))); err != nil || result.Valid() != valid {
			t.Error(valid, err, result.Errors())
		}
	}
}
