"""The venues as tables: numbers by type and town, and the list of science resources."""

from __future__ import annotations

import pandas as pd

from .assessment import Assessment
from .layers.venues import venue_types
from .maps.appendix import Kind, Listing
from .report_public import is_public
from .wording import STATUS_NAMES, TIER_NAMES


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
    if is_public(found.study):
        frame = frame.drop(columns=["经度", "纬度"])
    frame = frame.sort_values(["order", "town", "编号"]).drop(columns=["order", "town"])
    kinds_of: dict[str, Kind] = {
        name: "number" for name in ("容量", "经度", "纬度") if name in frame
    }
    return Listing(
        "科普资源名录",
        "科普资源名录",
        frame.reset_index(drop=True),
        kinds_of,
        notes=("按类型、镇街排列；区外缓冲区内的注“区外”。",),
    )
