"""What `kepu tour` leaves: Chinese tables, a calendar, a GeoPackage and a figure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyogrio
from geopandas import GeoDataFrame

from .coverage.gaps import percent_down
from .maps.tour_figure import tour_figure
from .report_public import internal_folder
from .results import csv_safe
from .siting_words import status_text
from .touring import SHOWN_VISITS, Touring
from .touring_calendar import KIND_NAMES, clock, ics_text, write_workbook
from .touring_choices import TourChoices

SCOPE_NAMES = {"district": "全区", "urban": "城镇", "rural": "乡村"}
CHANGE_NAMES = {
    "day": "多出车一天", "week": "多出车一周", "stay": "多一站", "vehicle": "多一台（套）",
    "day_less": "少出车一天", "stay_less": "少一站", "vehicle_less": "少一台（套）",
}  # fmt: skip
ROLE_NAMES = {"core": "不可替换（换后少服务1%以上）", "swap": "可替换"}


def _towns(found: Touring, codes: pd.Series[Any]) -> pd.Series[Any]:
    return codes.map(found.scene.measured.towns["name"]).fillna("")


def stops_sheet(found: Touring) -> pd.DataFrame:
    """Return the stops by date."""
    stops, points = found.stops, found.stops.geometry.to_crs(4326)
    starts = stops["unit"].map({unit.name: unit.start for unit in found.scene.units})
    hours = {
        name: [
            "" if np.isnan(minutes) else clock(start, minutes).strftime("%H:%M")
            for start, minutes in zip(starts, stops[name], strict=True)
        ]
        for name in ("arrive", "leave")
    }
    return pd.DataFrame(
        {
            "单位": stops["unit"],
            "编号": stops["vehicle"],
            "种类": stops["kind"].map(KIND_NAMES),
            "开始日期": stops["first"].map(lambda date: date.isoformat()),
            "结束日期": stops["last"].map(lambda date: date.isoformat()),
            "当天第几站": stops["stop"],
            "到达": hours["arrive"],
            "离开": hours["leave"],
            "停靠点编号": stops["host"],
            "停靠点": stops["name"],
            "镇街": _towns(found, stops["town"]),
            "可服务人口": stops["people"],
            "开放天数": stops["days"],
            "每人来一次时每天人数": stops["people_a_day"],
            "每天接待能力": stops["capacity"].where(stops["capacity"] > 0).astype("Int64"),
            "超过接待能力": stops["over_capacity"].map({True: "是", False: ""}),
            "经度": points.x.round(6),
            "纬度": points.y.round(6),
        }
    )


def reach_sheet(found: Touring) -> pd.DataFrame:
    """Return people by visits, fixed and mobile apart."""
    reach = found.reach
    towns = found.scene.measured.towns["name"]
    goals = {service.rules.kind: service.rules.visits for service in found.scene.services}
    area = reach["scope"].map(SCOPE_NAMES).fillna(reach["code"].map(towns))
    table = pd.DataFrame(
        {
            "种类": reach["kind"].map(KIND_NAMES),
            "范围": area,
            "人口": reach["people"],
            "有固定设施": reach["fixed"],
            "缺少固定设施": reach["lacking"],
        }
    )
    for number in range(SHOWN_VISITS + 1):
        more = "次及以上" if number == SHOWN_VISITS else "次"
        table[f"巡回 {number} {more}"] = reach[f"visits_{number}"]
    table["目标次数"] = reach["kind"].map(goals)
    table["巡回达到目标"] = reach["reached"]
    table["仅固定设施（%）"] = _percent(reach["fixed"], reach["people"])
    table["固定加流动（%）"] = _percent(reach["with_tour"], reach["people"])
    return table


def _percent(part: pd.Series[Any], whole: pd.Series[Any]) -> list[float | None]:
    return [
        float(percent_down(a / b)) if b else None for a, b in zip(part, whole, strict=True)
    ]  # fmt: skip


def marginal_sheet(extra: TourChoices) -> pd.DataFrame:
    """Return what a day, week, stay or vehicle more would bring."""
    table = extra.marginal
    top = [None if not np.isfinite(b) else int(b) for b in table["bound"]]
    return pd.DataFrame(
        {
            "单位": table["unit"],
            "变化": table["change"].map(CHANGE_NAMES),
            "现达到目标的加权人口": table["weight"],
            "增减": table["difference"],
            "增减的上界": pd.array(top, dtype="Int64"),
            "判定": table["proved"].map({True: "已证明", False: "未证明"}),
        }
    )


def alternatives_sheet(found: Touring, extra: TourChoices) -> pd.DataFrame:
    """Return which host can stand in for which."""
    table, names = extra.alternatives, found.scene.hosts["name"]

    def named(ids: str) -> str:
        return "、".join(str(names[one]) for one in ids.split(";") if one)

    return pd.DataFrame(
        {
            "单位": table["unit"],
            "停靠点编号": table["host"],
            "停靠点": table["host"].map(names),
            "次数": table["visits"],
            "角色": table["role"].map(ROLE_NAMES),
            "最好的替换": table["instead"].map(named),
            "替换后少服务（加权人口）": table["loss"],
            "损失1%以内的替换": table["others"].map(named),
        }
    )


def ledger_sheet(found: Touring) -> pd.DataFrame:
    """Return rows for the ledger of targets: units, stops, towns, people."""
    rows = []
    for service in found.scene.services:
        kind = service.rules.kind
        own, name = found.stops[found.stops["kind"] == kind], KIND_NAMES[kind]
        whole = found.reach[(found.reach["kind"] == kind) & (found.reach["scope"] == "district")]
        units = sum(unit.count for unit in found.scene.units if unit.kind == kind)
        figures = {
            "单位数": units, "停靠次数": len(own), "停靠点数": own["host"].nunique(),
            "到达镇街数": own["town"].nunique(), "缺少固定设施人口": int(whole["lacking"].iloc[0]),
            f"每年 {service.rules.visits} 次以上服务人口": int(whole["reached"].iloc[0]),
        }  # fmt: skip
        rows += [(kind, name, figure, value) for figure, value in figures.items()]
    return pd.DataFrame(rows, columns=["类型", "名称", "指标", "计划值"])


def legs_sheet(found: Touring) -> pd.DataFrame:
    """Return the ways driven."""
    legs, names = found.legs, found.scene.points["name"].to_numpy(object)
    return pd.DataFrame(
        {
            "单位": legs["unit"],
            "编号": legs["vehicle"],
            "日期": legs["date"].map(lambda date: date.isoformat()),
            "第几段": legs["leg"],
            "从": names[legs["origin"].to_numpy(np.int64)],
            "到": names[legs["goal"].to_numpy(np.int64)],
            "分钟": legs["minutes"],
            "公里": np.ceil(legs["metres"] / 100) / 10,
        }
    )


BY_AREA = ("reach", "marginal", "ledger")
"""Tables that tell of no single stop: they may go out with a public study."""


def write_tour(folder: Path, found: Touring, extra: TourChoices) -> None:
    """
    Write everything but the manifest.

    In a public study what tells of single stops lies in a folder of its own.
    """
    study = found.scene.study
    inner = internal_folder(folder, study)
    stops, reach, legs = stops_sheet(found), reach_sheet(found), legs_sheet(found)
    sheets = {
        "stops": stops, "reach": reach, "routes": legs, "marginal": marginal_sheet(extra),
        "alternatives": alternatives_sheet(found, extra), "ledger": ledger_sheet(found),
    }  # fmt: skip
    for name, sheet in sheets.items():
        path = (folder if name in BY_AREA else inner) / f"{name}.csv"
        csv_safe(sheet).to_csv(path, index=False, encoding="utf-8-sig")
    (inner / "calendar.ics").write_bytes(ics_text(found).encode())
    write_workbook(inner / "calendar.xlsx", found, stops, reach)
    about, date = study.study, study.study.date.isoformat()
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": f"{date}T00:00:00.000Z"})
    layers = {"停靠点": (stops, found.stops.geometry), "路线": (legs, found.legs.geometry)}
    for layer, (sheet, geometry) in layers.items():
        frame = GeoDataFrame(sheet, geometry=geometry.to_numpy(), crs=found.stops.crs)
        frame.to_file(inner / "tour.gpkg", layer=layer, driver="GPKG")
    facts = summary(found, extra)
    tour_figure(
        inner / "tour.png", title="流动科技馆与科普大篷车巡回", stops=found.stops,
        legs=found.legs, towns=found.scene.measured.towns,
        notes=f"{about.name}；{facts['first']} 至 {facts['last']}；{facts['proof_zh']}",
        illustrative=about.illustrative, kinds=KIND_NAMES,
    )  # fmt: skip


def summary(found: Touring, extra: TourChoices) -> dict[str, Any]:
    """Return the answer for JSON and for the manifest."""
    told = extra.marginal.replace([np.inf, -np.inf], np.nan).astype(object)
    marginal = told.where(told.notna(), None).to_dict("records")
    return {**plan_facts(found), "marginal": marginal}


def plan_facts(found: Touring) -> dict[str, Any]:
    """Return the plan in figures, without what more or less would change."""
    planned, (first, last) = found.planned, found.scene.whole
    district = found.reach[found.reach["scope"] == "district"].set_index("kind")
    return {
        "first": first.isoformat(),
        "last": last.isoformat(),
        "proof": planned.status,
        "proof_zh": status_text(planned.status, planned.gap)
        if planned.status != "infeasible" else "下限做不到（已证明）",
        "value": planned.value,
        "bound": planned.bound if np.isfinite(planned.bound) else None,
        "gap": planned.gap if np.isfinite(planned.gap) else None,
        "further_visits": planned.spread_status,
        "kilometres_proof": planned.cost_status,
        "seconds": round(planned.seconds, 3),
        "shortfalls": dict(planned.shortfalls),
        "stops": len(found.stops),
        "kilometres": round(float(found.legs["metres"].sum()) / 1000, 1),
        "over_capacity": int(found.stops["over_capacity"].sum()),
        "services": {
            kind: {name: int(row[name]) for name in
                   ("people", "fixed", "lacking", "reached", "with_tour")}
            for kind, row in district.to_dict("index").items()
        },
    }  # fmt: skip
