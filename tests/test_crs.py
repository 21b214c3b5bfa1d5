"""Datums and metres: there and back, the right axis first, and no infinity out of the house."""

from __future__ import annotations

import math
from collections.abc import Callable

import geopandas
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS, Geod

from kepu.geo.crs import (
    CHINA_BOX,
    DATUMS,
    WGS84,
    bd09_to_gcj02,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    is_metric,
    metric_crs,
    reference_system,
    require_metric,
    to_wgs84,
    transform,
    wgs84_to_gcj02,
)
from kepu.geo.errors import CrsError

EARTH = Geod(ellps="WGS84")
CENTRE = 113.05, 23.7
"""The middle of the district, degrees WGS 84."""
IN_CHINA = st.tuples(st.floats(73.6, 134.9), st.floats(18.1, 53.4))
METRES = 1e-6


def metres_between(lon: float, lat: float, other_lon: float, other_lat: float) -> float:
    return EARTH.inv(lon, lat, other_lon, other_lat)[2]


def code_of(work: Callable[[], object]) -> str:
    with pytest.raises(CrsError) as error:
        work()
    assert str(error.value)
    return error.value.faults[0].code


@pytest.mark.parametrize(
    ("there", "back"), [(wgs84_to_gcj02, gcj02_to_wgs84), (gcj02_to_bd09, bd09_to_gcj02)]
)
@given(place=IN_CHINA)
def test_a_shift_comes_back_to_the_micrometre(there, back, place):
    lon, lat = (np.array([value]) for value in place)
    shifted = there(lon, lat)
    again = back(*shifted)
    assert metres_between(lon[0], lat[0], again[0][0], again[1][0]) <= METRES
    assert 20 < metres_between(lon[0], lat[0], shifted[0][0], shifted[1][0]) < 1500


def test_many_at_once_is_each_alone():
    rng = np.random.default_rng(1)
    lon, lat = rng.uniform(73.6, 134.9, 500), rng.uniform(18.1, 53.4, 500)
    together = to_wgs84(lon, lat, "BD09")
    alone = np.array([to_wgs84(x, y, "BD09") for x, y in zip(lon, lat, strict=True)]).T
    np.testing.assert_allclose(together, alone, rtol=0, atol=1e-11)
    np.testing.assert_allclose(
        gcj02_to_bd09(*wgs84_to_gcj02(*together)), [lon, lat], rtol=0, atol=1e-11
    )


@pytest.mark.parametrize("place", [(-104.99, 39.74), (2.35, 48.86), (151.2, -33.9), (60.0, 30.0)])
def test_outside_china_gcj02_is_wgs84(place):
    lon, lat = (np.array([value]) for value in place)
    assert [value.tolist() for value in wgs84_to_gcj02(lon, lat)] == [[place[0]], [place[1]]]
    assert [float(value[0]) for value in to_wgs84(lon, lat, "GCJ02")] == list(place)


def test_the_shift_begins_at_the_box_itself():
    west, south, east, north = CHINA_BOX
    for lon, lat in ((west, 30.0), (east, 30.0), (100.0, south), (100.0, north)):
        assert wgs84_to_gcj02(np.array([lon]), np.array([lat]))[0][0] != lon
    for lon, lat in ((west - 1e-6, 30.0), (east + 1e-6, 30.0), (100.0, south - 1e-6)):
        assert wgs84_to_gcj02(np.array([lon]), np.array([lat]))[0][0] == lon


def test_the_district_is_shifted_by_half_a_kilometre_to_the_south_east():
    lon, lat = (np.array([value]) for value in CENTRE)
    east, north = wgs84_to_gcj02(lon, lat)
    assert east > lon
    assert north < lat
    assert 500 < metres_between(*CENTRE, east[0], north[0]) < 700


PUBLISHED = [
    (wgs84_to_gcj02, (121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
    (wgs84_to_gcj02, (113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
    (wgs84_to_gcj02, (116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
    (wgs84_to_gcj02, (116.404, 39.915), (116.41024449916938, 39.91640428150164)),
    (gcj02_to_bd09, (116.404, 39.915), (116.41036949371029, 39.92133699351021)),
]
"""Points in Shanghai, Shenzhen and Beijing, as eviltransform and coordtransform tell them."""


@pytest.mark.parametrize(("shift", "place", "shifted"), PUBLISHED)
def test_the_shifts_are_those_of_the_libraries_in_use(shift, place, shifted):
    """To the hundredth of a millimetre: no number of the formulas may be another."""
    found = shift(*(np.array([value]) for value in place))
    np.testing.assert_allclose(np.ravel(found), shifted, rtol=0, atol=1e-10)


@pytest.mark.parametrize(
    ("code", "east", "north"),
    [(4490, 113.05, 23.7), (4547, 403_000, 2_622_000), (4526, 38_403_000, 2_622_000)],
)
def test_east_comes_first_whatever_the_axis_order(code, east, north):
    """EPSG writes north or latitude first for all of these."""
    x, y = transform(np.array([CENTRE[0]]), np.array([CENTRE[1]]), WGS84, CRS.from_epsg(code))
    tolerance = 1e-9 if code == 4490 else 3000
    assert abs(x[0] - east) < tolerance
    assert abs(y[0] - north) < tolerance
    lon, lat = to_wgs84(x, y, f"EPSG:{code}")
    assert metres_between(*CENTRE, lon[0], lat[0]) <= METRES


@pytest.mark.parametrize("datum", ["EPSG:2381", "EPSG:2433", "EPSG:4610", "EPSG:4214"])
def test_a_datum_without_a_published_shift_is_refused(datum):
    """Xi'an 1980 and Beijing 1954: PROJ would take them for WGS 84 and say nothing."""
    with pytest.raises(CrsError, match="E-CRS-SHIFT"):
        to_wgs84(np.array([113.05]), np.array([23.7]), datum)


@pytest.mark.parametrize("meridian", [75, 90, 105, 114, 126, 135])
def test_metres_come_back_to_the_micrometre_and_are_metres(meridian):
    rng = np.random.default_rng(meridian)
    lon, lat = rng.uniform(meridian - 1.5, meridian + 1.5, 500), rng.uniform(16.1, 53.9, 500)
    crs = metric_crs(float(meridian), 30.0)
    assert is_metric(crs)
    x, y = transform(lon, lat, WGS84, crs)
    back = to_wgs84(x, y, f"EPSG:{crs.to_epsg()}")
    assert EARTH.inv(lon, lat, *back)[2].max() <= METRES
    beside = transform(lon, lat + 0.01, WGS84, crs)
    ground = EARTH.inv(lon, lat, lon, lat + 0.01)[2]
    np.testing.assert_allclose(np.hypot(beside[0] - x, beside[1] - y), ground, rtol=4e-4)


def test_every_zone_of_china_has_its_own_system():
    for number, meridian in enumerate(range(75, 136, 3)):
        for lon in (meridian - 1.4, meridian, meridian + 1.4):
            crs = metric_crs(lon, 30.0)
            assert crs.to_epsg() == 4534 + number
            assert crs.name == f"CGCS2000 / 3-degree Gauss-Kruger CM {meridian}E"


@pytest.mark.parametrize(
    ("lon", "lat", "code"),
    [
        (7.42, 43.73, 32632),
        (-46.6, -23.5, 32723),
        (-179.9, 10.0, 32601),
        (179.9, 10.0, 32660),
        (180.0, -10.0, 32701),
        (114.0, 10.0, 32650),
    ],
)
def test_elsewhere_the_utm_zone(lon, lat, code):
    assert metric_crs(lon, lat).to_epsg() == code


@pytest.mark.parametrize("lon", [73.5, 73.6, 136.4, 136.5])
def test_the_ends_of_china_are_of_the_outer_zones(lon):
    """The next code in EPSG's list, a third beyond, is another country's."""
    meridian = 75 if lon < 100 else 135
    assert metric_crs(lon, 40.0).name == f"CGCS2000 / 3-degree Gauss-Kruger CM {meridian}E"


@pytest.mark.parametrize("code", [3857, 3395, 4087, 32662, 4326, 4490, 2225])
def test_what_is_not_the_ground_metre_is_refused(code):
    """Web Mercator, Mercator, degrees as if they were metres, degrees, degrees, feet."""
    frame = geopandas.GeoDataFrame(geometry=[shapely.Point(0, 0)], crs=code)
    assert not is_metric(frame.crs)
    assert code_of(lambda: require_metric(frame, "towns")) == "E-CRS-METRIC"


def test_no_system_is_no_metre():
    assert code_of(lambda: require_metric(geopandas.GeoSeries([shapely.Point(0, 0)]), "x")) == (
        "E-CRS-METRIC"
    )


@pytest.mark.parametrize("code", [4547, 4526, 2381, 32650])
def test_ground_metres_pass(code):
    frame = geopandas.GeoDataFrame(geometry=[shapely.Point(0, 0)], crs=code)
    assert require_metric(frame, "towns") == CRS.from_epsg(code)


@pytest.mark.parametrize("datum", DATUMS)
def test_the_known_datums_give_degrees(datum):
    assert reference_system(datum).is_geographic


@pytest.mark.parametrize("datum", ["", "wgs84", "GCJ-02", "EPSG:", "EPSG:x", "EPSG:99999", "4547"])
def test_an_unknown_datum_is_refused_by_name(datum):
    assert code_of(lambda: reference_system(datum)) == "E-DATUM"


def test_cgcs2000_is_taken_for_wgs84():
    assert [float(v) for v in to_wgs84(*CENTRE, "CGCS2000")] == list(CENTRE)


@pytest.mark.parametrize(
    ("x", "y", "datum"),
    [
        (1e9, 1e9, "EPSG:4547"),
        (math.inf, 2_622_000, "EPSG:4547"),
        (math.nan, 2_622_000, "EPSG:4547"),
        (403_000, -math.inf, "EPSG:32649"),
        (math.nan, 23.7, "WGS84"),
        (113.0, math.inf, "WGS84"),
        (math.nan, 23.7, "CGCS2000"),
        (113.0, math.inf, "GCJ02"),
        (math.nan, 23.7, "BD09"),
    ],
)
def test_infinity_and_nothing_are_refused_not_returned(x, y, datum):
    assert code_of(lambda: to_wgs84([113.0, x], [23.7, y], datum)) == "E-CRS-OUTSIDE"


def test_one_wrong_point_among_many_is_enough():
    x, y = np.full(1000, 403_000.0), np.full(1000, 2_622_000.0)
    x[700] = 1e12
    assert code_of(lambda: to_wgs84(x, y, "EPSG:4547")) == "E-CRS-OUTSIDE"


def test_degrees_beyond_the_pole_are_refused_for_metres():
    assert (
        code_of(lambda: transform(np.array([113.0]), np.array([123.7]), WGS84, CRS.from_epsg(4547)))
        == "E-CRS-OUTSIDE"
    )


def test_nobody_is_somewhere():
    for datum in (*DATUMS, "EPSG:4547"):
        assert [len(part) for part in to_wgs84([], [], datum)] == [0, 0]
