"""From answers to the maps of the appendix that every run has: which, and what they say."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from .assessment import Assessment
from .coverage.gaps import percent_down
from .coverage.share import Standard, admitted
from .layers.venues import venue_types
from .maps.figures.about import Picture
from .maps.figures.map import Layer
from .maps.figures.names import Names
from .maps.style import (
    FLAG,
    INK,
    MINUTES_BEYOND,
    MINUTES_WITHIN,
    NOT_MEANT,
    VENUE_OTHER,
    VENUE_TYPES,
    WITHIN_EDGE,
    minute_edges,
)
from .report_ground import PEOPLE_KEY, Ground, short_name, size_keys, sizes
from .report_keys import around
from .report_public import HIDDEN, hidden_groups, hidden_places
from .wording import GROUP_NAMES, MODE_NAMES, TIER_NAMES

TIER_FORMS = {
    "district": "*",
    "town": "s",
    "community": "o",
    "village": "^",
    "school": "D",
    "mobile": "P",
}
TIER_COLOURS = dict(zip(TIER_FORMS, (*VENUE_TYPES, VENUE_OTHER), strict=True))
TIER_SIZES = {
    "district": 130.0,
    "town": 48.0,
    "community": 18.0,
    "village": 15.0,
    "school": 10.0,
    "mobile": 24.0,
}
"""The smaller lie upon the larger: venues that share a house are all seen."""
NAMED_PLACES = 15
LACKING = ((1, 1, "1 项", "o"), (2, 3, "2–3 项", "s"), (4, 99, "4 项及以上", "^"))
"""Classes of places by the number of standards that they lack, and their forms."""


def venues_picture(found: Assessment, ground: Ground, number: int) -> Picture:
    """Return where the venues are: by tier, open and planned."""
    study, survey = found.study, found.measured
    venues = survey.venues[~survey.venues["outside"]]
    tiers = venues["type"].map({key: kind.tier for key, kind in venue_types().items()})
    layers = []
    for tier, form in reversed(TIER_FORMS.items()):
        for status, name in (("planned", "拟建"), ("open", "在用")):
            some = venues[(tiers == tier) & (venues["status"] == status)]
            colour, open_ = TIER_COLOURS[tier], status == "open"
            label = f"{TIER_NAMES[tier]}设施，{name} {len(some):,} 处"
            layers.append(
                Layer(
                    some.geometry,
                    label,
                    form,
                    colour if open_ else "white",
                    "white" if open_ else colour,
                    0.5 if open_ else 1.0,
                    TIER_SIZES[tier],
                    level=list(TIER_FORMS).index(tier),
                )
            )
    status = venues["status"].value_counts()
    total, planned = int(status.get("open", 0)), int(status.get("planned", 0))
    about = around(
        study,
        survey,
        number,
        "科普设施分布图",
        f"区内在用 {total:,} 处，拟建 {planned:,} 处",
        remarks=("只画区内设施；候选、停用的不画。同处一地的设施，小的符号叠在大的上面。",),
    )
    draw = ground.draws(about, layers)
    return Picture("venues", about, draw, f"区内在用设施 {total:,} 处，拟建 {planned:,} 处。")


def minutes_picture(found: Assessment, ground: Ground, number: int, key: str) -> Picture:
    """Return the minutes of every place to the nearest venue of a standard."""
    study, survey = found.study, found.measured
    standard = next(s for s in study.wanted if s.key == key)
    used = survey.venues[admitted(survey.venues, standard)[0]]
    layers = [
        *minute_layers(found, standard),
        Layer(used.geometry, "计入的在用设施", "s", INK, "white", 0.4, 8.0),
    ]
    table = found.standards[found.standards["standard"] == key]
    told = table[table["scope"] == "district"].iloc[0]
    share = "无法判定" if pd.isna(told["share"]) else f"{percent_down(float(told['share']))}%"
    subtitle = (
        f"{standard.name}：{GROUP_NAMES[standard.group]} {int(told['people']):,} 人，"
        f"覆盖 {int(told['covered']):,} 人，{share}"
    )
    about = around(
        study,
        survey,
        number,
        f"到最近设施的出行时间：{standard.name}",
        subtitle,
        remarks=(
            f"{MODE_NAMES[standard.mode]}，时限 {standard.minutes:g} 分钟（含）。{PEOPLE_KEY}。",
            *_kept_back(found),
        ),
    )
    return Picture(
        f"minutes-{key}",
        about,
        ground.draws(about, layers, heads=size_keys(_drawn_by(found, standard))),
        f"目标 {percent_down(standard.goal)}%，依据：{standard.basis or '未写明'}。",
    )


def minute_layers(found: Assessment, standard: Standard) -> list[Layer]:
    """
    Return the places by minutes: every place in one class, the labels count all of them.

    What is covered is what the count says; printed minutes, which are rounded up, only part the
    classes on either side of the limit.
    """
    demand = found.measured.demand
    rows = found.reach[found.reach["standard"] == standard.key].set_index("place")
    rows = rows.loc[demand.index]
    people, shown = demand[standard.group], ~hidden_places(found.study, demand)
    area = pd.Series(sizes(_drawn_by(found, standard)), demand.index)
    meant, reached = rows["meant"].astype(bool), rows["minutes"].notna()
    covered = rows["covered"].astype(bool)
    edges = minute_edges(standard.minutes)
    known = pd.Series(np.searchsorted(edges, rows["minutes"].to_numpy(float, na_value=np.inf)))
    beyond = len(MINUTES_WITHIN)
    side = np.where(covered, known.clip(upper=beyond - 1), known.clip(lower=beyond))
    ends = [f"{low:g}–{high:g} 分钟" for low, high in pairwise((0, *edges))]
    ends.append(f"{edges[-1]:g} 分钟以上")

    def layer(part: pd.Series[Any], text: str, *looks: Any) -> Layer:
        label = f"{text}（{part.sum():,} 处 {int(people[part].sum()):,} 人）"
        drawn = part & shown
        form, colour, edge, width, size = looks
        size = area[drawn].to_numpy() if size is None else size
        return Layer(demand.geometry[drawn], label, form, colour, edge, width, size)

    apart = ~meant & shown
    label = f"不适用（{(~meant).sum():,} 处）"
    layers = [Layer(demand.geometry[apart], label, "o", NOT_MEANT, "white", 0.4, 12.0)]
    for at, colour in enumerate((*MINUTES_WITHIN, *MINUTES_BEYOND)):
        part = meant & reached & (side == at)
        form, edge = ("o", WITHIN_EDGE) if at < beyond else ("^", "white")
        layers.append(layer(part, ends[at], form, colour, edge, 0.6, None))
    return [*layers, layer(meant & ~reached, "到不了", "X", "white", FLAG, 1.2, 46.0)]


def _drawn_by(found: Assessment, standard: Standard) -> pd.Series[Any]:
    """Return whom the symbols grow with; they must not tell of a group what no table tells."""
    demand = found.measured.demand
    secret = standard.group in hidden_groups(found.study, demand)
    people: pd.Series[Any] = demand["people" if secret else standard.group]
    return people


def _kept_back(found: Assessment) -> tuple[str, ...]:
    hidden = hidden_places(found.study, found.measured.demand)
    return (HIDDEN,) if hidden.any() else ()


def left_picture(found: Assessment, ground: Ground, number: int) -> Picture:
    """Return the places that lack something, by how much, and the names of the first."""
    study, survey = found.study, found.measured
    table = _lacking(found)
    points = survey.demand.geometry.reindex(table.index)
    area = pd.Series(sizes(table["people"]), table.index)
    whole = survey.demand.index.difference(table.index)
    shown = ~hidden_places(study, survey.demand)
    seen = shown.reindex(table.index)
    met = survey.demand.geometry.loc[whole][shown.loc[whole]]
    label = f"各项标准均达到（{len(whole):,} 处）"
    layers = [Layer(met, label, "o", MINUTES_WITHIN[0], WITHIN_EDGE, 0.6, 14.0)]
    for (low, high, text, form), colour in zip(LACKING, MINUTES_BEYOND, strict=True):
        part = table["lacks"].between(low, high)
        counted = int(table.loc[part, "people"].sum())
        label = f"{text}未达标（{part.sum():,} 处 {counted:,} 人）"
        part &= seen
        layers.append(Layer(points[part], label, form, colour, "white", 0.5, area[part].to_numpy()))
    first = table[seen].sort_values(["priority"]).index[:NAMED_PLACES]
    names = [short_name(survey.demand.at[place, "name"]) for place in first]
    people = int(table["people"].sum())
    lacking = f"{len(table):,} 处居民点至少一项标准未达到，共 {people:,} 人"
    about = around(
        study,
        survey,
        number,
        "短板分布图",
        lacking,
        remarks=(
            f"{PEOPLE_KEY}。注名的是优先次序最前的 {len(first)} 处（写不下的不注），全部名单见表。",
            *_kept_back(found),
        ),
    )
    draw = ground.draws(
        about, layers, names=[Names(points.loc[first], names)], heads=size_keys(table["people"])
    )
    severe = int(table["severe"].sum())
    return Picture("left-behind", about, draw, f"{lacking}；其中 {severe:,} 处至少一项为严重。")


def _lacking(found: Assessment) -> pd.DataFrame:
    """Return by place how many standards it lacks, its best priority, whether one is severe."""
    flags = found.flags[found.flags["kind"] == "place"]
    grouped = flags.groupby("id", sort=False)
    table = pd.DataFrame(
        {
            "lacks": grouped["standard"].nunique(),
            "priority": grouped["priority"].min(),
            "severe": grouped["level"].agg(lambda levels: bool((levels == "severe").any())),
        }
    )
    return table.assign(people=found.measured.demand["people"].reindex(table.index))
