"""An error names the layer that is wrong."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from kepu.geo.errors import CrsError

spec = importlib.util.spec_from_file_location("shares", Path(__file__).with_name("test_share.py"))
share = importlib.util.module_from_spec(spec)
spec.loader.exec_module(share)


def test_the_layer_without_metres_is_named():
    demand, venues = share.demand_at([(0, 1)], [1]), share.venues_at((1, 1))
    with pytest.raises(CrsError) as found:
        share.walk(venues, demand.to_crs(4326))
    assert "demand" in str(found.value)
    with pytest.raises(CrsError) as found:
        share.walk(venues.to_crs(4326), demand)
    assert "venues" in str(found.value)
