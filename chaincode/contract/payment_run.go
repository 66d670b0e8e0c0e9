package contract

import "kindpakket.eu/chaincode/rules"

type exportRequest struct {
	header
	Scheme      string   `json:"scheme"`
	Settlements []string `json:"settlements"`
	FileSHA256  string   `json:"file_sha256"`
}

func (r *exportRequest) check() error {
	return rules.FirstError(
		r.checkHeader(),
		rules.CheckID("scheme", r.Scheme),
		rules.CheckIDs("settlements", r.Settlements, maxBulk),
		rules.CheckDigest("file_sha256", r.FileSHA256),
	)
}

func (r *exportRequest) reads() []string {
	return keysOf(r.Settlements, func(id string) string { return settlementKey(r.Scheme, id) })
}

// exported is the answer to exporting, and its event.
type exported struct {
	Scheme      string      `json:"scheme"`
	Settlements []string    `json:"settlements"`
	Cents       rules.Cents `json:"cents"`
	FileSHA256  string      `json:"file_sha256"`
}

var exportSettlements = operation{name: "settlement:Export", event: "SettlementsExported", roles: []role{treasurer}}

// Export marks settlements that another person approved as part of one payment file, all or none.
func (*SettlementContract) Export(ctx *Context, text string) (string, error) {
	return write(ctx, exportSettlements, text, func(tx *transaction, r *exportRequest) (any, error) {
		answer := exported{Scheme: r.Scheme, Settlements: r.Settlements, FileSHA256: r.FileSHA256}
		for _, id := range r.Settlements {
			settlement, err := tx.settlement(r.Scheme, id)
			if err != nil {
				return nil, err
			}
			shop, err := tx.shop(settlement.Shop)
			if err != nil {
				return nil, err
			}
			account, err := tx.paidAccountHash(shop)
			if err != nil {
				return nil, err
			}
			export := func(s *storedSettlement) error { return s.Export(shop, tx.person(), r.FileSHA256, account) }
			if err := tx.advance(settlement, export); err != nil {
				return nil, err
			}
			answer.Cents += settlement.Cents
		}
		tx.event = answer
		return answer, nil
	})
}

type bookRequest struct {
	settlementRequest
	rules.Booking
}

func (r *bookRequest) reason() string { return r.Reason }

func (r *bookRequest) check() error {
	return rules.FirstError(r.settlementRequest.check(), r.Booking.Check())
}

var bookSettlement = operation{name: "settlement:Book", event: "SettlementBooked", roles: []role{treasurer}}

// Book records the bank's answer. Rejected and returned settlements reopen their items.
func (*SettlementContract) Book(ctx *Context, text string) (string, error) {
	return write(ctx, bookSettlement, text, func(tx *transaction, r *bookRequest) (any, error) {
		return tx.changeSettlement(&r.settlementRequest, func(s *storedSettlement) error {
			reopen, err := s.Book(&r.Booking, tx.person())
			if err != nil || !reopen {
				return err
			}
			return tx.reopenItems(s)
		})
	})
}
