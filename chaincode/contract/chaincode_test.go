package contract

import (
	"strings"
	"testing"

	"kindpakket.eu/chaincode/internal/fakeledger"
)

func TestMetadataNamesEveryTransaction(t *testing.T) {
	w := newWorld(t)
	response := w.ledger.Simulate(fakeledger.Call{Name: "org.hyperledger.fabric:GetMetadata", Creator: w.users["auditor"]}).Response
	if response.GetStatus() != 200 {
		t.Fatal(response.GetMessage())
	}
	contracts := decodeJSON(t, response.GetPayload())["contracts"].(object)
	queries := map[string]bool{
		"organisations:Show": true, "scheme:Show": true, "scheme:List": true, "shop:Show": true, "shop:List": true, "shop:Account": true,
		"voucher:Show": true, "voucher:List": true, "voucher:Allowance": true, "payment:Show": true, "payment:Unsettled": true,
		"settlement:Show": true, "settlement:List": true, "settlement:Due": true, "request:Show": true, "audit:History": true, "audit:Totals": true,
	}
	writes := strings.Fields(`organisations:Initialise scheme:Draft scheme:Approve scheme:Open scheme:Pause scheme:CloseDay
		shop:Apply shop:Approve shop:Suspend shop:Reinstate voucher:RecordCases voucher:Issue voucher:Activate voucher:Block
		voucher:Unblock payment:Pay payment:Cancel payment:Refund settlement:Draft settlement:Approve settlement:Withdraw
		settlement:Export settlement:Book settlement:Claim settlement:Collect settlement:WriteOff request:Void`)
	found := 0
	for name, contract := range contracts {
		if name == "org.hyperledger.fabric" {
			continue
		}
		for _, transaction := range contract.(object)["transactions"].([]any) {
			tags := transaction.(object)["tag"].([]any)
			full := name + ":" + transaction.(object)["name"].(string)
			if evaluated := tags[0] == "evaluate"; evaluated != queries[full] {
				t.Errorf("%s is tagged %v", full, tags)
			}
			found++
		}
	}
	if found != len(queries)+len(writes) {
		t.Errorf("the metadata names %d transactions, not %d", found, len(queries)+len(writes))
	}
	for _, name := range writes {
		w.refused("MALFORMED_REQUEST", "clerk", name, object{"nonsense": 1})
	}
}

func TestOnlyListedNamesAreTransactions(t *testing.T) {
	w := newTown(t)
	for _, name := range []string{
		"", ":", "voucher", "voucher:", ":Issue", "Issue", "voucher:issue", "Voucher:Issue", "voucher:Transfer", "voucher:CashOut", "voucher:GetName",
		"voucher:GetEvaluateTransactions", "org.hyperledger.fabric:getMetadata", "org.hyperledger.fabric:", "a:voucher:Issue", "voucher:Issue ",
		"\xff", strings.Repeat("x", 10_000),
	} {
		w.refused("UNKNOWN_TRANSACTION", "clerk", name, object{})
	}
}

func TestATransactionTakesOneArgument(t *testing.T) {
	w := newTown(t)
	for _, arguments := range [][]string{nil, {"{}", "{}"}} {
		response := w.ledger.Simulate(fakeledger.Call{Name: "organisations:Show", Arguments: arguments, Creator: w.users["clerk"]}).Response
		if code := codeOf(t, response.GetMessage()); code != "MALFORMED_REQUEST" {
			t.Errorf("%d arguments: %s", len(arguments), response.GetMessage())
		}
	}
}

func TestADefectEndsOnlyItsTransaction(t *testing.T) {
	w := newTown(t)
	w.ledger.Put("day/"+w.scheme, []byte(`{"v":1,"closed_until":"never"}`))
	h := newHolder(w.scheme, w.issue(1)[0])
	w.must("clerk", "voucher:Activate", object{"request_id": w.id(), "scheme": w.scheme, "activations": []object{h.activation()}})
	s := w.endorse("shop", "payment:Pay", string(encodeJSON(t, h.pay(w.id(), w.shop, w.now, clothing(100)))), nil)
	if s.Response.GetStatus() != 500 || !strings.Contains(s.Response.GetMessage(), "defect") {
		t.Fatal(s.Response)
	}
	w.must("auditor", "scheme:List", object{})
}

func TestInitDoesNothing(t *testing.T) {
	chaincode, err := New()
	if err != nil {
		t.Fatal(err)
	}
	if response := chaincode.Init(nil); response.GetStatus() != 200 {
		t.Fatal(response)
	}
}
