"""An error names the layer that is wrong."""

from __future__ import annotations

import pytest

from kepu.geo.errors import CrsError

from . import test_share as share


def test_the_layer_without_metres_is_named():
    demand, venues = share.demand_at([(0, 1)], [1]), share.venues_at((1, 1))
    with pytest.raises(CrsError) as found:
        share.walk(venues, demand.to_crs(4326))
    assert "demand" in str(found.value)
    with pytest.raises(CrsError) as found:
        share.walk(venues.to_crs(4326), demand)
    assert "venues" in str(found.value)
