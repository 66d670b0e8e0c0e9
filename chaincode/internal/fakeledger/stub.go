package fakeledger

import (
	"crypto/sha256"
	"errors"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/queryresult"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// stub is what a chaincode sees during one simulation. Calls that Kindpakket has no use for are not there: they panic.
type stub struct {
	shim.ChaincodeStubInterface
	ledger     *Ledger
	call       Call
	simulation *Simulation
	batching   bool
	paged      bool
}

func (s *stub) GetFunctionAndParameters() (string, []string) { return s.call.Name, s.call.Arguments }
func (s *stub) GetTxID() string                              { return s.simulation.TxID }
func (s *stub) GetChannelID() string                         { return s.call.Channel }
func (s *stub) GetCreator() ([]byte, error)                  { return s.call.Creator, nil }
func (s *stub) GetTransient() (map[string][]byte, error)     { return s.call.Transient, nil }

func (s *stub) GetTxTimestamp() (*timestamppb.Timestamp, error) {
	return &timestamppb.Timestamp{Seconds: s.call.Now, Nanos: 999}, nil
}

func (s *stub) GetSignedProposal() (*peer.SignedProposal, error) {
	extension := encode(&peer.ChaincodeHeaderExtension{ChaincodeId: &peer.ChaincodeID{Name: s.call.Chaincode}})
	channel := encode(&common.ChannelHeader{ChannelId: s.call.Channel, Extension: extension})
	header := encode(&common.Header{ChannelHeader: channel})
	return &peer.SignedProposal{ProposalBytes: encode(&peer.Proposal{Header: header})}, nil
}

func encode(message proto.Message) []byte {
	data, err := proto.Marshal(message)
	if err != nil {
		panic(err)
	}
	return data
}

func (s *stub) read(key string) []byte {
	s.simulation.Reads[key] = s.ledger.versions[key]
	return s.ledger.state[key]
}

func (s *stub) GetState(key string) ([]byte, error) {
	s.simulation.Exchanges++
	return s.read(key), nil
}

func (s *stub) GetMultipleStates(keys ...string) ([][]byte, error) {
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

func (s *stub) write() error {
	if s.paged {
		return errors.New("transaction has already performed a paginated query: writes are not allowed")
	}
	if !s.batching {
		s.simulation.Exchanges++
	}
	return nil
}

func (s *stub) PutState(key string, value []byte) error {
	s.simulation.Writes[key] = value
	return s.write()
}

func (s *stub) DelState(key string) error {
	s.simulation.Writes[key] = nil
	return s.write()
}

func (s *stub) StartWriteBatch() { s.batching = true }

func (s *stub) FinishWriteBatch() error {
	s.batching = false
	return s.write()
}

func (s *stub) SetEvent(name string, payload []byte) error {
	s.simulation.Event = &peer.ChaincodeEvent{EventName: name, Payload: payload}
	return nil
}

func (s *stub) readPrivate(collection, key string) []byte {
	name := privateName(collection, key)
	s.simulation.PrivateReads[name] = s.ledger.hashes[name]
	return s.ledger.private[name]
}

func (s *stub) GetPrivateData(collection, key string) ([]byte, error) {
	return s.readPrivate(collection, key), nil
}

func (s *stub) GetPrivateDataHash(collection, key string) ([]byte, error) {
	value := s.readPrivate(collection, key)
	if value == nil {
		return nil, nil
	}
	hash := sha256.Sum256(value)
	return hash[:], nil
}

func (s *stub) PutPrivateData(collection, key string, value []byte) error {
	s.simulation.PrivateWrite[privateName(collection, key)] = value
	return s.write()
}

func (s *stub) PurgePrivateData(collection, key string) error {
	s.simulation.PrivateWrite[privateName(collection, key)] = nil
	return s.write()
}

func (s *stub) GetStateByRange(start, end string) (shim.StateQueryIteratorInterface, error) {
	s.simulation.ranges = append(s.simulation.ranges, rangeRead{start: start, end: end})
	return &states{stub: s, keys: s.ledger.between(start, end), read: &s.simulation.ranges[len(s.simulation.ranges)-1]}, nil
}

func (s *stub) GetStateByRangeWithPagination(start, end string, size int32, bookmark string) (
	shim.StateQueryIteratorInterface, *peer.QueryResponseMetadata, error,
) {
	s.paged = true
	if bookmark != "" {
		start = bookmark
	}
	keys := s.ledger.between(start, end)
	next := ""
	if len(keys) > int(size) {
		keys, next = keys[:size], keys[size]
	}
	return &states{stub: s, keys: keys, read: &rangeRead{}}, &peer.QueryResponseMetadata{Bookmark: next}, nil
}

func (s *stub) GetHistoryForKey(key string) (shim.HistoryQueryIteratorInterface, error) {
	return &changes{list: s.ledger.history[key]}, nil
}

type states struct {
	stub *stub
	keys []string
	at   int
	read *rangeRead
}

func (i *states) HasNext() bool {
	i.read.exhausted = i.at == len(i.keys)
	return !i.read.exhausted
}

func (i *states) Next() (*queryresult.KV, error) {
	key := i.keys[i.at]
	i.at++
	i.read.keys = append(i.read.keys, key)
	return &queryresult.KV{Key: key, Value: i.stub.ledger.state[key]}, nil
}

func (i *states) Close() error { return nil }

type changes struct {
	list []*queryresult.KeyModification
	at   int
}

func (i *changes) HasNext() bool { return i.at < len(i.list) }

func (i *changes) Next() (*queryresult.KeyModification, error) {
	i.at++
	return i.list[i.at-1], nil
}

func (i *changes) Close() error { return nil }
