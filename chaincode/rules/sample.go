package rules

import (
	"crypto/sha256"
	"encoding/binary"
)

// Draw is a random sample that anyone who knows its seed can repeat, and nobody else can predict.
type Draw struct {
	Seed     string `json:"seed"`
	PerMille Number `json:"per_mille"`
}

// Check refuses a seed that is not 1 to 64 lower-case hexadecimal characters, and a share outside 1 to 1000 in a thousand.
func (d *Draw) Check() error {
	if d.Seed == "" || len(d.Seed) > 64 || !isHexadecimal(d.Seed) {
		return Refuse(InvalidID, Details{"member": "seed", "value": Excerpt(d.Seed)},
			"seed is %q: give 1 to 64 lower-case hexadecimal characters", Excerpt(d.Seed))
	}
	return CheckNumber("per_mille", d.PerMille, 1, 1_000)
}

// Takes reports whether a thing is in the sample: the first eight bytes of SHA-256 over seed, slash and id, as a big-endian number
// modulo 1000, are below the share.
func (d *Draw) Takes(id string) bool {
	digest := sha256.Sum256([]byte(d.Seed + "/" + id))
	return binary.BigEndian.Uint64(digest[:8])%1_000 < uint64(d.PerMille) // #nosec G115 -- checked to be 1 to 1000
}
