"""The replay reads a request as the chaincode does, and nothing in one stops it."""

from __future__ import annotations

from typing import Any

from story import DOMAIN, SCHEME, VOUCHER, Story, findings, rules

from kindpakket.booklet import Booklet
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
