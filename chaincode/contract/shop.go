package contract

import (
	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"

	"kindpakket.eu/chaincode/rules"
)

// ShopContract admits shops, suspends and ends them, and keeps where they are paid.
type ShopContract struct{ contractapi.Contract }

// GetEvaluateTransactions names the queries.
func (*ShopContract) GetEvaluateTransactions() []string {
	return []string{"Show", "List", "Terms", "Account", "ProposedAccount"}
}

// shopEvent is the payload of a shop's events.
type shopEvent struct {
	Shop   string      `json:"shop"`
	State  rules.State `json:"state"`
	Change string      `json:"change,omitzero"`
	// Acquirer is who was given a mandate, or lost it.
	Acquirer string `json:"acquirer,omitzero"`
	// RefundAlone is the limit of refunds that was set; left out when it was lifted.
	RefundAlone *rules.Cents `json:"refund_alone_cents,omitzero"`
}

type applyRequest struct {
	header
	Categories []string `json:"categories"`
}

func (r *applyRequest) check() error {
	return rules.FirstError(r.checkHeader(), rules.CheckRequested(r.Categories))
}

var applyShop = operation{name: "shop:Apply", event: "ShopApplied", roles: []role{shopkeeper}, private: transientAccount}

// Apply asks for a shop's admission. The account that it is to be paid on travels in the transient map and stays private; its
// digest counts into that of the request, so that the same request with another account is a conflict.
func (*ShopContract) Apply(ctx *Context, text string) (string, error) {
	r := new(applyRequest)
	tx, err := prepare(ctx, applyShop, text, r)
	if err != nil {
		return "", err
	}
	if err := tx.caller.checkShop(r.RequestID); err != nil {
		return "", err
	}
	account, hash, err := tx.givenAccount()
	if err != nil {
		return "", err
	}
	return tx.once(applyShop, text, r, hash, func() (any, error) { return tx.recordApplication(r, account) })
}

func (tx *transaction) recordApplication(r *applyRequest, account *rules.ShopAccount) (any, error) {
	exists, err := tx.has(shopKey(r.RequestID))
	if err != nil {
		return nil, err
	}
	if exists {
		return nil, rules.Refuse(rules.ShopExists, rules.Details{"shop": r.RequestID}, "shop %s has already applied", r.RequestID)
	}
	shop := &rules.Shop{
		ID: r.RequestID, MSP: tx.caller.msp, State: rules.ShopApplied, Requested: r.Categories, AppliedBy: tx.person(),
	}
	tx.event = shopEvent{Shop: shop.ID, State: shop.State}
	accounts, err := tx.accountsOf(shop)
	if err != nil {
		return nil, err
	}
	if err := tx.putPrivate(accounts, accountKey(shop.ID, ""), account); err != nil {
		return nil, err
	}
	return shop, putPending(tx, shopKey(shop.ID), shop)
}

type shopCategoriesRequest struct {
	header
	Shop       string               `json:"shop"`
	Categories []rules.ShopCategory `json:"categories"`
}

func (r *shopCategoriesRequest) check() error {
	return rules.FirstError(r.checkHeader(), rules.CheckID("shop", r.Shop), rules.CheckGranted(r.Categories))
}

var approveShop = operation{name: "shop:Approve", event: "ShopApproved", roles: []role{approver}}

// Approve admits a shop and grants it categories. It reads the hash of the private account only, so that any organisation can endorse it.
func (*ShopContract) Approve(ctx *Context, text string) (string, error) {
	return write(ctx, approveShop, text, func(tx *transaction, r *shopCategoriesRequest) (any, error) {
		return tx.changeShop(r.Shop, func(shop *rules.Shop) error {
			hash, err := tx.accountHash(shop, shop.Account())
			if err != nil {
				return err
			}
			return shop.Approve(tx.person(), hash, r.Categories)
		})
	})
}

type grantShopRequest struct {
	shopCategoriesRequest
	because
}

func (r *grantShopRequest) check() error {
	return rules.FirstError(r.shopCategoriesRequest.check(), r.checkReason())
}

var grantShop = operation{name: "shop:Grant", event: "ShopGranted", roles: []role{approver}}

// Grant replaces the shop's categories.
func (*ShopContract) Grant(ctx *Context, text string) (string, error) {
	return write(ctx, grantShop, text, func(tx *transaction, r *grantShopRequest) (any, error) {
		return tx.changeShop(r.Shop, func(shop *rules.Shop) error { return shop.Grant(r.Categories) })
	})
}

type reasonedShopRequest struct {
	header
	Shop string `json:"shop"`
	because
}

func (r *reasonedShopRequest) check() error {
	return rules.FirstError(r.checkHeader(), rules.CheckID("shop", r.Shop), r.checkReason())
}

var suspendShop = operation{name: "shop:Suspend", event: "ShopSuspended", roles: []role{approver}}

// Suspend stops a shop from taking payments and from being paid; it can still refund.
func (*ShopContract) Suspend(ctx *Context, text string) (string, error) {
	return write(ctx, suspendShop, text, func(tx *transaction, r *reasonedShopRequest) (any, error) {
		return tx.changeShop(r.Shop, func(shop *rules.Shop) error { return shop.Suspend(tx.person(), r.Reason) })
	})
}

var reinstateShop = operation{name: "shop:Reinstate", event: "ShopReinstated", roles: []role{approver}}

// Reinstate lets a shop that another person suspended take payments again.
func (*ShopContract) Reinstate(ctx *Context, text string) (string, error) {
	return write(ctx, reinstateShop, text, func(tx *transaction, r *reasonedShopRequest) (any, error) {
		return tx.changeShop(r.Shop, func(shop *rules.Shop) error { return shop.Reinstate(tx.person(), r.Reason) })
	})
}

type endShopRequest struct {
	reasonedShopRequest
	RetentionDays *rules.Number `json:"retention_days"`
}

func (r *endShopRequest) check() error {
	return rules.FirstError(r.reasonedShopRequest.check(), rules.CheckRetention(r.RetentionDays))
}

var proposeShopEnd = operation{name: "shop:ProposeEnd", event: "ShopEndProposed", roles: proposers}

// ProposeEnd asks for the permanent end of a shop. It can then still refund, and is still paid what it is owed.
func (*ShopContract) ProposeEnd(ctx *Context, text string) (string, error) {
	return write(ctx, proposeShopEnd, text, func(tx *transaction, r *endShopRequest) (any, error) {
		shop, err := tx.shop(r.Shop)
		if err != nil {
			return nil, err
		}
		if err := shop.CheckEndable(); err != nil {
			return nil, err
		}
		return tx.proposeDecision(&rules.Decision{
			ID: r.RequestID, Kind: rules.DecideShopEnd, Shop: r.Shop, RetentionDays: r.RetentionDays, Reason: r.Reason,
		})
	})
}

// endShop carries out a decision to end a shop.
func (tx *transaction) endShop(decision *rules.Decision) error {
	_, err := tx.changeShop(decision.Shop, func(shop *rules.Shop) error {
		return shop.End(tx.person(), decision.Reason, rules.DayOf(tx.now), *decision.RetentionDays)
	})
	return err
}

var freezePayout = operation{name: "shop:FreezePayout", event: "PayoutFrozen", roles: []role{approver}}

// FreezePayout stops what a shop is owed from being exported to the bank.
func (*ShopContract) FreezePayout(ctx *Context, text string) (string, error) {
	return write(ctx, freezePayout, text, func(tx *transaction, r *reasonedShopRequest) (any, error) {
		return tx.changeShop(r.Shop, func(shop *rules.Shop) error { return shop.FreezePayout(tx.person(), r.Reason) })
	})
}

var releasePayout = operation{name: "shop:ReleasePayout", event: "PayoutReleased", roles: []role{approver}}

// ReleasePayout lets what a shop is owed be exported again, by another person than who froze it.
func (*ShopContract) ReleasePayout(ctx *Context, text string) (string, error) {
	return write(ctx, releasePayout, text, func(tx *transaction, r *reasonedShopRequest) (any, error) {
		return tx.changeShop(r.Shop, func(shop *rules.Shop) error { return shop.ReleasePayout(tx.person()) })
	})
}

func (tx *transaction) changeShop(id string, step func(*rules.Shop) error) (any, error) {
	shop, err := tx.shop(id)
	if err != nil {
		return nil, err
	}
	if err := step(shop); err != nil {
		return nil, err
	}
	tx.event = shopEvent{Shop: id, State: shop.State}
	return shop, putPending(tx, shopKey(id), shop)
}
