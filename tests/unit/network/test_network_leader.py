"""Who leads, by the views that consenters have started."""

from __future__ import annotations

import pytest

from kindpakket_network.nodes.leader import Leadership, by_views


def metrics(view: int | None, leader: int, channel: str = "zuidhorn") -> dict[str, float]:
    if view is None:
        return {}
    return {
        f'consensus_smartbft_view_number{{channel="{channel}"}}': float(view),
        f'consensus_smartbft_view_leader_id{{channel="{channel}"}}': float(leader),
        'consensus_smartbft_view_number{channel="other"}': 99.0,
        'consensus_smartbft_view_leader_id{channel="other"}': 4.0,
    }


@pytest.mark.parametrize(
    ("running", "views", "expected"),
    [
        ("abcd", [(0, 1), (0, 1), (0, 1), (0, 1)], Leadership("a", 0)),
        ("abcd", [(0, 1), (1, 2), (1, 2), (1, 2)], Leadership("b", 1)),
        ("bcd", [(6, 3), (6, 3), (6, 3)], Leadership("c", 6)),
        ("bcd", [(0, 1), (0, 1), (0, 1)], Leadership(None, 0)),
        ("abcd", [(None, 0), (None, 0), (0, 0), (None, 0)], Leadership(None)),
        ("", [], Leadership(None)),
    ],
)
def test_the_highest_view_that_any_consenter_started_counts(
    running: str, views: list[tuple[int | None, int]], expected: Leadership[str]
) -> None:
    by_id = {"abcd".index(name) + 1: name for name in running}
    assert by_views("zuidhorn", by_id, [metrics(*one) for one in views]) == expected
