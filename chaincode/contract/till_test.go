package contract

import "testing"

func TestATillIsACodeAndNoAccount(t *testing.T) {
	w := newTown(t)
	for given, kept := range map[string]any{"till-2": "till-2", "Till 2": nil, "nl91abna0417164300": nil} {
		w.users["register"] = creator(t, "WinkelsMSP", "register", map[string]string{
			"kindpakket.role": "cashier", "kindpakket.person": "p-register", "kindpakket.shop": w.shop, "kindpakket.till": given,
		})
		payment := w.must("register", "payment:Pay", w.holder().pay(w.id(), w.shop, w.now+60, clothing(500)))
		if payment["till"] != kept {
			t.Errorf("till %q is kept as %v", given, payment["till"])
		}
	}
}
