"""Known places: the study's own, its towns and OpenStreetMap's, by what an address calls them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame, GeoSeries

from ..geo.crs import WGS84, require_metric, transform
from ..geo.names import ADDRESS
from .addresses import (
    CORE_CHARACTERS,
    GENERIC,
    TAIL,
    districts,
    normalise,
    readings,
    town_spellings,
    village_name,
    village_spellings,
)
from .lookup import town_at, town_names

TOWN_METRES = 500.0
"""A place may lie this far outside the stated town."""
MERGE_METRES = 200.0
"""Places of one name this near to each other are one: a building and its entrance."""
SETTLEMENTS = frozenset(
    f"place:{kind}" for kind in ("village", "hamlet", "isolated_dwelling", "farm", "neighbourhood",
                                 "quarter", "city_block", "square", "locality")
)  # fmt: skip
SPOT_CHARACTERS = 3
SPELLING_MOST = 24

DEMAND, TOWNS, OSM = "居民点表 / demand", "镇街边界 / towns", "OpenStreetMap"


@dataclass(frozen=True, eq=False)
class Place:
    """
    A known place.

    Parameters
    ----------
    name, source
        Its name, and where it is known from.
    lon, lat, x, y
        WGS 84 in degrees, and metres in the reference system of the towns.
    town, near
        Code of its town, and those of the towns that it lies in or within `TOWN_METRES` of.
    grade
        B to E.
    """

    name: str
    lon: float
    lat: float
    x: float
    y: float
    town: str
    near: frozenset[str]
    grade: str
    source: str

    def agrees(self, wanted: frozenset[str]) -> bool:
        """Tell whether it lies in the wanted towns; a place of the study states its own."""
        return wanted <= self.near and (self.source != DEMAND or wanted <= {self.town})

    def within(self, metres: float, others: Iterable[Place]) -> bool:
        """Tell whether it lies within some metres of one of the others."""
        return any((self.x - o.x) ** 2 + (self.y - o.y) ** 2 <= metres**2 for o in others)


Places = dict[str, list[Place]]


class PlaceIndex:
    """
    Places by spelling.

    Attributes
    ----------
    villages
        The study's own; true where the spelling has the right kind (村, 社区) as well.
    spots, settlements, doors
        Points of interest, small settlements and house numbers of OpenStreetMap.
    stems
        All but doors by name without the generic word.
    centres
        A point inside each town, by code.
    towns, town_stems, stated
        Town codes by full spelling, by short one and by what a table may state.
    known
        Province, city and county of the study by level.
    """

    def __init__(
        self, towns: GeoDataFrame, demand: GeoDataFrame, names: pd.DataFrame | None, district: str
    ) -> None:
        self.crs = require_metric(towns, "towns")
        self.names = {str(town): str(name) for town, name in towns["name"].items()}
        self.stated = town_names(towns)
        self.known = districts(district)
        self.towns = town_spellings(self.names)
        self.town_stems = {
            key: town
            for key, town in self.stated.items()
            if not key.isdigit() and len(key) >= CORE_CHARACTERS
        }
        self.villages: dict[str, list[tuple[bool, Place]]] = {}
        self.spots: Places = {}
        self.settlements: Places = {}
        self.doors: Places = {}
        self.stems: Places = {}
        self._stems_by_char: dict[str, list[str]] = {}
        centres = GeoSeries(towns.geometry.representative_point(), crs=self.crs)
        codes = list(self.names)
        found = _places(centres, list(self.names.values()), ["E"] * len(codes), TOWNS, codes, towns)
        self.centres = {place.town: place for place in found}
        self._add_demand(towns, demand)
        if names is not None and len(names):
            self._add_names(towns, names)
        for stem in self.stems:
            for char in set(stem):
                self._stems_by_char.setdefault(char, []).append(stem)

    def stems_with(self, char: str) -> list[str]:
        """Return the stems that bear a character."""
        return self._stems_by_char.get(char, [])

    def _add_demand(self, towns: GeoDataFrame, demand: GeoDataFrame) -> None:
        names, codes = list(demand["name"]), list(demand["town"])
        grades = ["D"] * len(names)
        for place in _places(demand.geometry, names, grades, DEMAND, codes, towns):
            for spelling, right in self._village_spellings(place.name).items():
                self.villages.setdefault(spelling, []).append((right, place))
            self.stems.setdefault(village_name(place.name)[0], []).append(place)

    def _village_spellings(self, name: str) -> dict[str, bool]:
        """Return the spellings of a name, also without the town before it."""
        plain = normalise(name)
        found: dict[str, bool] = {}
        for text in {plain, *(r.rest for r in readings(plain, self.towns, self.known) if r.town)}:
            for spelling, right in village_spellings(text):
                if len(spelling) >= CORE_CHARACTERS:
                    found[spelling] = right or found.get(spelling, False)
        return found

    def _add_names(self, towns: GeoDataFrame, names: pd.DataFrame) -> None:
        lon, lat = names["lon"].to_numpy(float), names["lat"].to_numpy(float)
        points = GeoSeries(shapely.points(*transform(lon, lat, WGS84, self.crs)), crs=self.crs)
        held = [code or "" for code in town_at(points, towns)]
        kinds = list(names["kind"])
        grades = ["B" if kind == ADDRESS else "D" if kind in SETTLEMENTS else "C" for kind in kinds]
        places = _places(points, list(names["name"]), grades, OSM, held, towns)
        for kind, place in zip(kinds, places, strict=True):
            coarse = kind.startswith("place:") and kind not in SETTLEMENTS
            if place.near and not coarse:
                self._add_name(place)

    def _add_name(self, place: Place) -> None:
        plain = normalise(place.name)
        if place.grade == "B":
            self.doors.setdefault(plain, []).append(place)
            return
        if place.grade == "D":
            for spelling in self._village_spellings(place.name):
                self.settlements.setdefault(spelling, []).append(place)
            self.stems.setdefault(village_name(place.name)[0], []).append(place)
            return
        found = readings(plain, self.towns, self.known)
        for spelling in {plain, *(r.rest for r in found), *(r.whole for r in found)}:
            whole = SPOT_CHARACTERS <= len(spelling) <= SPELLING_MOST
            if whole and not GENERIC.fullmatch(spelling):
                self.spots.setdefault(spelling, []).append(place)
                self.stems.setdefault(spelling, []).append(place)


def _places(
    points: GeoSeries,
    names: list[str],
    grades: list[str],
    source: str,
    codes: list[str],
    towns: GeoDataFrame,
) -> Iterator[Place]:
    """Yield points with names as places; one in no town belongs to a town in whose margin it is."""
    shapes = np.asarray(points, object)
    x, y = shapely.get_x(shapes), shapely.get_y(shapes)
    lon, lat = transform(x, y, points.crs, WGS84)
    index = list(map(str, towns.index))
    near: list[set[str]] = [set() for _ in shapes]
    tree = shapely.STRtree(np.asarray(towns.geometry, object))
    point, town = tree.query(shapes, predicate="dwithin", distance=TOWN_METRES)
    for i, j in zip(point.tolist(), town.tolist(), strict=True):
        near[i].add(index[j])
    for i, name in enumerate(names):
        spot = (float(lon[i]), float(lat[i]), float(x[i]), float(y[i]))
        code = codes[i] or min(near[i], default="")
        yield Place(name, *spot, code, frozenset(near[i]), grades[i], source)


def beginning(text: str, known: Mapping[str, list[Place]]) -> list[Place]:
    """Return the places that a text begins with and says no more of than 旁, 内 or a number."""
    for length in range(min(len(text), SPELLING_MOST), 1, -1):
        if text[:length] in known and TAIL.fullmatch(text[length:]):
            return known[text[:length]]
    return []


def merged(places: Iterable[Place]) -> list[Place]:
    """Leave out what lies beside another; the study's own places come first."""
    kept: list[Place] = []
    for place in sorted(places, key=lambda p: p.source != DEMAND):
        if not place.within(MERGE_METRES, kept):
            kept.append(place)
    return kept
