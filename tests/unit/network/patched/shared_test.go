package protoutil

import (
	"bytes"
	"math/rand/v2"
	"runtime"
	"testing"
	"unsafe"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset/kvrwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// messages are one of each kind that is read without copying.
func messages() []proto.Message {
	return []proto.Message{
		&common.Envelope{Payload: []byte("payload"), Signature: []byte("signature")},
		&common.Payload{Header: &common.Header{ChannelHeader: []byte("channel"), SignatureHeader: []byte("creator")}, Data: []byte("data")},
		&common.BlockData{Data: [][]byte{[]byte("one"), {}, []byte("two")}},
		&peer.Transaction{Actions: []*peer.TransactionAction{{Header: []byte("header"), Payload: []byte("payload")}, {}}},
		&peer.ChaincodeActionPayload{ChaincodeProposalPayload: []byte("proposal"), Action: &peer.ChaincodeEndorsedAction{
			ProposalResponsePayload: []byte("response"),
			Endorsements:            []*peer.Endorsement{{Endorser: []byte("endorser"), Signature: []byte("signature")}},
		}},
		&peer.ProposalResponsePayload{ProposalHash: []byte("hash"), Extension: []byte("extension")},
		&peer.ChaincodeAction{Results: []byte("results"), Events: []byte("events"), ChaincodeId: &peer.ChaincodeID{Name: "kindpakket"},
			Response: &peer.Response{Status: 200, Message: "OK", Payload: []byte("payload")}},
		&rwset.TxReadWriteSet{NsRwset: []*rwset.NsReadWriteSet{{Namespace: "kindpakket", Rwset: []byte("rwset"),
			CollectionHashedRwset: []*rwset.CollectionHashedReadWriteSet{{CollectionName: "c", HashedRwset: []byte("hashed"), PvtRwsetHash: []byte("hash")}}}}},
		&kvrwset.KVRWSet{
			Reads:  []*kvrwset.KVRead{{Key: "key", Version: &kvrwset.Version{BlockNum: 3, TxNum: 1}}},
			Writes: []*kvrwset.KVWrite{{Key: "key", Value: []byte("value")}, {Key: "gone", IsDelete: true}},
			RangeQueriesInfo: []*kvrwset.RangeQueryInfo{{StartKey: "a", EndKey: "b", ReadsInfo: &kvrwset.RangeQueryInfo_ReadsMerkleHashes{
				ReadsMerkleHashes: &kvrwset.QueryReadsMerkleSummary{MaxDegree: 2, MaxLevel: 1, MaxLevelHashes: [][]byte{[]byte("hash")}}}}},
			MetadataWrites: []*kvrwset.KVMetadataWrite{{Key: "key", Entries: []*kvrwset.KVMetadataEntry{{Name: "n", Value: []byte("value")}}}},
		},
	}
}

// both reads a message with and without copying, and demands the same of both.
func both(t *testing.T, encoded []byte, kind protoreflect.MessageType) (shared, copied proto.Message, taken bool) {
	t.Helper()
	shared, copied = kind.New().Interface(), kind.New().Interface()
	left := bytes.Clone(encoded)
	one, two := UnmarshalShared(encoded, shared), proto.Unmarshal(encoded, copied)
	if !bytes.Equal(encoded, left) {
		t.Fatalf("reading %s changed what it read", kind.Descriptor().Name())
	}
	if (one == nil) != (two == nil) || one != nil && one.Error() != two.Error() {
		t.Fatalf("%s of %x: %v, and copied: %v", kind.Descriptor().Name(), encoded, one, two)
	}
	return shared, copied, one == nil
}

// same demands that two messages are equal, also in what is absent and what is empty, and are written as the same bytes.
func same(t *testing.T, encoded []byte, one, two proto.Message) {
	t.Helper()
	first, err := proto.MarshalOptions{Deterministic: true}.Marshal(one)
	if err != nil {
		t.Fatal(err)
	}
	second, _ := proto.MarshalOptions{Deterministic: true}.Marshal(two)
	if !proto.Equal(one, two) || !bytes.Equal(first, second) || !bytes.Equal(one.ProtoReflect().GetUnknown(), two.ProtoReflect().GetUnknown()) {
		t.Fatalf("%x is %v, and copied %v", encoded, one, two)
	}
	eachBytes(one, func(value []byte) {
		if cap(value) != len(value) {
			t.Fatalf("to append to %q would write into what follows it", value)
		}
	})
}

// eachBytes calls a function with all fields of bytes in a message that are not empty.
func eachBytes(message proto.Message, do func([]byte)) {
	message.ProtoReflect().Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		values := []protoreflect.Value{value}
		if field.IsList() {
			values = nil
			for i := range value.List().Len() {
				values = append(values, value.List().Get(i))
			}
		}
		for _, one := range values {
			switch field.Kind() {
			case protoreflect.BytesKind:
				if len(one.Bytes()) > 0 {
					do(one.Bytes())
				}
			case protoreflect.MessageKind:
				eachBytes(one.Message().Interface(), do)
			}
		}
		return true
	})
}

func TestSharedMessagesAreThoseThatAreCopied(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	taken, refused := 0, 0
	for _, message := range messages() {
		kind := message.ProtoReflect().Type()
		plain, err := proto.Marshal(message)
		if err != nil {
			t.Fatal(err)
		}
		// A field of another number, one that comes again, and one of another type.
		further := protowire.AppendBytes(protowire.AppendTag(bytes.Clone(plain), 99, protowire.BytesType), []byte("unknown"))
		twice := append(bytes.Clone(plain), plain...)
		other := protowire.AppendVarint(protowire.AppendTag(bytes.Clone(plain), 1, protowire.VarintType), 7)
		for _, encoded := range [][]byte{nil, {}, plain, further, twice, other} {
			one, two, is := both(t, encoded, kind)
			if !is {
				t.Fatalf("%s of %x is refused", kind.Descriptor().Name(), encoded)
			}
			same(t, encoded, one, two)
		}
		for range 20_000 {
			encoded := bytes.Clone([][]byte{plain, further, twice, other}[random.IntN(4)])
			for range 1 + random.IntN(3) {
				encoded[random.IntN(len(encoded))] = byte(random.IntN(256))
			}
			encoded = encoded[:random.IntN(len(encoded)+1)]
			if one, two, is := both(t, encoded, kind); is {
				same(t, encoded, one, two)
				taken++
			} else {
				refused++
			}
		}
	}
	if taken < 10_000 || refused < 10_000 {
		t.Fatalf("%d were taken and %d refused", taken, refused)
	}
}

func TestSharedBytesArePartsOfWhatWasRead(t *testing.T) {
	for _, message := range messages() {
		encoded, _ := proto.Marshal(message)
		one, two, _ := both(t, encoded, message.ProtoReflect().Type())
		start := uintptr(unsafe.Pointer(&encoded[0]))
		within := func(value []byte) bool {
			at := uintptr(unsafe.Pointer(&value[0]))
			return start <= at && at < start+uintptr(len(encoded))
		}
		eachBytes(one, func(value []byte) {
			if !within(value) {
				t.Errorf("%q of %T was copied", value, message)
			}
		})
		eachBytes(two, func(value []byte) {
			if within(value) {
				t.Errorf("proto.Unmarshal did not copy %q of %T", value, message)
			}
		})
	}
}

func TestATransactionIsReadInPlace(t *testing.T) {
	big := bytes.Repeat([]byte("x"), 1<<20)
	must := func(message proto.Message) []byte { return MarshalOrPanic(message) }
	action := must(&peer.ChaincodeAction{Results: big})
	payload := must(&peer.ChaincodeActionPayload{Action: &peer.ChaincodeEndorsedAction{
		ProposalResponsePayload: must(&peer.ProposalResponsePayload{Extension: action})}})
	transaction := must(&peer.Transaction{Actions: []*peer.TransactionAction{{Payload: payload}}})
	envelope := must(&common.Envelope{Payload: must(&common.Payload{Header: &common.Header{}, Data: transaction})})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	read, err := GetActionFromEnvelope(envelope)
	runtime.ReadMemStats(&after)
	if err != nil || len(read.Results) != len(big) {
		t.Fatal(err)
	}
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 100_000 {
		t.Errorf("%d bytes to read a transaction of a megabyte", allocated)
	}
}
