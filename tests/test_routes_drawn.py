"""How much the drawn ways may differ from the roads."""

from __future__ import annotations

import shapely

from . import test_routes as ways

DRAWN_METRES = 10.0


def test_ways_on_the_map_are_within_ten_metres_of_the_roads():
    drawn, *_ = ways.asked(5, "car", "to_venue")
    exact = drawn.branches(tolerance_metres=0.0).line
    network = ways.district().network
    lines = [
        shapely.get_parts(ways.gpd.GeoSeries(line, crs=4326).to_crs(network.crs).to_numpy())
        for line in (exact, drawn.branches().line)
    ]
    off = [
        shapely.distance(shapely.points(shapely.get_coordinates(road)), line).max()
        for road, line in zip(*lines, strict=True)
    ]
    assert DRAWN_METRES / 2 < max(off) <= DRAWN_METRES
    points = [shapely.get_num_coordinates(line).sum() for line in lines]
    assert points[1] < points[0]
