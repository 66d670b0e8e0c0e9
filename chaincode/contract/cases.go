package contract

import "kindpakket.eu/chaincode/rules"

// maxBulk is how many vouchers one request may carry.
const maxBulk = 500

var recordCases = operation{name: "voucher:RecordCases", event: "CasesRecorded", roles: []role{issuer}, private: "cases"}

// casesRecorded is the answer to recording cases.
type casesRecorded struct {
	Recorded int `json:"recorded"`
}

type casesEvent struct {
	Scheme   string `json:"scheme"`
	Recorded int    `json:"recorded"`
}

// RecordCases keeps, in the municipality's private collection, to which case each voucher-to-be belongs. It writes nothing public,
// so that the municipality alone can endorse it, and is idempotent by content: the same record again is accepted.
func (*VoucherContract) RecordCases(ctx *Context, text string) (string, error) {
	r := new(schemeRequest)
	if err := parse(text, recordCases.private, r); err != nil {
		return "", err
	}
	if err := r.check(); err != nil {
		return "", err
	}
	tx, err := begin(ctx)
	if err != nil {
		return "", err
	}
	if err := tx.authorise(recordCases); err != nil {
		return "", err
	}
	var cases []rules.CaseRecord
	if err := tx.transient(recordCases.private, &cases); err != nil {
		return "", err
	}
	if err := rules.CheckCases(cases, maxBulk); err != nil {
		return "", err
	}
	if _, err := tx.scheme(r.Scheme); err != nil {
		return "", err
	}
	for _, record := range cases {
		if err := tx.recordCase(r.Scheme, record); err != nil {
			return "", err
		}
	}
	if len(tx.changes) > 0 {
		tx.event = casesEvent{Scheme: r.Scheme, Recorded: len(cases)}
		if err := tx.finish(recordCases); err != nil {
			return "", err
		}
	}
	answer, err := encode(casesRecorded{Recorded: len(cases)})
	return string(answer), err
}

func (tx *transaction) recordCase(scheme string, record rules.CaseRecord) error {
	key := caseKey(scheme, record.Voucher)
	before, err := tx.privateHash(citizens, key)
	if err != nil {
		return err
	}
	if before == "" {
		return tx.putPrivate(citizens, key, record)
	}
	same, err := recordHash(record)
	if err == nil && before != same {
		err = rules.Refuse(rules.IdempotencyConflict, rules.Details{"voucher": record.Voucher},
			"another case was recorded for voucher %s before", record.Voucher)
	}
	return err
}
