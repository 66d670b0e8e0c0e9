package contract

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"kindpakket.eu/chaincode/rules"
)

// Private collections. A further organisation of shops may have one of its own for the accounts of its shops.
const (
	citizens     = "citizens"
	shopAccounts = "shopAccounts"
)

// Keys of the transient map.
const (
	transientAccount = "account"
	transientCases   = "cases"
)

// transient reads a private record from the transient map, which only the endorsers see.
func (tx *transaction) transient(name string, into any) error {
	fields, err := tx.stub.GetTransient()
	if err != nil {
		return fmt.Errorf("cannot read the transient map: %w", err)
	}
	data, ok := fields[name]
	if !ok {
		return rules.Refuse(rules.TransientRequired, rules.Details{"transient": name},
			"the transient map has no %q: put the private record there", name)
	}
	if len(data) > maxRequestBytes {
		return tooLarge(len(data))
	}
	return decode(data, into)
}

func (tx *transaction) putPrivate(collection, key string, record any) error {
	return tx.write(change{collection: collection, key: key}, startOfPrivate, record)
}

// purge removes a private record from the peers for good, its earlier versions too.
func (tx *transaction) purge(collection, key string) {
	tx.changes = append(tx.changes, change{collection: collection, key: key, purge: true})
}

// privateHash returns the SHA-256 digest of a private record in hexadecimal, "" when there is none. Every peer knows it, whether or not
// it is a member of the collection.
func (tx *transaction) privateHash(collection, key string) (string, error) {
	hash, err := tx.stub.GetPrivateDataHash(collection, key)
	if err != nil {
		return "", fmt.Errorf("cannot read the hash of %s in %s: %w", key, collection, err)
	}
	return hex.EncodeToString(hash), nil
}

// privateKeys returns what the private keys of a page have after a prefix, and the cursor of the page that follows. Fabric has no pages of
// private records: it reads on until the page is full.
func (tx *transaction) privateKeys(collection, prefix string, page *paging) (ids []string, next string, err error) {
	iterator, err := tx.stub.GetPrivateDataByRange(collection, keyAt(prefix, page.Cursor), endOf(prefix))
	if err != nil {
		return nil, "", fmt.Errorf("cannot list %s in %s: %w", prefix, collection, err)
	}
	defer iterator.Close()
	for iterator.HasNext() {
		entry, err := iterator.Next()
		if err != nil {
			return nil, "", fmt.Errorf("cannot list %s in %s: %w", prefix, collection, err)
		}
		if len(ids) == page.limit() {
			return ids, cursorOf(prefix, entry.GetKey()), nil
		}
		ids = append(ids, cursorOf(prefix, entry.GetKey()))
	}
	return ids, "", nil
}

// recordHash returns what privateHash will return once the record is stored.
func recordHash(record any) (string, error) {
	data, err := encodeRecord(startOfPrivate, record)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]), nil
}
