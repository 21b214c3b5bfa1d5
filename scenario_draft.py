"""A scenario half applied: venues, people and roads as they are by now."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame

from .geo.crs import WGS84, to_wgs84, transform
from .geo.edits import Roadworks
from .geo.errors import Fault, StudyError
from .scenario_keys import Scenario
from .study import Survey
from .study_keys import Study

MOST_TITLES = 8
MOST_FAULTS = 50
"""So many unknown venues of one edit are told."""


@dataclass(frozen=True, eq=False)
class Before:
    """The present state, which no edit changes."""

    study: Study
    survey: Survey


@dataclass(eq=False)
class Draft:
    """
    A scenario being applied.

    Parameters
    ----------
    before
        The present state.
    venues, demand
        As they are by now.
    site_of
        By venue: whose column of times is its own; a venue of the table, or one of `sites`.
    sites
        Points without a column yet, in the reference system of the venues.
    works
        What was done to the roads.
    notes
        What each edit did.
    """

    scenario: Scenario
    before: Before
    study: Study
    venues: GeoDataFrame
    demand: GeoDataFrame
    site_of: pd.Series
    works: Roadworks
    sites: dict[str, shapely.Point] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    has_roads: bool = False

    def known(self, names: Iterable[str]) -> list[str]:
        """Return names of venues that are there, each once."""
        known, wanted = list(self.venues.index), list(dict.fromkeys(names))
        strange = [name for name in wanted if name not in self.venues.index]
        faults = []
        for name in strange[:MOST_FAULTS]:
            near = difflib.get_close_matches(name, known, 1, 0.5)
            facts = {"what": "设施编号", "what_en": "venue", "near": near[0] if near else "—"}
            faults.append(Fault("E-EDIT-NOTHING", value=name, facts=facts))
        if faults:
            raise StudyError(*faults)
        return wanted

    def titles(self, names: Iterable[str]) -> str:
        """Return the names of some venues with their identifiers, for print; of many the first."""
        every = list(names)
        told = [f"{self.venues.at[name, 'name']}（{name}）" for name in every[:MOST_TITLES]]
        return "、".join(told) + (f"等 {len(every)} 处" if len(every) > MOST_TITLES else "")

    def require_new(self, name: str, known: pd.Index) -> None:
        """Refuse an identifier that is taken."""
        if name in known:
            raise StudyError(Fault("E-EDIT-ID", value=name))

    def point(self, lon: float, lat: float, datum: str, *, buffered: bool) -> shapely.Point:
        """
        Return a point in the metric system of the study.

        Parameters
        ----------
        buffered
            Whether it may lie in the buffer around the district.

        Raises
        ------
        KepuError
            It lies too far away, or its datum is unknown.
        """
        towns = self.before.survey.towns
        degrees = to_wgs84([lon], [lat], datum)
        x, y = transform(*degrees, WGS84, towns.crs)
        point = shapely.Point(float(x[0]), float(y[0]))
        reach = self.study.study.buffer_km * 1000 if buffered else 0.0
        away = float(towns.geometry.distance(point).min())
        if away > reach:
            facts = {"km": f"{max(away / 1000, 0.1):.1f}"}
            raise StudyError(Fault("E-EDIT-OUTSIDE", value=f"{lon},{lat}", facts=facts))
        return point

    def town_at(self, point: shapely.Point) -> str | None:
        """Return the town that holds a point."""
        towns = self.before.survey.towns
        inside = towns.index[towns.geometry.intersects(point)]
        return str(inside[0]) if len(inside) else None

    def at_new_site(self, name: str, point: shapely.Point) -> None:
        """Put a venue where no column of times knows it."""
        site = f"{name}@{point.x!r},{point.y!r}"
        self.sites[site] = point
        self.site_of.loc[name] = site


def with_row(
    layer: GeoDataFrame, name: str, values: dict[str, Any], point: shapely.Point
) -> GeoDataFrame:
    """Return a layer with one more row; columns that are not given are empty."""
    cells: dict[str, Any] = {}
    for column, kind in layer.dtypes.drop("geometry").items():
        blank = False if pd.api.types.is_bool_dtype(kind) else (
            0 if pd.api.types.is_integer_dtype(kind) else
            np.nan if pd.api.types.is_float_dtype(kind) else ""
        )  # fmt: skip
        cells[str(column)] = pd.array([values.get(str(column), blank)], dtype=kind)
    index = pd.Index([name], name=layer.index.name, dtype=layer.index.dtype)
    row = GeoDataFrame(cells, index=index, geometry=[point], crs=layer.crs)
    return GeoDataFrame(pd.concat([layer, row[list(layer.columns)]]))
