"""Keys and booklets of holders: the same messages, trees and signatures as the chaincode's."""

import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from hypothesis import given
from hypothesis import strategies as st
from story import DOMAIN, SCHEME, SHOP, VOUCHER

from kindpakket.holder.booklet import Booklet, Page
from kindpakket.holder.credential import Credential
from kindpakket.holder.key import HolderKey
from kindpakket.holder.orders import (
    AllowanceOrder,
    HoldOrder,
    Order,
    PaymentOrder,
    ReleaseOrder,
    activation_message,
    binding_digest,
    frame,
    replacement_message,
    self_block_hash,
)
from kindpakket.holder.verification import (
    activation_proof_error,
    payment_proof_error,
    release_proof_error,
    replacement_proof_error,
)
from kindpakket.ledger.domain import Domain
from kindpakket.ledger.ids import is_id, new_code
from kindpakket.ledger.merkle import depth, root_of
from kindpakket.ledger.records import Authorisation, Line, ProofUsed

VECTORS = json.loads(
    (Path(__file__).parents[2] / "chaincode" / "rules" / "testdata" / "proof_vectors.json").read_text()
)
PLACE = Domain(VECTORS["channel"], VECTORS["chaincode"])
HEX = st.text("0123456789abcdef", min_size=32, max_size=32)
LINES = st.lists(
    st.builds(Line, category=st.text("abcdefgh-", min_size=1, max_size=8), cents=st.integers(1, 10**8)),
    min_size=1,
    max_size=5,
)
ORDERS = st.builds(
    PaymentOrder,
    domain=st.builds(Domain, channel=st.text(max_size=8), chaincode=st.text(max_size=8)),
    scheme=HEX,
    voucher=HEX,
    version=st.integers(1, 99),
    request_id=HEX,
    shop=HEX,
    lines=LINES.map(tuple),
    deadline=st.integers(0, 2**40),
)


def vector_order() -> PaymentOrder:
    return PaymentOrder(
        domain=PLACE,
        scheme=VECTORS["scheme"],
        voucher=VECTORS["voucher"],
        version=1,
        request_id=VECTORS["request_id"],
        shop=VECTORS["shop"],
        lines=tuple(VECTORS["lines"]),
        deadline=VECTORS["deadline"],
    )


def as_hold(order: PaymentOrder, expires_at: int) -> HoldOrder:
    members = {field.name: getattr(order, field.name) for field in fields(order)}
    return HoldOrder(**members, expires_at=expires_at)


EITHER = ORDERS | st.builds(as_hold, ORDERS, st.integers(0, 2**40))


def vector_hold() -> HoldOrder:
    return as_hold(vector_order(), VECTORS["expires_at"])


def vector_release() -> ReleaseOrder:
    return ReleaseOrder(
        domain=PLACE,
        scheme=VECTORS["scheme"],
        voucher=VECTORS["voucher"],
        version=1,
        request_id=VECTORS["request_id"],
        payment=VECTORS["payment"],
        deadline=VECTORS["deadline"],
    )


def vector_allowance() -> AllowanceOrder:
    return AllowanceOrder(
        domain=PLACE,
        scheme=VECTORS["scheme"],
        voucher=VECTORS["voucher"],
        version=1,
        shop=VECTORS["shop"],
        deadline=VECTORS["deadline"],
    )


def vector_key(vector: dict[str, Any]) -> HolderKey:
    raw = bytes.fromhex(vector["private"])
    if vector["authorisation"]["algorithm"] == "ed25519":
        return HolderKey(ed25519.Ed25519PrivateKey.from_private_bytes(raw))
    return HolderKey(ec.derive_private_key(int.from_bytes(raw, "big"), ec.SECP256R1()))


@pytest.mark.parametrize("vector", VECTORS["keys"], ids=lambda vector: vector["authorisation"]["algorithm"])
def test_keys_agree_with_the_chaincode(vector: dict[str, Any]) -> None:
    key, authorisation = vector_key(vector), vector["authorisation"]
    assert key.authorisation() == authorisation
    expect_vectors(vector, authorisation)
    if authorisation["algorithm"] == "ed25519":  # P-256 draws a number for each signature
        expect_bound(vector, key)
        assert key.authorise(vector_order()) == vector["payment"]["proof"]
        assert key.authorise(vector_hold()) == vector["hold"]["proof"]
        assert key.authorise(vector_release()) == vector["release"]["proof"]
        assert key.authorise(vector_allowance()) == vector["allowance"]["proof"]


def test_booklets_agree_with_the_chaincode() -> None:
    vector = VECTORS["booklet"]
    booklet = Booklet([bytes.fromhex(seed) for seed in vector["seeds"]])
    assert booklet.authorisation() == vector["authorisation"]
    paths = [[sibling.hex() for sibling in booklet.page(page).path] for page in range(booklet.pages)]
    assert paths == vector["paths"]
    expect_vectors(vector, booklet.authorisation())
    expect_bound(vector, booklet)
    shown = vector["allowance"]["proof"]
    assert booklet.page(shown["page"]).authorise(vector_allowance()) == shown
    for name, order in (("payment", vector_order()), ("hold", vector_hold())):
        proof = vector[name]["proof"]
        assert booklet.page(proof["page"]).authorise(order) == proof
        assert "void" in payment_proof_error(booklet.authorisation(), proof["page"], order, proof)


def expect_vectors(vector: dict[str, Any], authorisation: Authorisation) -> None:
    """Messages and proofs of the chaincode, as the auditor judges them."""
    place = (PLACE, VECTORS["scheme"], VECTORS["voucher"])
    code = VECTORS["self_block"]["hash"]
    assert self_block_hash(*place, VECTORS["self_block"]["code"]) == code
    messages = {
        "activation": activation_message(*place, authorisation),
        "activation_with_self_block": activation_message(*place, authorisation, code),
        "replacement": replacement_message(*place, 2, authorisation, code),
        "payment": vector_order().message(),
        "hold": vector_hold().message(),
        "release": vector_release().message(),
    }
    assert binding_digest(authorisation) == vector["binding_digest"]
    assert {name: message.hex() for name, message in messages.items()} == {
        name: vector[name]["message"] for name in messages
    }
    proofs = {name: vector[name]["proof"] for name in messages}
    with_code = proofs["activation_with_self_block"]
    assert not activation_proof_error(*place, authorisation, proofs["activation"])
    assert not activation_proof_error(*place, authorisation, with_code, code)
    assert activation_proof_error(*place, authorisation, with_code)
    assert not replacement_proof_error(*place, 2, authorisation, proofs["replacement"], code)
    assert replacement_proof_error(*place, 3, authorisation, proofs["replacement"], code)
    assert not payment_proof_error(authorisation, 0, vector_order(), proofs["payment"])
    assert not payment_proof_error(authorisation, 0, vector_hold(), proofs["hold"])
    assert payment_proof_error(authorisation, 0, vector_order(), proofs["hold"])
    held: ProofUsed = {"kind": authorisation["kind"], "version": 1}
    if authorisation["kind"] == "booklet":
        other: ProofUsed = {**held, "page": 3}
        held["page"] = 4
        assert "page 4 is not" in release_proof_error(
            authorisation, other, vector_release(), proofs["release"]
        )
        old: ProofUsed = {**held, "version": 2}
        assert "page 4 is not" in release_proof_error(authorisation, old, vector_release(), proofs["release"])
    assert not release_proof_error(authorisation, held, vector_release(), proofs["release"])
    assert release_proof_error(authorisation, held, vector_release(), proofs["hold"])


def expect_bound(vector: dict[str, Any], holder: Credential) -> None:
    """What a holder hands in, whose signatures are the same each time."""
    place = (PLACE, VECTORS["scheme"], VECTORS["voucher"])
    code = VECTORS["self_block"]["hash"]
    assert holder.activate(*place) == {
        "voucher": VECTORS["voucher"],
        "authorisation": vector["authorisation"],
        "proof": vector["activation"]["proof"],
    }
    blockable = holder.activate(*place, self_block=code)
    assert (blockable["self_block"], blockable["proof"]) == (
        code,
        vector["activation_with_self_block"]["proof"],
    )
    replaced = holder.replace(*place, 2, self_block=code)
    assert (replaced["self_block"], replaced["proof"]) == (code, vector["replacement"]["proof"])
    assert "self_block" not in holder.replace(*place, 2)


def test_self_block_codes_are_drawn_and_count_in_one_place() -> None:
    code = new_code()
    assert is_id(code)
    hashes = {
        self_block_hash(DOMAIN, SCHEME, VOUCHER, code),
        self_block_hash(DOMAIN, SCHEME, "9" * 32, code),
        self_block_hash(DOMAIN, "9" * 32, VOUCHER, code),
        self_block_hash(Domain("westerkwartier", "kindpakket"), SCHEME, VOUCHER, code),
        self_block_hash(DOMAIN, SCHEME, VOUCHER, new_code()),
    }
    assert len(hashes) == 5


@given(st.lists(st.text(max_size=6), max_size=6), st.lists(st.text(max_size=6), max_size=6))
def test_no_two_lists_of_fields_share_a_message(some: list[str], others: list[str]) -> None:
    assert (frame(some) == frame(others)) == (some == others)


@given(EITHER, EITHER)
def test_no_two_orders_share_a_message(one: Order, other: Order) -> None:
    assert (one.message() == other.message()) == (one == other)


@pytest.mark.parametrize("algorithm", ["ed25519", "p256"])
def test_a_proof_fits_only_the_order_that_was_signed(algorithm: Any) -> None:
    key = HolderKey.generate(algorithm)
    order = PaymentOrder(
        DOMAIN, SCHEME, VOUCHER, 1, "1" * 32, SHOP, (Line(category="books", cents=500),), 1_800_000_000
    )
    proof = key.authorise(order)
    assert not payment_proof_error(key.authorisation(), 0, order, proof)
    changes: list[dict[str, Any]] = [
        {"lines": (Line(category="books", cents=501),)},
        {"lines": (Line(category="toys", cents=500),)},
        {"shop": "9" * 32},
        {"voucher": "9" * 32},
        {"request_id": "9" * 32},
        {"deadline": 1_800_000_001},
        {"domain": Domain("westerkwartier", "kindpakket")},
    ]
    for change in changes:
        assert payment_proof_error(key.authorisation(), 0, replace(order, **change), proof), change
    assert "version" in payment_proof_error(key.authorisation(), 0, replace(order, version=2), proof)
    assert payment_proof_error(HolderKey.generate(algorithm).authorisation(), 0, order, proof)


def test_a_key_is_kept_encrypted() -> None:
    key = HolderKey.generate("p256")
    pem = key.to_pem(b"correct horse")
    assert HolderKey.from_pem(pem, b"correct horse").authorisation() == key.authorisation()
    for number in range(600):
        with pytest.raises(ValueError, match="password"):
            HolderKey.from_pem(pem, b"wrong %d" % number)


def test_keys_of_other_curves_are_refused() -> None:
    with pytest.raises(ValueError, match="secp384r1"):
        HolderKey(ec.generate_private_key(ec.SECP384R1()))


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=2, max_size=20, unique=True), st.data())
def test_every_page_leads_to_the_root_and_to_no_other_place(seeds: list[bytes], data: st.DataObject) -> None:
    booklet = Booklet(seeds)
    number = data.draw(st.integers(0, booklet.pages - 1))
    page = booklet.page(number)
    key = ed25519.Ed25519PrivateKey.from_private_bytes(page.seed).public_key().public_bytes_raw()
    assert len(page.path) == depth(booklet.pages)
    assert root_of(number, key, page.path) == booklet.root
    other = data.draw(st.integers(0, booklet.pages - 1).filter(lambda found: found != number))
    assert root_of(other, key, page.path) != booklet.root


@given(st.integers(2, 256), st.data())
def test_the_text_of_a_page_is_enough_to_pay(pages: int, data: st.DataObject) -> None:
    number = data.draw(st.integers(0, pages - 1))
    path = tuple(data.draw(st.binary(min_size=32, max_size=32)) for _ in range(depth(pages)))
    page = Page(number, data.draw(st.binary(min_size=32, max_size=32)), path)
    assert Page.from_text(page.as_text()) == page
    assert len(page.as_text()) < 500


@pytest.mark.parametrize("text", ["", "kp1:", "kp1:AAAA", "kp2:" + "A" * 88, "kp1:" + "A" * 90, "kp1:é", "x"])
def test_other_texts_are_no_page(text: str) -> None:
    with pytest.raises(ValueError, match="scan it again"):
        Page.from_text(text)


def test_a_page_that_was_used_voids_itself_and_those_before_it() -> None:
    booklet = Booklet.generate(5)
    order = PaymentOrder(DOMAIN, SCHEME, VOUCHER, 1, "1" * 32, SHOP, (Line(category="toys", cents=1),), 9)
    proof = booklet.page(3).authorise(order)
    assert not payment_proof_error(booklet.authorisation(), 2, order, proof)
    assert "void" in payment_proof_error(booklet.authorisation(), 3, order, proof)
    assert "void" in payment_proof_error(booklet.authorisation(), 4, order, proof)


def test_only_page_zero_activates() -> None:
    booklet = Booklet.generate(4)
    message = activation_message(DOMAIN, SCHEME, VOUCHER, booklet.authorisation())
    assert not activation_proof_error(
        DOMAIN, SCHEME, VOUCHER, booklet.authorisation(), booklet.page(0).sign(message, 1)
    )
    flaw = activation_proof_error(
        DOMAIN, SCHEME, VOUCHER, booklet.authorisation(), booklet.page(1).sign(message, 1)
    )
    assert "only page 0" in flaw


@pytest.mark.parametrize(
    "proof",
    [
        {"kind": "key", "version": 1},
        {"kind": "key", "version": 1, "signature": "***"},
        {"kind": "booklet", "version": 1, "signature": ""},
        {},
    ],
)
def test_a_proof_that_cannot_be_read_is_a_flaw_and_no_crash(proof: Any) -> None:
    key = HolderKey.generate()
    assert activation_proof_error(DOMAIN, SCHEME, VOUCHER, key.authorisation(), proof)


@pytest.mark.parametrize("seeds", [[b"1" * 32], [b"1" * 32] * 2, [b"1" * 31, b"2" * 32]])
def test_a_booklet_needs_enough_different_seeds(seeds: list[bytes]) -> None:
    with pytest.raises(ValueError, match="booklet"):
        Booklet(seeds)


def test_a_booklet_has_no_page_past_its_last() -> None:
    with pytest.raises(IndexError, match="pages 0 to 2"):
        Booklet.generate(3).page(3)
