package fakeledger

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"
)

// program is a chaincode of one function; an error of it is an error response.
type program func(stub shim.ChaincodeStubInterface) error

func (p program) Init(shim.ChaincodeStubInterface) *peer.Response { return shim.Success(nil) }

func (p program) Invoke(stub shim.ChaincodeStubInterface) *peer.Response {
	if err := p(stub); err != nil {
		return shim.Error(err.Error())
	}
	return shim.Success(nil)
}

type bench struct {
	*testing.T
	ledger *Ledger
}

func newBench(t *testing.T) *bench { return &bench{T: t, ledger: New(nil)} }

func (b *bench) endorse(p program) *Simulation {
	b.Helper()
	b.ledger.Chaincode = p
	return b.ledger.Simulate(Call{Creator: encode(&msp.SerializedIdentity{Mspid: "AMSP"})})
}

// run endorses and commits what has to be valid.
func (b *bench) run(p program) *Simulation {
	b.Helper()
	s := b.endorse(p)
	if code := b.ledger.Commit(s); code != "VALID" {
		b.Fatalf("%s: %s", code, s.Response.GetMessage())
	}
	return s
}

func (b *bench) put(key, value string) {
	b.Helper()
	b.run(func(stub shim.ChaincodeStubInterface) error { return stub.PutState(key, []byte(value)) })
}

func (b *bench) delete(key string) {
	b.Helper()
	b.run(func(stub shim.ChaincodeStubInterface) error { return stub.DelState(key) })
}

// fails demands an error response.
func (b *bench) fails(name string, p program) {
	b.Helper()
	s := b.endorse(p)
	if s.Response.GetStatus() < shim.ERRORTHRESHOLD {
		b.Errorf("%s: taken", name)
	}
	if code := b.ledger.Commit(s); code != "NOT_ENDORSED" {
		b.Errorf("%s: committed as %s", name, code)
	}
}

func read(key string) program {
	return func(stub shim.ChaincodeStubInterface) error { _, err := stub.GetState(key); return err }
}

// page reads a page, and writes put writes one key.
func page(stub shim.ChaincodeStubInterface) error {
	_, _, err := stub.GetStateByRangeWithPagination("a", "z", 1, "")
	return err
}

func put(stub shim.ChaincodeStubInterface) error { return stub.PutState("x", []byte("1")) }

func both(first, second program) program {
	return func(stub shim.ChaincodeStubInterface) error {
		if err := first(stub); err != nil {
			return err
		}
		return second(stub)
	}
}

func TestATransactionDoesNotSeeItsOwnWrites(t *testing.T) {
	b := newBench(t)
	b.put("a", "1")
	b.run(func(stub shim.ChaincodeStubInterface) error {
		if err := both(func(stub shim.ChaincodeStubInterface) error { return stub.PutState("a", []byte("2")) }, put)(stub); err != nil {
			return err
		}
		value, err := stub.GetState("a")
		if string(value) != "1" {
			t.Errorf("it reads %q", value)
		}
		iterator, rangeErr := stub.GetStateByRange("", "")
		if rangeErr != nil {
			return rangeErr
		}
		if kv, _ := iterator.Next(); kv.GetKey() != "a" || string(kv.GetValue()) != "1" || iterator.HasNext() {
			t.Errorf("a range after the write gives %v", kv)
		}
		return err
	})
	if string(b.ledger.Value("a")) != "2" {
		t.Error("the write is lost")
	}
}

func TestReadsAreChecked(t *testing.T) {
	b := newBench(t)
	b.put("a", "1")
	stale, absent := b.endorse(both(read("a"), put)), b.endorse(both(read("b"), put))
	b.put("a", "1")
	if code := b.ledger.Commit(stale); code != "MVCC_READ_CONFLICT" {
		t.Error(code)
	}
	b.put("b", "1")
	b.delete("b")
	// A key that came and went has no version, as before.
	if code := b.ledger.Commit(absent); code != "VALID" {
		t.Error(code)
	}
	if code := b.ledger.Commit(absent); code != "DUPLICATE_TXID" {
		t.Error(code)
	}
}

func rangeOf(start, end string, most int) program {
	return func(stub shim.ChaincodeStubInterface) error {
		iterator, err := stub.GetStateByRange(start, end)
		if err != nil {
			return err
		}
		defer iterator.Close()
		for range most {
			if !iterator.HasNext() {
				break
			}
			if _, err := iterator.Next(); err != nil {
				return err
			}
		}
		return stub.PutState("x", []byte("1"))
	}
}

func TestRangesAreCheckedForPhantoms(t *testing.T) {
	for name, test := range map[string]struct {
		most  int
		count int
		act   func(b *bench)
		code  string
	}{
		"nothing":                   {10, 3, func(*bench) {}, "VALID"},
		"a new key":                 {10, 3, func(b *bench) { b.put("k/0001a", "1") }, "PHANTOM_READ_CONFLICT"},
		"a key at the end":          {10, 3, func(b *bench) { b.put("k/9999", "1") }, "PHANTOM_READ_CONFLICT"},
		"a key that goes":           {10, 3, func(b *bench) { b.delete("k/0001") }, "PHANTOM_READ_CONFLICT"},
		"a value":                   {10, 3, func(b *bench) { b.put("k/0001", "2") }, "PHANTOM_READ_CONFLICT"},
		"outside":                   {10, 3, func(b *bench) { b.put("l/1", "2") }, "VALID"},
		"an empty range":            {10, 0, func(b *bench) { b.put("k/1", "2") }, "PHANTOM_READ_CONFLICT"},
		"read ahead":                {1, 300, func(b *bench) { b.put("k/0100", "2") }, "PHANTOM_READ_CONFLICT"},
		"beyond what is read ahead": {1, 300, func(b *bench) { b.put("k/0101", "2") }, "VALID"},
		"the batch after":           {100, 300, func(b *bench) { b.put("k/0200", "2") }, "PHANTOM_READ_CONFLICT"},
		"beyond the batch after":    {100, 300, func(b *bench) { b.put("k/0201", "2") }, "VALID"},
	} {
		b := newBench(t)
		for i := range test.count {
			b.ledger.Put(fmt.Sprintf("k/%04d", i), []byte("1"))
		}
		s := b.endorse(rangeOf("k/", "k0", test.most))
		test.act(b)
		if code := b.ledger.Commit(s); code != test.code {
			t.Errorf("%s: %s", name, code)
		}
	}
}

func TestPagesAndWritesExcludeEachOther(t *testing.T) {
	b := newBench(t)
	b.fails("a write after a page", both(page, put))
	b.fails("a page after a write", both(put, page))
	private := func(stub shim.ChaincodeStubInterface) error {
		_, err := stub.GetPrivateDataByRange("c", "a", "z")
		return err
	}
	b.fails("a write after a private range", both(private, put))
	b.fails("a private range after a write", both(put, private))
	inBatch := func(stub shim.ChaincodeStubInterface) error {
		stub.StartWriteBatch()
		return both(put, page)(stub)
	}
	b.fails("a batch that ends after a page", both(inBatch, func(stub shim.ChaincodeStubInterface) error { return stub.FinishWriteBatch() }))
	// The shim sends an open batch when the chaincode has answered.
	b.fails("a batch that nobody ended", inBatch)
	b.run(func(stub shim.ChaincodeStubInterface) error {
		stub.StartWriteBatch()
		return put(stub)
	})
	if b.ledger.Value("x") == nil {
		t.Error("an open batch is lost")
	}
	b.run(both(put, rangeOf("a", "z", 5)))
}

func TestPagesHaveBookmarks(t *testing.T) {
	b := newBench(t)
	for i := range 7 {
		b.ledger.Put(fmt.Sprintf("k/%d", i), []byte("1"))
	}
	b.ledger.Put("l/0", []byte("1"))
	for _, test := range []struct {
		size     int32
		limit    int
		bookmark string
		gives    string
		next     string
	}{
		{3, 0, "", "012", "k/3"}, {3, 0, "k/6", "6", ""}, {7, 0, "", "0123456", ""}, {8, 0, "", "0123456", ""}, {5, 2, "", "01", "k/2"},
		{0, 0, "", "0123456", ""}, {0, 2, "", "01", ""},
	} {
		b.ledger.TotalQueryLimit = test.limit
		b.run(func(stub shim.ChaincodeStubInterface) error {
			iterator, metadata, err := stub.GetStateByRangeWithPagination("k/", "k0", test.size, test.bookmark)
			if err != nil {
				return err
			}
			got := ""
			for iterator.HasNext() {
				kv, err := iterator.Next()
				if err != nil {
					return err
				}
				got += strings.TrimPrefix(kv.GetKey(), "k/")
			}
			if got != test.gives || metadata.GetBookmark() != test.next {
				t.Errorf("%+v gives %s and %s", test, got, metadata.GetBookmark())
			}
			return nil
		})
	}
}

func TestQueriesEndAtTheTotalLimitWithoutAWord(t *testing.T) {
	for _, count := range []int{0, 1, 99, 100, 101, 199, 200, 201, 350} {
		for _, limit := range []int{0, 1, 99, 100, 101, 200, 201, 300} {
			b := newBench(t)
			for i := range count {
				b.ledger.Put(fmt.Sprintf("k/%04d", i), []byte("1"))
			}
			b.ledger.TotalQueryLimit = limit
			b.endorse(func(stub shim.ChaincodeStubInterface) error {
				iterator, err := stub.GetStateByRange("", "")
				if err != nil {
					return err
				}
				got, want := 0, count
				for ; iterator.HasNext(); got++ {
					if kv, err := iterator.Next(); err != nil || kv.GetKey() != fmt.Sprintf("k/%04d", got) {
						t.Fatal(kv, err)
					}
				}
				if limit > 0 {
					want = min(count, limit)
				}
				if got != want {
					t.Errorf("%d of %d within %d", got, count, limit)
				}
				if _, err := iterator.Next(); err == nil {
					t.Error("there is one after the last")
				}
				return nil
			})
		}
	}
}

func TestHistoryIsNewestFirst(t *testing.T) {
	b := newBench(t)
	b.put("a", "1")
	b.delete("a")
	b.put("a", "2")
	history := func(most int) (values []string) {
		b.run(func(stub shim.ChaincodeStubInterface) error {
			iterator, err := stub.GetHistoryForKey("a")
			if err != nil {
				return err
			}
			for ; iterator.HasNext() && most > 0; most-- {
				change, err := iterator.Next()
				if err != nil {
					return err
				}
				values = append(values, fmt.Sprintf("%s %t", change.GetValue(), change.GetIsDelete()))
			}
			return nil
		})
		return values
	}
	if got := history(10); !slices.Equal(got, []string{"2 false", " true", "1 false"}) {
		t.Error(got)
	}
	b.ledger.TotalQueryLimit = 2
	if got := history(10); len(got) != 2 {
		t.Error(got)
	}
	b.ledger.TotalQueryLimit = 0
	for i := range 500 {
		b.put("a", fmt.Sprint(i))
	}
	s := b.run(func(stub shim.ChaincodeStubInterface) error {
		iterator, err := stub.GetHistoryForKey("a")
		if err == nil {
			_, err = iterator.Next()
		}
		return err
	})
	if s.Loaded != 101 {
		t.Errorf("the peer loaded %d transactions for one", s.Loaded)
	}
}

func TestPrivateDataLeavesAHash(t *testing.T) {
	b := newBench(t)
	b.ledger.Members, b.ledger.Peer = map[string][]string{"c": {"AMSP"}, "d": {"BMSP"}}, "AMSP"
	keep := func(value string) program {
		return func(stub shim.ChaincodeStubInterface) error { return stub.PutPrivateData("c", "k", []byte(value)) }
	}
	hash := func() (hash []byte) {
		b.run(func(stub shim.ChaincodeStubInterface) (err error) {
			hash, err = stub.GetPrivateDataHash("c", "k")
			return err
		})
		return hash
	}
	if hash() != nil {
		t.Error("a hash of nothing")
	}
	early := b.endorse(both(func(stub shim.ChaincodeStubInterface) error {
		_, err := stub.GetPrivateDataHash("c", "k")
		return err
	}, put))
	b.run(keep("secret"))
	if code := b.ledger.Commit(early); code != "MVCC_READ_CONFLICT" {
		t.Error(code)
	}
	if want := sha256.Sum256([]byte("secret")); !bytes.Equal(hash(), want[:]) {
		t.Error("another hash")
	}
	get := func(collection string) program {
		return func(stub shim.ChaincodeStubInterface) error {
			_, err := stub.GetPrivateData(collection, "k")
			return err
		}
	}
	b.run(get("c"))
	b.fails("a client that is no member reads", get("d"))
	b.fails("a client that is no member writes", func(stub shim.ChaincodeStubInterface) error { return stub.PutPrivateData("d", "k", []byte("1")) })
	b.fails("no collection", func(stub shim.ChaincodeStubInterface) error { return stub.PutPrivateData("", "k", []byte("1")) })
	b.ledger.Peer = "BMSP"
	b.fails("a peer that is no member", get("c"))
	if hash() == nil {
		t.Error("a peer that is no member knows the hash")
	}
	b.run(func(stub shim.ChaincodeStubInterface) error { return stub.PurgePrivateData("c", "k") })
	if hash() != nil || b.ledger.Private("c", "k") != nil {
		t.Error("what was purged is there")
	}
	b.run(get("c"))
}

func TestKeysAndValues(t *testing.T) {
	b := newBench(t)
	b.fails("an empty key", func(stub shim.ChaincodeStubInterface) error { return stub.PutState("", []byte("1")) })
	b.fails("an empty key of private data", func(stub shim.ChaincodeStubInterface) error { return stub.PutPrivateData("c", "", []byte("1")) })
	b.fails("an event without a name", func(stub shim.ChaincodeStubInterface) error { return stub.SetEvent("", nil) })
	for _, bounds := range [][2]string{{"\x00a", "b"}, {"a", "\x00b"}} {
		b.fails("a range of composite keys", rangeOf(bounds[0], bounds[1], 1))
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("a key that is not UTF-8 was taken")
			}
		}()
		b.endorse(read("\xff"))
	}()
	b.put("\U0010ffff", "last")
	b.put("\x00composite\x00", "1")
	b.run(func(stub shim.ChaincodeStubInterface) error {
		iterator, err := stub.GetStateByRange("", "")
		if err != nil {
			return err
		}
		if kv, _ := iterator.Next(); kv.GetKey() != "\U0010ffff" || iterator.HasNext() {
			t.Errorf("all simple keys begin with %q", kv.GetKey())
		}
		return nil
	})
	b.put("a", "1")
	b.put("a", "")
	if b.ledger.Value("a") != nil || len(b.ledger.history["a"]) != 2 || !b.ledger.history["a"][0].GetIsDelete() {
		t.Error("an empty value does not delete")
	}
	s := b.run(func(stub shim.ChaincodeStubInterface) error {
		stub.StartWriteBatch()
		for _, value := range []string{"1", "2", "3"} {
			if err := stub.PutState("b", []byte(value)); err != nil {
				return err
			}
		}
		return stub.FinishWriteBatch()
	})
	if string(b.ledger.Value("b")) != "3" || s.Exchanges != 1 {
		t.Error("the last write of a batch does not count, or it was sent in pieces")
	}
}

func TestReadingManyKeysHidesAFailingDatabase(t *testing.T) {
	b := newBench(t)
	b.put("a", "1")
	b.ledger.DatabaseDown = true
	s := b.endorse(func(stub shim.ChaincodeStubInterface) error {
		values, err := stub.GetMultipleStates("a", "b")
		if len(values) != 0 {
			t.Error(values)
		}
		return err
	})
	if s.Response.GetStatus() != shim.OK || len(s.Reads) != 0 {
		t.Error(s.Response, s.Reads)
	}
}

func TestTheProposalIsWhatTheClientSigned(t *testing.T) {
	for name, test := range map[string]struct {
		through *Proposed
		want    Proposed
	}{
		"direct":  {nil, Proposed{"channel", "ours", []string{"a:B", "{}"}}},
		"through": {&Proposed{"other", "theirs", []string{"x"}}, Proposed{"other", "theirs", []string{"x"}}},
	} {
		ledger := New(program(func(stub shim.ChaincodeStubInterface) error {
			signed, err := stub.GetSignedProposal()
			if err != nil {
				return err
			}
			var proposal peer.Proposal
			var header common.Header
			var channel common.ChannelHeader
			var payload peer.ChaincodeProposalPayload
			var spec peer.ChaincodeInvocationSpec
			for _, err := range []error{
				proto.Unmarshal(signed.GetProposalBytes(), &proposal), proto.Unmarshal(proposal.GetHeader(), &header),
				proto.Unmarshal(header.GetChannelHeader(), &channel), proto.Unmarshal(proposal.GetPayload(), &payload),
				proto.Unmarshal(payload.GetInput(), &spec),
			} {
				if err != nil {
					return err
				}
			}
			args := spec.GetChaincodeSpec().GetInput().GetArgs()
			if channel.GetChannelId() != test.want.Channel || spec.GetChaincodeSpec().GetChaincodeId().GetName() != test.want.Chaincode ||
				!slices.EqualFunc(args, test.want.Arguments, func(a []byte, b string) bool { return string(a) == b }) {
				t.Errorf("%s: %v %v", name, &channel, &spec)
			}
			if got := stub.GetArgs(); string(bytes.Join(got, []byte(" "))) != "a:B {}" {
				t.Errorf("%s: %s", name, got)
			}
			return nil
		}))
		s := ledger.Simulate(Call{Name: "a:B", Arguments: []string{"{}"}, Channel: "channel", Chaincode: "ours", Through: test.through})
		if s.Response.GetStatus() != shim.OK {
			t.Error(s.Response)
		}
	}
}
