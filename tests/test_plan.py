"""The targets of the plan are those of its text."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pytest

from kepu.layers.plan import COMPARISONS, plan_targets
from kepu.layers.venues import venue_types

GIVEN = Path(__file__).parents[2] / "shared" / "plan" / "targets.csv"


def test_a_target_has_a_comparison_and_the_others_have_none():
    table = plan_targets()
    assert set(table["comparison"]) <= set(COMPARISONS)
    assert (table["target"].notna() == (table["comparison"] != "")).all()
    assert (table["target"].dropna() > 0).all()


def test_types_on_the_map_are_types_that_the_package_knows():
    table = plan_targets()
    on_map = table.loc[table["venue_type"] != "", "venue_type"]
    assert on_map.is_unique
    assert set(on_map) == set(venue_types())
    hosts = {key for key, kind in venue_types().items() if kind.host}
    assert set(table.loc[table["kind"] == "upgrade_host", "venue_type"]) == hosts


def test_figures_that_the_plan_states():
    table = plan_targets()
    assert table.at["venue.room.community", "target"] == 165
    assert table.at["venue.mobile.museum", "target"] == 6
    assert table.at["outcome.literacy", "target"] == 16
    assert table.at["outcome.literacy", "comparison"] == ">"


@pytest.mark.skipif(not GIVEN.is_file(), reason="the plan's own table is not there")
def test_every_row_of_the_plan_is_there_and_no_other():
    with GIVEN.open(encoding="utf-8-sig") as stream:
        given = {row["key"]: row for row in csv.DictReader(stream)}
    table = plan_targets()
    assert list(table.index) == list(given)
    for key, row in given.items():
        mine = table.loc[key]
        number = "" if mine["target"] is pd.NA else f"{mine['target']:g}"
        assert number == row["target"]
        assert (mine["name"], mine["unit"], mine["clause"]) == (
            row["name_zh"], row["unit"], row["clause"],
        )  # fmt: skip
