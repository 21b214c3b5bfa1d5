"""The ledger of the plan's targets as tables: in full, and on one page for a leader."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from .assessment import Assessment
from .coverage.gaps import percent_down
from .maps.appendix import Kind, Listing, number_text
from .wording import GROUP_NAMES, MODE_NAMES, percent_column

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
LEADER_REASONS = {
    "": "",
    "no_number": "",
    "no_data": "未提供数据",
    "no_venue_listed": "设施表无此类",
    "contradiction": "上报与计数不同",
    "quarantined": "有隔离行",
}
"""On a line; what is wanted says already that the plan gives no number."""
COMPARISONS = {">=": "不少于", ">": "高于", "": ""}
LEDGER_KINDS: dict[str, Kind] = {
    "目标值": "number",
    "基线": "number",
    "现状": "number",
    "上报数": "number",
    "尚差": "number",
    "拟建": "count",
    "候选": "count",
    "覆盖人口": "count",
    "年份": "number",
    "覆盖率（%）": "percent",
}


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
            "覆盖人群": table["group"].map(GROUP_NAMES).fillna(""),
            "覆盖人口": table["covered"],
            "覆盖率（%）": percent_column(table["share"]),
            "年份": table["year"],
            "条款": table["clause"],
            "备注": table["note"],
            "数据日期": table["as_of"],
            "来源": table["source"],
        }
    )
    return Listing(
        "目标台账",
        "规划目标台账",
        frame,
        LEDGER_KINDS,
        notes=(
            "设施的现状只计区内在用的，拟建、候选不计；没有上报数的不当作零。",
            "覆盖率为全区人口（设施只面向某一人群的，为该人群）在惯用方式与时限内到达该类在用设施的比例。",
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
            wanted = sign + number_text(one["target"])
        told = LEADER_REASONS[one["reason"]]
        if not pd.isna(one["short"]) and one["short"] > 0:
            told = "；".join(filter(None, ("差" + number_text(one["short"]), told)))
        if not pd.isna(one["planned"]) and one["planned"]:
            told = "；".join(filter(None, (told, f"拟建{one['planned']}")))
        spread = ""
        if one["venue_type"] and one["towns"]:
            whom = "" if one["group"] in ("", "people") else GROUP_NAMES[one["group"]]
            share = one["share"]
            reach = "" if pd.isna(share) else f"，覆盖{whom}{percent_down(float(share))}%"
            spread = f"{len(one['towns'])}个镇街{reach}"
        rows.append(
            {
                "目标": one["name"],
                "单位": one["unit"],
                "要求": wanted,
                "基线": "—" if pd.isna(one["baseline"]) else number_text(one["baseline"]),
                "现状": "—" if pd.isna(one["now"]) else number_text(one["now"]),
                "判定": TARGET_VERDICTS[one["verdict"]],
                "差距与说明": told,
                "分布与覆盖": spread,
            }
        )
    return Listing(
        "目标台账",
        "",
        pd.DataFrame(rows),
        widths=(7.5, 2.7, 2.4, 1.5, 1.5, 2.4, 4.1, 7.6),
        small=True,
    )


def targets_summary(found: Assessment) -> dict[str, int]:
    """Return how many targets are met, not met, and cannot be judged."""
    counts = found.targets["verdict"].value_counts()
    return {name: int(counts.get(verdict, 0)) for verdict, name in TARGET_VERDICTS.items()}


def unjudged_text(found: Assessment) -> str:
    """Return why targets cannot be judged, and how many for each reason; empty: all are judged."""
    table = found.targets
    reasons = table.loc[table["verdict"] == "unknown", "reason"].value_counts()
    counts = [
        f"{LEADER_REASONS[key] or name} {reasons[key]} 项"
        for key, name in TARGET_REASONS.items()
        if key in reasons.index
    ]
    return f"无法判定的 {reasons.sum()} 项：{'，'.join(counts)}。" if counts else ""
