"""Points of candidates: which are too near to each other, and times to them where they move."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from geopandas import GeoSeries

from .coverage.siting.cover import Whole
from .geo.routing import UNREACHED

Points = npt.NDArray[np.float64]
TICKS_A_METRE = 36.0
"""At one kilometre an hour."""
AT_ONCE = 256
"""So many sites are reckoned at once: in floating point all pairs are several times the times."""


def apart(points: GeoSeries) -> npt.NDArray[np.float64]:
    """Return the straight distances between points, metres, shape (c, c)."""
    x, y = points.x.to_numpy(), points.y.to_numpy()
    return np.asarray(np.hypot(x[:, None] - x[None, :], y[:, None] - y[None, :]))


def one_a_site(number: Whole) -> Whole:
    """List the pairs of options, shape (k, 2), that are of one candidate; `number`: its, (m,)."""
    a, b = np.nonzero(np.triu(number[:, None] == number[None, :], 1))
    return np.column_stack([a, b]).astype(np.int64)


def too_near(points: GeoSeries, number: Whole, kind: npt.NDArray[Any], spacing: float) -> Whole:
    """List the pairs of options of one type, shape (k, 2), nearer than `spacing` metres."""
    if spacing <= 0:
        return np.zeros((0, 2), np.int64)
    near = (apart(points)[np.ix_(number, number)] < spacing) & (kind[:, None] == kind[None, :])
    near &= number[:, None] != number[None, :]
    return np.column_stack(np.nonzero(np.triu(near, 1))).astype(np.int64)


def elsewhere(
    ticks: npt.NDArray[np.uint32], places: GeoSeries, sites: GeoSeries, moved: Points, kmh: float
) -> npt.NDArray[np.uint32]:
    """
    Return times to sites that stand elsewhere, by how much nearer or farther that is straight.

    Parameters
    ----------
    ticks
        Shape (p, c), tenths of a second.
    moved
        Shape (c, 2): metres to the east and to the north.
    kmh
        What a metre more or less costs.
    """
    x, y = places.x.to_numpy()[:, None], places.y.to_numpy()[:, None]
    there = np.empty_like(ticks)
    for begin in range(0, ticks.shape[1], AT_ONCE):
        part = slice(begin, begin + AT_ONCE)
        east, north = x - sites.x.to_numpy()[part], y - sites.y.to_numpy()[part]
        metres = np.hypot(east - moved[part, 0], north - moved[part, 1]) - np.hypot(east, north)
        other = np.maximum(np.rint(ticks[:, part] + metres * (TICKS_A_METRE / kmh)), 0)
        there[:, part] = np.where(ticks[:, part] == UNREACHED, UNREACHED, other)
    return there
