"""From answers to the figures of the appendix that every run has: which, and what they say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from .atlas import base_map
from .coverage.gaps import percent_down
from .layers.venues import venue_types
from .maps.figures import Key, Paper
from .maps.figures_chart import Panel, lorenz_figure, pairs_figure, shares_figure
from .maps.figures_map import Layer, Names, base_layers, border_layers, map_figure
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
from .report_keys import Picture, around
from .study import Assessment
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
    "district": 70.0,
    "town": 34.0,
    "community": 20.0,
    "village": 26.0,
    "school": 22.0,
    "mobile": 46.0,
}
LEAST_POINTS, MOST_POINTS = 10.0, 150.0
"""Square points of a place: of nobody, and of the most people."""
NAMED_PLACES = 15
AROUND = 0.35
"""How far the ground is drawn around the district, of its longer side: as far as a sheet shows."""
SIMPLE_METRES = 12.0
"""Finer than a printed line on A4."""
PEOPLE_KEY = "符号面积与人口成正比"


class Ground:
    """What lies below every map of a study, worked out once."""

    def __init__(self, found: Assessment) -> None:
        survey = found.measured
        self.towns = survey.towns
        west, south, east, north = survey.towns.total_bounds
        pad = AROUND * max(east - west, north - south)
        frame = (west - pad, south - pad, east + pad, north + pad)
        base = {}
        for name, lines in base_map(survey).items():
            near = gpd.GeoSeries(lines.to_crs(survey.towns.crs)).clip_by_rect(*frame)
            base[name] = near[~near.is_empty].simplify(SIMPLE_METRES)
        self.below = base_layers(self.towns, base)
        self.above = border_layers(self.towns)

    def layers(self, *drawn: Layer) -> list[Layer]:
        """Return layers upon the ground."""
        return [*self.below, *self.above, *drawn]


def sizes(people: pd.Series[Any]) -> np.ndarray:
    """Return areas of symbols in square points, growing with people."""
    most = max(float(people.max()), 1.0) if len(people) else 1.0
    return np.asarray(LEAST_POINTS + MOST_POINTS * people.to_numpy(float) / most)


def short_name(name: str) -> str:
    """Return the name of a place as a map writes it: 黄溪村, 城西社区."""
    return name.removesuffix("居委会") if name.endswith("居委会") else name.removesuffix("委会")


def pictures(found: Assessment) -> Iterator[Picture]:
    """Yield the figures that need nothing but the answers, numbered from 1."""
    ground, number = Ground(found), 1
    for make in (venues_picture, types_picture):
        yield make(found, ground, number)
        number += 1
    for key in [standard.key for standard in found.study.wanted]:
        yield minutes_picture(found, ground, number, key)
        number += 1
    for make in (left_picture, sides_picture, lorenz_picture):
        yield make(found, ground, number)
        number += 1


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
            label = f"{TIER_NAMES[tier]}设施，{name} {len(some)} 处"
            layers.append(
                Layer(
                    some.geometry,
                    label,
                    form,
                    colour if open_ else "white",
                    "white" if open_ else colour,
                    0.5 if open_ else 1.0,
                    TIER_SIZES[tier],
                )
            )
    status = venues["status"].value_counts()
    total, planned = int(status.get("open", 0)), int(status.get("planned", 0))
    about = around(
        study,
        survey,
        number,
        "科普设施分布图",
        f"区内在用 {total} 处，拟建 {planned} 处",
        remarks=("只画区内设施；候选、停用的不画。",),
    )
    draw = partial(_map, about, ground, layers)
    return Picture("venues", about, draw, f"区内在用设施 {total} 处，拟建 {planned} 处。")


def _map(
    about: Any,
    ground: Ground,
    layers: list[Layer],
    paper: Paper,
    names: Iterable[Names] = (),
    heads: Iterable[Key] = (),
) -> Any:
    return map_figure(about, paper, ground.towns, ground.layers(*layers), list(names), list(heads))


def types_picture(found: Assessment, _: Ground, number: int) -> Picture:
    """Return the share of people within the usual limit of each type."""
    study, survey = found.study, found.measured
    table, kinds = found.coverage, venue_types()
    rows = []
    for key in dict.fromkeys(survey.venues["type"]):
        kind = kinds[key]
        one = table[
            (table["types"] == key)
            & (table["mode"] == kind.mode)
            & (table["scope"] == "district")
            & (table["minutes"] == kind.minutes)
            & (table["group"] == "people")
        ]
        if len(one) and not pd.isna(one["share"].iloc[0]):
            share = float(one["share"].iloc[0])
            covered = int(one["covered"].iloc[0])
            name = f"{kind.name}（{MODE_NAMES[kind.mode]}{kind.minutes:g}分钟）"
            rows.append(
                (
                    list(kinds).index(key),
                    name,
                    share,
                    pd.NA,
                    f"{percent_down(share)}%，{covered} 人",
                )
            )
    rows.sort()
    frame = pd.DataFrame(rows, columns=["order", "name", "share", "goal", "text"])
    people = int(survey.demand["people"].sum())
    about = around(
        study,
        survey,
        number,
        "各类科普设施覆盖率",
        f"全区人口 {people} 人；括号内为惯用出行方式与时限",
        remarks=("时限含端点；只计在用设施，区外缓冲区内的计入。百分数向下取。",),
        is_map=False,
    )
    return Picture(
        "types",
        about,
        lambda paper: shares_figure(about, paper, frame, "时限内可到达的人口占全区人口"),
    )


def minutes_picture(found: Assessment, ground: Ground, number: int, key: str) -> Picture:
    """Return the minutes of every place to the nearest venue of a standard."""
    study, survey = found.study, found.measured
    standard = next(s for s in study.wanted if s.key == key)
    rows = found.reach[found.reach["standard"] == key].set_index("place").loc[survey.demand.index]
    people = survey.demand[standard.group]
    area, points = pd.Series(sizes(people), people.index), survey.demand.geometry
    meant, reached = rows["meant"].astype(bool), rows["minutes"].notna()
    layers = [
        Layer(points[~meant], f"不适用（{(~meant).sum()} 处）", "o", NOT_MEANT, "white", 0.4, 12.0)
    ]
    below, left = 0.0, meant & reached & ~rows["covered"].astype(bool)
    edges = minute_edges(standard.minutes)
    colours = (*MINUTES_WITHIN, *MINUTES_BEYOND)
    for at, colour in enumerate(colours):
        high = edges[at] if at < len(edges) else np.inf
        # Covered is what the count says; printed minutes only part the classes on either side.
        side = meant & rows["covered"].astype(bool) if at < 2 else left
        part = side & (rows["minutes"] > below) & (rows["minutes"] <= high)
        text = f"{below:g}–{high:g} 分钟" if high < np.inf else f"{below:g} 分钟以上"
        label = f"{text}（{part.sum()} 处 {int(people[part].sum())} 人）"
        layers.append(
            Layer(
                points[part],
                label,
                "o" if at < 2 else "^",
                colour,
                WITHIN_EDGE if at < 2 else "white",
                0.6,
                area[part].to_numpy(),
            )
        )
        below = high
    lost = meant & ~reached
    layers.append(
        Layer(
            points[lost],
            f"到不了（{lost.sum()} 处 {int(people[lost].sum())} 人）",
            "X",
            "white",
            FLAG,
            1.2,
            46.0,
        )
    )
    venues = survey.venues
    used = venues[venues["type"].isin(standard.types) & (venues["status"] == "open")]
    layers.append(Layer(used.geometry, "在用设施", "s", INK, "white", 0.5, 16.0))
    table = found.standards[found.standards["standard"] == key]
    told = table[table["scope"] == "district"].iloc[0]
    share = "无法判定" if pd.isna(told["share"]) else f"{percent_down(float(told['share']))}%"
    subtitle = (
        f"{standard.name}：{GROUP_NAMES[standard.group]} {int(told['people'])} 人，"
        f"覆盖 {int(told['covered'])} 人，{share}"
    )
    about = around(
        study,
        survey,
        number,
        f"到最近设施的出行时间：{standard.name}",
        subtitle,
        remarks=(
            f"{MODE_NAMES[standard.mode]}，时限 {standard.minutes:g} 分钟（含）。{PEOPLE_KEY}。",
        ),
    )
    return Picture(
        f"minutes-{key}",
        about,
        partial(_map, about, ground, layers),
        f"目标 {percent_down(standard.goal)}%，依据：{standard.basis or '未写明'}。",
    )


def left_picture(found: Assessment, ground: Ground, number: int) -> Picture:
    """Return the places that lack something, by how much, and the names of the first."""
    study, survey = found.study, found.measured
    flags = found.flags[found.flags["kind"] == "place"]
    grouped = flags.groupby("id", sort=False)
    table = pd.DataFrame(
        {
            "lacks": grouped["standard"].nunique(),
            "priority": grouped["priority"].min(),
            "severe": grouped["level"].agg(lambda levels: bool((levels == "severe").any())),
        }
    )
    table["people"] = survey.demand["people"].reindex(table.index)
    points = survey.demand.geometry.reindex(table.index)
    area = pd.Series(sizes(table["people"]), table.index)
    whole = survey.demand.index.difference(table.index)
    layers = [
        Layer(
            survey.demand.geometry.loc[whole],
            f"各项标准均达到（{len(whole)} 处）",
            "o",
            MINUTES_WITHIN[0],
            WITHIN_EDGE,
            0.6,
            14.0,
        )
    ]
    classes = (
        (1, 1, MINUTES_BEYOND[0], "o"),
        (2, 3, MINUTES_BEYOND[1], "s"),
        (4, 99, MINUTES_BEYOND[2], "^"),
    )
    for low, high, colour, form in classes:
        part = table["lacks"].between(low, high)
        text = (
            f"{low} 项" if low == high else f"{low} 项及以上" if high == 99 else f"{low}–{high} 项"
        )
        label = f"{text}未达标（{part.sum()} 处 {int(table.loc[part, 'people'].sum())} 人）"
        layers.append(Layer(points[part], label, form, colour, "white", 0.5, area[part].to_numpy()))
    first = table.sort_values(["priority"]).index[:NAMED_PLACES]
    names = [short_name(survey.demand.at[place, "name"]) for place in first]
    lacking = f"{len(table)} 处居民点至少一项标准未达到，共 {int(table['people'].sum())} 人"
    about = around(
        study,
        survey,
        number,
        "短板分布图",
        lacking,
        remarks=(f"{PEOPLE_KEY}。注名的是优先次序最前的 {len(first)} 处，全部名单见表。",),
    )
    draw = partial(_map, about, ground, layers, names=[Names(points.loc[first], names)])
    severe = int(table["severe"].sum())
    return Picture("left-behind", about, draw, f"{lacking}；其中 {severe} 处至少一项为严重。")


def sides_picture(found: Assessment, _: Ground, number: int) -> Picture:
    """Return the share in town and in the country, by standard."""
    study, survey = found.study, found.measured
    rows = []
    for standard in study.wanted:
        table = found.standards[found.standards["standard"] == standard.key]
        by_scope = {row["scope"]: row["share"] for row in table.to_dict("records")}
        shares = [by_scope[scope] for scope in ("urban", "rural")]
        texts = ["" if pd.isna(s) else f"{percent_down(float(s))}%" for s in shares]
        rows.append((standard.name, *shares, *texts, standard.goal))
    frame = pd.DataFrame(
        rows, columns=["name", "urban", "rural", "urban_text", "rural_text", "goal"]
    )
    about = around(
        study,
        survey,
        number,
        "城乡覆盖率比较",
        "各标准下城镇与乡村的人口覆盖率",
        remarks=("城镇的数字在符号上方，乡村的在下方；只适用于乡村的标准没有城镇一项。",),
        is_map=False,
    )
    return Picture("urban-rural", about, lambda paper: pairs_figure(about, paper, frame, "覆盖率"))


def lorenz_picture(found: Assessment, _: Ground, number: int) -> Picture:
    """Return the Lorenz curves of access, by standard."""
    study, survey = found.study, found.measured
    ginis = found.equity[found.equity["measure"] == "gini_access"].set_index("standard")["value"]
    panels = []
    for standard in study.wanted:
        points = found.lorenz[found.lorenz["standard"] == standard.key]
        gini = ginis.get(standard.key)
        remark = "无法计算" if gini is None or pd.isna(gini) else f"基尼系数 {float(gini):.3f}"
        panels.append(
            Panel(
                standard.name,
                remark,
                points["people_share"].to_numpy(float),
                points["value_share"].to_numpy(float),
            )
        )
    about = around(
        study,
        survey,
        number,
        "可达性洛伦兹曲线",
        "按两步移动搜索可达性由低到高累计；曲线越弯，分布越不均",
        remarks=("基尼系数 0 为人人相同，越接近 1 越不均。",),
        is_map=False,
    )
    axes = ("人口累计比例", "可达性累计比例")
    return Picture("lorenz", about, lambda paper: lorenz_figure(about, paper, panels, axes))
