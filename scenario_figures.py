"""The pictures of a comparison: all states, and each pair under each standard that changes."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely.ops
from geopandas import GeoDataFrame

from .coverage.gaps import percent_down
from .coverage.share import Standard
from .maps.whatif_figure import captions, difference_figure, states_figure
from .scenario_results import Comparison
from .scenarios import Outcome

DRAWN_CLASSES = ("motorway", "trunk", "primary", "secondary", "tertiary")
SIMPLE_METRES = 20.0
ENDINGS = (".png", ".svg")


def write_figures(folder: Path, found: Comparison) -> list[Path]:
    """
    Write the pictures of a comparison, each as `.png` and `.svg`.

    `figures/states`: how far each standard is met in every state. `figures/N-standard`: the present
    against scenario N; `figures/N-M-standard`: scenario N against M.
    """
    target = folder / "figures"
    target.mkdir()
    written = [target / f"states{ending}" for ending in ENDINGS]
    for path in written:
        _draw_states(path, found)
    numbers = {outcome.scenario.name: number for number, outcome in enumerate(found.outcomes)}
    for before, after in found.pairs:
        pair = [numbers[each.scenario.name] for each in (before, after)]
        place = found.places
        of_pair = (place["before"] == before.scenario.name) & (
            place["after"] == after.scenario.name
        )
        for standard in after.study.wanted:
            rows = place[of_pair & (place["standard"] == standard.key) & place["meant"]]
            if (rows["kind"] == "same").all():
                continue
            for ending in ENDINGS:
                name = "-".join([*(str(n) for n in pair if n), standard.key])
                path = target / f"{name}{ending}"
                _draw(path, found, (before, after), standard, rows.set_index("place"))
                written.append(path)
    return written


def _draw_states(path: Path, found: Comparison) -> None:
    table, first = found.standards, found.outcomes[0]
    whole = table[table["scope"] == "district"]
    titles = {standard.key: standard.name for standard in first.study.wanted}
    by_state = dict(iter(whole.set_index("standard").groupby("state")))
    names = [outcome.scenario.name for outcome in found.outcomes]
    shares = pd.DataFrame({name: by_state[name]["share"] for name in names})
    shares = shares.loc[list(titles)].rename(index=titles)
    states_figure(
        path,
        title="各情景的覆盖率",
        shares=shares,
        labels=shares.map(lambda share: "" if pd.isna(share) else f"{percent_down(share)}%"),
        goals=pd.Series({standard.name: standard.goal for standard in first.study.wanted}),
        notes=captions({"数据日期": first.study.study.date.isoformat(), "说明": "百分数向下取"}),
        illustrative=first.study.study.illustrative,
    )


def _draw(
    path: Path, found: Comparison, pair: tuple[Outcome, Outcome], standard: Standard,
    rows: pd.DataFrame,
) -> None:  # fmt: skip
    before, outcome = pair
    beside = "现状" if before is found.outcomes[0] else f"“{before.scenario.name}”"
    survey, study = outcome.survey, outcome.study
    towns, crs = survey.towns, survey.towns.crs
    places = GeoDataFrame(
        rows[["people", "kind"]], geometry=survey.demand.geometry.loc[rows.index], crs=crs
    )
    people = found.people
    some = people[
        (people["before"] == before.scenario.name) & (people["after"] == outcome.scenario.name)
        & (people["standard"] == standard.key) & people["own"] & (people["scope"] == "town")
    ].set_index("code")  # fmt: skip
    background = survey.roads.background
    water = background[background["kind"].isin(["river", "water"])].geometry.to_crs(crs)
    difference_figure(
        path,
        title=f"{outcome.scenario.name}：{standard.name}，与{beside}相比",
        towns=towns[["name", "geometry"]],
        places=places,
        people=some[["gained", "lost"]],
        roads=_roads(found.outcomes[0]),
        closed=closed_stretches(outcome),
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


def closed_stretches(outcome: Outcome) -> gpd.GeoSeries:
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
