"""From answers to the tables of the appendix: coverage, towns, those left behind, places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from .assessment import Assessment
from .coverage.bands import extremes
from .coverage.share import Standard
from .maps.appendix import Kind, Listing, parts_of_whole
from .maps.content import SMALL_COUNT
from .report_public import hidden_groups, hidden_places, is_public
from .results import flags_sheet, places_sheet
from .results_access import indicators_sheet
from .wording import GROUP_NAMES, VERDICT_NAMES, band_text, percent_column

MET = {True: "达标", False: "未达标"}
MOST_SENTENCES = 1000
"""Of a kind in the annex: some fifty pages."""
DOWN = "百分数向下取到 0.1%，印出的不低于目标当且仅当达标。"


def standards_listing(found: Assessment) -> Listing:
    """Return how far every standard is met: district, town, country, band, verdict."""
    bands = found.bands[found.bands["scope"] == "district"].set_index("standard")
    rows = []
    for standard in found.study.wanted:
        table = found.standards[found.standards["standard"] == standard.key]
        by_scope = {row["scope"]: row for row in table.to_dict("records")}
        rows.append(_standard_row(standard, by_scope, bands.loc[standard.key].to_dict()))
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
        widths=(5.4, 2.3, 2.8, 2.8, 1.6, 1.6, 1.6, 2.0, 1.6, 1.9, 3.6),
        small=True,
    )


def _standard_row(
    standard: Standard, by_scope: Mapping[str, Mapping[Any, Any]], band: Mapping[Any, Any]
) -> dict[str, Any]:
    """Return what the table says of one standard, shares not yet as percent."""
    one, ends = by_scope["district"], extremes(band)
    return {
        "标准": standard.name,
        "适用人群": GROUP_NAMES[standard.group],
        "人口": int(one["people"]),
        "覆盖人口": int(one["covered"]),
        **{
            f"{name}（%）": by_scope[scope]["share"]
            for scope, name in (("district", "全区"), ("urban", "城镇"), ("rural", "乡村"))
        },
        "误差范围（%）": "—" if ends is None else band_text(*ends),
        "目标（%）": standard.goal,
        "判定": "无法判定" if pd.isna(one["met"]) else MET[bool(one["met"])],
        "把握": VERDICT_NAMES[str(band["verdict"])],
    }


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
        fixed=1,
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
        fixed=1,
    )


def in_full(found: Assessment, listing: Listing) -> Listing:
    """Return a table by standards for the workbook, which has room for their names."""
    letters, _ = _short_names(found)
    names = {letters[s.key]: f"{letters[s.key]} {s.name}" for s in found.study.wanted}
    kinds = {names.get(name, name): kind for name, kind in listing.kinds.items()}
    return replace(listing, frame=listing.frame.rename(columns=names), kinds=kinds)


def _short_names(found: Assessment) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return a letter for each standard, and the note that explains them."""
    letters = {s.key: f"标准{at}" for at, s in enumerate(found.study.wanted, 1)}
    told = "；".join(f"{letters[s.key]} {s.name}" for s in found.study.wanted)
    return letters, (f"{told}。",)


def hidden_flags(found: Assessment) -> pd.Series[Any]:
    """Tell which flags a public appendix keeps back: of places or by groups not told by place."""
    flags, study, demand = found.flags, found.study, found.measured.demand
    small, groups = hidden_places(study, demand), hidden_groups(study, demand)
    few = [standard.key for standard in study.wanted if standard.group in groups]
    place = flags["kind"] == "place"
    return place & (flags["id"].isin(small.index[small]) | flags["standard"].isin(few))


def _kept_back(hidden: pd.Series[Any]) -> tuple[str, ...]:
    if not hidden.any():
        return ()
    return (f"另有 {hidden.sum()} 条涉及不足 {SMALL_COUNT} 人的居民点或人群，不逐条列出。",)


def flags_listing(found: Assessment) -> Listing:
    """Return everything that is flagged, with all that is known of it."""
    hidden = hidden_flags(found)
    frame = flags_sheet(found.study, found.measured, found).loc[~hidden]
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
    return Listing("短板", "短板清单", frame, kinds, notes=_kept_back(hidden))


def sentences_listings(found: Assessment) -> list[Listing]:
    """Return the flagged in sentences, a table for towns, places and venues each."""
    hidden = hidden_flags(found)
    flags = found.flags[~hidden].sort_values(["kind", "priority"], kind="stable")
    listings = []
    for kind, name in (("town", "镇街"), ("place", "村（社区）"), ("venue", "设施")):
        whole = flags[flags["kind"] == kind]
        if not len(whole):
            continue
        some = whole.head(MOST_SENTENCES)
        notes = _kept_back(hidden) if kind == "place" else ()
        if len(some) < len(whole):
            notes += (f"只列优先的前 {MOST_SENTENCES} 条，全部见 kepu run 的 flags.csv。",)
        frame = pd.DataFrame(
            {
                "次序": some["priority"].astype("Int64"),
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
                f"短板清单：{name}（{len(whole)} 条）",
                frame.reset_index(drop=True),
                {"次序": "count"},
                notes=notes,
                widths=(1.2, 1.8, 12, 8),
                small=True,
            )
        )
    return listings


def places_listing(found: Assessment) -> Listing:
    """Return every place with its minutes to each standard."""
    frame = places_sheet(found.study, found.measured, found)
    study, demand = found.study, found.measured.demand
    notes: tuple[str, ...] = ()
    if is_public(study):
        hidden = hidden_places(study, demand)
        groups = hidden_groups(study, demand)
        away = ["经度", "纬度", *(GROUP_NAMES[group] for group in groups)]
        frame = frame[~hidden.to_numpy()].drop(columns=away)
        kept = f"{hidden.sum()} 处不足 {SMALL_COUNT} 人的居民点不列出；合计见各镇街表。"
        names = "、".join(GROUP_NAMES[group] for group in GROUP_NAMES if group in groups)
        notes = (kept, *([f"{names}人数过少，不按居民点列出。"] if groups else []))
    kinds: dict[str, Kind] = {}
    for name in frame.columns:
        if pd.api.types.is_numeric_dtype(frame[name]) and not pd.api.types.is_bool_dtype(
            frame[name]
        ):
            kinds[str(name)] = "number"
    return Listing("居民点", "居民点明细", frame, kinds, notes=notes, fixed=2)


def indicators_listing(found: Assessment) -> Listing:
    """Return the figures under their official names, of the district."""
    frame = indicators_sheet(found.study, found.measured, found)
    kinds: dict[str, Kind] = {
        str(name): "number" for name in frame.columns if pd.api.types.is_numeric_dtype(frame[name])
    }
    return Listing("指标", "指标一览", frame, kinds)
