"""What is asked: a standard, the times of those whom it is about, the pace of small roads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from geopandas import GeoDataFrame

from .share import Standard
from .times import Times

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Question:
    """
    A standard, the times of those who travel by it, and how far they come in a minute.

    Parameters
    ----------
    standard
        What is asked.
    times
        p places, v venues.
    metres_a_minute
        Straight metres on small roads, the detour taken off: what a move of a point is charged.
    fixed_minutes
        Of a trip: what does not change with speeds, parking.
    join_metres
        Who lives farther from every road is not connected.
    """

    standard: Standard
    times: Times
    metres_a_minute: float
    fixed_minutes: float = 0.0
    join_metres: float = 0.0


def spread_of(layer: GeoDataFrame, metres: Mapping[str, float]) -> Floats:
    """
    Return how far the points of a layer may be off, metres, shape (n,).

    Parameters
    ----------
    layer
        `precision`, a grade or empty; where the column is missing no grade is stated.
    metres
        By grade; "" for those without.
    """
    grades = layer["precision"] if "precision" in layer else pd.Series("", layer.index)
    known = [metres.get(grade, metres[""]) for grade in grades.fillna("").astype(str)]
    return np.array(known, float)
