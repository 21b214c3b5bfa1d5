"""Speeds against timed trips: factors that were put in come out, outliers and few trips do not."""

from __future__ import annotations

import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from kepu.coverage.calibration import BOUNDS, calibrate, calibration_table, kind_of, parts_of_trips
from kepu.geo.errors import LayerError
from kepu.geo.routing import UNREACHED
from kepu.layers.trips import read_trips

GRID = """
grid 500
|A   B   C   D
|
|E   F   G   H
way ABCD highway=primary
way EFGH highway=tertiary
way AE highway=residential
way BF highway=residential
way CG highway=residential
way DH highway=residential
place a at=A+100E+30N
place e at=E+200E+20S
place f at=F+40S people=3
venue d at=D+50W+10N
venue h at=H+60W+20S
venue b at=B+60E+20N
"""


@pytest.mark.parametrize(
    ("name", "kind"),
    [("motorway", "main"), ("trunk_link", "main"), ("secondary", "middle"),
     ("tertiary_link", "middle"), ("residential", "small"), ("track:grade4", "small")],
)  # fmt: skip
def test_links_belong_to_their_road(name, kind):
    assert kind_of(name) == kind


@pytest.mark.parametrize("mode", ["car", "ebike", "walk"])
def test_parts_add_up_to_the_computed_time(town, mode):
    here = town(GRID)
    roads = here.roads()
    times = here.times(roads, mode, "to_venue", 120)
    pairs = [(p, v) for p in range(3) for v in range(3)]
    fixed, parts = parts_of_trips(roads.network, here.profiles[mode], times, pairs)
    for number, (place, venue) in enumerate(pairs):
        assert times.ticks[place, venue] != UNREACHED
        whole = fixed[number] + parts[number].sum()
        assert whole == pytest.approx(times.ticks[place, venue] / 600, abs=1e-6)


def test_a_trip_along_one_road_lies_on_it(town):
    here = town(GRID)
    roads = here.roads()
    times = here.times(roads, "car", "to_venue", 120)
    _, parts = parts_of_trips(roads.network, here.profiles["car"], times, [(0, 0), (1, 1), (0, 2)])
    assert (parts[:, 0] > 0).tolist() == [True, False, True]
    assert parts[0, 1:].sum() == parts[2, 1:].sum() == 0
    assert parts[1, 1] > 0
    assert parts[1, 2] == 0


ROUND = """
grid 500
|A     B
|
|C     D
way AB highway=primary oneway=yes
way DC highway=tertiary oneway=yes
way AC highway=residential
way BD highway=residential
town T
place p at=A+200S town=T
venue v at=B+200S
"""


@pytest.mark.parametrize(("direction", "kind"), [("to_venue", 0), ("from_venue", 1)])
def test_trips_lie_on_the_roads_that_are_travelled(town, direction, kind):
    """There by the primary road, and back by the tertiary one."""
    here = town(ROUND)
    roads = here.roads()
    times = here.times(roads, "car", direction, 120)
    fixed, parts = parts_of_trips(
        roads.network, here.profiles["car"], times, [(0, 0)], direction=direction
    )
    assert fixed.tolist() == pytest.approx([3.0], abs=0.01)  # parking; both live by the road
    assert parts[0, kind] > parts[0, 2] > parts[0, 1 - kind] == 0.0
    assert fixed[0] + parts[0].sum() == pytest.approx(times.ticks[0, 0] / 600, abs=1e-6)


@given(
    st.lists(st.floats(0.5, 2.0), min_size=3, max_size=3), st.integers(0, 2**31), st.integers(0, 2)
)
def test_factors_come_out_in_spite_of_outliers(factors, seed, wrong):
    random = np.random.default_rng(seed)
    parts = random.uniform(2, 20, (12, 3))
    fixed = random.uniform(0, 5, 12)
    observed = fixed + parts @ factors
    observed[:wrong] *= 3
    found = calibrate(observed, fixed, parts).set_index("group")["factor"]
    assert found[["main", "middle", "small"]].tolist() == pytest.approx(factors, rel=1e-6)


def test_errors_before_and_after():
    parts = np.column_stack([np.full(10, 10.0), np.zeros((10, 2))])
    found = calibrate(np.full(10, 15.0), np.zeros(10), parts).iloc[0]
    assert found["group"] == "all"
    assert found["factor"] == pytest.approx(1.5)
    assert found["speed_factor"] == pytest.approx(2 / 3)
    assert found["error_before"] == pytest.approx(1 / 3)
    assert found["bias_before"] == pytest.approx(-1 / 3)
    assert found["error_after"] == pytest.approx(0, abs=1e-9)
    assert found["error_left_out"] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("count", [0, 1, 7])
def test_few_trips_are_not_judged(count):
    found = calibrate(np.full(count, 9.0), np.zeros(count), np.ones((count, 3)))
    assert found["status"].tolist() == ["too_few"]
    assert "factor" not in found


def test_trips_that_cannot_be_computed_do_not_count():
    fixed = np.append(np.zeros(7), np.full(5, np.nan))
    assert calibrate(np.full(12, 9.0), fixed, np.ones((12, 3)))["trips"].tolist() == [7]


def test_factors_stay_within_bounds():
    found = calibrate(np.full(9, 900.0), np.zeros(9), np.ones((9, 3)))
    assert set(found["factor"]) == {BOUNDS[1]}


def test_a_class_that_was_hardly_travelled_has_no_factor_of_its_own():
    parts = np.column_stack([np.full(20, 10.0), np.full(20, 10.0), np.full(20, 0.5)])
    parts[:10, 0], parts[10:, 1] = 3.0, 4.0
    groups = calibrate(parts @ [2.0, 1.0, 1.0], np.zeros(20), parts)["group"].tolist()
    assert sorted(groups) == ["main", "middle"]


def layer(index, names):
    return geopandas.GeoDataFrame(
        {"name": names}, index=index, geometry=[shapely.Point(0, 0)] * len(index), crs=4547
    )


PLACES = layer(["1", "2", "3"], ["东村", "西村", "西村"])
VENUES = layer(["v1"], ["科普馆"])


def trips(tmp_path, *rows):
    path = tmp_path / "trips.csv"
    path.write_text("起点,终点,方式,分钟\n" + "\n".join(rows), encoding="utf-8")
    return read_trips(path, demand=PLACES, venues=VENUES)


def test_trips_are_found_by_code_or_name(tmp_path):
    found, ledger = trips(tmp_path, "东村,科普馆,驾车,12", "2,V1,步行,7.5")
    assert found.to_numpy().tolist() == [["1", "v1", "car", 12.0], ["2", "v1", "walk", 7.5]]
    assert ledger.ok == 2


def test_codes_that_differ_in_case_alone_are_told_apart(tmp_path):
    venues = VENUES.iloc[[0, 0]].set_axis(["a1", "A1"])
    path = tmp_path / "trips.csv"
    path.write_text("起点,终点,方式,分钟\n1,A1,驾车,9\n1,a1,驾车,9\n1,Ａ1,驾车,9\n", "utf-8")
    found, ledger = read_trips(path, demand=PLACES, venues=venues)
    assert list(found["venue"]) == ["A1", "a1"]
    assert [(fault.row, fault.code) for fault in ledger.faults] == [(4, "Q-TRIP-END")]


@pytest.mark.parametrize(
    ("row", "code"),
    [("西村,v1,驾车,9", "Q-TRIP-END"), ("北村,v1,驾车,9", "Q-TRIP-END"),
     ("1,v9,驾车,9", "Q-TRIP-END"), ("1,v1,驾车,0", "Q-TRIP-MINUTES"),
     ("1,v1,驾车,601", "Q-TRIP-MINUTES"), ("1,v1,飞机,9", "Q-CHOICE"), ("1,v1,驾车,九", "Q-NUMBER"),
     ("1,v1,驾车,", "Q-MISSING")],
)  # fmt: skip
def test_wrong_rows_are_refused(tmp_path, row, code):
    found, ledger = trips(tmp_path, "1,v1,驾车,9", row)
    assert len(found) == 1
    assert ledger.quarantined == 1
    assert [fault.code for fault in ledger.faults] == [code]
    with pytest.raises(LayerError):
        trips(tmp_path, row)


def test_modes_are_judged_apart(town):
    here = town(GRID)
    roads = here.roads()
    times = {mode: here.times(roads, mode, "to_venue", 120) for mode in ("car", "walk")}
    rows = [("a", "d", "car", 9.0)] * 8 + [("e", "h", "walk", 30.0)] * 3
    table = pd.DataFrame(rows, columns=["place", "venue", "mode", "minutes"])
    found = calibration_table(roads.network, here.profiles, times, table).set_index("mode")
    assert found["status"].to_dict() == {"car": "ok", "walk": "too_few"}
    assert found["trips"].to_dict() == {"car": 8, "walk": 3}
