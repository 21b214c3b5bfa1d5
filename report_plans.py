"""Figures of what could be: where next and in which order, and what is planned already."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import geopandas as gpd
import pandas as pd
from matplotlib.figure import Figure

from .coverage.gaps import percent_down
from .coverage.siting.answers import Watch
from .geo.errors import StudyError
from .maps.figures import Key, Paper
from .maps.figures_chart import count_figure
from .maps.figures_map import Layer, Names, map_figure
from .maps.style import FLAG, INK, MINUTES_BEYOND, MINUTES_WITHIN, MUTED, WITHIN_EDGE
from .maps.whatif_figure import LOOKS
from .report_figures import PEOPLE_KEY, Ground, short_name, sizes
from .report_keys import Picture, around
from .scenario_keys import OpenVenues, Scenario
from .scenario_results import Comparison
from .scenarios import apply, baseline
from .siting import Asked, Siting, plan_sites
from .siting_choices import curve_of
from .siting_problem import problem_of
from .study import Assessment

SECONDS = 20.0
"""Of search for the sites, and as many for the curve; what is not proved says so."""
PLANNED = "拟建设施全部建成"
LISTED_SITES = 15
"""As many new sites as a legend names."""
Maker = Callable[[int], Picture]


def further(
    found: Assessment, *, standard: str | None = None, sites: int = 8, cache: Path | None = None
) -> list[Maker]:
    """
    Return the figures that need a plan: coverage against number, build order, what is planned.

    Parameters
    ----------
    standard
        Key; by default the first that is not met and that one venue can meet.
    sites
        How many new ones; 0 leaves these figures out.
    cache
        Of roads.

    Raises
    ------
    StudyError
        The standard that was asked for cannot be planned for.
    """
    ground = Ground(found)
    makers: list[Maker] = []
    key = standard or _open_standard(found)
    if sites and key:
        try:
            plan = _sited(found, key, sites, cache)
        except StudyError:
            if standard:
                raise
            plan = None  # no candidates: nothing was asked for by name
        if plan is not None:
            makers += [
                partial(curve_picture, found, *plan),
                partial(order_picture, found, ground, plan[0]),
            ]
    compared = _planned(found)
    if compared is not None:
        makers.append(partial(difference_picture, ground, compared))
    return makers


def _open_standard(found: Assessment) -> str:
    table = found.standards[found.standards["scope"] == "district"]
    short = {row["standard"] for row in table.to_dict("records") if row["met"] is False}
    return next((s.key for s in found.study.wanted if s.count == 1 and s.key in short), "")


def _sited(
    found: Assessment, key: str, sites: int, cache: Path | None
) -> tuple[Siting, pd.DataFrame]:
    problem = problem_of(found.study, found.measured, [key], cache=cache)
    plan = plan_sites(problem, Asked(count=sites, seconds=SECONDS), Watch(SECONDS))
    return plan, curve_of(plan, Watch(SECONDS))


def curve_picture(found: Assessment, plan: Siting, curve: pd.DataFrame, number: int) -> Picture:
    """Return coverage against the number of new venues."""
    people, standard = max(plan.problem.people, 1), plan.problem.standards[0]
    curve = curve.drop_duplicates("count")  # more were allowed than are of use
    counts = [0, *curve["count"]]
    covered = [plan.committed, *map(int, curve["covered"])]
    open_ = (curve["status"] != "optimal").to_numpy()
    frame = pd.DataFrame(
        {
            "count": counts,
            "share": [one / people for one in covered],
            "bound": pd.array(
                [
                    None,
                    *[
                        b / people if o else None
                        for b, o in zip(curve["bound"], open_, strict=True)
                    ],
                ],
                dtype="Float64",
            ),
            "staged": pd.array(
                [
                    plan.committed / people,
                    *[None if pd.isna(s) else s / people for s in curve["staged"]],
                ],
                dtype="Float64",
            ),
            "text": [f"{percent_down(one / people)}%" for one in covered],
        }
    )
    about = around(
        found.study,
        found.measured,
        number,
        f"覆盖率与新增设施数：{standard.name}",
        f"新增 {counts[-1]} 处最多可覆盖 {covered[-1]} 人（全部 {people} 人），"
        f"现状 {plan.before} 人",
        remarks=(
            "0 处为现状加已确定的拟建设施。每个数量单独求最优；"
            "建设次序上的点逐处叠加，可能略低于最优。",
        ),
        is_map=False,
    )
    axes = ("新增设施数（处）", "覆盖率")
    return Picture(
        "coverage-by-count",
        about,
        lambda paper: count_figure(about, paper, frame, standard.goal, axes),
    )


def order_picture(found: Assessment, ground: Ground, plan: Siting, number: int) -> Picture:
    """Return where new venues would stand, numbered in build order, and what each adds."""
    survey, standard = found.measured, plan.problem.standards[0]
    rows = found.reach[found.reach["standard"] == standard.key].set_index("place")
    rows = rows.loc[survey.demand.index]
    people = survey.demand[standard.group]
    area, points = pd.Series(sizes(people), people.index), survey.demand.geometry
    now, meant = rows["covered"].astype(bool), rows["meant"].astype(bool)
    layers = []
    for part, name, colour, edge, form in (
        (meant & now, "现已覆盖", MINUTES_WITHIN[0], WITHIN_EDGE, "o"),
        (meant & ~now, "现未覆盖", MINUTES_BEYOND[0], "white", "^"),
    ):
        label = f"{name}（{part.sum()} 处 {int(people[part].sum())} 人）"
        layers.append(Layer(points[part], label, form, colour, edge, 0.6, area[part].to_numpy()))
    sites, stood = plan.plan[plan.plan["order"] > 0], plan.plan[plan.plan["order"] == 0]
    gained = int(stood["added"].sum())
    label = f"已确定的拟建设施（{len(stood)} 处 +{gained} 人）"
    layers.append(Layer(_points(stood), label, "*", INK, "white", 0.5, 44.0))
    label = "新增设施（数字为建设次序）"
    layers.append(Layer(_points(sites), label, "o", "white", FLAG, 1.6, 110.0))
    numbers = Names(_points(sites), [str(n) for n in sites["order"]], 8.5, INK, 0.0)
    heads = [Key("建设次序与新增覆盖人口：", "head", edge=MUTED)]
    heads += [
        Key(
            f"{row['order']}　{short_name(row['name'])}"
            f"{'（加挂）' if row['action'] == 'upgrade' else ''} +{row['added']} 人",
            "head",
        )
        for row in sites.head(LISTED_SITES).to_dict("records")
    ]
    proof = "已证明最优" if plan.answer.status == "optimal" else "未证明最优"
    about = around(
        found.study,
        survey,
        number,
        f"新增设施建设次序：{standard.name}",
        f"覆盖人口由 {plan.before} 人增至 {plan.after} 人（{proof}）",
        remarks=(f"{PEOPLE_KEY}。",),
    )

    def draw(paper: Paper) -> Figure:
        return map_figure(about, paper, ground.towns, ground.layers(*layers), [numbers], heads)

    return Picture("build-order", about, draw)


def _points(plan: gpd.GeoDataFrame) -> gpd.GeoSeries:
    return gpd.GeoSeries(list(plan.geometry), crs=plan.crs)


def _planned(found: Assessment) -> Comparison | None:
    """Return the present against the state in which all that is planned stands."""
    venues = found.measured.venues
    types = {kind for s in found.study.wanted for kind in s.types}
    planned = venues[(venues["status"] == "planned") & venues["type"].isin(types)].index
    if planned.empty:
        return None
    edit = OpenVenues(do="open_venue", venue=tuple(map(str, planned)))
    scenario = Scenario(name=PLANNED, edits=(edit,))
    return Comparison(
        [baseline(found.study, found.measured), apply(found.study, found.measured, scenario)]
    )


def difference_picture(ground: Ground, compared: Comparison, number: int) -> Picture:
    """Return who gains when all that is planned stands, for the standard that gains most."""
    after = compared.outcomes[1]
    told = max(compared.headline, key=lambda row: row["gained"])
    standard = next(s for s in after.study.wanted if s.key == told["standard"])
    rows = compared.places[(compared.places["standard"] == standard.key) & compared.places["meant"]]
    rows = rows.set_index("place")
    points = after.survey.demand.geometry.reindex(rows.index)
    area = pd.Series(sizes(rows["people"]), rows.index)
    layers = []
    for kind, (colour, form, name) in LOOKS.items():
        part = rows["kind"] == kind
        label = f"{name}（{part.sum()} 处 {int(rows.loc[part, 'people'].sum())} 人）"
        layers.append(Layer(points[part], label, form, colour, "white", 0.5, area[part].to_numpy()))
    opened = after.scenario.edits[0]
    venues = after.survey.venues
    names = set(getattr(opened, "venue", ()))
    some = venues[venues.index.isin(names) & venues["type"].isin(standard.types)]
    layers.append(
        Layer(some.geometry, f"建成的拟建设施（{len(some)} 处）", "*", FLAG, "white", 0.5, 60.0)
    )
    gained = f"新覆盖 {told['gained']} 人，失去 {told['lost']} 人"
    shares = [told["share_before"], told["share_after"]]
    if None not in shares:
        gained += f"；覆盖率 {percent_down(shares[0])}% → {percent_down(shares[1])}%"
    about = around(
        after.study,
        after.survey,
        number,
        f"情景比较：{PLANNED}",
        f"{standard.name}，与现状相比{gained}",
        remarks=(f"{PEOPLE_KEY}。",),
    )

    def draw(paper: Paper) -> Figure:
        return map_figure(about, paper, ground.towns, ground.layers(*layers))

    return Picture("scenario-planned", about, draw, f"{standard.name}：{gained}。")
