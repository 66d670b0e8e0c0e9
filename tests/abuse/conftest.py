"""The setting of attempts, on the network that all live tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ground import Ground
from props import Props
from support import Town


@pytest.fixture(scope="session")
def props(town: Town) -> Iterator[Props]:
    """What several attempts share."""
    made = Props(town)
    with made.opened:
        yield made


@pytest.fixture
def ground(town: Town, props: Props) -> Ground:
    """The setting of one attempt."""
    return Ground(town, props)
