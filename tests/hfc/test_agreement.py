"""A program for hfc gives the same results under ours, except as `sdk/docs/hfc.md` describes."""

from __future__ import annotations

import re

import pytest
from hfc_agreement import agree, disagreements, normalised, takes
from hfc_differences import ACTS, NOT_THERE, OTHER_PARAMETERS, READS, USAGES
from hfc_running import HERE, Outcomes, Runner, imports_changed

Both = tuple[Outcomes, Outcomes]

_TODAY, _COMPATIBLE = "authority.", "compatible_authority."


@pytest.mark.parametrize("program", ["program.py", "usages.py", "joining.py", "surface.py"])
def test_the_programs_import_nothing_else_of_ours(program: str) -> None:
    text = (HERE / program).read_text("utf-8")
    assert "kindpakket" not in text
    assert imports_changed(text).count("fabric_gateway.hfc") == len(
        re.findall(r"(?m)^ *(?:from|import) hfc\b", text)
    )


def test_calls_take_the_same_arguments(both: tuple[Runner, Runner]) -> None:
    hfc, ours = (runner.run("surface.py") for runner in both)
    calls = {name: given for name, given in hfc.items() if given != "attribute"}
    assert len(calls) > 120
    assert {name for name in calls if name not in ours} == set(filter(NOT_THERE.search, calls)) - set(ours)
    differing = {name for name in calls if not takes(ours.get(name, "any"), calls[name])}
    assert differing == OTHER_PARAMETERS


def test_private_names_that_programs_use_are_there(both: tuple[Runner, Runner]) -> None:
    hfc, ours = (
        {name for name, kind in runner.run("surface.py").items() if kind == "private"} for runner in both
    )
    assert len(hfc) > 35
    assert hfc <= ours


def test_what_the_program_does_agrees(outcomes: Both) -> None:
    hfc, ours = (normalised(results.act, results.prefix) for results in outcomes)
    on_the_network = [step for step in hfc if not step.startswith((_TODAY, _COMPATIBLE))]
    assert len(on_the_network) > 60
    complaints = disagreements(
        {step: hfc[step] for step in on_the_network},
        {step: value for step, value in ours.items() if not step.startswith((_TODAY, _COMPATIBLE))},
        ACTS,
    )
    assert not complaints, "\n".join(complaints)


def test_an_authority_that_takes_old_tokens_answers_both_alike(outcomes: Both) -> None:
    hfc, ours = (_steps(results, _COMPATIBLE) for results in outcomes)
    assert len(hfc) > 20
    complaints = disagreements(hfc, ours, {})
    assert not complaints, "\n".join(complaints)


def test_todays_authority_refuses_hfc_and_answers_us_as_the_older_one_answers_hfc(outcomes: Both) -> None:
    refused = outcomes[0].act["authority.register"]
    assert refused["error"] == "ValueError"
    assert "Authentication failure" in refused["says"][0]
    expected, ours = _steps(outcomes[0], _COMPATIBLE), _steps(outcomes[1], _TODAY)
    assert set(expected) == set(ours)
    differing = [step for step in expected if not agree(expected[step], ours[step])]
    assert not differing


def test_the_ledger_reads_alike_byte_for_byte(outcomes: Both) -> None:
    hfc, ours = (results.read for results in outcomes)
    complaints = disagreements(hfc, ours, READS)
    assert not complaints, "\n".join(complaints)
    blocks = hfc["info"]["value"][0]
    assert blocks > 30
    assert all(f"block {number}" in ours for number in range(blocks))
    assert sum(step.startswith("transaction ") for step in ours) > 30


def test_what_public_programs_do_agrees(outcomes: Both) -> None:
    hfc, ours = (normalised(results.usages, results.prefix) for results in outcomes)
    assert len(hfc) >= 40
    complaints = disagreements(hfc, ours, USAGES)
    assert not complaints, "\n".join(complaints)


def _steps(outcomes: Outcomes, beginning: str) -> dict[str, object]:
    """The steps at one of the authorities, by their names there."""
    results = normalised(outcomes.act, outcomes.prefix)
    return {
        step.removeprefix(beginning): value for step, value in results.items() if step.startswith(beginning)
    }
