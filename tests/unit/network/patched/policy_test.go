package cauthdsl

import (
	"errors"
	"testing"

	cb "github.com/hyperledger/fabric-protos-go-apiv2/common"
	mb "github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric/common/policies"
	"github.com/hyperledger/fabric/common/policydsl"
	"github.com/hyperledger/fabric/msp"
	"github.com/hyperledger/fabric/protoutil"
	"google.golang.org/protobuf/proto"
)

// members reads an identity that is the name of its organisation, and counts how often it is asked for one and for signatures.
type members struct {
	msp.IdentityDeserializer
	read, verified int
}

func (m *members) DeserializeIdentity(serialised []byte) (msp.Identity, error) {
	m.read++
	if len(serialised) == 0 {
		return nil, errors.New("nobody")
	}
	return &member{members: m, organisation: string(serialised)}, nil
}

// member is an identity whose valid signature is the message.
type member struct {
	msp.Identity
	members      *members
	organisation string
}

func (m *member) GetIdentifier() *msp.IdentityIdentifier {
	return &msp.IdentityIdentifier{Mspid: m.organisation, Id: "someone"}
}

func (m *member) Verify(message, signature []byte) error {
	m.members.verified++
	if string(message) != string(signature) {
		return errors.New("the signature is invalid")
	}
	return nil
}

func (m *member) SatisfiesPrincipal(principal *mb.MSPPrincipal) error {
	role := &mb.MSPRole{}
	if err := proto.Unmarshal(principal.Principal, role); err != nil {
		return err
	}
	if role.MspIdentifier != m.organisation {
		return errors.New("another organisation")
	}
	return nil
}

func of(kind cb.Policy_PolicyType, message proto.Message) *cb.ConfigPolicy {
	value, err := proto.Marshal(message)
	if err != nil {
		panic(err)
	}
	return &cb.ConfigPolicy{Policy: &cb.Policy{Type: int32(kind), Value: value}}
}

func group(rule cb.ImplicitMetaPolicy_Rule, groups map[string]*cb.ConfigGroup) *cb.ConfigGroup {
	meta := of(cb.Policy_IMPLICIT_META, &cb.ImplicitMetaPolicy{Rule: rule, SubPolicy: "Writers"})
	return &cb.ConfigGroup{Groups: groups, Policies: map[string]*cb.ConfigPolicy{"Writers": meta}}
}

// writers is the policy /Channel/Writers: any of the application's, which a rule makes of those of three organisations, or of the orderers'.
func writers(t *testing.T, rule cb.ImplicitMetaPolicy_Rule, known *members) policies.Policy {
	t.Helper()
	organisations := map[string]*cb.ConfigGroup{"Silent": {}}
	for _, name := range []string{"Town", "Shops", "Auditor"} {
		signed := of(cb.Policy_SIGNATURE, policydsl.SignedByMspMember(name))
		organisations[name] = &cb.ConfigGroup{Policies: map[string]*cb.ConfigPolicy{"Writers": signed}}
	}
	root := group(cb.ImplicitMetaPolicy_ANY, map[string]*cb.ConfigGroup{
		"Application": group(rule, organisations),
		"Orderer":     group(cb.ImplicitMetaPolicy_ANY, map[string]*cb.ConfigGroup{}),
	})
	root.Groups["Orderer"].Policies["Writers"] = of(cb.Policy_SIGNATURE, policydsl.SignedByMspMember("Ordering"))
	providers := map[int32]policies.Provider{int32(cb.Policy_SIGNATURE): NewPolicyProvider(known)}
	manager, err := policies.NewManagerImpl("Channel", providers, root)
	if err != nil {
		t.Fatal(err)
	}
	policy, found := manager.GetPolicy("/Channel/Writers")
	if !found {
		t.Fatal("no such policy")
	}
	return policy
}

func signed(organisation, signature string) *protoutil.SignedData {
	return &protoutil.SignedData{Data: []byte("message"), Identity: []byte(organisation), Signature: []byte(signature)}
}

func TestWhoSignedIsFoundOutOnceForAPolicyOverPolicies(t *testing.T) {
	for range 20 { // the order of the policies is that of a map
		known := &members{}
		policy := writers(t, cb.ImplicitMetaPolicy_ANY, known)
		if err := policy.EvaluateSignedData([]*protoutil.SignedData{signed("Shops", "message")}); err != nil {
			t.Fatal(err)
		}
		if err := policy.EvaluateSignedData([]*protoutil.SignedData{signed("Elsewhere", "message")}); err == nil {
			t.Fatal("a stranger may write")
		}
		if known.read != 2 || known.verified != 2 {
			t.Fatalf("read %d, verified %d", known.read, known.verified)
		}
	}
}

func TestAPolicyOverPoliciesDecidesAsBefore(t *testing.T) {
	town, shops, twice := signed("Town", "message"), signed("Shops", "message"), signed("Town", "message")
	wrong, nobody, orderer := signed("Town", "massage"), signed("", "message"), signed("Ordering", "message")
	any, majority, all := cb.ImplicitMetaPolicy_ANY, cb.ImplicitMetaPolicy_MAJORITY, cb.ImplicitMetaPolicy_ALL
	for name, one := range map[string]struct {
		rule      cb.ImplicitMetaPolicy_Rule
		set       []*protoutil.SignedData
		satisfied bool
	}{
		"one of any":                          {any, []*protoutil.SignedData{town}, true},
		"a wrong signature":                   {any, []*protoutil.SignedData{wrong}, false},
		"no identity":                         {any, []*protoutil.SignedData{nobody}, false},
		"nobody signed":                       {any, nil, false},
		"one valid among others":              {any, []*protoutil.SignedData{wrong, nobody, shops}, true},
		"the other branch":                    {majority, []*protoutil.SignedData{orderer}, true},
		"one of a majority":                   {majority, []*protoutil.SignedData{town}, false},
		"the same one twice":                  {majority, []*protoutil.SignedData{town, twice}, false},
		"two of four are no majority":         {majority, []*protoutil.SignedData{town, shops}, false},
		"three of four":                       {majority, []*protoutil.SignedData{town, shops, signed("Auditor", "message")}, true},
		"three of four, one wrong":            {majority, []*protoutil.SignedData{wrong, shops, signed("Auditor", "message")}, false},
		"all, but one has no policy to allow": {all, []*protoutil.SignedData{town, shops, signed("Auditor", "message")}, false},
	} {
		if err := writers(t, one.rule, &members{}).EvaluateSignedData(one.set); (err == nil) != one.satisfied {
			t.Errorf("%s: %v", name, err)
		}
	}
}
