package contract

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// failing is the chaincode at a peer of which one call of a function fails, the nth of an invocation. It counts the calls.
type failing struct {
	shim.Chaincode
	function string
	nth      int
	calls    map[string]int
}

func (f *failing) Invoke(stub shim.ChaincodeStubInterface) *peer.Response {
	f.calls = map[string]int{}
	return f.Chaincode.Invoke(&failingStub{stub, f})
}

type failingStub struct {
	shim.ChaincodeStubInterface
	peer *failing
}

func (s *failingStub) fails(function string) error {
	s.peer.calls[function]++
	if s.peer.function == function && s.peer.calls[function] == s.peer.nth {
		return errors.New("the peer is out of order")
	}
	return nil
}

func (s *failingStub) GetSignedProposal() (*peer.SignedProposal, error) {
	if err := s.fails("GetSignedProposal"); err != nil {
		return nil, err
	}
	return s.ChaincodeStubInterface.GetSignedProposal()
}

func (s *failingStub) GetTxTimestamp() (*timestamppb.Timestamp, error) {
	if err := s.fails("GetTxTimestamp"); err != nil {
		return nil, err
	}
	return s.ChaincodeStubInterface.GetTxTimestamp()
}

func (s *failingStub) GetState(key string) ([]byte, error) {
	if err := s.fails("GetState"); err != nil {
		return nil, err
	}
	return s.ChaincodeStubInterface.GetState(key)
}

func (s *failingStub) GetMultipleStates(keys ...string) ([][]byte, error) {
	if err := s.fails("GetMultipleStates"); err != nil {
		return nil, err
	}
	return s.ChaincodeStubInterface.GetMultipleStates(keys...)
}

func (s *failingStub) GetStateByRange(start, end string) (shim.StateQueryIteratorInterface, error) {
	if err := s.fails("GetStateByRange"); err != nil {
		return nil, err
	}
	return s.ChaincodeStubInterface.GetStateByRange(start, end)
}

func (s *failingStub) GetStateByRangeWithPagination(
	start, end string, size int32, bookmark string,
) (shim.StateQueryIteratorInterface, *peer.QueryResponseMetadata, error) {
	if err := s.fails("GetStateByRangeWithPagination"); err != nil {
		return nil, nil, err
	}
	return s.ChaincodeStubInterface.GetStateByRangeWithPagination(start, end, size, bookmark)
}

func (s *failingStub) GetHistoryForKey(key string) (shim.HistoryQueryIteratorInterface, error) {
	if err := s.fails("GetHistoryForKey"); err != nil {
		return nil, err
	}
	return s.ChaincodeStubInterface.GetHistoryForKey(key)
}

func (s *failingStub) GetPrivateData(collection, key string) ([]byte, error) {
	if err := s.fails("GetPrivateData"); err != nil {
		return nil, err
	}
	return s.ChaincodeStubInterface.GetPrivateData(collection, key)
}

func (s *failingStub) GetPrivateDataHash(collection, key string) ([]byte, error) {
	if err := s.fails("GetPrivateDataHash"); err != nil {
		return nil, err
	}
	return s.ChaincodeStubInterface.GetPrivateDataHash(collection, key)
}

func (s *failingStub) PutState(key string, value []byte) error {
	if err := s.fails("PutState"); err != nil {
		return err
	}
	return s.ChaincodeStubInterface.PutState(key, value)
}

func (s *failingStub) DelState(key string) error {
	if err := s.fails("DelState"); err != nil {
		return err
	}
	return s.ChaincodeStubInterface.DelState(key)
}

func (s *failingStub) PutPrivateData(collection, key string, value []byte) error {
	if err := s.fails("PutPrivateData"); err != nil {
		return err
	}
	return s.ChaincodeStubInterface.PutPrivateData(collection, key, value)
}

func (s *failingStub) PurgePrivateData(collection, key string) error {
	if err := s.fails("PurgePrivateData"); err != nil {
		return err
	}
	return s.ChaincodeStubInterface.PurgePrivateData(collection, key)
}

func (s *failingStub) FinishWriteBatch() error {
	if err := s.fails("FinishWriteBatch"); err != nil {
		return err
	}
	return s.ChaincodeStubInterface.FinishWriteBatch()
}

func (s *failingStub) SetEvent(name string, payload []byte) error {
	if err := s.fails("SetEvent"); err != nil {
		return err
	}
	return s.ChaincodeStubInterface.SetEvent(name, payload)
}

// An answer without an error would be endorsed, whatever the peer did with the reads and writes behind it. Each call that the chaincode
// makes of the peer fails once.
func TestWhatThePeerFailsInIsNeverEndorsed(t *testing.T) {
	failed := map[string]bool{}
	for _, test := range []struct {
		user, name string
		request    func(w *town) object
		private    func(w *town) object
	}{
		{"auditor", "organisations:Show", nil, nil},
		{"auditor", "organisations:List", nil, nil},
		{"auditor", "scheme:Show", func(w *town) object { return object{"scheme": w.scheme} }, nil},
		{"auditor", "scheme:List", nil, nil},
		{"auditor", "audit:History", func(*town) object { return object{"key": organisationsKey()} }, nil},
		{"manager", "organisations:Initialise", initialising, nil},
		{"manager", "scheme:Pause", pausing, nil},
		{"clerk", "voucher:RecordCases", recording, oneCase},
		{"clerk", "organisations:ProposeEnd", endingAnOrganisation, nil},
		{"manager", "decision:Approve", decidingOnItsEnd, nil},
		{"shop", "payment:Pay", func(w *town) object { return w.holder().pay(w.id(), w.shop, w.now+60, clothing(500)) }, nil},
		{"chain", "payment:Pay", payingAtTheChain, nil},
		{"shop", "payment:Cancel", func(w *town) object {
			return w.because(object{"payment": w.paid(w.holder(), clothing(500))})
		}, nil},
	} {
		t.Run(test.name+" of "+test.user, func(t *testing.T) {
			w := newTown(t)
			request, transient := object{}, map[string][]byte{}
			if test.request != nil {
				request = test.request(w)
			}
			if test.private != nil {
				for name, record := range test.private(w) {
					transient[name] = encodeJSON(t, record)
				}
			}
			text := string(encodeJSON(t, request))
			peer := &failing{Chaincode: w.ledger.Chaincode}
			w.ledger.Chaincode = peer
			if s := w.endorse(test.user, test.name, text, transient); s.Response.GetStatus() != shim.OK && test.name != "organisations:Initialise" {
				t.Fatalf("a sound peer refuses it: %s", s.Response.GetMessage())
			}
			made := peer.calls
			for _, function := range slices.Sorted(maps.Keys(made)) {
				failed[function] = true
				for nth := 1; nth <= made[function]; nth++ {
					peer.function, peer.nth = function, nth
					s := w.endorse(test.user, test.name, text, transient)
					switch {
					case s.Response.GetStatus() == shim.OK:
						t.Errorf("call %d of %s failed, and it was endorsed: %s", nth, function, s.Response.GetPayload())
					case !strings.Contains(s.Response.GetMessage(), "the peer is out of order"):
						t.Errorf("call %d of %s failed, which passes for something else: %s", nth, function, s.Response.GetMessage())
					}
				}
			}
		})
	}
	t.Logf("failed: %v", slices.Sorted(maps.Keys(failed)))
}

func payingAtTheChain(w *town) object {
	shop := w.chain(nil)
	return w.holder().pay(w.id(), shop, w.now+60, clothing(500))
}

func pausing(w *town) object { return w.because(object{"scheme": w.scheme}) }

func endingAnOrganisation(w *town) object {
	w.nameOrganisation("KetenMSP", nil)
	return w.proposeEnd("KetenMSP")
}

func decidingOnItsEnd(w *town) object {
	return w.onDecision(w.must("clerk", "organisations:ProposeEnd", endingAnOrganisation(w))["id"])
}

func recording(w *town) object { return object{"request_id": w.id(), "scheme": w.scheme} }

func oneCase(w *town) object {
	_, cases := issuances(w.world, 1)
	return object{"cases": cases}
}

func initialising(w *town) object {
	return object{"request_id": w.id(), "municipality": "GemeenteMSP", "shops": []string{"WinkelsMSP"}, "auditors": []string{"AuditorMSP"}}
}

// A record that cannot be read stands for nothing: not for one that is absent, and not for an empty one.
func TestDamagedRecordsStopWhatNeedsThem(t *testing.T) {
	for _, test := range []struct {
		user, name string
		key        func(w *town, request object) string
		request    func(w *town) object
	}{
		{"auditor", "organisations:Show", organisationsOf, func(*town) object { return object{} }},
		{"auditor", "scheme:List", organisationsOf, func(*town) object { return object{} }},
		{"manager", "scheme:Pause", organisationsOf, pausing},
		{"manager", "organisations:Initialise", organisationsOf, initialising},
		{"manager", "scheme:Pause", ownRequest, pausing},
		{"clerk", "voucher:RecordCases", ownRequest, recording},
		{"manager", "scheme:Pause", schemeOf, pausing},
		{"auditor", "scheme:Show", schemeOf, func(w *town) object { return object{"scheme": w.scheme} }},
		{"shop", "shop:Show", shopOf, func(w *town) object { return object{"shop": w.shop} }},
		{"clerk", "scheme:CloseDay", dayOf, func(w *town) object { return object{"request_id": w.id(), "scheme": w.scheme, "day": "2026-03-10"} }},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newTown(t)
			request := test.request(w)
			private := object{}
			if test.name == "voucher:RecordCases" {
				private = oneCase(w)
			}
			for _, damaged := range []string{`{`, `{"v":0}`, `{"v":4}`, `{"v":2,"state":5,"digest":5,"municipality":5,"closed_until":5}`} {
				w.ledger.Put(test.key(w, request), []byte(damaged))
				w.refused("LEDGER_INCONSISTENT", test.user, test.name, request, private)
			}
		})
	}
}

func organisationsOf(*town, object) string { return organisationsKey() }

func ownRequest(_ *town, request object) string { return requestKey(request["request_id"].(string)) }

func schemeOf(w *town, _ object) string { return schemeKey(w.scheme) }

func shopOf(w *town, _ object) string { return shopKey(w.shop) }

func dayOf(w *town, _ object) string { return dayKey(w.scheme) }
