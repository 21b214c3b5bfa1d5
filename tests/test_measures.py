"""Equity as a table: what places are ranked by, against plain loops."""

from __future__ import annotations

import math

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
from kepu.measures import Answer
from kepu.measures_equity import equity_table

from .given_doors import doors

TOWNS = geopandas.GeoDataFrame(
    {"name": ["东城街道"]}, index=["t0"], geometry=[shapely.Point(0, 0)], crs=4547
)


def asked(
    access: list[float], people: list[int], *, ticks: list[int] | None = None, **groups: list[int]
) -> pd.Series:
    """What the table of equity says of the district, by measure."""
    size = len(people)
    demand = geopandas.GeoDataFrame(
        {"people": people, "town": "t0", "rural": [n % 2 == 1 for n in range(size)], **groups},
        index=[f"p{n}" for n in range(size)], geometry=[shapely.Point(0, 0)] * size, crs=4547,
    )  # fmt: skip
    times = Times("walk", demand.index, pd.Index([]), np.zeros((size, 0), np.uint32), 36_000,
                  doors(size), doors(0))  # fmt: skip
    ask = Question(Standard("s", "标准", ("room",), "walk", 15.0, 0.9), times, 60.0)
    nearest = np.array(ticks or [600] * size, np.uint32)
    answer = Answer(ask, np.array(people), nearest, np.array(access, float), 1, np.ones(size, int))
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


def test_three_villages_told_by_hand():
    """One of three has all: nine tenths of the people have 70 %, two of three are poor wholly."""
    found = asked([3, 0, 0], [100, 100, 100])
    tenths = [found[f"lorenz_{n}0"] for n in range(1, 10)]
    assert tenths == pytest.approx([0, 0, 0, 0, 0, 0, 0.1, 0.4, 0.7])
    assert found["mean_access"] == pytest.approx(1)
    for measure in ("access_poor", "access_gap", "access_severity"):
        assert found[measure] == pytest.approx(2 / 3)
    kappa = 1 / 3
    assert found["even_access"] == pytest.approx(-math.log((math.exp(-3 * kappa) + 2) / 3) / kappa)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 30)), min_size=1, max_size=6))
def test_what_tenths_have_and_who_is_poor_equal_a_row_of_persons(rows):
    found = asked([x for x, _ in rows], [n for _, n in rows])
    persons = sorted(float(x) for x, n in rows for _ in range(n))
    if not sum(persons):
        told = found[[f"lorenz_{n}0" for n in range(1, 10)]]
        assert told.isna().all()
        assert found[["access_poor", "access_gap", "access_severity"]].isna().all()
        assert pd.isna(found["mean_access"]) is (not persons)
        return
    count, mean = len(persons), sum(persons) / len(persons)
    for tenth in range(1, 10):
        whole, rest = divmod(count * tenth, 10)  # the next person gives the part of a tenth
        held = sum(persons[:whole]) + rest / 10 * (persons[whole] if rest else 0.0)
        assert found[f"lorenz_{tenth}0"] == pytest.approx(held / sum(persons), abs=1e-12)
    lacks = [max(0.0, (mean / 2 - x) / (mean / 2)) for x in persons]
    for power, name in enumerate(("access_poor", "access_gap", "access_severity")):
        expected = sum(lack**power for lack in lacks if lack > 0) / count
        assert found[name] == pytest.approx(expected, abs=1e-12)
    assert found["mean_access"] == pytest.approx(mean)
    assert found["even_access"] <= mean + 1e-9
    assert found["even_access"] >= min(persons) - 1e-9


def test_who_is_covered_gathers_where_the_old_are():
    """Two of four villages are in reach, those with most elderly: as uneven as half can be."""
    found = asked([1, 1, 1, 1], [100] * 4, ticks=[9001, 9001, 9000, 9000], elderly=[1, 2, 3, 4],
                  farmers=[4, 3, 2, 1])  # fmt: skip
    assert found["covered_elderly"] == pytest.approx(1)
    assert found["covered_farmers"] == pytest.approx(-1)
    assert found["covered_people"] == pytest.approx(0)
    assert pd.isna(asked([1], [5], ticks=[9001])["covered_people"])
