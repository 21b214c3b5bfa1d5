"""What lies below every map of the appendix, and how places are drawn upon it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from .atlas import base_map
from .maps.figures.about import About, Key, Paper
from .maps.figures.map import Layer, base_layers, border_layers, map_figure
from .maps.figures.marks import round_number
from .maps.figures.names import Names
from .maps.style import MUTED
from .study import Survey

LEAST_POINTS, MOST_POINTS = 10.0, 150.0
"""Square points of a place: of nobody, and of the most people."""
AROUND = 0.35
"""How far the ground is drawn around the district, of its longer side: as far as a sheet shows."""
SIMPLE_METRES = 12.0
"""Finer than a printed line on A4."""
PEOPLE_KEY = "符号面积随人口增大，大小见图例"
SIZES_TOLD, FOURTH = 3, 4
"""Each symbol of the legend stands for about a fourth of the people of the one before."""


class Ground:
    """What lies below every map of a study, worked out once."""

    def __init__(self, survey: Survey) -> None:
        self.towns = survey.towns
        west, south, east, north = survey.towns.total_bounds
        pad = AROUND * max(east - west, north - south)
        frame = (west - pad, south - pad, east + pad, north + pad)
        base = {}
        for name, lines in base_map(survey).items():
            near = gpd.GeoSeries(lines.to_crs(survey.towns.crs)).clip_by_rect(*frame)
            base[name] = near[~near.is_empty].simplify(SIMPLE_METRES)
        self.below = base_layers(self.towns, base)
        self.above = border_layers(self.towns)
        for layer in (*self.below, *self.above):
            _ = layer.outlines  # worked out before the ground is sent to another process

    def layers(self, *drawn: Layer) -> list[Layer]:
        """Return layers upon the ground."""
        return [*self.below, *self.above, *drawn]

    def draws(
        self,
        about: About,
        layers: Iterable[Layer],
        names: Sequence[Names] = (),
        heads: Sequence[Key] = (),
    ) -> Callable[[Paper], Figure]:
        """Return what draws a map of layers upon the ground; it can be sent to a process."""
        drawn = self.layers(*layers)
        return partial(map_figure, about, towns=self.towns, layers=drawn, names=names, heads=heads)


def sizes(people: pd.Series[Any]) -> np.ndarray:
    """Return areas of symbols in square points, growing with people."""
    return np.asarray(LEAST_POINTS + MOST_POINTS * people.to_numpy(float) / _most(people))


def size_keys(people: pd.Series[Any]) -> list[Key]:
    """Return what the legend says of `sizes`: how large the symbols of round numbers are."""
    keys: list[Key] = []
    count, most = round_number(_most(people)), _most(people)
    while len(keys) < SIZES_TOLD and count >= 1:
        across = float(np.sqrt(LEAST_POINTS + MOST_POINTS * count / most))
        keys.append(Key(f"大小：{count:,.0f} 人", "o", "white", MUTED, 0.8, size=across))
        count = round_number(count / FOURTH)
    return keys


def _most(people: pd.Series[Any]) -> float:
    return max(float(people.max()), 1.0) if len(people) else 1.0


def short_name(name: str) -> str:
    """Return the name of a place as a map writes it: 黄溪村, 城西社区."""
    return name.removesuffix("居委会") if name.endswith("居委会") else name.removesuffix("委会")
