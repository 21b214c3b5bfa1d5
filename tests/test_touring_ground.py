"""Metres of the ways of a tour, told by hand on a drawn town."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from kepu.coverage.touring.ground import UNKNOWN, metres_between

TOWN = """
grid 100
|A---B--C----D
|    |  |
|    E  |
|       F
way AB highway=residential
way BC highway=residential
way CD highway=residential
way BE highway=residential
way CF highway=residential
place p at=A+100E+30N
place q at=C+300E+10N
place r at=B+100S+25E
place u at=A+9000N
venue v at=C+100E+20N
venue w at=A+300E+50S
"""
TOLD = {
    # Walk to the road, along it, walk from the road.
    ("p", "v"): 30 + 300 + 300 + 100 + 20,
    ("p", "w"): 30 + 200 + 50,  # the same street: it is not left
    ("q", "v"): 10 + 200 + 20,
    ("q", "w"): 10 + 300 + 300 + 100 + 50,
    ("r", "v"): 25 + 100 + 300 + 100 + 20,
    ("r", "w"): 25 + 100 + 100 + 50,
}


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("mode", ["car", "walk"])
def test_metres_told_by_hand(town: Callable, mode: str, mirrored: bool) -> None:
    drawn = town(TOWN, mirrored=mirrored)
    roads = drawn.roads()
    times = drawn.times(roads, mode, "to_venue", 120.0)
    found = metres_between(roads.network, drawn.profiles[mode], times)
    told = [[TOLD.get((home, goal), UNKNOWN) for goal in "vw"] for home in "pqru"]
    # A file keeps positions to a centimetre; walks are 1.0001 of those on the ground.
    assert np.abs(found - told).max() < 0.2
