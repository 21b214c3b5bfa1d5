"""Equity as a table: what places are ranked by, against plain loops."""

from __future__ import annotations

import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from kepu.coverage.question import Question
from kepu.coverage.share import Standard
from kepu.coverage.times import Times
from kepu.geo.snap import Doors, Snaps
from kepu.measures import Answer, equity_table

TOWNS = geopandas.GeoDataFrame(
    {"name": ["东城街道"]}, index=["t0"], geometry=[shapely.Point(0, 0)], crs=4547
)


def asked(access: list[float], people: list[int], **groups: list[int]) -> pd.Series:
    """What the table of equity says of the district, by measure."""
    size, zero = len(people), np.zeros((len(people), 2), np.int64)
    demand = geopandas.GeoDataFrame(
        {"people": people, "town": "t0", "rural": [n % 2 == 1 for n in range(size)], **groups},
        index=[f"p{n}" for n in range(size)], geometry=[shapely.Point(0, 0)] * size, crs=4547,
    )  # fmt: skip
    doors = Doors(Snaps(zero[:, 0], zero[:, 0], zero[:, 0], zero[:, 0] > 0), zero, zero, zero == 0,
                  np.zeros(size))  # fmt: skip
    times = Times("walk", demand.index, pd.Index([]), np.zeros((size, 0), np.uint32), 36_000,
                  doors, doors)  # fmt: skip
    ask = Question(Standard("s", "标准", ("room",), "walk", 15.0, 0.9), times, 60.0)
    ticks = np.full(size, 600, np.uint32)
    answer = Answer(ask, np.array(people), ticks, np.array(access, float), 1, np.ones(size, int))
    found = equity_table([answer], demand, TOWNS)
    return found[found["scope"] == "district"].set_index("measure")["value"]


def plainly(access: list[float], people: list[int], by: list[float]) -> float | None:
    """Twice the covariance of access and rank over its mean; who ties shares the rank."""
    total = sum(people)
    if not total or not sum(x * n for x, n in zip(access, people, strict=True)):
        return None
    mean = sum(x * n for x, n in zip(access, people, strict=True)) / total
    found = 0.0
    for x, n, own in zip(access, people, by, strict=True):
        before = sum(m for m, other in zip(people, by, strict=True) if other < own)
        level = sum(m for m, other in zip(people, by, strict=True) if other == own)
        found += 2 * n / total * (x - mean) * ((before + level / 2) / total - 0.5)
    return found / mean


def test_access_gathers_where_the_old_are_few():
    """Three villages of 100: the youngest has all of it."""
    found = asked([3, 0, 0], [100, 100, 100], elderly=[5, 10, 20], farmers=[50, 50, 50])
    assert found["concentration_elderly"] == pytest.approx(-2 / 3)
    assert found["concentration_farmers"] == pytest.approx(0)
    assert found["concentration_people"] == pytest.approx(0)
    larger = asked([3, 0, 0], [200, 100, 100])
    assert larger["concentration_people"] == pytest.approx(0.5)
    assert "concentration_elderly" not in larger


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 60), st.integers(0, 60)), min_size=1,
                max_size=6))  # fmt: skip
def test_the_indices_of_concentration_equal_plain_loops(rows):
    access, people, elderly = (list(column) for column in zip(*rows, strict=True))
    elderly = [min(pair) for pair in zip(elderly, people, strict=True)]
    found = asked(access, people, elderly=elderly)
    shares = [old / n if n else 0.0 for old, n in zip(elderly, people, strict=True)]
    for measure, by in (("concentration_people", people), ("concentration_elderly", shares)):
        expected = plainly(access, people, by)
        if expected is None:
            assert pd.isna(found[measure])
        else:
            assert found[measure] == pytest.approx(expected, rel=1e-9, abs=1e-12)
