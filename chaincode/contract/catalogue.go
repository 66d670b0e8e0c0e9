package contract

import (
	"reflect"

	"github.com/go-json-experiment/json/jsontext"

	"kindpakket.eu/chaincode/rules"
)

// described is what the metadata says about a transaction.
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

// reads describes a query, by the types of its request and answer. No roles means that anyone may call it.
func reads[R, A any](name string, roles []role, about string) described {
	return described{name: name, about: about, query: true, roles: roles, request: reflect.TypeFor[R](), answer: reflect.TypeFor[A]()}
}

// catalogue lists every transaction.
var catalogue = []described{
	writes[initialiseRequest, storedOrganisations](initialise, "Names the first organisations of the channel, once."),
	writes[proposeOrganisationRequest, rules.Organisation](proposeOrganisation, "Proposes a further organisation of shops or of auditors."),
	writes[organisationChangeRequest, rules.Organisation](approveOrganisation, "Names an organisation that another person proposed."),
	writes[rejectOrganisationRequest, rules.Organisation](rejectOrganisation, "Rejects the proposal of a further organisation."),
	writes[endOrganisationRequest, rules.Decision](proposeOrganisationEnd, "Proposes to end an organisation permanently; its shops stay."),
	reads[nothing, storedOrganisations]("organisations:Show", nil, "Returns the organisations of the channel, and those that have ended."),
	reads[nothing, listed[rules.Organisation]]("organisations:List", readers, "Returns all further organisations that were proposed."),

	writes[draftSchemeRequest, rules.Scheme](draftScheme, "Proposes a scheme: its rules and its budget."),
	writes[schemeRequest, rules.Scheme](approveScheme, "Approves a scheme that another person drafted."),
	writes[schemeRequest, rules.Scheme](openScheme, "Opens an approved or paused scheme."),
	writes[reasonedSchemeRequest, rules.Scheme](pauseScheme, "Pauses a scheme: nothing is issued or paid until it is opened again."),
	writes[proposeRulesRequest, rules.Change](proposeRules, "Proposes the next version of a scheme's rules."),
	writes[proposeBudgetRequest, rules.Change](proposeBudget, "Proposes more budget for a scheme, or less."),
	writes[reasonedSchemeRequest, rules.Change](proposeClosing, "Proposes to close a scheme."),
	writes[schemeChangeRequest, rules.Change](approveChange, "Puts a change that another person proposed into effect."),
	writes[rejectChangeRequest, rules.Change](rejectChange, "Rejects a proposed change."),
	writes[closeDayRequest, dayClosed](closeDay, "Closes a day and all days before it for bookings."),
	reads[schemeQuery, shownScheme]("scheme:Show", readers, "Returns a scheme with its newest rules, its budget and its last closed day."),
	reads[paging, listed[rules.Scheme]]("scheme:List", readers, "Returns a page of the schemes."),
	reads[rulesQuery, storedTerms]("scheme:Rules", readers, "Returns a version of a scheme's rules."),
	reads[listOfSchemeRequest, listed[rules.Change]]("scheme:Changes", readers, "Returns a page of the changes that were proposed for a scheme."),

	writes[applyRequest, rules.Shop](applyShop, "Applies for a shop's admission; its account stays private."),
	writes[shopCategoriesRequest, rules.Shop](approveShop, "Admits a shop and grants it categories."),
	writes[reasonedShopRequest, rules.Shop](suspendShop, "Stops a shop from taking payments and from being paid."),
	writes[reasonedShopRequest, rules.Shop](reinstateShop, "Lets a shop that another person suspended take payments again."),
	writes[grantShopRequest, rules.Shop](grantShop, "Replaces a shop's categories."),
	writes[endShopRequest, rules.Decision](proposeShopEnd, "Proposes to end a shop permanently."),
	writes[reasonedShopRequest, rules.Shop](freezePayout, "Stops what a shop is owed from being exported."),
	writes[reasonedShopRequest, rules.Shop](releasePayout, "Lets what a shop is owed be exported again, by another person than who froze it."),
	writes[changeAccountRequest, rules.Shop](changeAccount, "Proposes another account for a shop to be paid on, which stays private."),
	writes[accountChangeRequest, rules.Shop](approveAccount, "Approves the account that a shop proposed."),
	writes[rejectAccountRequest, rules.Shop](rejectAccount, "Rejects a proposed account, and purges its private record."),
	writes[mandateRequest, rules.Shop](giveMandate, "Lets an acquirer take payments for the shop."),
	writes[mandateRequest, rules.Shop](withdrawMandate, "Ends what an acquirer may do for the shop."),
	writes[limitRefundsRequest, rules.Shop](limitRefunds, "Sets what of a payment a person of the shop refunds alone, or lifts the limit."),
	reads[shopQuery, rules.Shop]("shop:Show", everybody, "Returns a shop; shops may ask only for themselves."),
	reads[shopTermsQuery, shopTerms]("shop:Terms", everybody, "Returns what a scheme means for a shop now; shops may ask only for themselves."),
	reads[paging, listed[rules.Shop]]("shop:List", readers, "Returns a page of the shops."),
	reads[shopQuery, rules.ShopAccount]("shop:Account", accountReaders, "Returns the account that a shop is paid on, from the private collection."),
	reads[shopQuery, rules.ShopAccount]("shop:ProposedAccount", accountReaders, "Returns the account that a shop proposed, from the private collection."),

	writes[proposeAllocationRequest, rules.Allocation](proposeAllocation, "Proposes vouchers or top-ups of a list, and the money for them."),
	writes[allocationRequest, rules.Allocation](approveAllocation, "Reserves the money of an allocation that another person proposed."),
	writes[reasonedAllocationRequest, rules.Allocation](rejectAllocation, "Rejects a proposed allocation."),
	writes[reasonedAllocationRequest, rules.Allocation](withdrawAllocation, "Ends an approved allocation and returns what is left of it to the budget."),
	reads[allocationQuery, rules.Allocation]("allocation:Show", readers, "Returns an allocation."),
	reads[listOfSchemeRequest, listed[rules.Allocation]]("allocation:List", readers, "Returns a page of a scheme's allocations."),

	writes[schemeRequest, casesRecorded](recordCases, "Records privately which case each voucher to be issued belongs to."),
	writes[issueRequest, issued](issueVouchers, "Issues the vouchers of a part of an approved list, all or none."),
	writes[activateRequest, activated](activateVouchers, "Binds vouchers to the keys or booklets of their holders, all or none."),
	writes[reasonedVoucherRequest, rules.Voucher](blockVoucher, "Stops the spending of a voucher."),
	writes[reasonedVoucherRequest, rules.Voucher](unblockVoucher, "Returns a voucher to the state that another person blocked it in."),
	writes[selfBlockRequest, selfBlocked](selfBlockVoucher, "Blocks a voucher with its holder's self-block code."),
	writes[vouchersRequest, moved](revokeVouchers, "Revokes vouchers that another person has blocked, all or none; what is left goes back to the budget."),
	writes[vouchersRequest, rules.Decision](proposeRevocation, "Proposes to revoke vouchers."),
	writes[freeRequest, rules.Decision](proposeFreeing, "Proposes to free entitlements of vouchers that were revoked by mistake."),
	writes[topUpRequest, moved](topUpVouchers, "Makes the top-ups of a part of an approved list, by presets, all or none."),
	writes[extendRequest, extended](extendVouchers, "Extends vouchers to a later last day, all or none."),
	writes[replaceRequest, rules.Voucher](replaceVoucher, "Proposes another key or booklet for a voucher, and blocks it."),
	writes[replacementRequest, rules.Voucher](approveReplacement, "Binds a voucher to the key or booklet that another person proposed."),
	writes[rejectReplacementRequest, rules.Voucher](rejectReplacement, "Rejects a proposed key or booklet; the voucher stays blocked."),
	writes[recordBindingsRequest, bindingsRecorded](recordBindings, "Records as used what vouchers were bound to before such records were kept."),
	writes[vouchersRequest, moved](lapseVouchers, "Returns what can no longer be spent to the budget, all or none."),
	reads[voucherQuery, rules.Voucher]("voucher:Show", readers, "Returns a voucher."),
	reads[listOfSchemeRequest, listed[rules.Voucher]]("voucher:List", readers, "Returns a page of a scheme's vouchers."),
	reads[listOfSchemeRequest, listed[rules.Voucher]]("voucher:Lapsable", readers, "Returns the vouchers of a page that would lapse now."),
	reads[shopVoucherQuery, shownBinding]("voucher:Binding", everybody, "Returns the kind and version of a voucher's authorisation; shops may ask only for themselves."),
	reads[allowanceRequest, allowance]("voucher:Allowance", everybody, "Returns what a voucher may still buy at a shop; shops ask for themselves, with the holder's proof."),

	writes[purchaseRequest, rules.Payment](pay, "Spends from a voucher at the caller's shop, with the holder's proof."),
	writes[holdRequest, rules.Payment](holdPayment, "Holds money of a voucher for a later payment at the caller's shop, with the holder's proof."),
	writes[captureRequest, rules.Payment](capturePayment, "Turns a hold into a payment of all or some of it, and releases the rest."),
	writes[capturePartRequest, rules.Payment](capturePart, "Makes a payment of its own of a part of a hold, which keeps the rest."),
	writes[reasonedPaymentRequest, rules.Payment](releasePayment, "Releases a hold to its voucher."),
	writes[releaseByHolderRequest, releasedByHolder](releaseByHolder, "Releases a hold to its voucher, with the holder's proof."),
	writes[reasonedPaymentRequest, rules.Payment](cancelPayment, "Reverses a payment in full, on its booking day."),
	writes[refundRequest, rules.Refund](refundPayment, "Refunds lines of a payment."),
	writes[refundDecision, rules.Refund](confirmRefund, "Confirms a refund that another person of the shop asked for."),
	writes[refundDecision, rules.Refund](endorseRefund, "Endorses a refund that waits, as the first of two persons."),
	writes[refundDecision, rules.Refund](approveRefund, "Returns the money of a refund that another person endorsed."),
	writes[reasonedRefundDecision, rules.Refund](rejectRefund, "Rejects a refund that waits or was asked for; nothing was moved."),
	writes[batchRequest, batchAnswer](batch, "Carries out many payments, captures and refunds, each as if it were sent alone."),
	reads[waitingRefundsRequest, listed[rules.Refund]]("payment:WaitingRefunds", ofAShop, "Returns a page of the refunds of a shop or a scheme that were asked for or wait; shops may ask only for themselves."),
	reads[paymentQuery, rules.Payment]("payment:Show", everybody, "Returns a payment; shops may ask only for their own."),
	reads[refundQuery, rules.Refund]("payment:ShowRefund", everybody, "Returns a refund; shops may ask only for their own."),
	reads[listOfSchemeRequest, listed[rules.Payment]]("payment:List", readers, "Returns a page of a scheme's payments, holds included."),
	reads[dayOfShopRequest, listed[dayEntry]]("payment:OfDay", ofAShop, "Returns a page of a shop's payments, holds and refunds of a day; shops may ask only for themselves."),
	reads[holdsRequest, listed[rules.Payment]]("payment:Holds", ofAShop, "Returns a page of the holds of a shop or a scheme; shops may ask only for themselves."),
	reads[listOfShopRequest, listed[rules.Item]]("payment:Unsettled", ofAShop, "Returns a page of the items that no live settlement of a shop holds."),
	writes[paymentsRequest, indexed](indexPayments, "Writes the keys that find holds and undone payments of layout 2."),
	reads[paging, listed[string]]("payment:Unindexed", readers, "Returns the payments of a page, of all schemes, that payment:Index has to find anew."),

	writes[voidRequestRequest, voided](voidRequest, "Makes a request id permanently unusable, unless a request was committed under it."),
	reads[requestQuery, shownRequest]("request:Show", everybody, "Returns what became of a request id."),

	writes[shopOfSchemeRequest, drafted](draftSettlement, "Puts a shop's oldest open items into a settlement, once it is due."),
	writes[settlementRequest, rules.Settlement](approveSettlement, "Approves a settlement that another person drafted."),
	writes[reasonedSettlementRequest, rules.Settlement](withdrawSettlement, "Withdraws a settlement that has not been exported, and reopens its items."),
	writes[exportRequest, exported](exportSettlements, "Marks settlements that another person approved as part of one payment file, all or none."),
	writes[bookRequest, rules.Settlement](bookSettlement, "Records the bank's answer; a rejected or returned settlement reopens its items."),
	writes[claimRequest, rules.Settlement](claimSettlement, "Claims what a shop owes that has ended, or whose scheme is closed."),
	writes[collectRequest, rules.Settlement](collectSettlement, "Records that a shop has paid what another person claimed, or a part of it."),
	writes[reasonedSettlementRequest, rules.Settlement](writeOffSettlement, "Writes off what is left of a receivable that another person claimed."),
	writes[reopenRequest, rules.Settlement](reopenSettlement, "Ends a receivable, and reopens its items."),
	writes[netRequest, netted](netSettlement, "Deducts what a shop owes under one scheme from what it is owed under another."),
	writes[settlementRequest, rules.Settlement](indexSettlement, "Moves the items of a settlement of layout 2 out of its record."),
	reads[settlementQuery, shownSettlement]("settlement:Show", ofAShop, "Returns a settlement; shops may ask only for their own."),
	reads[listOfSchemeRequest, listed[rules.Settlement]]("settlement:List", readers, "Returns a page of a scheme's settlements."),
	reads[listOfSchemeRequest, listed[rules.Settlement]]("settlement:Live", readers, "Returns a page of a scheme's settlements and receivables that wait for a step."),
	reads[receivablesRequest, listed[rules.Settlement]]("settlement:Receivables", readers, "Returns a page of the receivables that shops owe."),
	reads[itemsRequest, listed[rules.Item]]("settlement:Items", ofAShop, "Returns a page of the items that a settlement holds; shops may ask only for their own."),
	reads[dueSettlementQuery, dueSettlement]("settlement:Due", ofAShop, "Returns whether a settlement of a shop is due, and why; shops may ask only for themselves."),
	reads[listOfSchemeRequest, listed[dueShop]]("settlement:DueList", readers, "Returns a page of the shops with open items, and whether a settlement of each is due."),

	writes[decisionRequest, decided](approveDecision, "Approves what another person proposed, and carries it out."),
	writes[rejectDecisionRequest, rules.Decision](rejectDecision, "Rejects a proposed decision."),
	reads[decisionQuery, rules.Decision]("decision:Show", readers, "Returns a decision."),
	reads[paging, listed[rules.Decision]]("decision:List", readers, "Returns a page of the decisions."),
	reads[waitingRequest, listed[waitingEntry]]("decision:Waiting", readers, "Returns a page of what waits for a second person, of all kinds."),
	writes[indexPendingRequest, pendingIndexed](indexPending, "Lists what waits because of records from before there was the list."),
	reads[paging, listed[string]]("decision:Unindexed", readers, "Returns the records of a page that decision:Index has to list."),

	reads[historyRequest, entries[historyEntry]]("audit:History", readers, "Returns a page of the changes of a key, newest first."),
	reads[voucherStatementRequest, entries[voucherEntry]]("audit:VoucherStatement", readers, "Returns a page of a voucher's changes and the money that they moved."),
	reads[listOfSchemeRequest, entries[budgetEntry]]("audit:SchemeStatement", readers, "Returns a page of a budget's changes and the money that they moved."),
	reads[listOfShopRequest, shopStatement]("audit:ShopStatement", ofAShop, "Returns a page of a shop's settlements and open items, added up; shops may ask only for themselves."),
	reads[schemeQuery, schemeTotals]("audit:SchemeTotals", readers, "Adds up all vouchers, settlements and open items of a scheme, at one height."),
	reads[listOfSchemeRequest, totals]("audit:Totals", readers, "Adds up a page of a scheme's vouchers."),
	reads[sampleRequest, listed[jsontext.Value]]("audit:Sample", readers, "Returns the records of a page that a random draw selects."),

	writes[orderErasureRequest, rules.Erasure](orderErasure, "Orders the purge of private records."),
	writes[erasureRequest, rules.Erasure](approveErasure, "Approves an erasure that another person ordered."),
	writes[withdrawErasureRequest, rules.Erasure](withdrawErasure, "Withdraws an erasure that has not been carried out."),
	writes[erasureRequest, purged](purgeRecords, "Purges private records, and writes nothing public."),
	writes[erasureRequest, rules.Erasure](certifyErasure, "Certifies that no record of an erasure is left."),
	reads[erasureQuery, rules.Erasure]("erasure:Show", readers, "Returns an erasure."),
	reads[paging, listed[rules.Erasure]]("erasure:List", readers, "Returns a page of the erasures."),
	reads[dueRecordsRequest, listed[dueRecord]]("erasure:Due", readers, "Returns the vouchers or shops of a page whose private records are due to be purged."),
	reads[listOfSchemeRequest, listed[unusedCase]]("erasure:UnusedCases", municipal, "Returns the case records of a page that led to no voucher, from the private collection."),
}
