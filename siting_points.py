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
    at = np.column_stack([sites.x, sites.y])
    before = np.hypot(x - at[:, 0], y - at[:, 1])
    metres = np.hypot(x - at[:, 0] - moved[:, 0], y - at[:, 1] - moved[:, 1]) - before
    other = np.maximum(np.rint(ticks + metres * (TICKS_A_METRE / kmh)), 0)
    return np.where(ticks == UNREACHED, UNREACHED, other).astype(np.uint32)
