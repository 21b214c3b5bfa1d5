"""The pictures of a comparison: all states, and each pair under each standard that changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely.ops
from geopandas import GeoDataFrame

from .coverage.gaps import percent_down
from .coverage.share import Standard
from .maps.whatif_figure import captions, difference_figure, shortened, states_figure
from .scenario_results import Comparison
from .scenarios import Outcome

DRAWN_CLASSES = ("motorway", "trunk", "primary", "secondary", "tertiary")
SIMPLE_METRES = 20.0
ENDINGS = (".png", ".svg")
LONGEST_NOTE = 150


@dataclass(frozen=True)
class _Ground:
    """What lies below every picture of a comparison."""

    towns: GeoDataFrame
    roads: gpd.GeoSeries
    water: gpd.GeoSeries

    @classmethod
    def of(cls, outcome: Outcome) -> _Ground:
        survey = outcome.survey
        crs, background = survey.towns.crs, survey.roads.background
        water = background[background["kind"].isin(["river", "water"])].geometry.to_crs(crs)
        network = outcome.works.standing
        drawn = [i for i, name in enumerate(network.classes) if name in DRAWN_CLASSES]
        lines = network.lines[np.isin(network.highway, drawn)]
        roads = gpd.GeoSeries(lines, crs=network.crs).to_crs(crs)
        return cls(survey.towns[["name", "geometry"]], roads, water.simplify(SIMPLE_METRES))


def write_figures(folder: Path, found: Comparison) -> list[Path]:
    """
    Write the pictures of a comparison, each as `.png` and `.svg`.

    `figures/states`: how far each standard is met in every state. `figures/N-standard`: the present
    against scenario N; `figures/N-M-standard`: scenario N against M.
    """
    target = folder / "figures"
    target.mkdir()
    written = [target / f"states{ending}" for ending in ENDINGS]
    _draw_states(written, found)
    numbers = {outcome.scenario.name: number for number, outcome in enumerate(found.outcomes)}
    ground = _Ground.of(found.outcomes[0])
    for before, after in found.pairs:
        names = (before.scenario.name, after.scenario.name)
        place = found.places
        of_pair = (place["before"] == names[0]) & (place["after"] == names[1])
        points = found.everybody[names].demand.geometry
        for standard in after.study.wanted:
            rows = place[of_pair & (place["standard"] == standard.key)]
            places = GeoDataFrame(rows[["people", "kind"]], geometry=points.array)
            places = places[rows["meant"]]
            if (places["kind"] == "same").all():
                continue
            stem = "-".join(
                [*(str(numbers[name]) for name in names if numbers[name]), standard.key]
            )
            paths = [target / f"{stem}{ending}" for ending in ENDINGS]
            _draw(paths, found, (before, after), standard, places, ground)
            written += paths
    return written


def _draw_states(paths: Sequence[Path], found: Comparison) -> None:
    table, first = found.standards, found.outcomes[0]
    whole = table[table["scope"] == "district"]
    titles = {standard.key: standard.name for standard in first.study.wanted}
    by_state = dict(iter(whole.set_index("standard").groupby("state")))
    names = [outcome.scenario.name for outcome in found.outcomes]
    shares = pd.DataFrame({name: by_state[name]["share"] for name in names})
    shares = shares.loc[list(titles)].rename(index=titles)
    states_figure(
        paths,
        title="各情景的覆盖率",
        shares=shares,
        labels=shares.map(lambda share: "" if pd.isna(share) else f"{percent_down(share)}%"),
        goals=pd.Series({standard.name: standard.goal for standard in first.study.wanted}),
        notes=captions({"数据日期": first.study.study.date.isoformat(), "说明": "百分数向下取"}),
        illustrative=first.study.study.illustrative,
    )


def _draw(
    paths: Sequence[Path], found: Comparison, pair: tuple[Outcome, Outcome], standard: Standard,
    places: GeoDataFrame, ground: _Ground,
) -> None:  # fmt: skip
    before, outcome = pair
    beside = "现状" if before is found.outcomes[0] else f"“{before.scenario.name}”"
    people = found.people
    some = people[
        (people["before"] == before.scenario.name) & (people["after"] == outcome.scenario.name)
        & (people["standard"] == standard.key) & people["own"] & (people["scope"] == "town")
    ].set_index("code")  # fmt: skip
    study = outcome.study.study
    difference_figure(
        paths,
        title=f"{outcome.scenario.name}：{standard.name}，与{beside}相比",
        towns=ground.towns,
        places=places,
        people=some[["gained", "lost"]],
        roads=ground.roads,
        closed=closed_stretches(outcome),
        water=ground.water,
        notes=captions(
            {
                **_changes(pair),
                "数据日期": study.date.isoformat(),
                "说明": "人口按居民点计；符号面积为人口。示意图，不作为行政区划界线依据",
            }
        ),
        illustrative=study.illustrative,
    )


def _changes(pair: tuple[Outcome, Outcome]) -> dict[str, str]:
    """Say what was changed in each of two states; the present has no changes."""
    told = [outcome for outcome in pair if outcome.notes]
    most = LONGEST_NOTE // max(len(told), 1)
    names = ["改动"] if len(told) < 2 else [f"“{outcome.scenario.name}”的改动" for outcome in told]
    return {
        name: shortened("；".join(outcome.notes), most)
        for name, outcome in zip(names, told, strict=True)
    }


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
