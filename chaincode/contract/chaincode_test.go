package contract

import (
	"strings"
	"testing"

	"kindpakket.eu/chaincode/internal/fakeledger"
)

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
	w.must("manager", "voucher:Activate", object{"request_id": w.id(), "scheme": w.scheme, "activations": []object{h.activation()}})
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
