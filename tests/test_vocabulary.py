"""Lists of words stand for what occurs: each word occurs, and nothing else does."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from kepu import wording
from kepu.coverage.bands import MET, NOT_MET, UNKNOWN, UNSURE
from kepu.coverage.clusters import CLUSTERS, local_clusters
from kepu.coverage.clusters import REASONS as UNTESTED
from kepu.coverage.gaps import CAUSES, FIXES, LEVELS
from kepu.coverage.overview import CHOICES, CONDITIONS, conditions_table
from kepu.coverage.share import AREAS, GROUPS, REASONS, Standard, area_mask, nearest
from kepu.geo.routing import UNREACHED
from kepu.study_keys import StandardRules

from . import test_clusters as clusters
from . import test_share as share

PLACES = share.plain_demand([10, 20, 30], [0, 1, 1], [True, False, False])


def test_areas_are_those_of_a_study_and_each_has_its_places():
    assert get_args(StandardRules.model_fields["area"].annotation) == AREAS
    assert [area_mask(PLACES, area).tolist() for area in AREAS] == [
        [True, True, True], [False, True, True], [True, False, False],
    ]  # fmt: skip


def test_groups_are_those_of_a_study():
    assert get_args(StandardRules.model_fields["group"].annotation) == GROUPS


def test_every_reason_for_no_venue_occurs():
    venues = share.plain_venues(["room", "room"])
    times = share.table_times([[100, 50], [UNREACHED] * 2, [UNREACHED] * 2], apart=[1])
    found = [*nearest(times, venues, ["room"]).reason, *nearest(times, venues, ["hall"]).reason]
    assert found[:3] == ["", "not_connected", "beyond_horizon"]
    assert found[3:] == ["no_venue", "not_connected", "no_venue"]
    assert set(found) == set(REASONS)


def test_every_condition_occurs_and_has_a_name():
    venues = share.plain_venues(["room", "room"]).assign(days="每天", hours="9:00-21:00", terms="")
    times = share.table_times([[100, 50], [7, 7], [7, 7]])
    standard = Standard("s", "标准", ("room",), "walk", 15.0, 0.5)
    table = conditions_table([(standard, times)], venues, PLACES, share.PLAIN_TOWNS)
    assert tuple(dict.fromkeys(table["condition"])) == CONDITIONS
    assert set(wording.CONDITION_NAMES) == set(CONDITIONS)
    assert CHOICES == (2, 3)


@pytest.mark.parametrize(
    ("words", "names"),
    [(CAUSES, wording.CAUSE_NAMES), (LEVELS, wording.LEVEL_NAMES), (FIXES, wording.FIX_NAMES),
     (AREAS, wording.AREA_NAMES), (REASONS, wording.REASON_NAMES)],
)  # fmt: skip
def test_each_word_has_a_name_in_tables(words, names):
    assert set(words) <= set(names)


def test_every_kind_of_cluster_occurs():
    """A poor and a rich corner, in each of them one place of the other kind."""
    values = np.random.default_rng(7).normal(50, 1, 144).reshape(12, 12)
    values[:5, :5] -= 20
    values[7:, 7:] += 20
    values[1, 1], values[10, 10] = 70, 30
    found = local_clusters(values.ravel(), clusters.grid(12), seed=1)
    named = found["cluster"].to_numpy(object).reshape(12, 12)
    assert (named[1, 1], named[10, 10]) == ("high_among_low", "low_among_high")
    assert (named[3, 3], named[8, 8], named[6, 6]) == ("low", "high", "")
    assert set(named.ravel()) == set(CLUSTERS)


def test_every_reason_for_no_test_occurs():
    rows = clusters.in_a_row
    found = [
        local_clusters(values, neighbours, seed=1, permutations=99)["reason"][0]
        for values, neighbours in (
            (np.arange(36.0), rows(36, 3)), (np.arange(9.0), rows(9, 3)),
            (np.arange(36.0), rows(36, 2)), (np.ones(36), rows(36, 3)),
        )
    ]  # fmt: skip
    assert tuple(found) == UNTESTED


def test_every_verdict_of_the_bands_has_a_name():
    """Written into `bands.csv` by its name: a word without one would be an empty cell."""
    assert set(wording.VERDICT_NAMES) == {MET, NOT_MET, UNKNOWN, UNSURE}
    assert len(set(wording.VERDICT_NAMES.values())) == 4
