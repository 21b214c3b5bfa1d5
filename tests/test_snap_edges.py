"""At the very end of an edge a place stands on the node itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from pyproj import CRS

from kepu.geo.crs import WGS84, transform
from kepu.geo.profile import MODES, ClassSpeed, default_profiles
from kepu.geo.snap import doors, snap
from kepu.geo.ways import Ways, build

METRIC = CRS.from_epsg(4547)
EAST, NORTH = 400_000.0, 2_621_000.0
KILOMETRES = 10.0
"""So long that a part in a thousand million of it is 0.01 mm: more than coordinates are off."""


def street(usable=(True, True)):
    """One street to the east."""
    x, y = np.array([0.0, 1000 * KILOMETRES]), np.zeros(2)
    lon, lat = transform(x + EAST, y + NORTH, METRIC, WGS84)
    return build(Ways(
        first=np.array([0, 2]), ref=np.array([1, 2]), lon=lon, lat=lat, identifier=np.arange(1),
        classes=["residential"], names=[""], factor=np.ones(1), limit_kmh=np.full((1, 2), np.inf),
        open=dict.fromkeys(MODES, np.array([usable])), structure=np.zeros(1, bool),
        barred=dict.fromkeys(MODES, np.zeros(0, np.int64)),
    ))  # fmt: skip


def shares(millimetres, searcher):
    network, metres = street(), np.array(millimetres) / 1000
    x = np.where(metres < 0, 1000 * KILOMETRES + metres, metres) + EAST
    found = snap(network, x, np.full(len(x), NORTH + 3.0), joinable=np.ones(1, bool),
                 limit_metres=10.0, searcher=searcher)  # fmt: skip
    return found.share


@pytest.mark.parametrize("searcher", ["tree", "grid"])
def test_what_is_nearly_the_end_is_the_end_and_no_more(searcher):
    """A hundredth of a millimetre is a thousand-millionth of this street."""
    found = shares([0.004, 1.0, -0.004, -1.0], searcher)
    assert found[0] == 0.0
    assert found[2] == 1.0
    assert found[1] == pytest.approx(1e-7, abs=2e-9)
    assert 1 - found[3] == pytest.approx(1e-7, abs=2e-9)


def test_who_stands_at_the_end_of_a_one_way_street_may_leave_by_the_node():
    """Elsewhere on the street only with it, towards the head."""
    network = street((True, False))
    walk = replace(default_profiles()["walk"], speeds={
        "residential": ClassSpeed(3.6, 3.6, True, True)
    })  # fmt: skip
    x = np.array([0.0, 4e-6, 500.0, 1000 * KILOMETRES - 4e-6]) + EAST
    found = snap(network, x, np.full(4, NORTH), joinable=np.ones(1, bool), limit_metres=10.0)
    leaving = doors(network, walk, found, leaving=True)
    assert leaving.open.tolist() == [[True, True], [True, True], [False, True], [False, True]]
    arriving = doors(network, walk, found, leaving=False)
    assert arriving.open.tolist() == [[True, False], [True, False], [True, False], [True, True]]
