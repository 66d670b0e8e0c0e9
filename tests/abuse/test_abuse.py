"""What must be refused is refused, where it must be and with the stated code, and moves no value."""

from __future__ import annotations

from pathlib import Path

import cases_allocation  # noqa: F401
import cases_form  # noqa: F401
import cases_holder  # noqa: F401
import cases_hosted  # noqa: F401
import cases_identity  # noqa: F401
import cases_lifecycle  # noqa: F401
import cases_others  # noqa: F401
import cases_parts  # noqa: F401
import cases_payment  # noqa: F401
import cases_power  # noqa: F401
import cases_private  # noqa: F401
import cases_provision  # noqa: F401
import cases_refund  # noqa: F401
import cases_wire  # noqa: F401
import pytest
from ground import Ground
from table import CASES, ELSEWHERE, NUMBERS, Case


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_is_refused(case: Case, request: pytest.FixtureRequest) -> None:
    ground: Ground = request.getfixturevalue("ground")
    ground.refuses(case)


def test_every_number_of_the_list_is_tried() -> None:
    tried = {case.number for case in CASES} | set(ELSEWHERE)
    assert [number for number in NUMBERS if number not in tried] == []
    assert all((Path(__file__).parent / name).is_file() for name in ELSEWHERE.values())
