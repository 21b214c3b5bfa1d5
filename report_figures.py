"""From answers to the figures of the appendix that every run has: which, and what they say."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pandas as pd

from .assessment import Assessment
from .coverage.gaps import percent_down
from .layers.venues import venue_types
from .maps.figures.about import Picture
from .maps.figures.chart import pairs_figure, shares_figure
from .maps.figures.curve import Panel, lorenz_figure
from .report_ground import Ground
from .report_keys import around
from .report_maps import left_picture, minutes_picture, venues_picture
from .wording import GROUP_NAMES, MODE_NAMES

SHARE_AXIS = "时限内可到达的人口比例（注明人群的，占该人群的比例）"


def pictures(found: Assessment) -> Iterator[Picture]:
    """Yield the figures that need nothing but the answers, numbered from 1."""
    ground, number = Ground(found.measured), 1
    for make in (venues_picture, types_picture):
        yield make(found, ground, number)
        number += 1
    for key in [standard.key for standard in found.study.wanted]:
        yield minutes_picture(found, ground, number, key)
        number += 1
    for make in (left_picture, sides_picture, lorenz_picture):
        yield make(found, ground, number)
        number += 1


def types_picture(found: Assessment, _: Ground, number: int) -> Picture:
    """Return the share of people within the usual limit of each type."""
    study, survey = found.study, found.measured
    frame = pd.DataFrame(_type_rows(found), columns=["order", "name", "share", "goal", "text"])
    people = int(survey.demand["people"].sum())
    about = around(
        study,
        survey,
        number,
        "各类科普设施覆盖率",
        f"全区人口 {people:,} 人；括号内为惯用出行方式与时限，只面向某一人群的设施按该人群计",
        remarks=("时限含端点；只计在用设施，区外缓冲区内的计入。百分数向下取。",),
        is_map=False,
    )
    return Picture("types", about, partial(shares_figure, about, rows=frame, axis=SHARE_AXIS))


def _type_rows(found: Assessment) -> list[tuple[int, str, float, Any, str]]:
    """Return the types that anybody can be asked about, in their order, each with its share."""
    table, kinds, rows = found.coverage, venue_types(), []
    for key in dict.fromkeys(found.measured.venues["type"]):
        kind, whom = kinds[key], found.audience[key]
        one = table[
            (table["types"] == key)
            & (table["mode"] == kind.mode)
            & (table["scope"] == "district")
            & (table["minutes"] == kind.minutes)
            & (table["group"] == whom)
        ]
        if len(one) and not pd.isna(one["share"].iloc[0]):
            share, covered = float(one["share"].iloc[0]), int(one["covered"].iloc[0])
            who = "" if whom == "people" else f"，{GROUP_NAMES[whom]}"
            name = f"{kind.name}（{MODE_NAMES[kind.mode]}{kind.minutes:g}分钟{who}）"
            text = f"{percent_down(share)}%，{covered:,} 人"
            rows.append((list(kinds).index(key), name, share, pd.NA, text))
    return sorted(rows)


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
    draw = partial(pairs_figure, about, rows=frame, axis="覆盖率")
    return Picture("urban-rural", about, draw)


def _parted(name: str) -> str:
    """Return the name of a standard with a line feed before its mode of travel."""
    at = max(name.rfind(mode) for mode in MODE_NAMES.values())
    return f"{name[:at]}\n{name[at:]}" if at > 0 else name


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
                _parted(standard.name),
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
    draw = partial(lorenz_figure, about, panels=panels, axes_names=axes)
    return Picture("lorenz", about, draw)
