package leveldbhelper

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/syndtr/goleveldb/leveldb"
	"github.com/syndtr/goleveldb/leveldb/util"
)

// write puts a thousand pairs into a database that Fabric would open without the patch.
func write(t *testing.T, path string, round int) {
	t.Helper()
	if err := os.MkdirAll(path, 0o700); err != nil {
		t.Fatal(err)
	}
	db, err := leveldb.OpenFile(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for key := range 1000 {
		if err := db.Put(fmt.Appendf(nil, "%d/%04d", round, key), fmt.Appendf(nil, "value %d", key), nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.CompactRange(rangeOfAll()); err != nil {
		t.Fatal(err)
	}
}

func TestDatabasesGoToThePatchedBuildAndBack(t *testing.T) {
	for _, below := range []string{"stateLeveldb", "chains/index", "index", "bookkeeper"} {
		t.Run(below, func(t *testing.T) { goAndReturn(t, filepath.Join(t.TempDir(), below)) })
	}
}

func TestOnlyWhatEveryTransactionWritesToIsLarge(t *testing.T) {
	type size struct{ buffered, cached, block int }
	state, large, small := size{16 << 20, 32 << 20, 16 << 10}, size{16 << 20, 8 << 20, 16 << 10}, size{1 << 20, 8 << 20, 4 << 10}
	for path, wanted := range map[string]size{
		"data/ledgersData/stateLeveldb": state, "data/ledgersData/historyLeveldb": large, "data/ledgersData/chains/index": large,
		"data/ledger/index": small, "data/ledgersData/bookkeeper": small, "data/ledgersData/pvtdataStore": small,
	} {
		options := optionsFor(path)
		if got := (size{options.WriteBuffer, options.GetBlockCacheCapacity(), options.GetBlockSize()}); got != wanted {
			t.Errorf("%s has %+v", path, got)
		}
	}
}

func goAndReturn(t *testing.T, path string) {
	for round := range 3 {
		write(t, path, 2*round)
		patched := CreateDB(&Conf{DBPath: path})
		patched.Open()
		for key := range 1000 {
			if err := patched.Put(fmt.Appendf(nil, "%d/%04d", 2*round+1, key), fmt.Appendf(nil, "value %d", key), true); err != nil {
				t.Fatal(err)
			}
		}
		if err := patched.db.CompactRange(rangeOfAll()); err != nil {
			t.Fatal(err)
		}
		for before := range 2*round + 2 {
			for key := range 1000 {
				value, err := patched.Get(fmt.Appendf(nil, "%d/%04d", before, key))
				if err != nil || string(value) != fmt.Sprintf("value %d", key) {
					t.Fatal(before, key, string(value), err)
				}
			}
		}
		if value, err := patched.Get([]byte("9/0000")); err != nil || value != nil {
			t.Fatal(value, err)
		}
		patched.Close()
	}
}

func rangeOfAll() util.Range { return util.Range{} }
