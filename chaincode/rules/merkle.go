package rules

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
)

// The pages of a booklet and the parts of an approved list are leaves of a binary Merkle tree. Leaves and nodes are hashed under different
// first bytes, so that no node passes for a leaf (compare RFC 6962), and a leaf names its position, so that none passes for another.

func leafHash(position Number, content []byte) []byte {
	leaf := binary.BigEndian.AppendUint32([]byte{0}, uint32(position)) // #nosec G115 -- a position is checked to lie in its tree before
	digest := sha256.Sum256(append(leaf, content...))
	return digest[:]
}

func nodeHash(left, right []byte) []byte {
	digest := sha256.Sum256(append(append([]byte{1}, left...), right...))
	return digest[:]
}

// depth returns the number of levels above a number of leaves.
func depth(leaves Number) int {
	levels := 0
	for width := Number(1); width < leaves; width *= 2 {
		levels++
	}
	return levels
}

// isPath reports whether a text list could be a path in a tree of at most so many leaves.
func isPath(path []string, most Number) bool {
	return len(path) <= depth(most) && !slices.ContainsFunc(path, func(node string) bool { return !isHex(node, 64) })
}

// isLeafOf reports whether content is the leaf at a position of the tree with a root and a number of leaves: whether the path of siblings,
// from the leaf up, leads to the root.
func isLeafOf(root string, leaves, position Number, content []byte, path []string) bool {
	want, err := hex.DecodeString(root)
	if err != nil || len(path) != depth(leaves) || position < 0 || position >= leaves {
		return false
	}
	hash := leafHash(position, content)
	for _, text := range path {
		sibling, _ := hex.DecodeString(text)
		if position%2 == 0 {
			hash = nodeHash(hash, sibling)
		} else {
			hash = nodeHash(sibling, hash)
		}
		position /= 2
	}
	return bytes.Equal(hash, want)
}
