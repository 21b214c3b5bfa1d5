"""Words and numbers that other parts of the program read out of the coverage tables."""

from __future__ import annotations

import numpy as np
import pytest

from kepu.coverage.share import GROUPS, REASONS, Standard, nearest, standard_coverage
from kepu.geo.routing import UNREACHED
from kepu.layers import demand

from . import test_share as share

VENUES = share.plain_venues(["room", "room"])
PLACES = share.plain_demand([10, 20, 30], [0, 1, 1], [True, False, False])
TIMES = share.table_times([[100, 50], [UNREACHED, UNREACHED], [7, 7]], apart=[1])


def test_groups_are_those_that_a_table_of_people_may_bear():
    assert set(GROUPS) == {"people", *demand.GROUPS}
    assert GROUPS[0] == "people"


def test_who_reaches_nothing_has_venue_minus_one():
    """`venue >= 0` is asked elsewhere, and -1 is written out as missing."""
    found = nearest(TIMES, VENUES, ["room"])
    assert found.venue.tolist() == [1, -1, 0]
    assert found.reason.tolist() == ["", "not_connected", ""]
    assert set(found.reason) <= set(REASONS)
    second = nearest(TIMES, VENUES, ["room"], count=2)
    assert second.ticks.tolist() == [100, UNREACHED, 7]
    assert second.venue.tolist() == [0, -1, 1]
    third = nearest(TIMES, VENUES, ["room"], count=3)
    assert third.venue.tolist() == [-1, -1, -1]
    assert third.reason.tolist() == ["no_venue", "not_connected", "no_venue"]


def test_a_standard_that_says_nothing_more_is_for_all_at_any_time():
    standard = Standard("s", "标准", ("room",), "walk", 15.0, 0.5)
    assert (standard.group, standard.area, standard.count, standard.opening) == (
        "people", "all", 1, "",
    )  # fmt: skip
    assert (standard.people_a_unit, standard.capacity_unit) == (0.0, "")
    table = standard_coverage(standard, TIMES, VENUES, PLACES, share.PLAIN_TOWNS)
    assert table["people"].tolist()[:3] == [60, 50, 10]
    assert table["covered"].tolist()[:3] == [40, 30, 10]
    assert table["not_connected"].tolist()[:3] == [20, 20, 0]


@pytest.mark.parametrize(("area", "people"), [("all", 60), ("urban", 50), ("rural", 10)])
def test_areas(area, people):
    standard = Standard("s", "标准", ("room",), "walk", 15.0, 0.5, area=area)
    table = standard_coverage(standard, TIMES, VENUES, PLACES, share.PLAIN_TOWNS)
    assert table["people"][0] == people
    assert np.asarray(table["people"])[3:].sum() == people
