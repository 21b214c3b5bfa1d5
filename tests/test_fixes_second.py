"""With two venues asked for, one more makes the second nearest nearer, never than the first."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from kepu.coverage.fixes import fixes
from kepu.coverage.question import Question
from kepu.coverage.share import Standard
from kepu.geo.routing import UNREACHED

spec = importlib.util.spec_from_file_location("shares", Path(__file__).with_name("test_share.py"))
share = importlib.util.module_from_spec(spec)
spec.loader.exec_module(share)


@pytest.mark.parametrize(
    ("option", "after", "gained"),
    [(50, 100, 7), (500, 500, 7), (9000, 9000, 7), (9001, 9001, 0), (20_000, 9500, 0),
     (UNREACHED, 9500, 0)],
)  # fmt: skip
def test_the_second_nearest_by_hand(option, after, gained):
    """Two open ones at 100 and 9500 ticks, a candidate; the limit is 9000."""
    times = share.table_times([[100, 9500, option]])
    venues = share.plain_venues(["room"] * 3)
    venues["status"] = ["open", "open", "candidate"]
    standard = Standard("s", "标准", ("room",), "walk", 15.0, 0.5, count=2)
    demand = share.plain_demand([7], [0], [False])
    found = fixes(Question(standard, times, 60.0, 0.0), venues, demand, [])
    assert found.options.tolist() == [2]
    assert found.after.tolist() == [[after]]
    assert found.flips.tolist() == [[gained]]


def test_where_three_are_asked_one_more_is_not_enough():
    times = share.table_times([[100, 9500, 200]])
    venues = share.plain_venues(["room"] * 3)
    venues["status"] = ["open", "open", "candidate"]
    standard = Standard("s", "标准", ("room",), "walk", 15.0, 0.5, count=3)
    demand = share.plain_demand([7], [0], [False])
    found = fixes(Question(standard, times, 60.0, 0.0), venues, demand, [])
    assert found.flips.tolist() == [[0]]
    assert found.after.tolist() == [[9500]]
