package contract

import "kindpakket.eu/chaincode/rules"

// withReceipt is the member of a request that refers to the till's own receipt, "" when it is left out: a digest of its number, because the
// number itself could name the customer. No holder signs it.
type withReceipt struct {
	Receipt string `json:"receipt,omitzero"`
}

func (r withReceipt) checkReceipt() error {
	if r.Receipt == "" {
		return nil
	}
	return rules.CheckDigest("receipt", r.Receipt)
}
