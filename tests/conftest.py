"""
Towns drawn in characters: a map, its ways and who lives there become a real `.osm.pbf` and layers.

The answers of such a town can be told by hand; `tests/scenarios/README.md` says how to draw one.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import osmium
import pytest
import shapely
from geopandas import GeoDataFrame
from hypothesis import is_hypothesis_test, settings
from pyproj import Proj
from shapely.geometry import box

from kepu.coverage.times import Direction, Times, travel_times
from kepu.geo.crs import WGS84, metric_crs, transform
from kepu.geo.profile import Profile, default_profiles, with_speeds
from kepu.layers.roads import Roads, read_roads

from .illustrative import DISTRICT

if TYPE_CHECKING:
    from kepu.assessment import Assessment
    from kepu.study import Survey
    from kepu.study_keys import Study

CORNER = (113.05, 23.70)
"""Where the first character of a map lies, degrees."""
METRIC = metric_crs(*CORNER)
SCALE = Proj(METRIC).get_factors(*CORNER).meridional_scale
"""Metres of the reference system in a metre on the ground: 1.000115 here."""
TURNED = {"yes": "-1", "true": "-1", "1": "-1", "-1": "yes", "reverse": "yes"}
SIDES = {":forward": ":backward", ":backward": ":forward"}
STEPS = {"N": (0, 1), "E": (1, 0), "S": (0, -1), "W": (-1, 0)}

Tags = dict[str, str]

EXAMPLES = float(os.environ.get("KEPU_EXAMPLES", "1"))
"""How many times as many examples of each property: more than once tries others every time."""
# The same commit gives the same verdict, on a busy machine too; a nightly run looks further.
settings.register_profile(
    "house", settings.default, max_examples=200, deadline=None, derandomize=EXAMPLES <= 1
)
settings.load_profile("house")


def turned(tags: Tags) -> Tags:
    """Say the same of a way whose nodes are written in the opposite order."""
    found = {}
    for key, value in tags.items():
        side = next((side for side in SIDES if key.endswith(side)), "")
        name = key.removesuffix(side) + SIDES.get(side, "")
        found[name] = TURNED.get(value, value) if key.startswith("oneway") else value
    implied = tags.get("junction") == "roundabout" or tags.get("highway") == "motorway"
    return {"oneway": "-1", **found} if implied else found


@dataclass
class Town:
    """What a drawing says; `at` are metres in `METRIC`, of nodes as the file will hold them."""

    folder: Path
    at: dict[str, tuple[float, float]] = field(default_factory=dict)
    ways: list[tuple[str, Tags]] = field(default_factory=list)
    nodes: dict[str, Tags] = field(default_factory=dict)
    places: dict[str, Tags] = field(default_factory=dict)
    venues: dict[str, Tags] = field(default_factory=dict)
    towns: list[str] = field(default_factory=list)
    profiles: dict[str, Profile] = field(default_factory=lambda: dict(default_profiles()))
    ferries: bool = False
    built_up: shapely.Geometry | None = None

    def spot(self, text: str) -> tuple[float, float]:
        """Find `B`, or `B+100E+20N`: metres of `METRIC`, in which walks are measured."""
        name, *steps = text.split("+")
        x, y = self.at[name]
        for step in steps:
            east, north = STEPS[step[-1]]
            x, y = x + east * float(step[:-1]), y + north * float(step[:-1])
        return x, y

    def fix(self, name: str, x: float, y: float) -> None:
        """Set a point to the nearest one that a file can hold (1e-7 degrees, 1 cm)."""
        lon, lat = transform([x], [y], METRIC, WGS84)
        east, north = transform(lon.round(7), lat.round(7), WGS84, METRIC)
        self.at[name] = (float(east[0]), float(north[0]))

    def write(self) -> Path:
        """Write the ways, and the nodes that stand in one or bear tags."""
        path = self.folder / "town.osm.pbf"
        names = sorted({*"".join(nodes for nodes, _ in self.ways), *self.nodes})
        with osmium.SimpleWriter(str(path), overwrite=True) as file:
            for name in names:
                lon, lat = transform(*([metres] for metres in self.at[name]), METRIC, WGS84)
                file.add_node(osmium.osm.mutable.Node(
                    id=ord(name), location=(lon[0], lat[0]), tags=self.nodes.get(name, {})
                ))  # fmt: skip
            for number, (nodes, tags) in enumerate(self.ways, 1):
                file.add_way(
                    osmium.osm.mutable.Way(id=number, nodes=[ord(n) for n in nodes], tags=tags)
                )
        return path

    def roads(self, cache: Path | None = None) -> Roads:
        return read_roads(
            self.write(), self.profiles, ferries=self.ferries, built_up=self.built_up, cache=cache
        )

    def times(self, roads: Roads, mode: str, direction: Direction, horizon: float) -> Times:
        return travel_times(
            roads.network, self.profiles[mode], self.demand, self.venue_layer,
            horizon_minutes=horizon, direction=direction, barriers=roads.barriers,
        )  # fmt: skip

    def layer(self, tags: Mapping[str, Tags], **columns: list) -> GeoDataFrame:
        points = [shapely.Point(self.spot(tag.get("at", name))) for name, tag in tags.items()]
        return GeoDataFrame(columns, index=list(tags), geometry=points, crs=METRIC)

    @cached_property
    def demand(self) -> GeoDataFrame:
        said = self.places.values()
        return self.layer(
            self.places,
            people=[int(tags.get("people", "1")) for tags in said],
            town=[tags.get("town", "") for tags in said],
            rural=[tags.get("rural") == "yes" for tags in said],
        )

    @cached_property
    def venue_layer(self) -> GeoDataFrame:
        said = self.venues.values()
        return self.layer(
            self.venues,
            type=[tags.get("type", "room") for tags in said],
            status=[tags.get("status", "open") for tags in said],
        )

    @cached_property
    def outlines(self) -> GeoDataFrame:
        """Towns without a shape: people are counted at points."""
        return GeoDataFrame(index=self.towns, geometry=[None] * len(self.towns), crs=METRIC)


def draw(town: Town, text: str) -> None:
    """Fill a town from its drawing."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    grid = next(float(line.split()[1]) for line in lines if line.startswith("grid "))
    rows = [line[1:] for line in lines if line.startswith("|")]
    for row, line in enumerate(rows):
        for found in re.finditer("[A-Za-z]", line):
            x, y = transform([CORNER[0]], [CORNER[1]], WGS84, METRIC)
            metres = grid * SCALE
            town.fix(found[0], x[0] + found.start() * metres, y[0] - row * metres)
    for line in lines:
        if not line.startswith(("|", "grid ")):
            say(town, *line.split())


def say(town: Town, word: str, name: str, *rest: str) -> None:
    """Understand one line of a drawing."""
    tags = dict(item.split("=", 1) for item in rest)
    match word:
        case "way":
            town.ways.append((name, tags))
        case "node":
            town.nodes[name] = tags
        case "point":
            town.fix(name, *town.spot(tags["at"]))
        case "place":
            town.places[name] = tags
        case "venue":
            town.venues[name] = tags
        case "town":
            town.towns.append(name)
        case "ferries":
            town.ferries = name == "on"
        case "built_up":
            x, y = zip(*(town.at[corner] for corner in name), strict=True)
            town.built_up = shapely.Polygon(zip(*transform(x, y, METRIC, WGS84), strict=True))
        case "mode":
            numbers = {key: float(value) for key, value in tags.items()}
            speeds = {key[6:]: kmh for key, kmh in numbers.items() if key.startswith("speed.")}
            other = {key: value for key, value in numbers.items() if not key.startswith("speed.")}
            town.profiles[name] = replace(with_speeds(town.profiles[name], speeds), **other)
        case _:
            raise ValueError(f"not understood: {word}")


@pytest.fixture(scope="session")
def towns() -> GeoDataFrame:
    """Two squares side by side, 凤城街道 west of 113.05 E and 源潭镇 east of it."""
    frame = GeoDataFrame(
        {"name": ["凤城街道", "源潭镇"], "kind": ["urban", "rural"]},
        geometry=[box(113.0, 23.6, 113.05, 23.7), box(113.05, 23.6, 113.1, 23.7)],
        index=["441802001", "441802102"],
        crs=WGS84,
    )
    frame.index.name = "town"
    return frame.to_crs(metric_crs(113.05, 23.65))


@pytest.fixture(scope="session")
def study() -> Study:
    """The study of the illustrative district."""
    from kepu.study_file import read_study

    return read_study(DISTRICT / "study.toml")


@pytest.fixture(scope="session")
def measured(study: Study) -> Survey:
    """The illustrative district measured, once for all: nobody may change it."""
    from kepu.inputs import read_layers
    from kepu.study import survey

    return survey(study, read_layers(study))


@pytest.fixture(scope="session")
def assessed(study: Study, measured: Survey) -> Assessment:
    """The answers for the illustrative district, once for all: nobody may change them."""
    from kepu.assessment import assess

    return assess(study, measured)


@pytest.fixture
def town(tmp_path: Path) -> Callable[..., Town]:
    """Draw towns; `mirrored` writes every way from its other end, `shuffled` the tables."""

    def drawn(text: str, *, mirrored: bool = False, shuffled: bool = False) -> Town:
        found = Town(tmp_path)
        draw(found, text)
        if mirrored:
            found.ways = [(nodes[::-1], turned(tags)) for nodes, tags in reversed(found.ways)]
        if shuffled:
            found.places = dict(reversed(found.places.items()))
            found.venues = dict(reversed(found.venues.items()))
        return found

    return drawn


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Stand in a folder of one's own: commands write below the present one unless told where."""
    monkeypatch.chdir(tmp_path)


def pytest_collection_modifyitems(items):
    """`KEPU_EXAMPLES=50` tries fifty times as many examples of each property, 0.1 a tenth."""
    for item in items if EXAMPLES != 1 else ():
        test = getattr(item, "obj", None)
        test = getattr(test, "__func__", test)
        if is_hypothesis_test(test):
            # There is no public way: a test with settings of its own heeds no profile.
            said = getattr(test, "_hypothesis_internal_use_settings", None) or settings.default
            wanted = settings(said, max_examples=max(1, round(said.max_examples * EXAMPLES)))
            test._hypothesis_internal_use_settings = wanted


if os.environ.get("NUMBA_DISABLE_JIT") == "1":  # vectors may be arrays, for coverage and mutants
    from kepu.geo import lanes

    from . import plain_lanes

    for name in plain_lanes.NAMES:
        setattr(lanes, name, getattr(plain_lanes, name))
