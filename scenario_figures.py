"""The pictures of a comparison: one for each scenario and standard under which anything changes."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely.ops
from geopandas import GeoDataFrame

from .maps.whatif_figure import captions, difference_figure
from .scenario_results import Comparison
from .scenarios import Outcome

DRAWN_CLASSES = ("motorway", "trunk", "primary", "secondary", "tertiary")
SIMPLE_METRES = 20.0


def write_figures(folder: Path, found: Comparison) -> list[Path]:
    """Write `figures/N-standard.png` and `.svg`: the present against scenario N."""
    target = folder / "figures"
    written: list[Path] = []
    first = found.outcomes[0]
    for number, outcome in enumerate(found.outcomes[1:], 1):
        for standard in outcome.study.wanted:
            place = found.places
            rows = place[
                (place["before"] == first.scenario.name)
                & (place["after"] == outcome.scenario.name)
                & (place["standard"] == standard.key)
                & place["meant"]
            ].set_index("place")
            if (rows["kind"] == "same").all():
                continue
            target.mkdir(exist_ok=True)
            for ending in (".png", ".svg"):
                path = target / f"{number}-{standard.key}{ending}"
                _draw(path, found, outcome, standard.key, standard.name, rows)
                written.append(path)
    return written


def _draw(
    path: Path, found: Comparison, outcome: Outcome, key: str, title: str, rows: GeoDataFrame
) -> None:
    survey, study = outcome.survey, outcome.study
    towns, crs = survey.towns, survey.towns.crs
    places = GeoDataFrame(
        rows[["people", "kind"]], geometry=survey.demand.geometry.loc[rows.index], crs=crs
    )
    people = found.people
    first = found.outcomes[0].scenario.name
    some = people[
        (people["before"] == first) & (people["after"] == outcome.scenario.name)
        & (people["standard"] == key) & people["own"] & (people["scope"] == "town")
    ].set_index("code")  # fmt: skip
    background = survey.roads.background
    water = background[background["kind"].isin(["river", "water"])].geometry.to_crs(crs)
    difference_figure(
        path,
        title=f"{outcome.scenario.name}：{title}，与现状相比",
        towns=towns[["name", "geometry"]],
        places=places,
        people=some[["gained", "lost"]],
        roads=_roads(found.outcomes[0]),
        closed=_closed(outcome),
        water=water.simplify(SIMPLE_METRES),
        notes=captions(
            {
                "改动": "；".join(outcome.notes),
                "数据日期": study.study.date.isoformat(),
                "说明": "人口按居民点计；符号面积为人口。示意图，不作为行政区划界线依据",
            }
        ),
        illustrative=study.study.illustrative,
    )


def _roads(outcome: Outcome) -> gpd.GeoSeries:
    network = outcome.works.standing
    drawn = [i for i, name in enumerate(network.classes) if name in DRAWN_CLASSES]
    lines = network.lines[np.isin(network.highway, drawn)]
    return gpd.GeoSeries(lines, crs=network.crs).to_crs(outcome.survey.towns.crs)


def _closed(outcome: Outcome) -> gpd.GeoSeries:
    """Return the stretches that are closed to any mode."""
    works = outcome.works
    low = np.fmin.reduce([cut[:, 0] for cut in works.cuts.values()])
    high = np.fmax.reduce([cut[:, 1] for cut in works.cuts.values()])
    shut = np.flatnonzero(np.isfinite(low))
    lines = [
        shapely.ops.substring(works.standing.lines[edge], low[edge], high[edge], normalized=True)
        for edge in shut.tolist()
    ]
    return gpd.GeoSeries(lines, crs=works.standing.crs).to_crs(outcome.survey.towns.crs)
