package contract

import "kindpakket.eu/chaincode/rules"

// boundTo is the voucher that a key or booklet is, or was, bound to.
type boundTo struct {
	Scheme  string `json:"scheme"`
	Voucher string `json:"voucher"`
}

// checkUnbound refuses a key or booklet that a voucher of the channel is or was bound to.
func (tx *transaction) checkUnbound(authorisation *rules.Authorisation) error {
	before, err := get[boundTo](tx, boundKey(authorisation.Digest()))
	if err == nil && before != nil {
		err = authorisation.RefuseUsed(before.Scheme, before.Voucher)
	}
	return err
}

// bind records that a voucher is now bound to a key or booklet, which no voucher was before, on the ledger or in this transaction.
func (tx *transaction) bind(scheme, voucher string, authorisation *rules.Authorisation) error {
	before, added, err := tx.recordBound(scheme, voucher, authorisation.Digest())
	if err == nil && !added {
		err = authorisation.RefuseUsed(before.Scheme, before.Voucher)
	}
	return err
}

// recordBound records a binding, unless there is a record of one to the same key or booklet, which it returns.
func (tx *transaction) recordBound(scheme, voucher, digest string) (before *boundTo, added bool, err error) {
	before, err = get[boundTo](tx, boundKey(digest))
	if err != nil || before != nil {
		return before, false, err
	}
	bound := &boundTo{Scheme: scheme, Voucher: voucher}
	return bound, true, tx.putVisibly(boundKey(digest), bound)
}

// boundVoucher names a voucher, and the digests of keys and booklets that it was bound to before its present one.
type boundVoucher struct {
	Voucher string   `json:"voucher"`
	Earlier []string `json:"earlier,omitzero"`
}

type recordBindingsRequest struct {
	header
	Scheme   string         `json:"scheme"`
	Vouchers []boundVoucher `json:"vouchers"`
}

func (r *recordBindingsRequest) check() error {
	err := rules.FirstError(r.checkHeader(), rules.CheckID("scheme", r.Scheme), rules.CheckIDs("vouchers", r.ids(), maxBulk))
	if earlier := r.earlier(); err == nil && len(earlier) > 0 {
		err = rules.CheckCount("earlier", len(earlier), maxBulk)
		for i := 0; err == nil && i < len(earlier); i++ {
			err = rules.CheckDigest("earlier", earlier[i])
		}
	}
	return err
}

func (r *recordBindingsRequest) reads() []string {
	keys := schemeAndVoucherKeys(r.Scheme, r.ids())
	for _, digest := range r.earlier() {
		keys = append(keys, boundKey(digest))
	}
	return keys
}

func (r *recordBindingsRequest) ids() []string {
	var ids []string
	for _, bound := range r.Vouchers {
		ids = append(ids, bound.Voucher)
	}
	return ids
}

func (r *recordBindingsRequest) earlier() []string {
	var digests []string
	for _, bound := range r.Vouchers {
		digests = append(digests, bound.Earlier...)
	}
	return digests
}

// bindingsRecorded is the answer to recording bindings, and its event: how many were new, and the vouchers one of whose keys or booklets
// is on record for another voucher.
type bindingsRecorded struct {
	Scheme   string   `json:"scheme"`
	Recorded int      `json:"recorded"`
	Shared   []string `json:"shared"`
}

var recordBindings = operation{name: "voucher:RecordBindings", event: "BindingsRecorded", roles: []role{issuer}}

// RecordBindings records as used what vouchers are bound to, and what they were bound to before by what the caller says. It is for
// vouchers that were bound before bindings were recorded (layout 2 and earlier). A digest that no voucher was bound to does no harm.
func (*VoucherContract) RecordBindings(ctx *Context, text string) (string, error) {
	return write(ctx, recordBindings, text, func(tx *transaction, r *recordBindingsRequest) (any, error) {
		digests := map[string][]string{}
		var keys []string
		for _, bound := range r.Vouchers {
			voucher, err := tx.voucher(r.Scheme, bound.Voucher)
			if err != nil {
				return nil, err
			}
			digests[bound.Voucher] = bound.Earlier
			if voucher.Authorisation != nil {
				current := voucher.Authorisation.Digest()
				keys = append(keys, boundKey(current))
				digests[bound.Voucher] = append([]string{current}, bound.Earlier...)
			}
		}
		if err := tx.prefetch(keys...); err != nil {
			return nil, err
		}
		answer := bindingsRecorded{Scheme: r.Scheme, Shared: []string{}}
		for _, id := range r.ids() {
			shared := false
			for _, digest := range digests[id] {
				bound, added, err := tx.recordBound(r.Scheme, id, digest)
				if err != nil {
					return nil, err
				}
				if added {
					answer.Recorded++
				}
				shared = shared || bound.Voucher != id
			}
			if shared {
				answer.Shared = append(answer.Shared, id)
			}
		}
		tx.event = answer
		return answer, nil
	})
}
