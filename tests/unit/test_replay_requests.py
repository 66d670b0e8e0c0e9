"""The replay reads a request as the chaincode does, and nothing in one stops it."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from story import DOMAIN, NOON, SCHEME, VOUCHER, Story, findings, rules

from fabric_gateway.blocks import Block
from fabric_gateway.testing import Invocation, MemoryGateway, make_identity
from kindpakket.auditor.committed_requests import CommittedRequest, as_stored, requests_in
from kindpakket.auditor.replay.queries import QUERIES
from kindpakket.auditor.replay.replay import Replay
from kindpakket.holder.booklet import Booklet
from kindpakket.holder.orders import activation_message, replacement_message


def test_only_a_query_of_the_chaincode_passes_for_one() -> None:
    story = Story()
    story.open()
    story.add("payment:Sample", request_id="f" * 32)
    assert "unknown operation payment:Sample" in findings(story)


def test_the_queries_are_those_of_the_chaincode() -> None:
    catalogue = Path(__file__).parents[2] / "chaincode" / "contract" / "catalogue.go"
    assert set(re.findall(r'reads\[[^"]*\]\("([^"]+)"', catalogue.read_text("utf-8"))) == QUERIES


def draft(story: Story, cents: int) -> str:
    presets = {"child": 30000, "proof": cents}
    return story.add("scheme:Draft", request_id=SCHEME, rules=rules(presets=presets), budget_cents=100000)


def test_a_preset_named_proof_is_content() -> None:
    story = Story()
    for cents in (5000, 9000):
        draft(story, cents)
    assert f"request {SCHEME} was committed again with different content" in findings(story)


def test_another_proof_of_an_activation_is_no_other_content() -> None:
    story = Story()
    story.open()
    activated: dict[str, Any] = story.requests[-1].request
    again = [{**one, "proof": {"kind": "key"}} for one in activated["activations"]]
    story.add("voucher:Activate", request_id=activated["request_id"], scheme=SCHEME, activations=again)
    assert again[0]["voucher"] == VOUCHER
    assert not findings(story)


def test_a_booklet_of_another_length_is_the_same_booklet() -> None:
    booklet = Booklet.generate(5)
    story = Story(booklet)
    story.open()
    longer = booklet.authorisation()
    longer["pages"] = 6
    proof = booklet.prove(replacement_message(DOMAIN, SCHEME, VOUCHER, 2, longer), 2)
    story.about("voucher:Replace", "p-clerk", authorisation=longer, proof=proof, reason="lost")
    assert findings(story) == [f"the replacement for voucher {VOUCHER} is what it is already bound to"]


def ordered(*calls: tuple[str, str]) -> tuple[list[CommittedRequest], list[str]]:
    """What the auditor reads of transactions that a client had ordered."""

    def taken(call: Invocation) -> str:
        call.put("request", "{}")
        return "{}"

    memory = MemoryGateway({"kindpakket": taken}, channel="zuidhorn")
    with memory, memory.connect(make_identity("WinkelsMSP")) as gateway:
        network = gateway.network("zuidhorn")
        first = network.ledger_height()
        for name, argument in calls:
            network.contract("kindpakket").submit(name, *[argument][: bool(argument)])
        blocks = [Block.decode(one) for one in network.blocks(first, network.ledger_height() - 1)]
    read = [requests_in(block, "kindpakket") for block in blocks]
    return [one for found, _ in read for one in found], [one for _, unreadable in read for one in unreadable]


def test_fabrics_query_for_the_metadata_is_no_finding_when_a_client_had_it_ordered() -> None:
    found, unreadable = ordered(("org.hyperledger.fabric:GetMetadata", ""), ("payment:Pay", "{}"))
    assert ([one.operation for one in found], unreadable) == (["payment:Pay"], [])


def test_fabrics_query_for_the_metadata_with_an_argument_is_a_finding() -> None:
    found, unreadable = ordered(("org.hyperledger.fabric:GetMetadata", "123456782"))
    assert not found
    assert "is malformed" in unreadable[0]
    found, unreadable = ordered(("org.hyperledger.fabric:GetMetadata", "{}"))
    assert not unreadable
    replay = Replay(DOMAIN)
    replay.apply(found[0])
    assert len(replay.findings) == 1


@pytest.mark.parametrize(
    ("query", "flaw"),
    [
        ({}, ""),
        ({"scheme": SCHEME, "cursor": "", "limit": 100}, ""),
        ({"scheme": SCHEME, "shop": VOUCHER, "cursor": f"2026-03-10/{VOUCHER}"}, ""),
        ({"scheme": SCHEME, "shop": VOUCHER, "cursor": "settlement/"}, ""),
        ({"scheme": SCHEME, "kind": "voucher", "seed": "00", "per_mille": 1000}, ""),
        ({"key": f"voucher/{SCHEME}/{VOUCHER}", "cursor": "ab" * 32}, ""),
        ({"key": "organisation/WinkelsMSP"}, ""),
        ({"collection": "shopAccounts", "scheme": ""}, ""),
        ({"name": "Jan"}, "a member that no query takes"),
        ({"scheme": "Jan Jansen"}, "its scheme is not"),
        ({"cursor": "jan-jansen"}, "its cursor is not"),
        ({"scheme": {"a": 1}}, "its scheme is not"),
        ({"limit": True}, "its limit is not"),
        ({"key": "Jan Jansen"}, "its key is not"),
    ],
)
def test_a_committed_query_is_explained_or_found(query: dict[str, Any], flaw: str) -> None:
    (asked,), _ = ordered(("audit:History", json.dumps(query)))
    replay = Replay(DOMAIN)
    replay.apply(asked)
    assert [flaw in finding.sentence for finding in replay.findings] == ([True] if flaw else [])


def test_members_that_the_chaincode_does_not_keep_are_not_read() -> None:
    request = {"proof": {"page": None, "kind": "key"}, "rules": {"products": None, "presets": {"child": 1}}}
    (found,), _ = ordered(("payment:Pay", json.dumps(request)))
    assert found.request == {"proof": {"kind": "key"}, "rules": {"presets": {"child": 1}}}
    key = {"kind": "key", "algorithm": "p256", "public_key": "x", "pages": 0, "root": ""}
    assert as_stored([{"self_block": "", "authorisation": key, "page": 0}]) == [
        {"authorisation": {"kind": "key", "algorithm": "p256", "public_key": "x"}, "page": 0}
    ]


@pytest.mark.parametrize("products", [None, [], 7, {"course": None}])
def test_rules_of_any_form_do_not_stop_the_auditor(products: object) -> None:
    story = Story()
    story.add("organisations:Initialise", "p-manager", municipality="GemeenteMSP", shops=[], auditors=[])
    story.add("scheme:Draft", request_id=SCHEME, rules=rules(products=products), budget_cents=100000)
    assert "cannot be replayed" in findings(story)[0]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"ends_at": NOON}, "is not within 2026-12-31"),
        ({"payment_min_cents": 25001}, "payment_min_cents is 25001, above the cap of 25000"),
        ({"payment_min_cents": 5001}, "payment_min_cents is 5001, above the paper cap of 5000"),
        ({"payment_cap_cents": 0}, "0 cents is not an amount"),
        ({"presets": {"child": 10**8 + 1}}, "100000001 cents is not an amount"),
        ({"settlement_cents": 0}, "0 cents is not an amount from 1 to 1000000000000"),
        ({"categories": [{"code": "toys"}, {"code": "toys"}]}, "have no category, or one of them twice"),
        ({"categories": [{"code": "toys", "cap_cents": -1}]}, "-1 cent is not an amount"),
        ({"proofs": []}, "proofs is []"),
        ({"proofs": ["face"]}, "proofs is ['face']"),
        ({"retention_from": "birth"}, 'retention_from is "birth"'),
    ],
)
def test_rules_that_contradict_each_other_are_found(change: dict[str, Any], expected: str) -> None:
    story = Story()
    story.add("organisations:Initialise", "p-manager", municipality="GemeenteMSP", shops=[], auditors=[])
    story.add("scheme:Draft", request_id=SCHEME, rules=rules(**change), budget_cents=100000)
    assert any(expected in sentence for sentence in findings(story)), findings(story)


def bound_to(authorisation: dict[str, Any], proof: dict[str, Any]) -> list[str]:
    """What is found in the activation of a voucher by a hand-made authorisation."""
    story = Story()
    story.open()
    story.requests.pop()
    activation = {"voucher": VOUCHER, "authorisation": authorisation, "proof": proof}
    story.add("voucher:Activate", scheme=SCHEME, activations=[activation])
    return findings(story)


@pytest.mark.parametrize("sign", ["00", "80"])
def test_a_key_of_small_order_is_found(sign: str) -> None:
    """R = A = the neutral point and S = 0 make a signature over every message."""
    neutral = bytes([1, *[0] * 30, int(sign, 16)])
    signature = bytes([1, *[0] * 63])
    key = {
        "kind": "key",
        "algorithm": "ed25519",
        "public_key": base64.b64encode(neutral).decode(),
    }
    proof = {"kind": "key", "version": 1, "signature": base64.b64encode(signature).decode()}
    assert "of small order" in bound_to(key, proof)[0]


def test_a_compressed_point_and_members_of_another_kind_are_found() -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    forms = (serialization.PublicFormat.CompressedPoint, serialization.PublicFormat.UncompressedPoint)
    short, full = (
        base64.b64encode(private.public_key().public_bytes(serialization.Encoding.X962, form)).decode()
        for form in forms
    )

    def found(public_key: str, **members: Any) -> list[str]:
        key: Any = {"kind": "key", "algorithm": "p256", "public_key": public_key, **members}
        signed = private.sign(activation_message(DOMAIN, SCHEME, VOUCHER, key), ec.ECDSA(hashes.SHA256()))
        return bound_to(key, {"kind": "key", "version": 1, "signature": base64.b64encode(signed).decode()})

    assert found(full) == []
    assert "33 bytes are not a p256 public key" in found(short)[0]
    assert "the authorisation is not a key" in found(full, pages=4)[0]


def test_a_proof_by_key_has_no_page_and_one_form() -> None:
    for spoil, expected in (
        ({"page": 1}, "a proof by key cannot have a page"),
        ({"path": ["00"]}, "a proof by key cannot have a page"),
        ({"signature": "QR=="}, "not canonical base64"),
    ):
        story = Story()
        story.open()
        order = story.order(("books", 1500))
        story.send(order, {**story.holder.authorise(order), **spoil})  # type: ignore[union-attr]
        assert expected in findings(story)[0]
