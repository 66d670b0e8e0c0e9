package contract

import "kindpakket.eu/chaincode/rules"

var recordCases = operation{name: "voucher:RecordCases", event: "CasesRecorded", roles: []role{issuer}, private: transientCases}

// casesRecorded is the answer to recording cases.
type casesRecorded struct {
	Recorded int `json:"recorded"`
}

type casesEvent struct {
	Scheme   string `json:"scheme"`
	Recorded int    `json:"recorded"`
}

// RecordCases keeps, in the municipality's private collection, to which case each voucher-to-be belongs. Recording the
// same case again is accepted.
func (*VoucherContract) RecordCases(ctx *Context, text string) (string, error) {
	return writePrivate(ctx, recordCases, text, func(tx *transaction, r *schemeRequest) (any, error) {
		var cases []rules.CaseRecord
		if err := tx.transient(recordCases.private, &cases); err != nil {
			return nil, err
		}
		if err := rules.CheckCases(cases, maxBulk); err != nil {
			return nil, err
		}
		if _, err := tx.scheme(r.Scheme); err != nil {
			return nil, err
		}
		fresh, err := tx.freshCases(r.Scheme, cases)
		if err != nil {
			return nil, err
		}
		tx.event = casesEvent{Scheme: r.Scheme, Recorded: len(cases)}
		return casesRecorded{Recorded: len(cases)}, tx.putCases(r.Scheme, fresh)
	})
}

// freshCases returns the cases that have not been recorded, and refuses a different case for the same voucher.
func (tx *transaction) freshCases(scheme string, cases []rules.CaseRecord) ([]rules.CaseRecord, error) {
	var fresh []rules.CaseRecord
	for _, record := range cases {
		before, err := tx.privateHash(citizens, caseKey(scheme, record.Voucher))
		if err != nil {
			return nil, err
		}
		if before == "" {
			fresh = append(fresh, record)
			continue
		}
		same, err := recordHash(record)
		if err != nil {
			return nil, err
		}
		if before != same {
			return nil, rules.Refuse(rules.IdempotencyConflict, rules.Details{"voucher": record.Voucher},
				"a different case has already been recorded for voucher %s", record.Voucher)
		}
	}
	return fresh, nil
}

// putCases records cases. It refuses vouchers that have been issued: their case was purged, and recording it again would undo that.
func (tx *transaction) putCases(scheme string, cases []rules.CaseRecord) error {
	keys := make([]string, 0, len(cases))
	for _, record := range cases {
		keys = append(keys, voucherKey(scheme, record.Voucher))
	}
	if err := tx.prefetch(keys...); err != nil {
		return err
	}
	for _, record := range cases {
		issued, err := tx.has(voucherKey(scheme, record.Voucher))
		if err != nil {
			return err
		}
		if issued {
			return rules.Refuse(rules.VoucherExists, rules.Details{"voucher": record.Voucher},
				"voucher %s has been issued, and its case record was purged since: it cannot be recorded again", record.Voucher)
		}
		if err := tx.putPrivate(citizens, caseKey(scheme, record.Voucher), record); err != nil {
			return err
		}
	}
	return nil
}
