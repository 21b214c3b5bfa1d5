"""
Isochrones: what lies within so many minutes of a venue, for the eye.

They are drawn from the same times that are counted, walks to the road included. People are counted
at their places all the same, never by polygon; where the two differ, `disagreement` says it in
persons.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from geopandas import GeoDataFrame

from ..geo.contour import rings
from ..geo.crs import require_metric
from ..geo.field import FAR
from ..geo.network import Network
from ..geo.profile import Profile
from ..geo.surface import Ground
from .times import Direction, Times, threshold_ticks, within

MERGED = ""
"""Instead of a venue: whichever of them is nearest."""


def land_of(
    towns: GeoDataFrame, background: GeoDataFrame, network: Network
) -> shapely.MultiPolygon:
    """
    Return the study area without its waters, in the CRS of the network.

    Parameters
    ----------
    towns
        Polygons; together they are the study area.
    background
        `kind` and shapes below the roads; polygons of kind `water` are cut out.
    """
    area = shapely.union_all(towns.geometry.to_crs(network.crs).to_numpy())
    waters = background[background["kind"] == "water"].geometry.to_crs(network.crs)
    land = area - shapely.union_all(shapely.make_valid(waters.to_numpy()))
    parts = shapely.get_parts(shapely.get_parts([land]))
    return shapely.multipolygons(parts[shapely.get_type_id(parts) == 3])


def isochrones(
    network: Network,
    profile: Profile,
    venues: GeoDataFrame,
    minutes: Sequence[float],
    *,
    direction: Direction = "to_venue",
    barriers: npt.NDArray[np.object_] | None = None,
    land: shapely.Geometry | None = None,
    merged: bool = False,
    ground: Ground | None = None,
) -> GeoDataFrame:
    """
    Draw what lies within some times of each venue, or of the nearest of all.

    Parameters
    ----------
    network, profile
        The roads and the mode.
    venues
        Points, metric.
    minutes
        Thresholds, inclusive; all rings of a venue come from one surface.
    direction
        Who travels, as in `coverage.times.travel_times`.
    barriers
        What nobody walks across on the way to the road, in the CRS of the network.
    land
        What is kept, in the CRS of the network (`land_of`); None keeps all.
    merged
        One set of rings for all venues together.
    ground
        Made for the same roads, mode, direction, barriers and land; kept by who asks again.

    Returns
    -------
    GeoDataFrame
        One row per venue and threshold, in the order of the venues, minutes ascending: `venue`
        (`MERGED` for all together), `mode`, `minutes`, and multipolygons in the CRS of the network,
        empty where nothing is reached.

    Raises
    ------
    CrsError
        The venues are not metric.
    """
    require_metric(venues, "venues")
    points = venues.geometry.to_crs(network.crs)
    wanted = sorted({float(value) for value in minutes})
    levels = [threshold_ticks(value) for value in wanted]
    groups = [np.arange(len(venues))] if merged else list(np.arange(len(venues))[:, None])
    names = [MERGED] if merged else venues.index.tolist()
    if ground is None:
        ground = Ground(
            network, profile, leaving=direction == "to_venue", barriers=barriers, land=land,
            searches=len(groups),
        )  # fmt: skip
    shapes = _drawn(ground, points.x.to_numpy(), points.y.to_numpy(), groups, levels)
    return GeoDataFrame(
        {
            "venue": np.repeat(np.array(names, object), len(wanted)),
            "mode": profile.mode,
            "minutes": np.tile(np.array(wanted, float), len(names)),
        },
        geometry=shapes,
        crs=network.crs,
    )


def _drawn(
    ground: Ground,
    x: npt.NDArray[np.float64],
    y: npt.NDArray[np.float64],
    groups: Sequence[npt.NDArray[np.int64]],
    levels: Sequence[int],
) -> list[shapely.MultiPolygon]:
    """Return the rings of each group of venues, one group after the other."""
    if not levels:
        return []
    horizon = levels[-1]
    doors = ground.venue_doors(x, y)
    reached, boxes = [], []
    nodes = 0
    for group in groups:
        time = ground.reached(doors, group, horizon)
        boxes.append(ground.box(time, doors, group, horizon))
        near = np.flatnonzero(time < FAR)  # all nodes of all groups would fill the memory
        reached.append((near, time[near]))
        nodes = len(time)
    ground.prepare([box for box in boxes if box])
    shapes: list[shapely.MultiPolygon] = []
    for (near, ticks), group, box in zip(reached, groups, boxes, strict=True):
        if box is None:
            shapes += [shapely.MultiPolygon()] * len(levels)
            continue
        time = np.full(nodes, FAR, np.int32)
        time[near] = ticks
        surface = ground.surface(time, doors, group, horizon, box)
        shapes += rings(surface, levels, land=ground.land)
    return shapes


def disagreement(shapes: GeoDataFrame, times: Times, demand: GeoDataFrame) -> pd.DataFrame:
    """
    Tell in persons how far rings differ from what is counted.

    Parameters
    ----------
    shapes
        From `isochrones`, of the mode and direction of the times.
    times
        p places; a merged ring is held against the nearest of all their venues.
    demand
        p points with `people`, metric.

    Returns
    -------
    DataFrame
        On the index of `shapes`: `people_counted`, `people_inside`, `inside_not_counted`,
        `counted_not_inside`.
    """
    require_metric(demand, "demand")
    points = demand.geometry.to_crs(shapes.crs).to_numpy()
    people = demand["people"].to_numpy(np.int64)
    pairs = shapely.STRtree(points).query(shapes.geometry.to_numpy(), predicate="covers")
    covered = np.split(pairs[1], np.searchsorted(pairs[0], np.arange(1, len(shapes))))
    rows = []
    for venue, minutes, places in zip(shapes["venue"], shapes["minutes"], covered, strict=False):
        chosen = slice(None) if venue == MERGED else times.venues.get_indexer(pd.Index([venue]))
        counted = within(times.ticks[:, chosen].min(axis=1), minutes)
        inside = np.zeros(len(people), bool)
        inside[places] = True
        rows.append([
            int(people[who].sum())
            for who in (counted, inside, inside & ~counted, counted & ~inside)
        ])  # fmt: skip
    names = ["people_counted", "people_inside", "inside_not_counted", "counted_not_inside"]
    return pd.DataFrame(rows, index=shapes.index, columns=names, dtype=np.int64)
