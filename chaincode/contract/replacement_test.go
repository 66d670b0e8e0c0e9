package contract

import "testing"

func TestABookletOfOtherLengthIsTheSameBooklet(t *testing.T) {
	w := newTown(t)
	b := w.booklet()
	w.must("shop", "payment:Pay", b.pay(3, w.id(), w.shop, w.now+60, clothing(500)))
	longer := b.authorisation()
	longer.Pages++
	proof := b.proof(0, testDomain.ActivationMessage("voucher:Replace", w.scheme, b.voucher, 2, longer, ""))
	proof["version"] = 2
	w.refused("INVALID_AUTHORISATION", "clerk", "voucher:Replace", w.because(object{
		"scheme": w.scheme, "voucher": b.voucher, "authorisation": longer, "proof": proof,
	}))
}
