"""How much of the land lies within reach: another figure than people, and never mixed with them."""

from __future__ import annotations

from collections.abc import Iterable

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame

from .share import Standard, admitted, nearest, share_of
from .times import Times, within


def lattice(towns: GeoDataFrame, points: int) -> GeoDataFrame:
    """
    Lay a square lattice over the towns, about so many points of it inside.

    Parameters
    ----------
    towns
        Polygons, metric, with `kind`.
    points
        0 gives none.

    Returns
    -------
    GeoDataFrame
        Index texts; `town` and `rural`, the kind of the town. Each point stands for as much land
        as any other; the first lies half a step inside the bounds.
    """
    land = towns[~(towns.geometry.isna() | towns.geometry.is_empty)]
    area = float(land.area.sum())
    if not points or not area:
        return GeoDataFrame({"town": [], "rural": []}, geometry=[], crs=towns.crs)
    step = float(np.sqrt(area / points))
    west, south, east, north = land.total_bounds
    x, y = np.meshgrid(
        np.arange(west + step / 2, east, step), np.arange(south + step / 2, north, step)
    )
    grid = shapely.points(x.ravel(), y.ravel())
    point, town = land.sindex.query(grid, predicate="intersects")
    point, first = np.unique(point, return_index=True)  # a point on a border is of one town
    town = town[first]
    return gpd.GeoDataFrame(
        {"town": land.index[town], "rural": (land["kind"].to_numpy() != "urban")[town]},
        index=[f"land{number}" for number in point.tolist()],
        geometry=grid[point],
        crs=towns.crs,
    )


def land_table(
    standards: Iterable[tuple[Standard, Times]],
    venues: GeoDataFrame,
    points: GeoDataFrame,
    towns: GeoDataFrame,
) -> pd.DataFrame:
    """
    Count how much of the land is within the limit of each standard.

    Land without a road nearby is not reached and stays in the denominator. Urban and rural are the
    kinds of the towns, not of places.

    Parameters
    ----------
    standards
        Each with the times from the lattice.
    venues, points, towns
        Layers.

    Returns
    -------
    DataFrame
        `standard`, `scope`, `code`, `points`, `reached`, `share`.
    """
    rural, town = points["rural"].to_numpy(bool), points["town"].to_numpy()
    scopes = [
        ("district", "", np.ones(len(points), bool)),
        ("urban", "", ~rural),
        ("rural", "", rural),
        *(("town", code, town == code) for code in towns.index),
    ]
    tables = []
    for standard, times in standards:
        among = admitted(venues, standard)[0]
        found = nearest(times, venues, standard.types, count=standard.count, among=among)
        reached = within(found.ticks, standard.minutes)
        rows = [
            (scope, code, int(mask.sum()), int(reached[mask].sum())) for scope, code, mask in scopes
        ]
        table = pd.DataFrame(rows, columns=["scope", "code", "points", "reached"])
        table["share"] = share_of(table["reached"], table["points"])
        table.insert(0, "standard", standard.key)
        tables.append(table)
    empty = pd.DataFrame(columns=["standard", "scope", "code", "points", "reached", "share"])
    return pd.concat(tables, ignore_index=True) if tables else empty
