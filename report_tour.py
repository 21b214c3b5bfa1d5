"""A tour in the appendix: map, calendar and tables."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from functools import partial
from itertools import pairwise
from typing import Any

import pandas as pd

from .assessment import Assessment
from .maps.appendix import Kind, Listing
from .maps.figures.about import Key, Picture
from .maps.figures.calendar import Lane, calendar_figure
from .maps.figures.map import Layer
from .maps.figures.names import Names
from .maps.style import BAR_BELOW, BAR_MET, INK, MUTED, ROUTE
from .report_ground import Ground, short_name
from .report_keys import Part, around
from .report_tour_plan import NAMELESS, Tour, told_apart
from .touring_calendar import KIND_NAMES

DAY = datetime.timedelta(days=1)
LOOKS = {"流动科技馆": ("s", BAR_MET), "科普大篷车": ("o", BAR_BELOW)}
STOP_POINTS, MORE_POINTS = 26.0, 14.0
"""Square points of a stop that is visited once, and for each further visit."""


def tour_part(found: Assessment, ground: Ground, tour: Tour) -> Part:
    """Return map, calendar and tables of a tour."""
    tour = told_apart(found, tour)
    kept = ("first", "last", "proof", "further_visits", "kilometres_proof", "stops", "kilometres")
    return Part(
        "流动科技馆与科普大篷车巡回",
        (partial(tour_picture, found, ground, tour), partial(calendar_picture, found, tour)),
        (reach_listing(tour), hosts_listing(tour)),
        (stops_listing(tour),),
        told=_lacks(tour),
        facts={"tour": {name: tour.facts[name] for name in kept}},
    )


def _lacks(tour: Tour) -> str:
    """Return what the plan does not keep."""
    facts = tour.facts
    said = []
    if facts["shortfalls"]:
        said.append(f"{len(facts['shortfalls'])} 项服务下限没有达到")
    if facts["over_capacity"]:
        said.append(f"{facts['over_capacity']} 次停靠超过每天接待能力")
    return f"巡回方案{'，'.join(said)}，见 kepu tour 的结果。" if said else ""


def _told(tour: Tour) -> str:
    facts = tour.facts
    return (
        f"{facts['first']} 至 {facts['last']}，停靠 {facts['stops']} 次，"
        f"行驶 {facts['kilometres']:,.1f} 公里；{facts['proof_zh']}{_unproved(facts)}"
    )


def _unproved(facts: Mapping[str, Any]) -> str:
    """Return what beside the people reached is not proved: another run may find another plan."""
    further = {"further_visits": "更多停靠", "kilometres_proof": "里程"}
    said = [name for key, name in further.items() if facts[key] != "optimal"]
    return f"，{'与'.join(said)}未证明最优" if said else ""


def tour_picture(found: Assessment, ground: Ground, tour: Tour, number: int) -> Picture:
    """Return where the units stop, how often, and the ways between."""
    study, survey = found.study, found.measured
    crs = survey.towns.crs
    stops, legs = tour.stops.to_crs(crs), tour.legs.to_crs(crs)
    drawn = legs[legs.geometry.notna() & ~legs.geometry.is_empty]
    vans = set(stops.loc[stops["种类"] == KIND_NAMES["mobile.van"], "单位"])
    ways = drawn[drawn["单位"].isin(vans)]
    layers = [Layer(ways.geometry, "科普大篷车行车路线", "line", ROUTE, width=0.9)]
    names = []
    for kind, own in stops.groupby("种类", sort=True):
        form, colour = LOOKS[str(kind)]
        hosts = own.drop_duplicates("停靠点编号")
        label = f"{kind}停靠点（{len(hosts)} 处 {len(own)} 次）"
        hosts = hosts[hosts.geometry.notna()]
        often = own["停靠点编号"].value_counts().reindex(hosts["停靠点编号"]).to_numpy(float)
        size = STOP_POINTS + MORE_POINTS * (often - 1)
        layers.append(Layer(hosts.geometry, label, form, colour, "white", 0.6, size))
        names.append(Names(hosts.geometry, [short_name(n) for n in hosts["停靠点"]], 6.2, INK, 4.0))
    about = around(
        study,
        survey,
        number,
        "流动科技馆与科普大篷车巡回路线",
        _told(tour),
        remarks=(
            "符号面积随停靠次数增大，大小见图例；写不下的名称见表。",
            *([f"{NAMELESS}不画出、不写名，次数仍含。"] if stops.geometry.isna().any() else []),
        ),
    )
    most = int(stops["停靠点编号"].value_counts().max()) if len(stops) else 0
    heads = [_visits_key(number) for number in (most, 1)] if most > 1 else []
    draw = ground.draws(about, layers, names=names, heads=heads)
    return Picture("tour", about, draw, f"{_told(tour)}。")


def _visits_key(number: int) -> Key:
    """Return what the legend says of the size of a stop with so many visits."""
    across = (STOP_POINTS + MORE_POINTS * (number - 1)) ** 0.5
    return Key(f"大小：{number} 次", "o", "white", MUTED, 0.8, size=across)


def calendar_picture(found: Assessment, tour: Tour, number: int) -> Picture:
    """Return who is where on which days."""
    about = around(
        found.study,
        found.measured,
        number,
        "流动科技馆与科普大篷车巡回日历",
        _told(tour),
        remarks=("每行一台（套）；写不下的停靠点名称见表与 kepu tour 的日历。",),
        is_map=False,
    )
    span = (tour.facts["first"], tour.facts["last"])
    draw = partial(calendar_figure, about, lanes=_lanes(tour), span=span, shades=_shades(found))
    return Picture("tour-calendar", about, draw)


def _lanes(tour: Tour) -> list[Lane]:
    """Return a lane for each vehicle: its stays, or its days."""
    lanes = []
    for (kind, unit, vehicle), own in tour.stops.groupby(["种类", "单位", "编号"], sort=True):
        spans = own[["开始日期", "结束日期", "停靠点"]].drop_duplicates()
        texts = [short_name(name) for name in spans["停靠点"]]
        stays = list(zip(spans["开始日期"], spans["结束日期"], texts, strict=True))
        lanes.append(Lane(f"{unit}{vehicle}号", LOOKS[str(kind)][1], stays))
    return lanes


def _shades(found: Assessment) -> list[tuple[str, str, str]]:
    """Return the times in which places are closed: floods and, between terms, schools."""
    rules = found.study.tour
    floods = [("汛期", one.first.isoformat(), one.last.isoformat()) for one in rules.floods]
    terms = sorted(rules.terms)
    breaks = [
        ("学校放假", (earlier[1] + DAY).isoformat(), (later[0] - DAY).isoformat())
        for earlier, later in pairwise(terms)
    ]
    return [*breaks, *floods]


def reach_listing(tour: Tour) -> Listing:
    """Return the people with a fixed venue, without one, and reached by the tour."""
    counts = ["人口", "有固定设施", "缺少固定设施", "巡回达到目标"]
    percents = ["仅固定设施（%）", "固定加流动（%）"]
    kinds: dict[str, Kind] = {
        **dict.fromkeys(counts, "count"), "目标次数": "count", **dict.fromkeys(percents, "percent"),
    }  # fmt: skip
    names = ["种类", "范围", *counts[:3], "目标次数", counts[3], *percents]
    return Listing(
        "巡回服务人口",
        "固定设施与流动设施服务人口",
        tour.reach[names],
        kinds,
        "人、次、%",
        ("人口为该类流动设施所服务的人群；“巡回达到目标”只计缺少固定设施的人口。",),
        small=True,
    )


def hosts_listing(tour: Tour) -> Listing:
    """Return where each kind of unit stops, how often and when."""
    rows = []
    first, last = (tour.facts[name][:4] for name in ("first", "last"))
    for (kind, _), own in tour.stops.groupby(["种类", "停靠点编号"], sort=True):
        dates = own[["开始日期", "结束日期"]].drop_duplicates().to_numpy().tolist()
        told = "、".join(_span_text(*pair, year=first != last) for pair in dates)
        rows.append((kind, own["停靠点"].iloc[0], own["镇街"].iloc[0], len(own), told))
    head = f"日期（{first}年）" if first == last else "日期"
    frame = pd.DataFrame(rows, columns=["种类", "停靠点", "镇街", "次数", head])
    return Listing(
        "巡回停靠点",
        "巡回停靠点与日期",
        frame.sort_values(["种类", "镇街", "停靠点"], kind="stable").reset_index(drop=True),
        {"次数": "count"},
        "次",
        widths=(2.6, 6.6, 2.6, 1.2, 11),
        small=True,
    )


def _span_text(first: str, last: str, *, year: bool) -> str:
    """Return a stay in words: 3月11日, or 3月11日至4月2日; with its year where it must be told."""
    days = [datetime.date.fromisoformat(text) for text in dict.fromkeys((first, last))]
    return "至".join(f"{f'{d.year}年' if year else ''}{d.month}月{d.day}日" for d in days)


def stops_listing(tour: Tour) -> Listing:
    """Return every stop by date, for the workbook."""
    frame = pd.DataFrame(tour.stops.drop(columns=["geometry", "经度", "纬度"]))
    counts = ("当天第几站", "可服务人口", "开放天数", "每人来一次时每天人数", "每天接待能力")
    return Listing("巡回停靠", "巡回各次停靠", frame, dict.fromkeys(counts, "count"), "人、天")
