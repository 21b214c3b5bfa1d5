"""The list of points to be surveyed bears its rank and what is known of each point."""

from __future__ import annotations

import geopandas
import numpy as np
import shapely

from kepu.coverage.question import Question
from kepu.coverage.share import Standard
from kepu.coverage.surveys import COLUMNS, surveys_table
from kepu.coverage.times import Times

from .given_doors import doors


def points(names, x, **columns):
    geometry = [shapely.Point(one, 0) for one in x]
    return geopandas.GeoDataFrame(
        {"name": names, **columns}, index=names, geometry=geometry, crs=4547
    )


def test_a_list_told_by_hand():
    """15 minutes are the limit; 500 m of 60 m a minute are 8.3 minutes, either way."""
    demand = points(["甲", "乙", "丙"], [900, 1000, 100], people=[10, 30, 70], town=["t"] * 3,
                    rural=[True] * 3, precision=["C", None, "A"])  # fmt: skip
    venues = points(["馆"], [0], type=["room"], status=["open"], precision=["A"])
    ticks = np.array([[9000], [9100], [1000]], np.uint32)
    times = Times("walk", demand.index, venues.index, ticks, 36_000, doors(3), doors(1))
    ask = Question(Standard("s", "标准", ("room",), "walk", 15.0, 0.5), times, 60.0, 0.0)
    found = surveys_table([ask], venues, demand, metres={"A": 0.0, "C": 150.0, "": 500.0})
    assert list(found.columns) == list(COLUMNS)
    assert found["rank"].tolist() == [1, 2]
    assert found["id"].tolist() == ["乙", "甲"]
    assert found["kind"].tolist() == ["place", "place"]
    assert found["precision"].tolist() == ["", "C"]
    assert found["metres"].tolist() == [500.0, 150.0]
    assert found["people"].tolist() == found["total"].tolist() == [30, 10]
    assert found["standard"].tolist() == ["s", "s"]
