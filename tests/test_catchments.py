"""Access by area: each measure told by hand, by plain loops, and what it conserves."""

from __future__ import annotations

import math

import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given

from kepu.coverage.catchments import MEASURES, catchments_table
from kepu.coverage.question import Question
from kepu.coverage.share import Standard, admitted, area_mask, scopes
from kepu.coverage.times import Times
from kepu.geo.routing import UNREACHED

from . import test_bands as bands


def case(*, capacity=(40.0, 10.0), unit=("座", "座"), ticks=((3000, 20_000), (6000, UNREACHED))):
    """A hundred people in town 5 minutes from a hall, three hundred in the country 10 minutes."""
    point = [shapely.Point(0, 0)] * 2
    demand = geopandas.GeoDataFrame(
        {"people": [100, 300], "town": ["t0", "t1"], "rural": [False, True]},
        index=["p0", "p1"], geometry=point, crs=4547,
    )  # fmt: skip
    venues = geopandas.GeoDataFrame(
        {"name": ["甲馆", "乙馆"], "type": "room", "status": "open", "capacity": capacity,
         "capacity_unit": unit},
        index=["v0", "v1"], geometry=point, crs=4547,
    )  # fmt: skip
    times = Times("walk", demand.index, venues.index, np.array(ticks, np.uint32), 36_000,
                  bands.doors(2), bands.doors(2))  # fmt: skip
    standard = Standard("s", "标准", ("room",), "walk", 15.0, 0.9)
    found = catchments_table([Question(standard, times, 60.0)], venues, demand, bands.TOWNS)
    return found.set_index(["measure", "scope", "code"])


def logistic(minutes):
    """Half at 7.5 minutes, with a deviation of 2.5."""
    k = math.pi / (2.5 * math.sqrt(3))
    return (1 + math.exp(-7.5 * k)) / (1 + math.exp((minutes - 7.5) * k))


def gaussian(part):
    """The Gaussian that ends at the limit, at a part of it."""
    edge = math.exp(-0.5)
    return (math.exp(-0.5 * part**2) - edge) / (1 - edge)


def test_a_hall_between_town_and_country():
    """
    Weights 1 and 0.68: 304 come; the second hall is beyond the limit of everybody.

    It is 33 minutes 20 from town: curves that do not end at the limit still count it a little.
    """
    found = case()["value"]
    sigma2 = 7.5**2 / (2 * math.log(2))
    far = {
        "exponential": 2 ** (-(100 / 3) / 7.5), "power": 3.75 / (100 / 3),
        "gaussian": math.exp(-((100 / 3) ** 2) / (2 * sigma2)), "logistic": logistic(100 / 3),
    }  # fmt: skip
    for measure, town, country in (
        ("cumulative", 1, 1),
        ("potential_gaussian_within", gaussian(1 / 3), gaussian(2 / 3)),
        ("potential_stepped", 1, 0.68),
        ("potential_linear", 2 / 3, 1 / 3),
        ("potential_exponential", 2 ** (-2 / 3) + far["exponential"], 2 ** (-4 / 3)),
        (
            "potential_gaussian",
            math.exp(-25 / (2 * sigma2)) + far["gaussian"],
            math.exp(-100 / (2 * sigma2)),
        ),
        ("potential_power", 3.75 / 5 + far["power"], 0.375),
        ("potential_logistic", logistic(5) + far["logistic"], logistic(10)),
        ("2sfca", 25, 25),
        ("e2sfca", 10_000 / 304, 6_800 / 304),
        ("3sfca", 10_000 / 304, 6_800 / 304),
        ("bfca", 25 / 1.68, 25 * 0.68 / 1.68),
        ("e2sfca_capacity", 400_000 / 304, 272_000 / 304),
    ):
        told = found[measure]
        assert told["town", "t0"] == told["urban", ""] == pytest.approx(town)
        assert told["town", "t1"] == told["rural", ""] == pytest.approx(country)
        assert told["district", ""] == pytest.approx((town + 3 * country) / 4)
    shares = found["availability"]
    assert shares["town", "t0"] == pytest.approx(100 / 304)
    assert shares["town", "t1"] == pytest.approx(204 / 304)
    assert shares["district", ""] == pytest.approx(1)


def test_units_and_laws_are_told():
    found = case().xs("district", level="scope").droplevel("code")
    assert found.index.tolist() == list(MEASURES)
    assert found["unit"].tolist() == [*["处"] * 8, *["处/万人"] * 4, "处", "座/万人"]
    lawful = found["conserved"].notna()
    kinds = {name.split("_")[0] for name in found.index[~lawful]}
    assert kinds == {"cumulative", "potential"}
    expected = {
        "2sfca": 1,
        "e2sfca": 1,
        "3sfca": 1,
        "bfca": 25,
        "availability": 1,
        "e2sfca_capacity": 40,
    }
    for name, whole in expected.items():
        assert found.at[name, "conserved"] == pytest.approx(whole)
        assert found.at[name, "expected"] == pytest.approx(whole)


@pytest.mark.parametrize(
    ("capacity", "unit", "note"),
    [
        ((40.0, np.nan), ("座", "座"), "E-CAPACITY-NONE"),
        ((40.0, 10.0), ("座", "平方米"), "E-CAPACITY-UNITS"),
        ((40.0, 10.0), ("", ""), "E-CAPACITY-UNITS"),
    ],
)
def test_capacities_that_cannot_be_added_are_not_and_it_is_said(capacity, unit, note):
    found = case(capacity=capacity, unit=unit).reset_index()
    by_seats = found["measure"] == "e2sfca_capacity"
    assert set(found[by_seats]["note"]) == {note}
    assert found.loc[by_seats, ["value", "conserved", "expected"]].isna().all(axis=None)
    assert set(found[~by_seats]["note"]) == {""}
    assert found[~by_seats]["value"].notna().all()


def test_where_nothing_is_reached_access_is_nought():
    found = case(ticks=((UNREACHED, UNREACHED), (UNREACHED, UNREACHED)))
    assert (found["value"].to_numpy(float) == 0).all()


def weight(ticks):
    """Zones of E2SFCA, 15 minutes."""
    return 1.0 if ticks <= 3000 else 0.68 if ticks <= 6000 else 0.22 if ticks <= 9000 else 0.0


def over(part, whole):
    return part / whole if whole else 0.0


def plainly(ticks, people):
    """All measures of places, venues counting one each, by plain loops."""
    w = [[weight(t) for t in row] for row in ticks]
    places, venues = range(len(w)), range(len(w[0]) if w else 0)
    sums = [sum(row) for row in w]
    come = [sum(people[i] * w[i][j] for i in places) for j in venues]
    chosen = [sum(people[i] * over(w[i][j] ** 2, sums[i]) for i in places) for j in venues]
    balanced = [sum(people[i] * over(w[i][j], sums[i]) for i in places) for j in venues]
    pull = [sum(w[i][j] for i in places) for j in venues]
    near = [[t / 9000 for t in row if t <= 9000] for row in ticks]
    reached = [[t / 9000 for t in row if t != UNREACHED] for row in ticks]
    crowd = [sum(people[i] for i in places if ticks[i][j] <= 9000) for j in venues]
    return {
        "cumulative": [len(row) for row in near],
        "potential_gaussian_within": [sum(gaussian(part) for part in row) for row in near],
        "potential_stepped": sums,
        "potential_linear": [sum(1 - part for part in row) for row in near],
        "potential_exponential": [sum(0.25**part for part in row) for row in reached],
        "potential_gaussian": [sum(0.5 ** (4 * part**2) for part in row) for row in reached],
        "potential_power": [sum(0.25 / max(part, 0.25) for part in row) for row in reached],
        "potential_logistic": [sum(logistic(15 * part) for part in row) for row in reached],
        "2sfca": [1e4 * sum(over(1, crowd[j]) for j in venues if ticks[i][j] <= 9000)
                  for i in places],
        "e2sfca": [1e4 * sum(over(w[i][j], come[j]) for j in venues) for i in places],
        "3sfca": [1e4 * sum(over(over(w[i][j] ** 2, sums[i]), chosen[j]) for j in venues)
                  for i in places],
        "bfca": [1e4 * sum(over(over(w[i][j], pull[j]), balanced[j]) for j in venues)
                 for i in places],
        "availability": [sum(over(people[i] * w[i][j], come[j]) for j in venues) for i in places],
    }  # fmt: skip


NO_SEATS = {"capacity": np.nan, "capacity_unit": ""}


@given(bands.questions())
def test_the_figures_of_areas_equal_plain_loops(drawn):
    ask, venues, demand = drawn
    people = (demand["people"].to_numpy() * area_mask(demand, ask.standard.area)).tolist()
    used = admitted(venues, ask.standard)[0]
    by_place = plainly(ask.times.ticks[:, used].tolist(), people)
    found = catchments_table([ask], venues.assign(**NO_SEATS), demand, bands.TOWNS)
    names, members = scopes(demand, bands.TOWNS)
    for measure, values in by_place.items():
        own = found[found["measure"] == measure]
        for told, mask in zip(own.to_dict("records"), members.tolist(), strict=True):
            inside = [i for i, member in enumerate(mask) if member]
            crowd = sum(people[i] for i in inside)
            assert told["people"] == crowd
            if not crowd:
                assert pd.isna(told["value"])
                continue
            expected = sum(values[i] * people[i] for i in inside) / crowd
            if measure == "availability":
                expected = sum(values[i] for i in inside)
            assert told["value"] == pytest.approx(expected, rel=1e-9, abs=1e-12)
        np.testing.assert_allclose(
            own["conserved"].to_numpy(float), own["expected"].to_numpy(float), rtol=1e-9, atol=1e-12
        )
    assert found["scope"].tolist() == names["scope"].tolist() * len(MEASURES)
