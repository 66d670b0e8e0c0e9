package contract

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"

	"kindpakket.eu/chaincode/rules"
)

// proposal is what the client signed: which chaincode to call on which channel, and with which arguments. When another chaincode calls
// this one, the proposal is still the one that the client made for that other.
type proposal struct {
	channel   string
	chaincode string
	arguments [][]byte
}

func readProposal(stub shim.ChaincodeStubInterface) (*proposal, error) {
	signed, err := stub.GetSignedProposal()
	if err != nil {
		return nil, fmt.Errorf("cannot read the proposal: %w", err)
	}
	var made peer.Proposal
	var header common.Header
	var channel common.ChannelHeader
	var extension peer.ChaincodeHeaderExtension
	var payload peer.ChaincodeProposalPayload
	var invocation peer.ChaincodeInvocationSpec
	for _, part := range []struct {
		data func() []byte
		into proto.Message
	}{
		{signed.GetProposalBytes, &made},
		{made.GetHeader, &header},
		{header.GetChannelHeader, &channel},
		{channel.GetExtension, &extension},
		{made.GetPayload, &payload},
		{payload.GetInput, &invocation},
	} {
		if err := proto.Unmarshal(part.data(), part.into); err != nil {
			return nil, fmt.Errorf("cannot read the proposal: %w", err)
		}
	}
	return &proposal{
		channel: channel.GetChannelId(), chaincode: extension.GetChaincodeId().GetName(),
		arguments: invocation.GetChaincodeSpec().GetInput().GetArgs(),
	}, nil
}

// checkArguments refuses a call on another channel, or with other arguments, than the client signed. An intermediate chaincode could
// forge them in the client's name, without the endorsements that this chaincode requires.
func (p *proposal) checkArguments(stub shim.ChaincodeStubInterface) error {
	if p.channel != stub.GetChannelID() {
		return notDirect("channel", p.channel)
	}
	if !slices.EqualFunc(p.arguments, stub.GetArgs(), bytes.Equal) {
		return notDirect("chaincode", p.chaincode)
	}
	return nil
}

func notDirect(what, name string) error {
	return rules.Refuse(rules.DirectCallsOnly, rules.Details{what: rules.Excerpt(name)},
		"the client signed a different call: call this chaincode directly")
}
