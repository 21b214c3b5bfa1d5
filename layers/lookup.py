"""Lookup: the one town that a table states, and the one that holds a point."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame, GeoSeries

from .addresses import TOWN_SUFFIX
from .cells import lookup_key
from .ledger import Ledger, listed

TOWN_ALIASES = (
    "所属镇街", "所属乡镇", "镇街", "乡镇", "街道", "乡镇名称", "镇（街）", "镇（街道）",
    "乡镇（街道）", "town", "town_name",
)  # fmt: skip
"""Headers of the column where other tables state a town by name or code,"""
TOWN_CODE_ALIASES = ("乡镇代码", "镇街代码", "所属镇街代码", "town_code")
"""and of the column where they state its code beside."""
OFFICES = re.compile(r"(人民政府|政府|办事处|(?<=街道)办)$")

COUNTY_BEFORE = re.compile(r"[区县市]")

BORDER_METRES = 0.01
"""A point this near to a border lies on it."""
SLIT_METRES = 1.0
"""A point outside all towns but this near to one belongs to it."""


def town_names(towns: GeoDataFrame) -> dict[str, str]:
    """
    Return town codes by what a table may call a town: code, name, name without 镇 and the like.

    Keys are `lookup_key`s. A name that means several towns is left out.
    """
    names = [lookup_key(name) for name in towns["name"]]
    full = _unique(names, towns.index)
    short = _unique([TOWN_SUFFIX.sub("", name) for name in names], towns.index)
    codes = {str(town): str(town) for town in towns.index}
    return {**short, **full, **{f"{town}000": town for town in codes}, **codes}


def _unique(names: list[str], codes: pd.Index[Any]) -> dict[str, str]:
    return {
        name: str(town) for name, town in zip(names, codes, strict=True) if names.count(name) == 1
    }


def town_named(stated: str, names: dict[str, str]) -> str | None:
    """Return the code of the town that a table states, by `town_names`; none if it is not there."""
    key = OFFICES.sub("", lookup_key(stated))
    if key in names:
        return names[key]
    behind = {names[name] for name in names if TOWN_SUFFIX.search(name) and key.endswith(name)}
    return behind.pop() if len(behind) == 1 and COUNTY_BEFORE.search(key) else None


def town_at(points: GeoSeries, towns: GeoDataFrame) -> list[str | None]:
    """
    Return the code of the one town that holds each point: on a border the lowest code.

    So does a point in a slit between towns that is not wider than `SLIT_METRES`; a point in none
    gives none.
    """
    codes = np.asarray(towns.index.sort_values(), object)
    tree = shapely.STRtree(np.asarray(towns.geometry.loc[codes], object))
    shapes = np.asarray(points, object)
    found: list[str | None] = [None] * len(shapes)
    for metres in (SLIT_METRES, BORDER_METRES):
        point, town = tree.query(shapes, predicate="dwithin", distance=metres)
        for i, j in sorted(zip(point.tolist(), town.tolist(), strict=True), reverse=True):
            found[i] = str(codes[j])
    return found


def warn_far_from_town(
    points: GeoSeries, codes: Sequence[str], towns: GeoDataFrame, metres: float, ledger: Ledger
) -> None:
    """Warn of points farther than `metres` from the town with the code that they state."""
    stated = np.array([town != "" for town in codes], bool)
    shapes = np.full(len(codes), None, object)
    shapes[stated] = np.asarray(towns.geometry.loc[[town for town in codes if town]], object)
    away = shapely.distance(np.asarray(points, object), shapes)
    far = away > metres
    if far.any():
        rows = listed(points.index[far])
        ledger.warn("W-TOWN", count=int(far.sum()), metres=f"{np.nanmax(away):.0f}", rows=rows)
