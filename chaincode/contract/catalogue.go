package contract

import (
	"reflect"

	"github.com/go-json-experiment/json/jsontext"

	"kindpakket.eu/chaincode/rules"
)

// described is what the metadata tell of a transaction.
type described struct {
	name, about     string
	query           bool
	roles           []role
	private         string
	request, answer reflect.Type
}

// writes describes a transaction that writes, by the types of its request and answer.
func writes[R, A any](op operation, about string) described {
	return described{
		name: op.name, about: about, roles: op.roles, private: op.private, request: reflect.TypeFor[R](), answer: reflect.TypeFor[A](),
	}
}

// reads describes a query, by the types of its request and answer. No roles stand for anybody.
func reads[R, A any](name string, roles []role, about string) described {
	return described{name: name, about: about, query: true, roles: roles, request: reflect.TypeFor[R](), answer: reflect.TypeFor[A]()}
}

// catalogue lists every transaction.
var catalogue = []described{
	writes[initialiseRequest, storedOrganisations](initialise, "Names the organisations of the channel, once."),
	writes[proposeOrganisationRequest, rules.Organisation](proposeOrganisation, "Proposes a further organisation of shops or of auditors."),
	writes[organisationChangeRequest, rules.Organisation](approveOrganisation, "Names the organisation that another person proposed."),
	writes[rejectOrganisationRequest, rules.Organisation](rejectOrganisation, "Ends the proposal of a further organisation."),
	reads[nothing, storedOrganisations]("organisations:Show", nil, "Gives the organisations of the channel."),
	reads[nothing, listed[rules.Organisation]]("organisations:List", readers, "Gives all further organisations that were proposed."),

	writes[draftSchemeRequest, rules.Scheme](draftScheme, "Proposes a scheme: its rules and its budget."),
	writes[schemeRequest, rules.Scheme](approveScheme, "Accepts a draft of another person."),
	writes[schemeRequest, rules.Scheme](openScheme, "Opens an approved scheme, or one that was paused."),
	writes[reasonedSchemeRequest, rules.Scheme](pauseScheme, "Stops issuing and paying until the scheme is opened again."),
	writes[proposeRulesRequest, rules.Change](proposeRules, "Proposes the next version of a scheme's rules."),
	writes[proposeBudgetRequest, rules.Change](proposeBudget, "Proposes more budget for a scheme."),
	writes[reasonedSchemeRequest, rules.Change](proposeClosing, "Proposes to close a scheme."),
	writes[schemeChangeRequest, rules.Change](approveChange, "Puts into effect what another person proposed."),
	writes[rejectChangeRequest, rules.Change](rejectChange, "Ends a proposal without effect."),
	writes[closeDayRequest, dayClosed](closeDay, "Ends the bookings of a day and of all days before it."),
	reads[schemeQuery, shownScheme]("scheme:Show", readers, "Gives a scheme with its newest rules, its budget and its last closed day."),
	reads[paging, listed[rules.Scheme]]("scheme:List", readers, "Gives a page of the schemes."),
	reads[rulesQuery, storedTerms]("scheme:Rules", readers, "Gives a version of a scheme's rules."),
	reads[listOfSchemeRequest, listed[rules.Change]]("scheme:Changes", readers, "Gives a page of the changes that were proposed for a scheme."),

	writes[applyRequest, rules.Shop](applyShop, "Asks for a shop's admission; its account stays private."),
	writes[shopCategoriesRequest, rules.Shop](approveShop, "Admits a shop and grants it categories."),
	writes[reasonedShopRequest, rules.Shop](suspendShop, "Stops a shop from taking payments."),
	writes[reasonedShopRequest, rules.Shop](reinstateShop, "Lets a suspended shop take payments again."),
	writes[grantShopRequest, rules.Shop](grantShop, "Grants a shop other categories."),
	writes[endShopRequest, rules.Shop](endShop, "Ends a shop for ever."),
	writes[changeAccountRequest, rules.Shop](changeAccount, "Asks to be paid on another account, which stays private."),
	writes[accountChangeRequest, rules.Shop](approveAccount, "Lets a shop be paid on the account that it proposed."),
	writes[rejectAccountRequest, rules.Shop](rejectAccount, "Ends a proposal of another account; its private record is purged."),
	reads[shopQuery, rules.Shop]("shop:Show", everybody, "Gives a shop; to shops their own."),
	reads[paging, listed[rules.Shop]]("shop:List", readers, "Gives a page of the shops."),
	reads[shopQuery, rules.ShopAccount]("shop:Account", []role{treasurer}, "Gives where a shop is paid, from the private collection."),
	reads[shopQuery, rules.ShopAccount]("shop:ProposedAccount", []role{approver, treasurer}, "Gives the account that a shop proposed, from the private collection."),

	writes[schemeRequest, casesRecorded](recordCases, "Keeps privately to which case each voucher-to-be belongs."),
	writes[issueRequest, issued](issueVouchers, "Makes vouchers out of a scheme's budget, all or none."),
	writes[activateRequest, activated](activateVouchers, "Binds vouchers to the keys or booklets of their holders, all or none."),
	writes[reasonedVoucherRequest, rules.Voucher](blockVoucher, "Stops the spending of a voucher."),
	writes[reasonedVoucherRequest, rules.Voucher](unblockVoucher, "Returns a voucher to the state that another person blocked it in."),
	writes[selfBlockRequest, selfBlocked](selfBlockVoucher, "Blocks a voucher by the code of its holder."),
	writes[vouchersRequest, moved](revokeVouchers, "Takes vouchers away, with what is available of them; all or none."),
	writes[topUpRequest, moved](topUpVouchers, "Adds money of the budget to vouchers, by presets; all or none."),
	writes[extendRequest, extended](extendVouchers, "Gives vouchers a later last day; all or none."),
	writes[replaceRequest, rules.Voucher](replaceVoucher, "Proposes another key or booklet for a voucher, and blocks it."),
	writes[replacementRequest, rules.Voucher](approveReplacement, "Binds a voucher to the key or booklet that another person proposed."),
	writes[rejectReplacementRequest, rules.Voucher](rejectReplacement, "Ends a proposal of another key or booklet; the voucher stays blocked."),
	writes[vouchersRequest, moved](lapseVouchers, "Returns to the budget what can no longer be spent; all or none."),
	reads[voucherQuery, rules.Voucher]("voucher:Show", readers, "Gives a voucher."),
	reads[listOfSchemeRequest, listed[rules.Voucher]]("voucher:List", readers, "Gives a page of a scheme's vouchers."),
	reads[listOfSchemeRequest, listed[rules.Voucher]]("voucher:Lapsable", readers, "Gives those vouchers of a page that would lapse now."),
	reads[allowanceRequest, allowance]("voucher:Allowance", everybody, "Gives what a voucher may still buy at a shop; to shops for their own."),

	writes[purchaseRequest, rules.Payment](pay, "Spends from a voucher at the caller's shop, with the holder's proof."),
	writes[holdRequest, rules.Payment](holdPayment, "Keeps money of a voucher for a later payment at the caller's shop, with the holder's proof."),
	writes[captureRequest, rules.Payment](capturePayment, "Makes a payment of a hold, or of a part of it."),
	writes[reasonedPaymentRequest, rules.Payment](releasePayment, "Gives a hold back to its voucher."),
	writes[reasonedPaymentRequest, rules.Payment](cancelPayment, "Takes a payment back in full, on the day that it is booked on."),
	writes[refundRequest, rules.Refund](refundPayment, "Takes lines of a payment back."),
	reads[paymentQuery, rules.Payment]("payment:Show", everybody, "Gives a payment; to shops their own."),
	reads[listOfSchemeRequest, listed[rules.Payment]]("payment:List", readers, "Gives those payments of a page that are a scheme's."),
	reads[listOfShopRequest, listed[rules.Item]]("payment:Unsettled", everybody, "Gives a page of what no live settlement of a shop holds."),

	writes[voidRequestRequest, voided](voidRequest, "Takes a request id out of use for ever, unless something was committed under it."),
	reads[requestQuery, shownRequest]("request:Show", everybody, "Tells what became of a request id."),

	writes[shopOfSchemeRequest, drafted](draftSettlement, "Takes a shop's oldest open items into a settlement, once that is due."),
	writes[settlementRequest, rules.Settlement](approveSettlement, "Allows a settlement that another person drafted."),
	writes[reasonedSettlementRequest, rules.Settlement](withdrawSettlement, "Ends a settlement that was not exported; its items open again."),
	writes[exportRequest, exported](exportSettlements, "Marks approved settlements as part of one payment file, all or none."),
	writes[bookRequest, rules.Settlement](bookSettlement, "Enters the bank's answer; what was rejected or returned opens its items again."),
	writes[claimRequest, rules.Settlement](claimSettlement, "Makes a receivable of what a shop that has ended still owes."),
	writes[reasonedSettlementRequest, rules.Settlement](collectSettlement, "Enters that a shop has paid what was claimed."),
	writes[reasonedSettlementRequest, rules.Settlement](writeOffSettlement, "Gives up a receivable that another person claimed."),
	reads[settlementQuery, rules.Settlement]("settlement:Show", everybody, "Gives a settlement; to shops their own."),
	reads[listOfSchemeRequest, listed[rules.Settlement]]("settlement:List", readers, "Gives a page of a scheme's settlements."),
	reads[dueSettlementQuery, dueSettlement]("settlement:Due", everybody, "Tells whether a shop can be settled now, and why; to shops for their own."),

	reads[historyRequest, entries[historyEntry]]("audit:History", readers, "Gives a page of the changes of a key, newest first."),
	reads[voucherStatementRequest, entries[voucherEntry]]("audit:VoucherStatement", readers, "Gives a page of a voucher's changes and the money that they moved."),
	reads[listOfSchemeRequest, entries[budgetEntry]]("audit:SchemeStatement", readers, "Gives a page of a budget's changes and the money that they moved."),
	reads[listOfShopRequest, shopStatement]("audit:ShopStatement", everybody, "Gives a page of a shop's settlements and open items, added up; to shops their own."),
	reads[listOfSchemeRequest, totals]("audit:Totals", readers, "Adds up a page of a scheme's vouchers."),
	reads[sampleRequest, listed[jsontext.Value]]("audit:Sample", readers, "Gives those of a page that a random draw takes."),

	writes[orderErasureRequest, rules.Erasure](orderErasure, "Asks for the purge of private records."),
	writes[erasureRequest, rules.Erasure](approveErasure, "Allows a purge that another person ordered."),
	writes[withdrawErasureRequest, rules.Erasure](withdrawErasure, "Ends an erasure of which nothing was purged."),
	writes[erasureRequest, purged](purgeRecords, "Purges private records, and writes nothing public."),
	writes[erasureRequest, rules.Erasure](certifyErasure, "States that no record of an erasure is left: its certificate."),
	reads[erasureQuery, rules.Erasure]("erasure:Show", readers, "Gives an erasure."),
	reads[paging, listed[rules.Erasure]]("erasure:List", readers, "Gives a page of the erasures."),
	reads[dueRecordsRequest, listed[dueRecord]]("erasure:Due", readers, "Gives those vouchers or shops of a page whose private records are due to be purged."),
}
