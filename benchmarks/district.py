"""
A made district of any size as the stages of a run leave it: its roads, its layers and its times.

Rows are those of the illustrative study, drawn again and again; points lie by the streets of a made
town. The same sizes give the same district.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame
from services import written

from kepu.geo.network import Network
from kepu.inputs import Layers, read_layers
from kepu.layers.roads import read_roads
from kepu.study import Survey, measure_times
from kepu.study_file import read_study
from kepu.study_keys import Study

STUDY = Path(__file__).parents[1] / "data" / "boundaries" / "study.toml"
TOWNS_A_SIDE = 4
OFF_METRES = 120.0
"""Places lie so far from a crossing at most, east and north."""


def surveyed(folder: Path, *, places: int, venues: int, lines: int) -> tuple[Study, Survey]:
    """
    Make a district and measure its times; slow.

    Parameters
    ----------
    folder
        For the file of the roads.
    places, venues
        How many.
    lines
        Of the grid of streets, each way.
    """
    study = read_study(STUDY)
    real = read_layers(study)
    written(folder / "roads.osm.pbf", lines)
    roads = read_roads(folder / "roads.osm.pbf", study.profiles)
    random = np.random.default_rng(5)
    towns = _towns(roads.network)
    demand = _drawn(real.demand, places, "P", roads.network, random)
    goals = _drawn(real.venues, venues, "V", roads.network, random)
    for layer in (demand, goals):
        at, number = towns.sindex.query(layer.geometry, predicate="intersects")
        at, first = np.unique(at, return_index=True)
        layer["town"] = towns.index[number[first]]
    demand["rural"] = demand["town"].map(towns["kind"]) == "rural"
    goals["outside"] = False
    layers = Layers(towns, goals, demand, {}, (), None)
    routes = measure_times(study, layers, roads)
    return study, Survey(
        towns, goals, demand, roads, routes.times, {}, (), {}, None, routes.group_times,
        routes.land_points, routes.land,
    )  # fmt: skip


def _towns(network: Network) -> GeoDataFrame:
    """Cut the land of a network, with a margin, into squares, urban and rural in turn."""
    x, y = network.shape_xy
    west, south, east, north = x.min() - 1000, y.min() - 1000, x.max() + 1000, y.max() + 1000
    columns, rows = (
        np.linspace(*ends, TOWNS_A_SIDE + 1) for ends in ((west, east), (south, north))
    )
    boxes = [
        shapely.box(columns[c], rows[r], columns[c + 1], rows[r + 1])
        for c in range(TOWNS_A_SIDE)
        for r in range(TOWNS_A_SIDE)
    ]
    names = [f"第{number}镇" for number in range(len(boxes))]
    kinds = ["urban" if number % 3 == 0 else "rural" for number in range(len(boxes))]
    codes = pd.Index([f"4418021{number:02}" for number in range(len(boxes))], name="town")
    return GeoDataFrame({"name": names, "kind": kinds}, geometry=boxes, index=codes,
                        crs=network.crs)  # fmt: skip


def _drawn(
    layer: GeoDataFrame, count: int, letter: str, network: Network, random: np.random.Generator
) -> GeoDataFrame:
    """Draw rows of a layer and put each at a point by a street."""
    rows = layer.iloc[random.integers(len(layer), size=count)].drop(columns="geometry")
    end = random.integers(len(network.first) - 1, size=count)
    x, y = (values[network.first[end]] for values in network.shape_xy)
    x, y = (values + random.uniform(-OFF_METRES, OFF_METRES, count) for values in (x, y))
    names = pd.Index([f"{letter}{number:05}" for number in range(count)], name=layer.index.name)
    return GeoDataFrame(rows.set_index(names), geometry=shapely.points(x, y), crs=network.crs)
