package contract

import (
	"fmt"

	"kindpakket.eu/chaincode/rules"
)

// Every key of the ledger is built here. Members of a key are ids, days, versions and MSP ids, none of which holds a slash.

const (
	organisationsKey = "organisations"

	schemePrefix  = "scheme/"
	shopPrefix    = "shop/"
	paymentPrefix = "payment/"
	erasurePrefix = "erasure/"

	organisationPrefix = "organisation/"

	citizens     = "citizens"
	shopAccounts = "shopAccounts"
)

func organisationKey(msp string) string        { return organisationPrefix + msp }
func requestKey(request string) string         { return "request/" + request }
func schemeKey(scheme string) string           { return schemePrefix + scheme }
func budgetKey(scheme string) string           { return "budget/" + scheme }
func dayKey(scheme string) string              { return "day/" + scheme }
func shopKey(shop string) string               { return shopPrefix + shop }
func entitlementKey(entitlement string) string { return "entitlement/" + entitlement }
func paymentKey(payment string) string         { return paymentPrefix + payment }
func refundKey(refund string) string           { return "refund/" + refund }
func voucherPrefix(scheme string) string       { return "voucher/" + scheme + "/" }
func voucherKey(scheme, voucher string) string { return voucherPrefix(scheme) + voucher }
func settlementPrefix(scheme string) string    { return "settlement/" + scheme + "/" }
func caseKey(scheme, voucher string) string    { return "case/" + scheme + "/" + voucher }
func erasureKey(erasure string) string         { return erasurePrefix + erasure }
func changePrefix(scheme string) string        { return "change/" + scheme + "/" }
func changeKey(scheme, change string) string   { return changePrefix(scheme) + change }

// accountKey names a private account of a shop: that of its application ("") or of a later change.
func accountKey(shop, change string) string {
	if change == "" {
		return "account/" + shop
	}
	return "account/" + shop + "/" + change
}

func settlementKey(scheme, settlement string) string {
	return settlementPrefix(scheme) + settlement
}

func rulesKey(scheme string, version rules.Number) string {
	return fmt.Sprintf("rules/%s/%06d", scheme, version)
}

func unsettledPrefix(scheme, shop string) string {
	return "unsettled/" + scheme + "/" + shop + "/"
}

func unsettledKey(scheme, shop string, day rules.Day, item string) string {
	return unsettledPrefix(scheme, shop) + string(day) + "/" + item
}

// endOf gives the first key after all keys with a prefix, which ends in a slash.
func endOf(prefix string) string {
	return prefix[:len(prefix)-1] + "0"
}
