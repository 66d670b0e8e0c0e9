package fakeledger

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// stub is what a chaincode sees during one simulation.
type stub struct {
	shim.ChaincodeStubInterface
	ledger     *Ledger
	call       Call
	simulation *Simulation
	// batch is nil while writes go to the peer one by one.
	batch          map[string]write
	written        bool
	paged          bool
	privateQueried bool
}

// write is a change on its way to the peer.
type write struct {
	collection, key string
	value           []byte
}

func (s *stub) GetFunctionAndParameters() (string, []string) { return s.call.Name, s.call.Arguments }
func (s *stub) GetTxID() string                              { return s.simulation.TxID }
func (s *stub) GetChannelID() string                         { return s.call.Channel }
func (s *stub) GetCreator() ([]byte, error)                  { return s.call.Creator, nil }
func (s *stub) GetTransient() (map[string][]byte, error)     { return s.call.Transient, nil }

func (s *stub) GetArgs() [][]byte {
	return bytesOf(append([]string{s.call.Name}, s.call.Arguments...))
}

func bytesOf(arguments []string) [][]byte {
	args := make([][]byte, 0, len(arguments))
	for _, argument := range arguments {
		args = append(args, []byte(argument))
	}
	return args
}

func (s *stub) GetTxTimestamp() (*timestamppb.Timestamp, error) {
	return &timestamppb.Timestamp{Seconds: s.call.Now, Nanos: 999}, nil
}

// GetSignedProposal returns what the client signed, which is another call when this one comes through another chaincode.
func (s *stub) GetSignedProposal() (*peer.SignedProposal, error) {
	proposed := s.call.Through
	if proposed == nil {
		proposed = &Proposed{Channel: s.call.Channel, Chaincode: s.call.Chaincode, Arguments: append([]string{s.call.Name}, s.call.Arguments...)}
	}
	id := &peer.ChaincodeID{Name: proposed.Chaincode}
	extension := encode(&peer.ChaincodeHeaderExtension{ChaincodeId: id})
	channel := encode(&common.ChannelHeader{ChannelId: proposed.Channel, Extension: extension})
	spec := &peer.ChaincodeSpec{ChaincodeId: id, Input: &peer.ChaincodeInput{Args: bytesOf(proposed.Arguments)}}
	payload := encode(&peer.ChaincodeProposalPayload{Input: encode(&peer.ChaincodeInvocationSpec{ChaincodeSpec: spec})})
	proposal := &peer.Proposal{Header: encode(&common.Header{ChannelHeader: channel}), Payload: payload}
	return &peer.SignedProposal{ProposalBytes: encode(proposal)}, nil
}

func encode(message proto.Message) []byte {
	data, err := proto.Marshal(message)
	if err != nil {
		panic(err)
	}
	return data
}

// checkText panics as the shim does when a key is not UTF-8, which its messages to the peer cannot carry.
func checkText(keys ...string) {
	for _, key := range keys {
		if !utf8.ValidString(key) {
			panic(fmt.Sprintf("the key %q is not UTF-8", key))
		}
	}
}

func (s *stub) read(key string) []byte {
	checkText(key)
	s.simulation.Reads[key] = s.ledger.versions[key]
	return s.ledger.state[key]
}

func (s *stub) GetState(key string) ([]byte, error) {
	s.simulation.Exchanges++
	return s.read(key), nil
}

func (s *stub) GetMultipleStates(keys ...string) ([][]byte, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	s.simulation.Exchanges++
	if s.ledger.DatabaseDown {
		return nil, nil
	}
	var values [][]byte
	for _, key := range keys {
		values = append(values, s.read(key))
	}
	return values, nil
}

func (s *stub) PutState(key string, value []byte) error {
	return s.write(write{key: key, value: value})
}

func (s *stub) DelState(key string) error {
	return s.write(write{key: key})
}

func (s *stub) PutPrivateData(collection, key string, value []byte) error {
	if collection == "" {
		return errors.New("collection must not be an empty string")
	}
	return s.write(write{collection: collection, key: key, value: value})
}

func (s *stub) PurgePrivateData(collection, key string) error {
	if collection == "" {
		return errors.New("collection must not be an empty string")
	}
	return s.write(write{collection: collection, key: key})
}

// write keeps a change for the batch, in which a later one of the same key counts, or hands it to the peer. The shim refuses to put
// under an empty key, and CouchDB to delete under one, which LevelDB would take.
func (s *stub) write(w write) error {
	checkText(w.key)
	if w.key == "" {
		return errors.New("key must not be an empty string")
	}
	if s.batch != nil {
		s.batch[privateName(w.collection, w.key)] = w
		return nil
	}
	s.simulation.Exchanges++
	return s.apply(w)
}

// apply is what the peer does with a change. An empty value deletes.
func (s *stub) apply(w write) error {
	switch {
	case w.collection != "" && !s.isMember(w.collection):
		return fmt.Errorf("tx creator does not have write access permission on privatedata in collectionName: %s", w.collection)
	case s.privateQueried:
		return errors.New("transaction has already performed queries on pvt data: writes are not allowed")
	case s.paged:
		return errors.New("transaction has already performed a paginated query: writes are not allowed")
	}
	s.written = true
	value := slices.Clone(w.value)
	if len(value) == 0 {
		value = nil
	}
	if w.collection != "" {
		s.simulation.PrivateWrite[privateName(w.collection, w.key)] = value
		return nil
	}
	s.simulation.Writes[w.key] = value
	return nil
}

func (s *stub) StartWriteBatch() {
	if s.batch == nil {
		s.batch = map[string]write{}
	}
}

func (s *stub) FinishWriteBatch() error {
	batch := s.batch
	s.batch = nil
	if len(batch) > 0 {
		s.simulation.Exchanges++
	}
	for _, w := range batch {
		if err := s.apply(w); err != nil {
			return err
		}
	}
	return nil
}

func (s *stub) SetEvent(name string, payload []byte) error {
	if name == "" {
		return errors.New("event name can not be empty string")
	}
	s.simulation.Event = &peer.ChaincodeEvent{EventName: name, Payload: payload}
	return nil
}

// isMember reports whether the client's organisation belongs to a collection.
func (s *stub) isMember(collection string) bool {
	members, limited := s.ledger.Members[collection]
	var creator msp.SerializedIdentity
	return !limited || (proto.Unmarshal(s.call.Creator, &creator) == nil && slices.Contains(members, creator.GetMspid()))
}

func (s *stub) GetPrivateData(collection, key string) ([]byte, error) {
	s.simulation.Exchanges++
	name := privateName(collection, key)
	if !s.isMember(collection) {
		return nil, fmt.Errorf("tx creator does not have read access permission on privatedata in collectionName: %s", collection)
	}
	if members, limited := s.ledger.Members[collection]; limited && s.ledger.hashes[name] != 0 && !slices.Contains(members, s.ledger.Peer) {
		return nil, errors.New("private data matching public hash version is not available")
	}
	s.simulation.PrivateReads[name] = s.ledger.hashes[name]
	return s.ledger.private[name], nil
}

func (s *stub) GetPrivateDataHash(collection, key string) ([]byte, error) {
	s.simulation.Exchanges++
	name := privateName(collection, key)
	s.simulation.PrivateReads[name] = s.ledger.hashes[name]
	value, found := s.ledger.private[name]
	if !found {
		return nil, nil
	}
	hash := sha256.Sum256(value)
	return hash[:], nil
}
