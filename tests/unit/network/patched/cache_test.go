package cache

import (
	"errors"
	"fmt"
	"testing"

	mb "github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric/msp"
)

// counting is an MSP that counts what it is asked for.
type counting struct {
	msp.MSP
	read, judged, validated int
}

type someone struct {
	msp.Identity
	name string
}

func (s *someone) GetIdentifier() *msp.IdentityIdentifier {
	return &msp.IdentityIdentifier{Mspid: "Shops", Id: s.name}
}

func (c *counting) DeserializeIdentity(serialised []byte) (msp.Identity, error) {
	c.read++
	return &someone{name: string(serialised)}, nil
}

func (c *counting) Validate(msp.Identity) error {
	c.validated++
	return nil
}

func (c *counting) SatisfiesPrincipal(_ msp.Identity, principal *mb.MSPPrincipal) error {
	c.judged++
	if string(principal.Principal) != "1" {
		return errors.New("someone else")
	}
	return nil
}

func TestATownsTillsAreAllKnown(t *testing.T) {
	const tills, principals = 2_000, 7
	counted := &counting{}
	cached, err := New(counted)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		for till := range tills {
			identity, err := cached.DeserializeIdentity(fmt.Appendf(nil, "till %d", till))
			if err != nil {
				t.Fatal(err)
			}
			if err := identity.Validate(); err != nil {
				t.Fatal(err)
			}
			for principal := range principals {
				err := identity.SatisfiesPrincipal(&mb.MSPPrincipal{Principal: fmt.Append(nil, principal)})
				if (err == nil) != (principal == 1) {
					t.Fatal(till, principal, err)
				}
			}
		}
	}
	if counted.read != tills || counted.validated != tills || counted.judged != tills*principals {
		t.Fatalf("%d read, %d validated, %d judged", counted.read, counted.validated, counted.judged)
	}
}
