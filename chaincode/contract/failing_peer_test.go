package contract

import (
	"errors"
	"strings"
	"testing"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// failing is the chaincode at a peer of which one function fails.
type failing struct {
	shim.Chaincode
	function string
}

func (f failing) Invoke(stub shim.ChaincodeStubInterface) *peer.Response {
	return f.Chaincode.Invoke(&failingStub{ChaincodeStubInterface: stub, function: f.function})
}

type failingStub struct {
	shim.ChaincodeStubInterface
	function  string
	proposals int
}

func (s *failingStub) fails(function string) error {
	if s.function == function {
		return errors.New("the peer is out of order")
	}
	return nil
}

// GetSignedProposal fails the second time: the first is that of the check whether the call is direct.
func (s *failingStub) GetSignedProposal() (*peer.SignedProposal, error) {
	s.proposals++
	if err := s.fails("GetSignedProposal"); err != nil && s.proposals > 1 {
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

func (s *failingStub) GetPrivateDataHash(collection, key string) ([]byte, error) {
	if err := s.fails("GetPrivateDataHash"); err != nil {
		return nil, err
	}
	return s.ChaincodeStubInterface.GetPrivateDataHash(collection, key)
}

func (s *failingStub) PutPrivateData(collection, key string, value []byte) error {
	if err := s.fails("PutPrivateData"); err != nil {
		return err
	}
	return s.ChaincodeStubInterface.PutPrivateData(collection, key, value)
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

// An answer without an error would be endorsed, whatever the peer did with the reads and writes behind it.
func TestWhatThePeerFailsInIsNeverEndorsed(t *testing.T) {
	for _, test := range []struct {
		function, user, name string
		request              func(w *town) object
		private              func(w *town) object
	}{
		{"GetTxTimestamp", "auditor", "organisations:Show", nil, nil},
		{"GetTxTimestamp", "auditor", "scheme:Show", func(w *town) object { return object{"scheme": w.scheme} }, nil},
		{"GetTxTimestamp", "manager", "scheme:Pause", pausing, nil},
		{"GetTxTimestamp", "clerk", "voucher:RecordCases", recording, oneCase},
		{"GetSignedProposal", "auditor", "scheme:List", nil, nil},
		{"GetSignedProposal", "manager", "scheme:Pause", pausing, nil},
		{"GetState", "auditor", "organisations:Show", nil, nil},
		{"GetState", "auditor", "scheme:Show", func(w *town) object { return object{"scheme": w.scheme} }, nil},
		{"GetState", "auditor", "scheme:List", nil, nil},
		{"GetState", "manager", "scheme:Pause", pausing, nil},
		{"GetState", "clerk", "voucher:RecordCases", recording, oneCase},
		{"GetStateByRange", "auditor", "organisations:Show", nil, nil},
		{"GetStateByRange", "auditor", "organisations:List", nil, nil},
		{"GetStateByRangeWithPagination", "auditor", "scheme:List", nil, nil},
		{"GetHistoryForKey", "auditor", "audit:History", func(w *town) object { return object{"key": organisationsKey()} }, nil},
		{"GetPrivateDataHash", "clerk", "voucher:RecordCases", recording, oneCase},
		{"PutPrivateData", "clerk", "voucher:RecordCases", recording, oneCase},
		{"GetMultipleStates", "manager", "scheme:Pause", pausing, nil},
		{"GetMultipleStates", "manager", "organisations:Initialise", initialising, nil},
		{"GetMultipleStates", "clerk", "voucher:RecordCases", recording, oneCase},
		{"GetStateByRange", "clerk", "organisations:ProposeEnd", endingAnOrganisation, nil},
		{"GetStateByRange", "manager", "decision:Approve", decidingOnItsEnd, nil},
		{"FinishWriteBatch", "manager", "scheme:Pause", pausing, nil},
		{"FinishWriteBatch", "clerk", "voucher:RecordCases", recording, oneCase},
		{"SetEvent", "manager", "scheme:Pause", pausing, nil},
		{"SetEvent", "clerk", "voucher:RecordCases", recording, oneCase},
	} {
		t.Run(test.function+" of "+test.name, func(t *testing.T) {
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
			sound := w.ledger.Chaincode
			w.ledger.Chaincode = failing{sound, test.function}
			if s := w.endorse(test.user, test.name, text, transient); s.Response.GetStatus() == shim.OK {
				t.Errorf("it was endorsed: %s", s.Response.GetPayload())
			} else if strings.Contains(s.Response.GetMessage(), "defect") {
				t.Errorf("it passes for a defect of the chaincode: %s", s.Response.GetMessage())
			}
			w.ledger.Chaincode = sound
			if s := w.endorse(test.user, test.name, text, transient); s.Response.GetStatus() != shim.OK && test.name != "organisations:Initialise" {
				t.Errorf("a sound peer refuses it: %s", s.Response.GetMessage())
			}
		})
	}
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
