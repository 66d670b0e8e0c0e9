"""The replay reads a request as the chaincode does, and nothing in one stops it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from story import DOMAIN, NOON, SCHEME, VOUCHER, Story, findings, rules

from kindpakket.booklet import Booklet
from kindpakket.fabric.block import Block
from kindpakket.fabric.testing import Invocation, MemoryGateway, make_identity
from kindpakket.requested import Requested, as_kept, requests_in
from kindpakket.signing import replacement_message


def draft(story: Story, cents: int) -> str:
    presets = {"child": 30000, "proof": cents}
    return story.add("scheme:Draft", request_id=SCHEME, rules=rules(presets=presets), budget_cents=100000)


def test_a_preset_named_proof_is_content() -> None:
    story = Story()
    for cents in (5000, 9000):
        draft(story, cents)
    assert f"request {SCHEME} had been committed with other content" in findings(story)


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
    assert findings(story) == [f"what voucher {VOUCHER} is bound to was to replace itself"]


def ordered(*calls: tuple[str, str]) -> tuple[list[Requested], list[str]]:
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


def test_members_that_the_chaincode_does_not_keep_are_not_read() -> None:
    request = {"proof": {"page": None, "kind": "key"}, "rules": {"products": None, "presets": {"child": 1}}}
    (found,), _ = ordered(("payment:Pay", json.dumps(request)))
    assert found.request == {"proof": {"kind": "key"}, "rules": {"presets": {"child": 1}}}
    key = {"kind": "key", "algorithm": "p256", "public_key": "x", "pages": 0, "root": ""}
    assert as_kept([{"self_block": "", "authorisation": key, "page": 0}]) == [
        {"authorisation": {"kind": "key", "algorithm": "p256", "public_key": "x"}, "page": 0}
    ]


@pytest.mark.parametrize("products", [None, [], 7, {"course": None}])
def test_rules_of_any_form_do_not_stop_the_auditor(products: object) -> None:
    story = Story()
    story.add("organisations:Initialise", "p-manager", municipality="GemeenteMSP", shops=[], auditors=[])
    story.add("scheme:Draft", request_id=SCHEME, rules=rules(products=products), budget_cents=100000)
    assert "cannot be replayed" in findings(story)[0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"ends_at": NOON}, "does not lie within 2026-12-31"),
        ({"payment_min_cents": 25001}, "25001 cents is above a cap"),
        ({"payment_min_cents": 5001}, "5001 cents is above the cap on paper"),
        ({"payment_cap_cents": 0}, "0 cents are no amount"),
        ({"presets": {"child": 10**8 + 1}}, "100000001 cents are no amount"),
        ({"settlement_cents": 0}, "settlement_cents is no amount"),
        ({"categories": [{"code": "toys"}, {"code": "toys"}]}, "name a category twice"),
        ({"categories": [{"code": "toys", "cap_cents": -1}]}, "-1 cents are no amount"),
        ({"proofs": []}, "take proofs by nothing"),
        ({"proofs": ["face"]}, "take proofs by face"),
        ({"retention_from": "birth"}, "keep records from the birth on"),
    ],
)
def test_rules_that_contradict_each_other_are_found(change: dict[str, Any], words: str) -> None:
    story = Story()
    story.add("organisations:Initialise", "p-manager", municipality="GemeenteMSP", shops=[], auditors=[])
    story.add("scheme:Draft", request_id=SCHEME, rules=rules(**change), budget_cents=100000)
    assert any(words in sentence for sentence in findings(story)), findings(story)
