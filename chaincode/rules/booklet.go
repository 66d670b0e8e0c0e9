package rules

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
)

// A booklet's pages are leaves of a binary Merkle tree. Leaves and nodes are hashed under different first bytes, so that no node
// passes for a leaf (compare RFC 6962), and a leaf names its page, so that no page passes for another.

func leafHash(page Number, publicKey []byte) []byte {
	leaf := binary.BigEndian.AppendUint32([]byte{0}, uint32(page)) // #nosec G115 -- a page is checked to lie in its booklet before
	digest := sha256.Sum256(append(leaf, publicKey...))
	return digest[:]
}

func nodeHash(left, right []byte) []byte {
	digest := sha256.Sum256(append(append([]byte{1}, left...), right...))
	return digest[:]
}

// depth returns the number of levels above the leaves of a booklet.
func depth(pages Number) int {
	levels := 0
	for width := Number(1); width < pages; width *= 2 {
		levels++
	}
	return levels
}

// isPageOf reports whether a public key is that of a page of the booklet: whether the path of siblings, from the leaf up, leads to
// the root.
func (a *Authorisation) isPageOf(page Number, publicKey []byte, path []string) bool {
	root, err := hex.DecodeString(a.Root)
	if err != nil || len(path) != depth(a.Pages) || page < 0 || page >= a.Pages {
		return false
	}
	hash, position := leafHash(page, publicKey), page
	for _, text := range path {
		sibling, _ := hex.DecodeString(text)
		if position%2 == 0 {
			hash = nodeHash(hash, sibling)
		} else {
			hash = nodeHash(sibling, hash)
		}
		position /= 2
	}
	return bytes.Equal(hash, root)
}
