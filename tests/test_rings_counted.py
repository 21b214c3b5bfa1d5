"""A ring of all venues together is held against the nearest of them."""

from __future__ import annotations

import geopandas
import pytest
import shapely

from kepu.coverage.isochrone import MERGED, disagreement
from kepu.coverage.land import lattice
from kepu.geo.routing import UNREACHED

from . import test_share as share


@pytest.mark.parametrize(("venue", "counted"), [(MERGED, 111), ("v0", 101), ("v1", 110)])
def test_who_is_counted_by_hand(venue, counted):
    """100 people reach both, 1 and 10 one each, 1000 none."""
    times = share.table_times([[600, 700], [600, 9000], [9000, 600], [UNREACHED, UNREACHED]])
    demand = share.plain_demand([100, 1, 10, 1000], [0] * 4, [False] * 4)
    nowhere = shapely.MultiPolygon([shapely.box(0, 0, 1, 1)])
    rings = geopandas.GeoDataFrame(
        {"venue": [venue], "minutes": [2.0]}, geometry=[nowhere], crs=demand.crs
    )
    found = disagreement(rings, times, demand).iloc[0]
    assert found["people_counted"] == found["counted_not_inside"] == counted
    assert found["people_inside"] == 0


def test_points_of_land_stand_in_the_middle_of_what_they_stand_for():
    town = geopandas.GeoDataFrame(
        {"kind": ["urban"]}, index=["t"], geometry=[shapely.box(0, 0, 1000, 2000)], crs=share.METRIC
    )
    found = lattice(town, 8).geometry
    assert sorted(zip(found.x, found.y, strict=True)) == [
        (x, y) for x in (250, 750) for y in (250, 750, 1250, 1750)
    ]
