"""Names on a map: where they neither meet each other nor leave the frame."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from matplotlib.patheffects import withStroke
from shapely import affinity
from shapely.geometry.base import BaseGeometry

from ..style import INK
from .marks import metres_a_mm
from .sheet import Sheet
from .text import POINT_MM, breadth

Box = tuple[float, float, float, float]
HALO = [withStroke(linewidth=1.8, foreground="white")]
NOTHING = np.empty((0, 2))
SYMBOL_MM = 0.8


@dataclass(frozen=True, eq=False)
class Names:
    """
    Names of points, the most important first; one that finds no free room is left out.

    Parameters
    ----------
    points
        Where they belong, in the metric system of the map.
    texts
        One for each.
    clear
        Points between a name and its point.
    areas
        What the names are of: each stands within its own where it hides fewest symbols.
    """

    points: gpd.GeoSeries
    texts: Sequence[str]
    size: float = 7.0
    colour: str = INK
    clear: float = 3.5
    areas: gpd.GeoSeries | None = None


def write_names(
    sheet: Sheet, groups: Sequence[Names], symbols: npt.NDArray[np.float64] = NOTHING
) -> None:
    """
    Write names where they neither overlap each other nor leave the frame.

    Parameters
    ----------
    symbols
        Where symbols stand, n x 2, in the metric system of the map.
    """
    _, _, w, h = sheet.frame.body
    taken: list[Box] = []
    scale, (left, _), (low, _) = metres_a_mm(sheet), sheet.body.get_xlim(), sheet.body.get_ylim()
    hidden = (symbols - (left, low)) / scale
    for group in groups:
        areas = [None] * len(group.texts) if group.areas is None else list(group.areas)
        for point, text, area in zip(group.points.to_numpy(), group.texts, areas, strict=True):
            x, y = (point.x - left) / scale, (point.y - low) / scale
            if not text or not (0 <= x <= w and 0 <= y <= h):
                continue
            wide, tall = breadth(text, group.size) + 0.6, group.size * POINT_MM * 1.25
            free = [
                box
                for box in _around(x, y, wide, tall, group.clear * POINT_MM)
                if box[0] >= 1 and box[1] >= 1 and box[2] <= w - 1 and box[3] <= h - 1
                and not any(_meet(box, other) for other in taken)
            ]  # fmt: skip
            if not free:
                continue
            box = free[0]
            if area is not None:
                own = affinity.affine_transform(area, (1 / scale, 0, 0, 1 / scale, -left / scale,
                                                       -low / scale))  # fmt: skip
                box = min(free, key=lambda one: (_beyond(one, own), _hides(one, hidden)))
            taken.append(box)
            sheet.body.text(
                left + scale * (box[0] + box[2]) / 2,
                low + scale * (box[1] + box[3]) / 2,
                text,
                fontsize=group.size,
                color=group.colour,
                ha="center",
                va="center",
                path_effects=HALO,
                zorder=100,
            )


def _beyond(box: Box, area: BaseGeometry) -> int:
    """Return which part of a name leaves its area, in tenths."""
    name = shapely.box(*box)
    inside: float = name.intersection(area).area / name.area
    return round(10 - 10 * inside)


def _hides(box: Box, symbols: npt.NDArray[np.float64]) -> int:
    """Return how many symbols a name in a box would hide."""
    inside = (symbols >= (box[0] - SYMBOL_MM, box[1] - SYMBOL_MM)) & (
        symbols <= (box[2] + SYMBOL_MM, box[3] + SYMBOL_MM)
    )
    return int(inside.all(axis=1).sum())


def _around(x: float, y: float, wide: float, tall: float, clear: float) -> Iterable[Box]:
    """Yield where a name may stand: beside its point, or upon it and a little off."""
    half, up = wide / 2, tall / 2
    if clear:
        for across, along in ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1)):
            cx, cy = x + across * (half + clear), y + along * (up + clear)
            yield cx - half, cy - up, cx + half, cy + up
        return
    for away in range(9):
        for across, along in ((0, 1), (0, -1), (1, 0), (-1, 0)) if away else ((0, 0),):
            cx, cy = x + across * away * 3.0, y + along * away * 2.0
            yield cx - half, cy - up, cx + half, cy + up


def _meet(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
