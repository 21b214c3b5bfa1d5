"""Where the next venues would stand: coverage against their number, and the build order."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import geopandas as gpd
import pandas as pd

from .assessment import Assessment
from .coverage.gaps import percent_down
from .coverage.siting.answers import Watch
from .geo.errors import StudyError
from .maps.appendix import Listing
from .maps.figures.about import Key, Picture
from .maps.figures.curve import count_figure
from .maps.figures.map import Layer
from .maps.figures.names import Names
from .maps.style import FLAG, INK, MINUTES_BEYOND, MINUTES_WITHIN, MUTED, WITHIN_EDGE
from .report_ground import PEOPLE_KEY, Ground, short_name, size_keys, sizes
from .report_keys import Part, around
from .report_public import HIDDEN, hidden_places
from .siting import Siting, plan_sites, ready
from .siting_choices import curve_of
from .siting_models import Asked
from .siting_problem import problem_of
from .siting_tables import plan_sheet
from .siting_words import status_text

SECONDS = 20.0
"""Of search for the sites, and as many for the curve; what is not proved says so."""
ADDED = ("新增覆盖人口", "累计覆盖人口", "累计覆盖率（%）")
LIMITED = "新增、累计人口按各处容量可服务的人数计。"
LABELS = 12
"""As many labels as a curve has room for."""
LISTED_SITES = 15
"""As many new sites as a legend names."""


def sites_part(
    found: Assessment, ground: Ground, *, standard: str | None, sites: int, cache: Path | None
) -> Part | None:
    """
    Return the figures of where next; None where there is nothing to plan.

    Raises
    ------
    StudyError
        The standard that was asked for by name cannot be planned for.
    """
    key = standard or _open_standard(found)
    if not (sites and key):
        return None
    try:
        plan, curve = _sited(found, key, sites, cache)
    except StudyError:
        if standard:
            raise
        return None  # no candidates: nothing was asked for by name
    return Part(
        "新增设施",
        (partial(curve_picture, found, plan, curve), partial(order_picture, found, ground, plan)),
        (order_listing(plan),),
    )


def order_listing(plan: Siting) -> Listing:
    """Return what is built in which order, and what each adds to what is committed."""
    stood = plan.plan[plan.plan["order"] == 0]
    names = ["次序", "名称", "镇街", "拟设类型", "方式", *ADDED]
    frame = plan_sheet(plan)[(plan.plan["order"] > 0).to_numpy()][names]
    committed = (
        f"先建成已确定的拟建设施 {len(stood)} 处（新增覆盖 {int(stood['added'].sum()):,} 人），"
        if len(stood)
        else ""
    )
    return Listing(
        "建设次序",
        f"新增设施建设次序：{plan.problem.standards[0].name}",
        frame.reset_index(drop=True),
        {ADDED[0]: "count", ADDED[1]: "count", ADDED[2]: "percent"},
        "人、%",
        (
            f"{committed}再按次序新增；{_word(plan)}由 {plan.before:,} 人增至 {plan.reached:,} 人。"
            f"{_proof(plan)}。",
            *([LIMITED] if plan.limited else []),
            *(f"{fault.reason_zh}。" for fault in plan.problem.left_out),
        ),
        widths=(2.0, 6, 3.2, 4.6, 2.4, 2.4, 2.6, 2.4),
        small=True,
    )


def _word(plan: Siting) -> str:
    return "按容量服务" if plan.limited else "覆盖"


def _proof(plan: Siting) -> str:
    return status_text(plan.answer.status, plan.answer.gap)


def _open_standard(found: Assessment) -> str:
    table = found.standards[found.standards["scope"] == "district"]
    short = {row["standard"] for row in table.to_dict("records") if row["met"] is False}
    return next((s.key for s in found.study.wanted if s.count == 1 and s.key in short), "")


def _sited(
    found: Assessment, key: str, sites: int, cache: Path | None
) -> tuple[Siting, pd.DataFrame]:
    problem = problem_of(found.study, found.measured, [key], cache=cache)
    ready(problem, "mclp", medians=False)
    plan = plan_sites(problem, Asked(count=sites, seconds=SECONDS), Watch(SECONDS))
    return plan, curve_of(plan, Watch(SECONDS))


def curve_picture(found: Assessment, plan: Siting, curve: pd.DataFrame, number: int) -> Picture:
    """Return coverage against the number of new venues."""
    people, standard = max(plan.problem.people, 1), plan.problem.standards[0]
    word = _word(plan)
    counts = [0, *curve["count"]]
    covered = [plan.stood, *map(int, curve["covered"])]
    frame = _shares(plan, curve, counts, covered)
    about = around(
        found.study,
        found.measured,
        number,
        f"覆盖率与新增设施数：{standard.name}",
        f"新增 {counts[-1]} 处最多可{word} {covered[-1]:,} 人（全部 {people:,} 人），"
        f"现状 {plan.before:,} 人",
        remarks=(
            "0 处为现状加已确定的拟建设施。每个数量单独求最优；"
            "建设次序上的点逐处叠加，可能略低于最优。",
        ),
        is_map=False,
    )
    axes = ("新增设施数（处）", f"{word}率")
    return Picture(
        "coverage-by-count",
        about,
        partial(count_figure, about, curve=frame, goal=standard.goal, axis=axes),
    )


def _shares(
    plan: Siting, curve: pd.DataFrame, counts: list[int], covered: list[int]
) -> pd.DataFrame:
    """Return the curve as shares of all people, with its bounds where it is not proved."""
    people, open_ = max(plan.problem.people, 1), (curve["status"] != "optimal").to_numpy()
    bounds = [b / people if o else None for b, o in zip(curve["bound"], open_, strict=True)]
    staged = [None if pd.isna(s) else s / people for s in curve["staged"]]
    return pd.DataFrame(
        {
            "count": counts,
            "share": [one / people for one in covered],
            "bound": pd.array([None, *bounds], dtype="Float64"),
            "staged": pd.array([plan.stood / people, *staged], dtype="Float64"),
            "text": _labels([f"{percent_down(one / people)}%" for one in covered], plan),
        }
    )


def _labels(texts: list[str], plan: Siting) -> list[str]:
    """Leave the labels that have room: those of the plan, beyond it fewer where there are many."""
    last, step = len(texts) - 1, 1 + len(texts) // LABELS
    asked = int((plan.plan["order"] > 0).sum())
    return [text if at <= asked or (last - at) % step == 0 else "" for at, text in enumerate(texts)]


def order_picture(found: Assessment, ground: Ground, plan: Siting, number: int) -> Picture:
    """Return where new venues would stand, numbered in build order, and what each adds."""
    survey, standard = found.measured, plan.problem.standards[0]
    rows = found.reach[found.reach["standard"] == standard.key].set_index("place")
    rows = rows.loc[survey.demand.index]
    people = survey.demand[standard.group]
    area, points = pd.Series(sizes(people), people.index), survey.demand.geometry
    now, meant = rows["covered"].astype(bool), rows["meant"].astype(bool)
    shown = ~hidden_places(found.study, survey.demand)
    layers = []
    for part, name, colour, edge, form in (
        (meant & now, "现已覆盖", MINUTES_WITHIN[0], WITHIN_EDGE, "o"),
        (meant & ~now, "现未覆盖", MINUTES_BEYOND[0], "white", "^"),
    ):
        label = f"{name}（{part.sum():,} 处 {int(people[part].sum()):,} 人）"
        part &= shown
        layers.append(Layer(points[part], label, form, colour, edge, 0.6, area[part].to_numpy()))
    sites, stood = plan.plan[plan.plan["order"] > 0], plan.plan[plan.plan["order"] == 0]
    gained = int(stood["added"].sum())
    label = f"已确定的拟建设施（{len(stood)} 处 +{gained:,} 人）"
    layers.append(Layer(_points(stood), label, "s", "none", INK, 0.9, 48.0))
    label = "新增设施（数字为建设次序）"
    layers.append(Layer(_points(sites), label, "o", "white", FLAG, 1.6, 110.0))
    numbers = Names(_points(sites), [str(n) for n in sites["order"]], 8.5, INK, 0.0)
    heads = size_keys(people) + _order_keys(sites)
    about = around(
        found.study,
        survey,
        number,
        f"新增设施建设次序：{standard.name}",
        f"{_word(plan)}人口由 {plan.before:,} 人增至 {plan.reached:,} 人（{_proof(plan)}）",
        remarks=(
            f"{PEOPLE_KEY}。",
            *([LIMITED] if plan.limited else []),
            *(f"{fault.reason_zh}。" for fault in plan.problem.left_out),
            *([] if shown.all() else [HIDDEN]),
        ),
    )

    draw = ground.draws(about, layers, names=[numbers], heads=heads)
    return Picture("build-order", about, draw)


def _order_keys(sites: gpd.GeoDataFrame) -> list[Key]:
    """Return the first of the new sites in build order, with what each adds."""
    return [
        Key("建设次序与新增覆盖人口：", "head", edge=MUTED),
        *(
            Key(
                f"{row['order']}　{short_name(row['name'])}"
                f"{'（加挂）' if row['action'] == 'upgrade' else ''} +{row['added']:,} 人",
                "head",
            )
            for row in sites.head(LISTED_SITES).to_dict("records")
        ),
    ]


def _points(plan: gpd.GeoDataFrame) -> gpd.GeoSeries:
    return gpd.GeoSeries(list(plan.geometry), crs=plan.crs)
