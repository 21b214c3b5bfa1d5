"""What adorns the made-up district: roads and water, a measure, isochrones, ways."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from kepu.maps.content import Measure

WEST, SOUTH, EAST, NORTH = 112.88, 23.45, 113.37, 23.89
BAD_PLACE = 7
"""Has no value, and no road."""


def base_of(towns: gpd.GeoDataFrame, rng: np.random.Generator) -> dict[str, gpd.GeoSeries]:
    """Return 3,000 wandering lines, most of them village roads, and a wide river."""
    counts = {"motorway": 3, "trunk": 4, "primary": 8, "secondary": 25, "tertiary": 160,
              "minor": 2797, "rail": 2, "river": 6}  # fmt: skip
    base = {}
    for name, count in counts.items():
        is_local = name in ("minor", "tertiary")
        steps = (rng.integers(5, 12), 0.0016) if is_local else (60, 0.009)
        start = rng.uniform((WEST, SOUTH), (EAST, NORTH), (count, 2))
        way = rng.uniform(0, 2 * np.pi, (count, 1))
        turns = way + rng.normal(0, 0.16, (count, int(steps[0]))).cumsum(axis=1)
        moves = steps[1] * np.stack([np.cos(turns), np.sin(turns)], axis=2)
        middle = moves.cumsum(axis=1) - (0 if is_local else moves.sum(axis=1, keepdims=True) / 2)
        base[name] = gpd.GeoSeries(shapely.linestrings(start[:, None] + middle), crs=4326)
    x = np.linspace(WEST - 0.1, EAST + 0.1, 200)
    y = 23.66 + 0.05 * np.sin(18 * x) + 0.02 * np.sin(41 * x)
    river = shapely.linestrings(np.column_stack([x, y])).buffer(0.0045)
    base["water"] = gpd.GeoSeries([river, shapely.Point(113.2, 23.8).buffer(0.012)], crs=4326)
    return base


def measure_of(places: gpd.GeoDataFrame, towns: int) -> Measure:
    values = np.arange(len(places), dtype=np.int64) * 10
    values[BAD_PLACE] = -1
    return Measure(
        key="access", name="可达性", english="Access", unit="处/万人", basis="示例",
        standard="room",
        values=values, scale=100, edges=(4.0, 8.0), labels=("高", "中", "低"),
        towns=np.arange(towns) * 200, town_edges=(4.0, 8.0), town_labels=("高", "中", "低"),
        is_more_better=True, summary=[f"{i}.00" for i in range(3 + towns)],
    )  # fmt: skip


def rings_of(venues: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    used = venues[(venues["type"] == "room.community") & (venues["status"] == "open")]
    rows = [
        (venue, "walk", minutes, point.buffer(0.0008 * minutes))
        for venue, point in used.geometry.items()
        for minutes in (7.5, 15.0)
    ]
    frame = pd.DataFrame(rows, columns=["venue", "mode", "minutes", "geometry"])
    return gpd.GeoDataFrame(frame, crs=4326)


def branches(places: gpd.GeoDataFrame, venues: gpd.GeoDataFrame, venue: np.ndarray) -> Any:
    """Return ways with one corner each; the last piece of a venue is shared by all who go there."""
    start, parent, lines = [], [], []
    last: dict[int, int] = {}
    for i, v in enumerate(venue):
        if v < 0:
            start.append(-1)
            continue
        goal, home = venues.geometry.iloc[v], places.geometry.iloc[i]
        door = (goal.x + 0.001, goal.y)
        if int(v) not in last:
            last[int(v)] = len(lines)
            parent.append(-1)
            lines.append(shapely.LineString([door, (goal.x, goal.y)]))
        start.append(len(lines))
        parent.append(last[int(v)])
        lines.append(shapely.LineString([(home.x, home.y), (home.x, door[1]), door]))
    return SimpleNamespace(start=np.array(start), parent=np.array(parent),
                           line=np.array(lines, dtype=object))  # fmt: skip
