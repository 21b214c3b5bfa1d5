"""
Geometry of the page as delta-coded bytes, and what its frames must be.

Coordinates are WGS 84 degrees on a grid of 1e-5 (about 1 m).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

GRID_DEGREES = 1e-5
SIMPLIFY_DEGREES = 2e-5
AT_ONCE = 1 << 18

Geometries = npt.NDArray[np.object_]


def _varints(values: npt.NDArray[np.int64]) -> bytes:
    """Code signed integers as zigzag LEB128, the small ones in one byte."""
    # In parts: the groups of millions of numbers at once would take gigabytes.
    parts = range(0, len(values), AT_ONCE)
    return b"".join(_some_varints(values[begin : begin + AT_ONCE]) for begin in parts)


def _some_varints(values: npt.NDArray[np.int64]) -> bytes:
    coded = (values << 1) ^ (values >> 63)
    lengths = 1 + (coded[:, None] >= 1 << np.array([7, 14, 21, 28])).sum(axis=1)
    order = np.arange(5)
    groups = (coded[:, None] >> (7 * order)) & 0x7F
    groups |= np.where(order < lengths[:, None] - 1, 0x80, 0)
    return bytes(groups[order < lengths[:, None]].astype(np.uint8))


def _vertices(parts: Geometries) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    counts = np.asarray(shapely.get_num_coordinates(parts))
    return shapely.get_coordinates(parts), np.repeat(np.arange(len(counts)), counts)


def encode(parts: Sequence[Any] | Geometries) -> bytes:
    """Return lines, rings or points as varints: for each part its vertex count, then the steps."""
    geometries = np.asarray(parts, dtype=object)
    xy, part = _vertices(geometries)
    grid = np.rint(xy / GRID_DEGREES).astype(np.int64)
    fresh = np.ones(len(grid), dtype=bool)
    fresh[1:] = (np.diff(grid, axis=0) != 0).any(axis=1) | (np.diff(part) != 0)
    grid, part = grid[fresh], part[fresh]
    steps = np.diff(grid, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
    starts = np.flatnonzero(np.diff(part, prepend=-1))
    counts = np.diff(np.append(starts, len(part)))
    stream = np.insert(steps.ravel(), starts * 2, counts)
    return _varints(stream)


def rings(geometry: object) -> Geometries:
    """Return the rings of a polygon or of many."""
    parts = shapely.get_parts(shapely.get_parts([geometry]))
    return np.asarray(shapely.get_rings(parts[shapely.get_type_id(parts) == 3]), dtype=object)


def require_degrees(name: str, layer: gpd.GeoDataFrame | gpd.GeoSeries) -> None:
    """Refuse a layer that is not in EPSG:4326."""
    if layer.crs is None or layer.crs.to_epsg() != 4326:
        msg = f"`{name}` must be in EPSG:4326, got {layer.crs}"
        raise ValueError(msg)


def positions(name: str, keys: pd.Series, index: pd.Index) -> npt.NDArray[np.int64]:
    """Return where each key stands in `index`, -1 for a missing key; an unknown one is refused."""
    found = index.get_indexer(pd.Index(keys))
    strange = keys[(found < 0) & keys.notna().to_numpy()]
    if len(strange):
        msg = f"`{name}` refers to unknown {sorted(set(strange.astype(str)))[:5]}"
        raise ValueError(msg)
    return np.asarray(found, dtype=np.int64)


def texts(column: pd.Series | pd.Index) -> list[str]:
    """Return a column as texts."""
    return [str(value) for value in column]


def grid_points(
    points: gpd.GeoSeries, grid_degrees: float = GRID_DEGREES
) -> dict[str, npt.NDArray[np.int64]]:
    """Return points as whole multiples of `GRID_DEGREES`, rounded to a grid that may be coarser."""
    xy = shapely.get_coordinates(points.to_numpy())
    steps = np.rint(xy / grid_degrees) * round(grid_degrees / GRID_DEGREES)
    return {"lng": steps[:, 0].astype(np.int64), "lat": steps[:, 1].astype(np.int64)}


def base_columns(base: Mapping[str, gpd.GeoSeries]) -> dict[str, dict[str, bytes]]:
    """Return for each class its lines and its rings; overlapping areas are made one."""
    answer = {}
    for name, series in base.items():
        require_degrees(f"base[{name!r}]", series)
        parts = shapely.get_parts(shapely.get_parts(series.dropna().to_numpy()))
        kinds = shapely.get_type_id(parts)
        lines = shapely.simplify(parts[kinds == 1], SIMPLIFY_DEGREES)
        areas = shapely.union_all(parts[kinds == 3])
        answer[name] = {
            "lines": encode(lines[shapely.length(lines) > 2 * GRID_DEGREES]),
            "rings": encode(rings(areas)),
        }
    return answer


RING_DEGREES = 1.5e-4
"""Isochrones are pictures: 15 m are less than a pixel on every sheet of paper."""


def ring_columns(isochrones: gpd.GeoDataFrame, venues: pd.Index) -> list[dict[str, Any]]:
    """Return the isochrones with the position of their venue, the widest of each venue first."""
    require_degrees("isochrones", isochrones)
    shapes = shapely.simplify(isochrones.geometry.to_numpy(), RING_DEGREES)
    at = positions("isochrones.venue", isochrones["venue"], venues)
    rows = [
        {
            "venue": int(v),
            "mode": str(mode),
            "minutes": float(minutes),
            "rings": encode(rings(shape)),
        }
        for v, mode, minutes, shape in zip(
            at, isochrones["mode"], isochrones["minutes"], shapes, strict=True
        )
        if not shape.is_empty
    ]
    return sorted(rows, key=lambda row: (row["venue"], row["mode"], -row["minutes"]))


WAY_ROOM = 1_200_000_000
"""Vertices of all routes of a page, times its places: 60,000 (0.3 MB) beside 20,000 places."""


def branches_columns(branches: Any, people: npt.NDArray[np.int64], most: int) -> dict[str, object]:
    """
    Return shared routes: of each place its first branch, of each branch the next, and lines.

    Parameters
    ----------
    people
        Shape (p,), by place.
    most
        Vertices to be told: of more, places with few people go without, their start is -1.
    """
    start = np.asarray(branches.start, np.int64)
    parent = np.asarray(branches.parent, np.int64)
    points = np.asarray(shapely.get_num_coordinates(branches.line))
    kept = np.ones(len(parent), bool)
    if points.sum() > most:
        kept[:] = False
        start = start.copy()
        room = most
        for place in np.argsort(-people, kind="stable").tolist():
            chain, at = [], int(start[place])
            while at >= 0 and not kept[at]:
                chain.append(at)
                at = int(parent[at])
            if (cost := int(points[chain].sum())) > room:
                start[place] = -1
                continue
            kept[chain] = True
            room -= cost
    number = np.append(np.where(kept, kept.cumsum() - 1, -1), -1)
    return {
        "start": number[start],
        "parent": number[parent[kept]],
        "lines": encode(np.asarray(branches.line, object)[kept]),
    }
