package contract

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kindpakket.eu/chaincode/internal/fakeledger"
)

// through sends a call that the client had made to something else.
func (w *world) through(user, name, text string, proposed fakeledger.Proposed) string {
	w.t.Helper()
	call := w.call(user, name, text)
	call.Through = &proposed
	w.last = w.ledger.Simulate(call)
	if w.last.Response.GetStatus() == 200 {
		return ""
	}
	return codeOf(w.t, w.last.Response.GetMessage())
}

func TestCallsComeFromTheClientItself(t *testing.T) {
	w := newTown(t)
	id := w.id()
	calls := map[string]string{
		"organisations:Show":       `{}`,
		"organisations:Initialise": `{"request_id":"` + id + `","municipality":"GemeenteMSP","shops":["WinkelsMSP"],"auditors":["AuditorMSP"]}`,
		"scheme:Show":              `{"scheme":"` + w.scheme + `"}`,
		"scheme:Pause":             `{"request_id":"` + id + `","scheme":"` + w.scheme + `","reason":"x"}`,
		"voucher:RecordCases":      `{"request_id":"` + id + `","scheme":"` + w.scheme + `"}`,
		"shop:Apply":               `{"request_id":"` + id + `","categories":["books"]}`,
	}
	for name, text := range calls {
		direct := fakeledger.Proposed{Channel: channelName, Chaincode: chaincodeName, Arguments: []string{name, text}}
		for what, spoil := range map[string]func(p *fakeledger.Proposed){
			"another chaincode":      func(p *fakeledger.Proposed) { p.Chaincode = "proxy" },
			"another channel":        func(p *fakeledger.Proposed) { p.Channel = "winkels" },
			"no chaincode":           func(p *fakeledger.Proposed) { p.Chaincode = "" },
			"another transaction":    func(p *fakeledger.Proposed) { p.Arguments = []string{"scheme:List", text} },
			"another request":        func(p *fakeledger.Proposed) { p.Arguments = []string{name, text + " "} },
			"one more argument":      func(p *fakeledger.Proposed) { p.Arguments = []string{name, text, ""} },
			"no arguments":           func(p *fakeledger.Proposed) { p.Arguments = nil },
			"arguments run together": func(p *fakeledger.Proposed) { p.Arguments = []string{name + text} },
		} {
			proposed := direct
			spoil(&proposed)
			if code := w.through("manager", name, text, proposed); code != "DIRECT_CALLS_ONLY" {
				t.Errorf("%s through %s: %q", name, what, code)
			}
			if len(w.last.Writes) > 0 {
				t.Errorf("%s through %s writes", name, what)
			}
		}
		if code := w.through("manager", name, text, direct); code == "DIRECT_CALLS_ONLY" {
			t.Errorf("%s itself is refused", name)
		}
	}
	// The name is checked first, and whether it is the client's before the form.
	other := fakeledger.Proposed{Channel: channelName, Chaincode: chaincodeName, Arguments: []string{"x"}}
	if code := w.through("manager", "voucher:Transfer", "{}", other); code != "UNKNOWN_TRANSACTION" {
		t.Error(code)
	}
	if code := w.through("manager", "scheme:Show", "not JSON", other); code != "DIRECT_CALLS_ONLY" {
		t.Error(code)
	}
}

func TestTheChaincodesNameIsKeptAtInitialising(t *testing.T) {
	w := newTown(t)
	if kept := decodeJSON(t, w.ledger.Value("organisations")); kept["chaincode"] != chaincodeName {
		t.Fatal(kept)
	}
	if shown := w.must("auditor", "organisations:Show", object{}); shown["chaincode"] != chaincodeName {
		t.Fatal(shown)
	}
	w.refused("MALFORMED_REQUEST", "manager", "organisations:Initialise", object{
		"request_id": w.id(), "municipality": "GemeenteMSP", "shops": []string{"WinkelsMSP"}, "auditors": []string{"AuditorMSP"}, "chaincode": "proxy",
	})
	// Nobody knew the name when records had layout 1: then only the arguments tell.
	w.ledger.Put("organisations", []byte(`{"v":1,"municipality":"GemeenteMSP","shops":["WinkelsMSP"],"auditors":["AuditorMSP"]}`))
	proposed := fakeledger.Proposed{Channel: channelName, Chaincode: "proxy", Arguments: []string{"scheme:List", "{}"}}
	if code := w.through("auditor", "scheme:List", "{}", proposed); code != "" {
		t.Error(code)
	}
	if code := w.through("auditor", "scheme:List", `{"limit":1}`, proposed); code != "DIRECT_CALLS_ONLY" {
		t.Error(code)
	}
	if shown := w.must("auditor", "organisations:Show", object{}); shown["chaincode"] != nil {
		t.Fatal(shown)
	}
}

// A key with an endorsement policy of its own would leave the channel's policy behind.
func TestNoKeyHasAnEndorsementPolicyOfItsOwn(t *testing.T) {
	sources := 0
	for _, pattern := range []string{"../*.go", "*.go", "../rules/*.go", "../internal/*/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, call := range []string{"SetState" + "ValidationParameter", "SetPrivateData" + "ValidationParameter", "Invoke" + "Chaincode("} {
				if strings.Contains(string(source), call) {
					t.Errorf("%s calls %s", file, call)
				}
			}
			sources++
		}
	}
	if sources < 40 {
		t.Fatalf("only %d sources were searched", sources)
	}
}
