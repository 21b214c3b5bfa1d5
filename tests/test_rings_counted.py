"""A ring of all venues together is held against the nearest of them."""

from __future__ import annotations

import geopandas
import pytest
import shapely

from kepu.coverage.isochrone import MERGED, disagreement
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
