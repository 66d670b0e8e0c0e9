"""Evaluating and submitting."""

from __future__ import annotations

import json

from kindpakket.fabric import Contract


def test_an_evaluation_returns_what_the_chaincode_answers(strict: Contract) -> None:
    assert strict.evaluate("Echo", "conga") == b"conga"


def test_a_submit_returns_what_the_chaincode_answers(strict: Contract) -> None:
    assert strict.submit("Echo", "conga") == b"conga"


def test_what_was_submitted_is_there_to_be_read(strict: Contract) -> None:
    strict.submit("Create", "read-back", "ada", "7")
    assert json.loads(strict.evaluate("Read", "read-back")) == {
        "id": "read-back",
        "owner": "ada",
        "value": "7",
    }
