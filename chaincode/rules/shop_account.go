package rules

import "slices"

// AccountChange is an account that a shop wants to be paid on from now on, and that the municipality has not decided on. SHA256 is
// the digest of the private record, in hexadecimal.
type AccountChange struct {
	ID         string `json:"id"`
	ProposedBy string `json:"proposed_by"`
	SHA256     string `json:"sha256"`
}

// ProposeAccount puts an account up for a decision, and gives the id of the one that waited until now, "" when none did.
func (s *Shop) ProposeAccount(change AccountChange) (replaced string, err error) {
	if _, err := shopLife.next(s.ID, ChangeAccount, s.State); err != nil {
		return "", err
	}
	if s.AccountChange != nil {
		replaced = s.AccountChange.ID
	}
	s.AccountChange = &change
	return replaced, nil
}

// ApproveAccount puts the account that another person proposed in force. The hash is that of the private record as it is kept.
func (s *Shop) ApproveAccount(change, person, hash string) error {
	if err := s.CheckWaiting(change); err != nil {
		return err
	}
	if err := CheckSecondPerson(s.AccountChange.ProposedBy, person); err != nil {
		return err
	}
	if hash != s.AccountChange.SHA256 {
		return Refuse(AccountMissing, Details{"shop": s.ID, "change": change},
			"the private record of account %s is missing: the shop must propose the account again", change)
	}
	s.Accounts, s.AccountSHA256, s.AccountChange = append(slices.Clone(s.Accounts), change), hash, nil
	return nil
}

// RejectAccount ends the proposal of an account.
func (s *Shop) RejectAccount(change string) error {
	if err := s.CheckWaiting(change); err != nil {
		return err
	}
	s.AccountChange = nil
	return nil
}

// CheckWaiting refuses a change that is not the one awaiting a decision.
func (s *Shop) CheckWaiting(change string) error {
	if s.AccountChange == nil || s.AccountChange.ID != change {
		return Refuse(ChangeNotFound, Details{"shop": s.ID, "change": change},
			"account %s of shop %s is not awaiting a decision: look at the shop again", change, s.ID)
	}
	return nil
}

// Account names the account in force: the change that introduced it, "" for that of the application.
func (s *Shop) Account() string {
	if len(s.Accounts) == 0 {
		return ""
	}
	return s.Accounts[len(s.Accounts)-1]
}

// AllAccounts names every account of the shop that may have a private record, as Account does.
func (s *Shop) AllAccounts() []string {
	all := append([]string{""}, s.Accounts...)
	if s.AccountChange != nil {
		all = append(all, s.AccountChange.ID)
	}
	return all
}
