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
	return writePrivate(ctx, recordCases, text, func(tx *transaction, r *schemeRequest) (privateWork, error) {
		cases, err := tx.givenCases()
		if err != nil {
			return privateWork{}, err
		}
		given, err := recordHash(givenCases{Cases: cases})
		return privateWork{
			given: given, answer: casesRecorded{Recorded: len(cases)}, do: func() error { return tx.recordCases(r.Scheme, cases) },
		}, err
	})
}

// givenCases are the cases of a request, as its digest counts them.
type givenCases struct {
	Cases []rules.CaseRecord `json:"cases"`
}

// givenCases reads the cases of a request from the transient map.
func (tx *transaction) givenCases() ([]rules.CaseRecord, error) {
	var cases []rules.CaseRecord
	if err := tx.transient(recordCases.private, &cases); err != nil {
		return nil, err
	}
	return cases, rules.CheckCases(cases, maxBulk)
}

func (tx *transaction) recordCases(scheme string, cases []rules.CaseRecord) error {
	if _, err := tx.scheme(scheme); err != nil {
		return err
	}
	fresh, err := tx.freshCases(scheme, cases)
	if err != nil {
		return err
	}
	tx.event = casesEvent{Scheme: scheme, Recorded: len(cases)}
	return tx.putCases(scheme, fresh)
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
