"""From answers to the tables of the appendix: coverage, towns, venues, targets, places, names."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil, floor
from typing import Any

import numpy as np
import pandas as pd

from .coverage.gaps import percent_down
from .layers.venues import venue_types
from .maps.appendix import Kind, Listing, parts_of_whole
from .results import flags_sheet, places_sheet
from .results_access import indicators_sheet
from .study import Assessment
from .wording import (
    GROUP_NAMES,
    MODE_NAMES,
    STATUS_NAMES,
    TIER_NAMES,
    VERDICT_NAMES,
    percent_column,
)

MET = {True: "达标", False: "未达标"}
DOWN = "百分数向下取到 0.1%，印出的不低于目标当且仅当达标。"
TARGET_VERDICTS = {"met": "达到", "not_met": "未达到", "unknown": "无法判定"}
TARGET_KINDS = {
    "venue": "设施",
    "upgrade_host": "可叠加功能的设施",
    "organisation": "组织",
    "people": "队伍",
    "activity": "活动",
    "outcome": "成效",
}
TARGET_REASONS = {
    "": "",
    "no_number": "方案未给数量",
    "no_data": "未提供数据（研究文件 [targets]）",
    "no_venue_listed": "设施表中没有此类设施，不知是没有还是未收集",
    "contradiction": "上报数与设施表的结论不同",
    "quarantined": "设施表有隔离行，其中可能有此类设施",
}
COMPARISONS = {">=": "不少于", ">": "高于", "": ""}


def standards_listing(found: Assessment) -> Listing:
    """Return how far every standard is met: district, town, country, band, verdict."""
    rows = []
    bands = found.bands[found.bands["scope"] == "district"].set_index("standard")
    for standard in found.study.wanted:
        table = found.standards[found.standards["standard"] == standard.key]
        by_scope = {row["scope"]: row for row in table.to_dict("records")}
        one, band = by_scope["district"], bands.loc[standard.key]
        edges: list[Any] = [
            band[name] for name in ("point_low", "speed_low", "point_high", "speed_high")
        ]
        known = not any(pd.isna(edge) for edge in edges)
        low = f"{floor(100 * min(edges[:2]))}–{ceil(100 * max(edges[2:]))}" if known else "—"
        met = "无法判定" if pd.isna(one["met"]) else MET[bool(one["met"])]
        rows.append(
            {
                "标准": standard.name,
                "适用人群": GROUP_NAMES[standard.group],
                "人口": int(one["people"]),
                "覆盖人口": int(one["covered"]),
                **{
                    f"{name}（%）": by_scope[scope]["share"]
                    for scope, name in (("district", "全区"), ("urban", "城镇"), ("rural", "乡村"))
                },
                "误差范围（%）": low,
                "目标（%）": standard.goal,
                "判定": met,
                "把握": VERDICT_NAMES[str(band["verdict"])],
            }
        )
    frame = pd.DataFrame(rows)
    percents = ["全区（%）", "城镇（%）", "乡村（%）", "目标（%）"]
    frame[percents] = frame[percents].apply(lambda column: percent_column(column))
    kinds: dict[str, Kind] = {
        "人口": "count",
        "覆盖人口": "count",
        **dict.fromkeys(percents, "percent"),
    }
    return Listing(
        "覆盖率",
        "各标准的人口覆盖率",
        frame,
        kinds,
        "人、%",
        (DOWN, "误差范围含点位精度与速度上下浮动；“把握”说明在此范围内结论是否改变。"),
        widths=(5.2, 2.4, 2.7, 2.6, 1.8, 1.8, 1.8, 2.2, 1.8, 2.2, 3.2),
        small=True,
    )


def towns_listing(found: Assessment) -> Listing:
    """Return people, their part of the district, and shares by standard, for every town."""
    towns = found.measured.towns
    people = (
        found.measured.demand.groupby("town")["people"].sum().reindex(towns.index, fill_value=0)
    )
    parts = parts_of_whole(people.to_numpy(np.int64), 1000)
    columns: dict[str, Any] = {
        "镇街": [*towns["name"], "全区"],
        "人口": [*people, int(people.sum())],
        "占全区（%）": [*(parts / 10), parts.sum() / 10],
    }
    kinds: dict[str, Kind] = {"人口": "count", "占全区（%）": "percent"}
    short, notes = _short_names(found)
    for key, name in short.items():
        table = found.standards[found.standards["standard"] == key]
        town = table[table["scope"] == "town"].set_index("code")["share"].reindex(towns.index)
        whole = table[table["scope"] == "district"]["share"]
        columns[name] = percent_column(pd.concat([town, whole], ignore_index=True)).to_numpy()
        kinds[name] = "percent"
    return Listing(
        "镇街覆盖率",
        "各镇街人口与覆盖率",
        pd.DataFrame(columns),
        kinds,
        "人、%",
        (
            *notes,
            "人口占比按最大余数法取到 0.1%，合计为 100.0%；" + DOWN + "“—”为没有该标准的人口。",
        ),
        total=True,
        small=True,
    )


def covered_listing(found: Assessment) -> Listing:
    """Return covered people by standard and town; the towns add up to the district."""
    towns = found.measured.towns
    columns: dict[str, Any] = {"镇街": [*towns["name"], "全区"]}
    kinds: dict[str, Kind] = {}
    short, notes = _short_names(found)
    for key, name in short.items():
        table = found.standards[found.standards["standard"] == key]
        town = table[table["scope"] == "town"].set_index("code")["covered"].reindex(towns.index)
        whole = int(table[table["scope"] == "district"]["covered"].iloc[0])
        columns[name] = [*map(int, town), whole]
        kinds[name] = "count"
    return Listing(
        "镇街覆盖人口",
        "各镇街覆盖人口",
        pd.DataFrame(columns),
        kinds,
        "人",
        (*notes, "各镇街之和等于全区。"),
        total=True,
        small=True,
    )


def _short_names(found: Assessment) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return a letter for each standard, and the note that explains them."""
    letters = {s.key: f"标准{at}" for at, s in enumerate(found.study.wanted, 1)}
    told = "；".join(f"{letters[s.key]} {s.name}" for s in found.study.wanted)
    return letters, (f"{told}。",)


def venues_listing(found: Assessment) -> Listing:
    """Return venues by type and state, those of the district apart from those beyond it."""
    venues, kinds = found.measured.venues, venue_types()
    inside = venues[~venues["outside"]]
    counts = pd.crosstab(inside["type"], inside["status"])
    counts = counts.reindex(columns=list(STATUS_NAMES), fill_value=0)
    outside = venues[venues["outside"]].groupby("type").size()
    keys = [key for key in kinds if key in set(venues["type"])]
    counts = counts.reindex(keys, fill_value=0)
    frame = pd.DataFrame(
        {
            "类型": [kinds[key].name for key in keys],
            "层级": [TIER_NAMES[kinds[key].tier] for key in keys],
            **{name: counts[status].to_numpy() for status, name in STATUS_NAMES.items()},
            "区内合计": counts.sum(axis=1).to_numpy(),
            "区外（缓冲区内）": outside.reindex(keys, fill_value=0).to_numpy(),
        }
    )
    numbers = list(frame.columns[2:])
    total = {"类型": "合计", "层级": "", **{name: int(frame[name].sum()) for name in numbers}}
    frame = pd.concat([frame, pd.DataFrame([total])], ignore_index=True)
    return Listing(
        "设施数量",
        "各类设施数量",
        frame,
        dict.fromkeys(numbers, "count"),
        "处",
        ("只有在用的计入覆盖与目标。",),
        total=True,
    )


def venues_by_town_listing(found: Assessment) -> Listing:
    """Return open venues by type and town."""
    venues, kinds, towns = found.measured.venues, venue_types(), found.measured.towns["name"]
    some = venues[~venues["outside"] & (venues["status"] == "open")]
    counts = pd.crosstab(some["type"], some["town"])
    keys = [key for key in kinds if key in counts.index]
    counts = counts.reindex(index=keys, columns=towns.index, fill_value=0)
    frame = pd.DataFrame({"类型": [kinds[key].name for key in keys]})
    for code, name in towns.items():
        frame[str(name)] = counts[code].to_numpy()
    frame["合计"] = counts.sum(axis=1).to_numpy()
    numbers = list(frame.columns[1:])
    total = {"类型": "合计", **{name: int(frame[name].sum()) for name in numbers}}
    frame = pd.concat([frame, pd.DataFrame([total])], ignore_index=True)
    return Listing(
        "设施分镇街",
        "各镇街在用设施数量",
        frame,
        dict.fromkeys(numbers, "count"),
        "处",
        total=True,
        small=True,
    )


def resources_listing(found: Assessment) -> Listing:
    """Return the science resources (科普资源名录): open and planned venues by type, town, group."""
    venues, kinds = found.measured.venues, venue_types()
    some = venues[venues["status"].isin(["open", "planned"])]
    points = some.geometry.to_crs(4326)
    order = {key: at for at, key in enumerate(kinds)}
    frame = pd.DataFrame(
        {
            "编号": some.index.astype(str),
            "层级": some["type"].map(lambda k: TIER_NAMES[kinds[k].tier]),
            "类型": some["type_name"],
            "名称": some["name"],
            "镇街": some["town"].map(found.measured.towns["name"]).fillna("区外"),
            "服务对象": some["groups"],
            "状态": some["status"].map(STATUS_NAMES),
            "开放日": some["days"],
            "开放时间": some["hours"],
            "容量": some["capacity"],
            "容量单位": some["capacity_unit"],
            "地址": some["address"],
            "经度": points.x.round(6),
            "纬度": points.y.round(6),
            "order": some["type"].map(order),
            "town": some["town"],
        }
    )
    if found.study.map.mode == "public":
        frame = frame.drop(columns=["经度", "纬度"])
    frame = frame.sort_values(["order", "town", "编号"]).drop(columns=["order", "town"])
    kinds_of: dict[str, Kind] = {"容量": "number", "经度": "number", "纬度": "number"}
    return Listing(
        "科普资源名录",
        "科普资源名录",
        frame.reset_index(drop=True),
        kinds_of,
        notes=("按类型、镇街排列；区外缓冲区内的注“区外”。",),
    )


def targets_listing(found: Assessment) -> Listing:
    """Return the ledger of targets, everything that is known of each."""
    table, towns = found.targets, found.measured.towns["name"]
    frame = pd.DataFrame(
        {
            "代码": table["key"],
            "类别": table["kind"].map(TARGET_KINDS),
            "目标": table["name"],
            "单位": table["unit"],
            "要求": table["comparison"].map(COMPARISONS),
            "目标值": table["target"],
            "基线": table["baseline"],
            "现状": table["now"],
            "上报数": table["reported"],
            "尚差": table["short"],
            "判定": table["verdict"].map(TARGET_VERDICTS),
            "说明": table["reason"].map(TARGET_REASONS),
            "拟建": table["planned"],
            "候选": table["candidate"],
            "分布": [_towns_text(held, towns) for held in table["towns"]],
            "到达方式": [
                "" if pd.isna(m) else f"{MODE_NAMES[mode]}{m:g}分钟"
                for mode, m in zip(table["mode"], table["minutes"], strict=True)
            ],
            "覆盖人口": table["covered"],
            "覆盖率（%）": percent_column(table["share"]),
            "年份": table["year"],
            "条款": table["clause"],
            "备注": table["note"],
            "数据日期": table["as_of"],
            "来源": table["source"],
        }
    )
    numbers: dict[str, Kind] = dict.fromkeys(("目标值", "基线", "现状", "上报数", "尚差"), "number")
    kinds: dict[str, Kind] = {
        **numbers,
        "拟建": "count",
        "候选": "count",
        "覆盖人口": "count",
        "年份": "number",
        "覆盖率（%）": "percent",
    }
    return Listing(
        "目标台账",
        "规划目标台账",
        frame,
        kinds,
        notes=(
            "设施的现状只计区内在用的，拟建、候选不计；没有上报数的不当作零。",
            "覆盖率为全区人口在惯用方式与时限内到达该类在用设施的比例。",
        ),
    )


def _towns_text(held: Mapping[str, int], towns: pd.Series[Any]) -> str:
    return "、".join(f"{towns.get(code, code)}{number}" for code, number in held.items())


def leader_listing(found: Assessment) -> Listing:
    """Return the ledger on one page: what was wanted, what there is, and the verdict."""
    rows = []
    for one in found.targets.to_dict("records"):
        wanted = "未给数量"
        if not pd.isna(one["target"]):
            sign = {">=": "≥", ">": "＞"}[one["comparison"]]
            wanted = f"{sign}{one['target']:g}"
        told = TARGET_REASONS[one["reason"]].split("（")[0] if one["reason"] != "no_number" else ""
        if not pd.isna(one["short"]) and one["short"] > 0:
            told = "；".join(filter(None, (f"差{one['short']:g}", told)))
        if not pd.isna(one["planned"]) and one["planned"]:
            told = "；".join(filter(None, (told, f"拟建{one['planned']}")))
        spread = ""
        if one["venue_type"] and one["towns"]:
            reach = "" if pd.isna(one["share"]) else f"，覆盖{percent_down(float(one['share']))}%"
            spread = f"{len(one['towns'])}个镇街有{reach}"
        rows.append(
            {
                "目标": one["name"],
                "单位": one["unit"],
                "要求": wanted,
                "基线": "—" if pd.isna(one["baseline"]) else f"{one['baseline']:g}",
                "现状": "—" if pd.isna(one["now"]) else f"{one['now']:g}",
                "判定": TARGET_VERDICTS[one["verdict"]],
                "差距与说明": told,
                "分布与覆盖": spread,
            }
        )
    return Listing(
        "目标台账",
        "",
        pd.DataFrame(rows),
        widths=(7.6, 2.6, 2.4, 1.7, 1.7, 2.5, 5.4, 5.4),
        small=True,
    )


def targets_summary(found: Assessment) -> dict[str, int]:
    """Return how many targets are met, not met, and cannot be judged."""
    counts = found.targets["verdict"].value_counts()
    return {name: int(counts.get(verdict, 0)) for verdict, name in TARGET_VERDICTS.items()}


def flags_listing(found: Assessment) -> Listing:
    """Return everything that is flagged, with all that is known of it."""
    frame = flags_sheet(found.study, found.measured, found)
    counts = ("优先次序", "人口", "未覆盖人口", "增加覆盖人口")
    numbers = (
        "分钟",
        "时限（分钟）",
        "超出（分钟）",
        "其中路网外步行与停车（分钟）",
        "改进后分钟",
        "优先分",
    )
    kinds: dict[str, Kind] = {
        **dict.fromkeys(counts, "count"),
        **dict.fromkeys(numbers, "number"),
        **dict.fromkeys(("覆盖率（%）", "目标（%）"), "percent"),
    }
    return Listing("短板", "短板清单", frame, kinds)


def sentences_listings(found: Assessment) -> list[Listing]:
    """Return the flagged in sentences, a table for towns, places and venues each."""
    flags = found.flags.sort_values(["kind", "priority"], kind="stable")
    listings = []
    for kind, name in (("town", "镇街"), ("place", "村（社区）"), ("venue", "设施")):
        some = flags[flags["kind"] == kind]
        if not len(some):
            continue
        frame = pd.DataFrame(
            {
                "次序": some["priority"].astype(int),
                "级别": some["level"]
                .map({"severe": "严重", "moderate": "中度"})
                .fillna("无法判定"),
                "说明": some["sentence"],
                "改进建议": some["remedy"],
            }
        )
        listings.append(
            Listing(
                f"短板-{name}",
                f"短板清单：{name}（{len(some)} 条）",
                frame.reset_index(drop=True),
                {"次序": "count"},
                widths=(1.2, 1.8, 12, 8),
                small=True,
            )
        )
    return listings


def places_listing(found: Assessment) -> Listing:
    """Return every place with its minutes to each standard."""
    frame = places_sheet(found.study, found.measured, found)
    if found.study.map.mode == "public":
        frame = frame.drop(columns=["经度", "纬度"])
    kinds: dict[str, Kind] = {}
    for name in frame.columns:
        if pd.api.types.is_numeric_dtype(frame[name]) and not pd.api.types.is_bool_dtype(
            frame[name]
        ):
            kinds[str(name)] = "number"
    return Listing("居民点", "居民点明细", frame, kinds)


def indicators_listing(found: Assessment) -> Listing:
    """Return the figures under their official names, of the district."""
    frame = indicators_sheet(found.study, found.measured, found)
    kinds: dict[str, Kind] = {
        str(name): "number" for name in frame.columns if pd.api.types.is_numeric_dtype(frame[name])
    }
    return Listing("指标", "指标一览", frame, kinds)


def book_listings(found: Assessment) -> list[Listing]:
    """Return the sheets of the workbook, in order."""
    return [
        standards_listing(found),
        towns_listing(found),
        covered_listing(found),
        venues_listing(found),
        venues_by_town_listing(found),
        targets_listing(found),
        indicators_listing(found),
        flags_listing(found),
        places_listing(found),
        resources_listing(found),
    ]
