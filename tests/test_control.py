"""Control: sums that are exact, shares that are fair, and figures that cannot be."""

from __future__ import annotations

import csv
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from geopandas import GeoDataFrame
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point

from kepu.geo.errors import LayerError
from kepu.layers.control import control, controlled_totals, factor_faults, largest_remainder

SHARED = Path(__file__).parents[2] / "shared" / "data"
CENSUS_2020 = 1_119_901
KNOWN = {"441802008": 240_684, "441802105": 102_428}
"""Seventh census: the district, 洲心街道 and 龙塘镇."""

floats = st.floats(0, 1e12, allow_nan=False)
fractions = st.fractions(0, 10**9, max_denominator=10**6)
numbers = st.one_of(floats, st.integers(0, 10**30), fractions)


def places(*rows: tuple[str, int], **groups: list[int]) -> GeoDataFrame:
    columns = {"town": [town for town, _ in rows], "people": [people for _, people in rows]}
    index = pd.Index([f"P{i:03d}" for i in range(len(rows))], name="place")
    points = [Point(i, 0) for i in range(len(rows))]
    return GeoDataFrame({**columns, **groups}, index=index, geometry=points, crs=4547)


def stopped(*arguments: Any, **options: Any) -> list[str]:
    with pytest.raises(LayerError) as error:
        control(*arguments, **options)
    assert str(error.value)
    return [fault.code for fault in error.value.faults]


# Largest remainder


@given(st.lists(numbers, min_size=1, max_size=40), st.integers(0, 10**15))
def test_parts_are_exact_and_fair(values, total):
    if not any(values):
        values[0] = 1
    parts = largest_remainder(values, total).tolist()
    whole = sum(map(Fraction, values))
    assert sum(parts) == total
    for value, part in zip(values, parts, strict=True):
        assert abs(part - Fraction(value) * total / whole) < 1
        assert value or part == 0


@given(st.data())
def test_parts_belong_to_their_keys(data):
    values = data.draw(st.lists(st.sampled_from([0, 1, 1, 2, 0.1]), min_size=1, max_size=12))
    values.append(1)
    total = data.draw(st.integers(0, 50))
    order = data.draw(st.permutations(range(len(values))))
    straight = largest_remainder(values, total, keys=range(len(values)))
    turned = largest_remainder([values[i] for i in order], total, keys=order)
    assert dict(zip(order, turned, strict=True)) == dict(enumerate(straight))


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=12),
       st.data())  # fmt: skip
def test_nobody_gets_more_than_there_is_room(pairs, data):
    values, most = map(list, zip(*pairs, strict=True))
    room = sum(top for value, top in pairs if value)
    total = data.draw(st.integers(0, room))
    parts = largest_remainder(values, total, most=most).tolist()
    assert sum(parts) == total
    assert all(part <= top for part, top in zip(parts, most, strict=True))
    assert all(value or not part for value, part in zip(values, parts, strict=True))
    with pytest.raises(ValueError, match="nothing to apportion"):
        largest_remainder(values, room + 1, most=most)


def test_what_goes_beyond_the_room_is_shared_by_the_rest():
    assert largest_remainder([8, 1, 1], 10, most=[4, 9, 9]).tolist() == [4, 3, 3]


def test_ties_go_to_the_lowest_key():
    assert largest_remainder([1, 1, 1], 2).tolist() == [1, 1, 0]
    assert largest_remainder([1, 1, 1], 2, keys=["c", "a", "b"]).tolist() == [0, 1, 1]


@pytest.mark.parametrize("dtype", ["int8", "uint32", "int64", "float32", "float64"])
def test_columns_of_any_kind_apportion_without_overflow(dtype):
    values = np.array([100, 20, 7], dtype)
    for given_as in (values, pd.Series(values), values.tolist()):
        assert largest_remainder(given_as, 12_700_000_000_000).sum() == 12_700_000_000_000


def test_small_beside_large_counts_exactly():
    assert largest_remainder([5e-324, 1e300, 1e300], 3).tolist() == [0, 2, 1]
    assert largest_remainder([1, 2**80], 2**62).sum() == 2**62


@pytest.mark.parametrize("values", [[-1, 2], [float("nan")], [float("inf"), 1]])
def test_what_cannot_be_apportioned(values):
    with pytest.raises(ValueError):
        largest_remainder(values, 1)


def test_nothing_is_apportioned_to_nobody():
    assert largest_remainder([], 0).tolist() == []
    assert largest_remainder([0, 0], 0).tolist() == [0, 0]
    for values in ([], [0, 0]):
        with pytest.raises(ValueError, match="nothing to apportion"):
            largest_remainder(values, 1)
    with pytest.raises(ValueError, match="negative"):
        largest_remainder([1], -1)


# Control

tables = st.lists(
    st.tuples(st.sampled_from("ABC"), st.integers(0, 300), st.integers(0, 300)), min_size=1,
    max_size=15,
)  # fmt: skip


@given(tables, st.dictionaries(st.sampled_from("ABC"), st.integers(0, 2000)), st.data())
def test_every_town_gets_its_official_people(rows, totals, data):
    demand = places(*(row[:2] for row in rows), elderly=[min(row[1:]) for row in rows])
    before = demand.groupby("town")["people"].sum()
    totals = {town: n for town, n in totals.items() if not n or before.get(town)}
    scaled, report = control(demand, totals, columns=["elderly"])
    after = scaled.groupby("town")["people"].sum()
    for town, people in after.items():
        assert people == totals.get(town, before[town])
    assert (report["residual"] == 0).all()
    assert (scaled["elderly"] <= scaled["people"]).all()
    assert (scaled["elderly"][demand["elderly"] == 0] == 0).all()
    assert scaled["people"].sum() == report["official"].sum()
    assert list(scaled.columns) == list(demand.columns)
    assert scaled.dtypes["people"] == scaled.dtypes["elderly"] == np.int64
    order = data.draw(st.permutations(list(demand.index)))
    again, same = control(demand.loc[order], totals, columns=["elderly"])
    pd.testing.assert_frame_equal(again.loc[demand.index], scaled)
    pd.testing.assert_frame_equal(same, report)


@given(tables, st.integers(0, 10_000))
def test_the_rest_of_the_district_is_shared(rows, more):
    demand = places(*(row[:2] for row in rows), ("A", 10), ("D", 10))
    scaled, report = control(demand, {"A": 20}, district_total=20 + more)
    assert scaled["people"].sum() == report["official"].sum() == 20 + more
    assert report["basis"].to_dict()["D"] == "remainder"
    before = demand[demand["town"] != "A"].groupby("town")["people"].sum()
    after = report["official"].drop("A")
    assert ((after - before * more / before.sum()).abs() < 1 + 1e-9).all()


def test_a_group_is_scaled_along():
    demand = places(("A", 100), ("A", 50), ("B", 10), elderly=[20, 10, 10])
    scaled, report = control(demand, pd.Series({"A": 300, "B": None}), columns=["elderly"])
    assert scaled["people"].tolist() == [200, 100, 10]
    assert scaled["elderly"].tolist() == [40, 20, 10]
    assert report.loc["A"].to_dict() == {
        "before": 150, "official": 300, "factor": 2.0, "basis": "official", "residual": 0,
    }  # fmt: skip
    assert report.at["B", "basis"] == "kept"
    assert demand["people"].tolist() == [100, 50, 10]


def test_figures_that_cannot_be():
    demand = places(("A", 100), ("B", 0))
    assert stopped(demand, {"B": 5}) == ["E-CONTROL-EMPTY"]
    assert stopped(demand, {"A": 5, "Z": 5}) == ["E-CONTROL-EMPTY"]
    assert stopped(demand, {"A": 100}, district_total=101) == ["E-CONTROL-EMPTY"]
    assert stopped(demand, {"A": 100}, district_total=99) == ["E-CONTROL-DISTRICT"]
    assert stopped(demand, {"A": 100, "B": 0}, district_total=101) == ["E-CONTROL-DISTRICT"]
    wrong = {"A": 1.5, "B": -1, "C": "12", "D": float("inf")}
    assert stopped(demand, wrong) == ["E-CONTROL-VALUE"] * 4
    assert stopped(demand, {}, district_total=-1) == ["E-CONTROL-VALUE"]


def test_unlikely_factors_are_told():
    report = controlled_totals(pd.Series({"A": 100, "B": 100, "C": 100, "D": 0}),
                               {"A": 50, "B": 201, "C": 0, "D": 0})  # fmt: skip
    (fault,) = factor_faults(report)
    assert fault.code == "W-CONTROL-FACTOR"
    assert fault.facts["towns"] == "B × 2.01, C × 0"
    assert "2.01" in fault.zh
    assert "2.01" in fault.en
    assert factor_faults(report.loc[["A", "D"]]) == []


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data are not here")
def test_the_real_district_meets_the_census():
    with (SHARED / "divisions" / "villages_441802_nbs2021.csv").open(encoding="utf-8") as file:
        units = [row for row in csv.DictReader(file) if row["virtual"] == "0"]
    facts = pd.read_csv(
        SHARED / "population" / "town_facts.csv", dtype={"code_nbs": str}
    ).set_index("code_nbs")  # fmt: skip
    demand = places(*((row["town_code"], 7000 - 13 * i) for i, row in enumerate(units)))
    demand.index = pd.Index([row["code"] for row in units], name="place")
    totals = facts["population_2020"]
    scaled, report = control(demand, totals, district_total=CENSUS_2020)
    assert len(scaled) == 161
    assert len(report) == 8
    assert totals.dropna().to_dict() == KNOWN
    towns = scaled.groupby("town")["people"].sum()
    assert {town: towns[town] for town in KNOWN} == KNOWN
    assert towns.sum() == CENSUS_2020
    assert towns.drop(list(KNOWN)).sum() == 776_789
    assert report["residual"].eq(0).all()
