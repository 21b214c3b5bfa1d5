"""
What the page is told: the frames as columns, geometries as delta-coded bytes.

Coordinates are WGS84 degrees on a grid of 1e-5 (about 1 m), times tenths of a second as in the
analysis itself, so that a number in a popup is the number in the frame.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from .style import minute_edges, share_edges, share_fills

GRID_DEGREES = 1e-5
SIMPLIFY_DEGREES = 2e-5
TENTHS_PER_MINUTE = 600
REASONS = ("", "not_connected", "beyond_horizon", "no_venue", "not_meant")
COUNTS = ["people", "covered", "not_connected", "share"]
NOBODY: list[int | float | None] = [0, 0, 0, None]

Geometries = npt.NDArray[np.object_]


def _varints(values: npt.NDArray[np.int64]) -> bytes:
    """Code signed integers as zigzag LEB128, the small ones in one byte."""
    coded = (values << 1) ^ (values >> 63)
    lengths = 1 + (coded[:, None] >= 1 << np.array([7, 14, 21, 28])).sum(axis=1)
    order = np.arange(5)
    groups = (coded[:, None] >> (7 * order)) & 0x7F
    groups |= np.where(order < lengths[:, None] - 1, 0x80, 0)
    return bytes(groups[order < lengths[:, None]].astype(np.uint8))


def _vertices(parts: Geometries) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    counts = np.asarray(shapely.get_num_coordinates(parts))
    return shapely.get_coordinates(parts), np.repeat(np.arange(len(counts)), counts)


def encode(parts: Sequence[Any] | Geometries) -> str:
    """Return lines, rings or points as base64: for each part its vertex count, then the steps."""
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
    return base64.b64encode(_varints(stream)).decode()


def encode_points(points: gpd.GeoSeries) -> str:
    """Return all points as one part, one vertex each, in their order."""
    grid = np.rint(shapely.get_coordinates(points.to_numpy()) / GRID_DEGREES).astype(np.int64)
    steps = np.diff(grid, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
    stream = np.insert(steps.ravel(), 0, len(grid))
    return base64.b64encode(_varints(stream)).decode()


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


def _texts(column: pd.Series) -> list[str]:
    return [str(value) for value in column]


def _tenths(minutes: pd.Series) -> list[int | None]:
    return [None if pd.isna(m) else round(float(m) * TENTHS_PER_MINUTE) for m in minutes]


def towns_columns(towns: gpd.GeoDataFrame) -> dict[str, object]:
    """Return the towns with their rings and the point where each name stands best."""
    centre = shapely.get_point(
        shapely.maximum_inscribed_circle(towns.geometry.to_numpy(), tolerance=1e-4), 0
    )
    return {
        "code": _texts(towns.index.to_series()),
        "name": _texts(towns["name"]),
        "kind": _texts(towns["kind"]),
        "rings": [encode(rings(shape)) for shape in towns.geometry],
        "label": encode_points(gpd.GeoSeries(centre)),
        "district": encode(rings(towns.geometry.union_all())),
    }


def places_columns(places: gpd.GeoDataFrame, towns: gpd.GeoDataFrame) -> dict[str, object]:
    """Return the places; every further column of numbers is a group of people."""
    known = ["name", "town", "rural", "people"]
    groups = places.drop(columns=known).select_dtypes("number")
    return {
        "id": _texts(places.index.to_series()),
        "name": _texts(places["name"]),
        "town": positions("places.town", places["town"], towns.index).tolist(),
        "rural": places["rural"].astype(int).tolist(),
        "people": places["people"].astype(int).tolist(),
        "groups": {str(group): groups[group].fillna(0).tolist() for group in groups},
        "at": encode_points(places.geometry),
    }


def venues_columns(venues: gpd.GeoDataFrame) -> dict[str, object]:
    """Return the venues; a type is told once."""
    types = venues.drop_duplicates("type").set_index("type")["type_name"]
    return {
        "id": _texts(venues.index.to_series()),
        "name": _texts(venues["name"]),
        "type": positions("venues.type", venues["type"], types.index).tolist(),
        "types": {"key": _texts(types.index.to_series()), "name": _texts(types)},
        "status": _texts(venues["status"]),
        "outside": venues["outside"].astype(int).tolist(),
        "at": encode_points(venues.geometry),
    }


def standards_columns(standards: pd.DataFrame, places: gpd.GeoDataFrame) -> dict[str, object]:
    """Return the standards with the classes that follow from goal and threshold."""
    positions("standards.group", standards["group"], places.columns)
    goals = [float(goal) for goal in standards["goal"]]
    return {
        "key": _texts(standards.index.to_series()),
        **{
            name: _texts(standards[name])
            for name in ("name", "type_names", "mode", "group", "basis")
        },
        "minutes": [float(minutes) for minutes in standards["minutes"]],
        "goal": goals,
        "types": [list(map(str, types)) for types in standards["types"]],
        "shareEdges": [share_edges(goal) for goal in goals],
        "shareFills": [share_fills(goal) for goal in goals],
        "minuteEdges": [minute_edges(float(minutes)) for minutes in standards["minutes"]],
    }


def reach_columns(
    reach: pd.DataFrame, standards: pd.Index, places: pd.Index, venues: pd.Index
) -> list[dict[str, object]]:
    """
    Return one set of columns for each standard, in the order of the places.

    Raises
    ------
    ValueError
        If some place has not exactly one row under some standard.
    """
    answer = []
    for standard in standards:
        rows = reach[reach["standard"] == standard].set_index("place")
        if not rows.index.is_unique or set(rows.index) != set(places):
            msg = f"`reach` must hold each place once under {standard!r}"
            raise ValueError(msg)
        rows = rows.loc[places]
        answer.append(
            {
                "minutes": _tenths(rows["minutes"]),
                "walk": _tenths(rows["walk_minutes"]),
                "venue": positions("reach.venue", rows["venue"], venues).tolist(),
                "covered": rows["covered"].astype(int).tolist(),
                "reason": [REASONS.index(reason) for reason in rows["reason"].fillna("")],
            }
        )
    return answer


def _counts(row: pd.Series) -> list[int | float | None]:
    share = None if pd.isna(row["share"]) else float(row["share"])
    return [int(row["people"]), int(row["covered"]), int(row["not_connected"]), share]


def coverage_columns(
    coverage: pd.DataFrame, standards: pd.Index, towns: pd.Index
) -> list[dict[str, object]]:
    """
    Return `[people, covered, not connected, share]` of district, halves and towns.

    Raises
    ------
    ValueError
        If a row stands twice.
    KeyError
        If the district or a town has no row under some standard; a half without people may be left
        out.
    """
    table = coverage.set_index(["standard", "scope", "code"])[COUNTS]
    if not table.index.is_unique:
        msg = f"`coverage` has rows twice: {table.index[table.index.duplicated()][:5].tolist()}"
        raise ValueError(msg)
    rows = {key: _counts(row) for key, row in table.iterrows()}
    return [
        {
            "district": rows[standard, "district", ""],
            "urban": rows.get((standard, "urban", ""), NOBODY),
            "rural": rows.get((standard, "rural", ""), NOBODY),
            "towns": [rows[standard, "town", town] for town in towns],
        }
        for standard in standards
    ]


def flags_columns(
    flags: pd.DataFrame, standards: pd.Index, places: pd.Index, towns: pd.Index
) -> dict[str, object]:
    """Return the flags, each pointing at a place or a town by its position."""
    at = np.where(
        flags["kind"].to_numpy() == "town",
        towns.get_indexer(pd.Index(flags["id"])),
        places.get_indexer(pd.Index(flags["id"])),
    )
    if (at < 0).any():
        msg = f"`flags` refers to unknown {list(flags['id'][at < 0])[:5]}"
        raise ValueError(msg)
    return {
        "kind": _texts(flags["kind"]),
        "at": at.tolist(),
        "standard": positions("flags.standard", flags["standard"], standards).tolist(),
        "sentence": _texts(flags["sentence"]),
    }


def base_columns(base: Mapping[str, gpd.GeoSeries]) -> dict[str, dict[str, str]]:
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
