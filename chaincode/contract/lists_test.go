package contract

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"maps"

	"kindpakket.eu/chaincode/rules"
)

// merkle hashes leaves pairwise, filled up with zeros to a power of two, and gives all levels from the leaves to the root.
func merkle(leaves [][]byte) [][][]byte {
	width := 1
	for width < len(leaves) {
		width *= 2
	}
	for len(leaves) < width {
		leaves = append(leaves, make([]byte, 32))
	}
	levels := [][][]byte{leaves}
	for len(leaves) > 1 {
		var above [][]byte
		for i := 0; i < len(leaves); i += 2 {
			digest := sha256.Sum256(append(append([]byte{1}, leaves[i]...), leaves[i+1]...))
			above = append(above, digest[:])
		}
		levels, leaves = append(levels, above), above
	}
	return levels
}

// leafOf hashes what is at a position of a tree.
func leafOf(position int, content []byte) []byte {
	leaf := sha256.Sum256(append(binary.BigEndian.AppendUint32([]byte{0}, uint32(position)), content...))
	return leaf[:]
}

// pathIn gives the siblings from a leaf to the root.
func pathIn(levels [][][]byte, position int) []string {
	path := []string{}
	for _, level := range levels[:len(levels)-1] {
		path = append(path, hex.EncodeToString(level[position^1]))
		position /= 2
	}
	return path
}

// rootOf gives the root over the parts of a list, and the members with which each part's request names its place there.
func rootOf(t tester, allocation string, parts ...[]object) (root string, drawings []object) {
	var leaves [][]byte
	for i, part := range parts {
		// Maps have their members in order, and nothing in them needs an escape: that is the canonical form.
		digest := sha256.Sum256(encodeJSON(t, part))
		leaves = append(leaves, leafOf(i, digest[:]))
	}
	levels := merkle(leaves)
	for i := range parts {
		drawings = append(drawings, object{"allocation": allocation, "part": i, "path": pathIn(levels, i)})
	}
	return hex.EncodeToString(levels[len(levels)-1][0]), drawings
}

// price gives what a line of a list costs under the newest rules of its scheme; a line that they do not know costs a cent.
func (w *world) price(scheme string, line object) int64 {
	w.t.Helper()
	var record rules.Scheme
	var terms storedTerms
	if err := json.Unmarshal(w.ledger.Value(schemeKey(scheme)), &record); err != nil {
		w.t.Fatal(err)
	}
	if err := decodeRecord("rules", w.ledger.Value(rulesKey(scheme, record.RulesVersion)), &terms); err != nil {
		w.t.Fatal(err)
	}
	units := max(line["units"].(int), 1)
	if cents, err := terms.Amount(line["preset"].(string), rules.Number(units)); err == nil {
		return int64(cents)
	}
	return 1
}

// proposing gives the request that proposes an allocation for the parts of a list, and the members to draw on it with.
func (w *world) proposing(scheme, use string, parts ...[]object) (request object, drawings []object) {
	w.t.Helper()
	id, lines, cents := w.id(), 0, int64(0)
	for _, part := range parts {
		lines += len(part)
		for _, line := range part {
			cents += w.price(scheme, line)
		}
	}
	root, drawings := rootOf(w.t, id, parts...)
	return object{
		"request_id": id, "scheme": scheme, "use": use, "vouchers": max(lines, 1), "cents": max(cents, 1), "list_sha256": root, "parts": len(parts),
		"expires_at": w.now + aDay, "reason": "intake",
	}, drawings
}

// allocated has the clerk propose an allocation for the parts of a list and the manager approve it.
func (w *world) allocated(scheme, use string, parts ...[]object) []object {
	w.t.Helper()
	request, drawings := w.proposing(scheme, use, parts...)
	w.approveList(request)
	return drawings
}

// approveList sends a proposal and has it approved.
func (w *world) approveList(proposal object) {
	w.t.Helper()
	w.must("clerk", "allocation:Propose", proposal)
	w.must("manager", "allocation:Approve", object{"request_id": w.id(), "scheme": proposal["scheme"], "allocation": proposal["request_id"]})
}

// issuing gives the request that issues vouchers, on an allocation that two persons have agreed on.
func (w *town) issuing(vouchers ...object) object {
	w.t.Helper()
	request := w.onScheme(object{"vouchers": vouchers})
	maps.Copy(request, w.allocated(w.scheme, "issue", vouchers)[0])
	return request
}

// toppingUp gives the request that tops up vouchers, likewise.
func (w *town) toppingUp(topUps ...object) object {
	w.t.Helper()
	request := w.because(object{"scheme": w.scheme, "top_ups": topUps})
	maps.Copy(request, w.allocated(w.scheme, "top-up", topUps)[0])
	return request
}

// drawing gives a request the members of a place in a list that nobody has approved.
func (w *world) drawing(request object) object {
	maps.Copy(request, object{"allocation": w.id(), "part": 0, "path": []string{}})
	return request
}
