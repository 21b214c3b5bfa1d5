"""What a run leaves: tables that planners read, and a GeoPackage for QGIS."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyogrio
from geopandas import GeoDataFrame
from pyogrio.errors import DataLayerError, DataSourceError, FieldError

from .assessment import Assessment
from .coverage.gaps import KINDS
from .coverage.share import GROUPS
from .layers.ledger import FORMULA_STARTS, Ledger
from .layers.venues import venue_types
from .report_public import internal_folder
from .results_access import further_sheets
from .study import Survey
from .study_keys import Study
from .wording import (
    AREA_NAMES,
    CAUSE_NAMES,
    FIX_NAMES,
    GROUP_NAMES,
    KIND_NAMES,
    LEVEL_NAMES,
    MODE_NAMES,
    REASON_NAMES,
    SCOPE_NAMES,
    STATUS_NAMES,
    TIER_NAMES,
    percent_column,
)

SHEET_TITLES = {
    "coverage": "覆盖",
    "flags": "短板",
    "access": "可达性",
    "access_areas": "分区可达性",
    "equity": "均衡",
    "bands": "误差范围",
    "surveys": "先测点位",
    "conditions": "附加条件",
    "indicators": "指标",
    "index": "指数",
    "calibration": "速度校核",
}
"""Tables without shapes in the GeoPackage."""


def csv_safe(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose texts no spreadsheet takes for a formula: an apostrophe before them."""

    def risky(cell: object) -> bool:
        return isinstance(cell, str) and (
            cell.lstrip().startswith(FORMULA_STARTS) or cell[:1] in ("\t", "\r")
        )

    def safe(cell: object) -> object:
        return f"'{cell}" if risky(cell) else cell

    texts = [str(name) for name in table if not pd.api.types.is_numeric_dtype(table[name])]
    barred = [name for name in texts if any(map(risky, set(table[name])))]
    return table.assign(**{name: table[name].map(safe) for name in barred}).rename(columns=safe)


def coverage_sheet(study: Study, survey: Survey, found: Assessment) -> pd.DataFrame:
    """Return coverage by scope, kind, mode, threshold and group, and by standard, for print."""
    whole = pd.concat([_by_standard(study, found), found.coverage], ignore_index=True)
    types = {key: kind.name for key, kind in venue_types().items()}
    present = [key for key in types if key in set(survey.venues["type"])]
    tiers: dict[str, list[str]] = {}
    for key in present:
        tiers.setdefault(venue_types()[key].tier, []).append(key)
    kinds_named = {
        kind: "、".join(types[k] for k in kind.split(";")) for kind in whole["types"].unique()
    }
    whole_tiers = {";".join(kinds): TIER_NAMES[tier] for tier, kinds in tiers.items()}
    towns = survey.towns["name"]
    met = whole["met"].map({True: "达标", False: "未达标"})
    judged = met.where(whole["met"].notna() | whole["standard"].isna(), "无法判定")
    return pd.DataFrame(
        {
            "标准": whole["title"].fillna(""),
            "范围": whole["scope"].map(SCOPE_NAMES),
            "镇街代码": whole["code"],
            "镇街": whole["code"].map(towns).fillna(""),
            "设施类型": whole["types"].map(kinds_named),
            "层级合计": whole["types"].map(whole_tiers).fillna(""),
            "出行方式": whole["mode"].map(MODE_NAMES),
            "时限（分钟）": whole["minutes"],
            "人群": whole["group"].map(GROUP_NAMES),
            "适用地区": whole["area"].map(AREA_NAMES).fillna("全部"),
            "计入设施（处）": whole["venues"],
            "人口": whole["people"],
            "覆盖人口": whole["covered"],
            "未接入路网人口": whole["not_connected"],
            "开放时间不明人口": whole["hours_unknown"].astype("Int64"),
            "覆盖率（%）": percent_column(whole["share"]),
            "目标（%）": percent_column(whole["goal"]),
            "判定": judged.fillna(""),
        }
    )


def _by_standard(study: Study, found: Assessment) -> pd.DataFrame:
    """Return the coverage of each standard, with what the standard asks."""
    asked = pd.DataFrame([standard.model_dump() for standard in study.standards])
    asked = asked.rename(columns={"key": "standard", "name": "title"})
    table = found.standards.merge(asked, on="standard", validate="many_to_one")
    return table.assign(types=table["types"].map(";".join))


def places_sheet(study: Study, survey: Survey, found: Assessment) -> pd.DataFrame:
    """Return a row per place: where it is and joins the road, how it stands to each standard."""
    demand = survey.demand
    points = demand.geometry.to_crs(4326)
    columns: dict[str, Any] = {
        "代码": demand.index,
        "名称": demand["name"].to_numpy(),
        "镇街": demand["town"].map(survey.towns["name"]).to_numpy(),
        "城乡": np.where(demand["rural"], "乡村", "城镇"),
        "经度": points.x.round(6).to_numpy(),
        "纬度": points.y.round(6).to_numpy(),
    }
    columns |= {GROUP_NAMES[g]: demand[g].to_numpy() for g in GROUPS if g in demand}
    for mode, times in survey.times.items():
        snaps = times.place_doors.snaps
        columns[f"{MODE_NAMES[mode]}接入距离（米）"] = pd.array(
            np.round(snaps.metres), dtype="Float64"
        )
        columns[f"{MODE_NAMES[mode]}接入道路编号"] = pd.array(
            np.where(snaps.connected, survey.roads.network.way[snaps.edge], 0), dtype="Int64"
        )
        columns[f"{MODE_NAMES[mode]}接入道路编号"][~snaps.connected] = pd.NA
    names = survey.venues["name"]
    for standard in study.standards:
        rows = found.reach[found.reach["standard"] == standard.key].set_index("place")
        rows = rows.loc[demand.index]
        title = standard.name
        columns[f"{title}·分钟"] = rows["minutes"].to_numpy()
        columns[f"{title}·最近设施"] = rows["venue"].map(names).fillna("").to_numpy()
        columns[f"{title}·判定"] = np.where(
            ~rows["meant"], "不适用", np.where(rows["covered"], "达标", "未达标")
        )
        columns[f"{title}·说明"] = rows["reason"].map(REASON_NAMES).to_numpy()
        columns[f"{title}·时限内设施数"] = rows["choices"].to_numpy()
    return pd.DataFrame(columns)


def flags_sheet(study: Study, survey: Survey, found: Assessment) -> pd.DataFrame:
    """
    Return the flagged towns, places and venues for print, each kind by priority.

    Rows keep the index that they have in `found.flags`.
    """
    kind = found.flags["kind"].map({name: number for number, name in enumerate(KINDS)})
    flags = found.flags.assign(number=kind).sort_values(["number", "priority"])
    titles = {standard.key: standard.name for standard in study.standards}
    return pd.DataFrame(
        {
            "优先次序": flags["priority"],
            "级别": flags["level"].map(LEVEL_NAMES),
            "对象": flags["kind"].map(KIND_NAMES),
            "代码": flags["id"],
            "名称": flags["name"],
            "镇街": flags["town"].map(survey.towns["name"]).fillna(""),
            "标准": flags["standard"].map(titles),
            "原因": flags["cause"].map(CAUSE_NAMES),
            "人口": flags["people"],
            "未覆盖人口": flags["uncovered"],
            "分钟": flags["minutes"],
            "时限（分钟）": flags["limit_minutes"],
            "超出（分钟）": flags["over_minutes"],
            "其中路网外步行与停车（分钟）": flags["walk_minutes"],
            "最近设施": flags["venue"].map(survey.venues["name"]).fillna(""),
            "覆盖率（%）": percent_column(flags["share"]),
            "目标（%）": percent_column(flags["goal"]),
            "说明": flags["sentence"],
            "改进": flags["fix"].map(FIX_NAMES),
            "改进设施": flags["fix_venue"].map(survey.venues["name"]).fillna(""),
            "改进后分钟": flags["fix_minutes"],
            "增加覆盖人口": flags["fix_people"],
            "改进建议": flags["remedy"],
            "优先分": flags["score"],
        }
    )


def venues_sheet(survey: Survey) -> pd.DataFrame:
    """Return the venues that were accepted, for print."""
    venues = survey.venues
    points = venues.geometry.to_crs(4326)
    return pd.DataFrame(
        {
            "编号": venues.index,
            "名称": venues["name"].to_numpy(),
            "类型": venues["type_name"].to_numpy(),
            "状态": venues["status"].map(STATUS_NAMES).to_numpy(),
            "区外": np.where(venues["outside"], "是", "否"),
            "容量": venues["capacity"].to_numpy(),
            "容量单位": venues["capacity_unit"].to_numpy(),
            "服务对象": venues["groups"].to_numpy(),
            "开放日": venues["days"].to_numpy(),
            "开放时间": venues["hours"].to_numpy(),
            "点位精度": venues["precision"].to_numpy(),
            "经度": points.x.round(6).to_numpy(),
            "纬度": points.y.round(6).to_numpy(),
        }
    )


def towns_sheet(study: Study, survey: Survey, found: Assessment) -> pd.DataFrame:
    """Return a row per town with its share of each standard, for print."""
    towns = survey.towns
    columns: dict[str, Any] = {
        "代码": towns.index,
        "名称": towns["name"].to_numpy(),
        "类别": np.where(towns["kind"] == "urban", "街道", "镇"),
        "人口": survey.demand.groupby("town")["people"]
        .sum()
        .reindex(towns.index, fill_value=0)
        .to_numpy(),
    }
    for standard in study.standards:
        rows = found.standards[
            (found.standards["standard"] == standard.key) & (found.standards["scope"] == "town")
        ].set_index("code")
        columns[f"{standard.name}（%）"] = percent_column(
            rows["share"].reindex(towns.index)
        ).to_numpy()
    return pd.DataFrame(columns)


BY_PLACE = ("places", "flags", "access", "surveys")
"""Tables that tell of single places: a public study keeps them apart."""


def write_tables(folder: Path, study: Study, survey: Survey, found: Assessment) -> None:
    """
    Write the tables as CSV, all of them into `results.gpkg`, and `quarantine/`.

    In a public study what tells of single places lies in a folder of its own.
    """
    inner = internal_folder(folder, study)
    sheets = {
        "coverage": coverage_sheet(study, survey, found),
        "places": places_sheet(study, survey, found),
        "flags": flags_sheet(study, survey, found),
        **further_sheets(study, survey, found),
    }
    for name, sheet in sheets.items():
        path = (inner if name in BY_PLACE else folder) / f"{name}.csv"
        csv_safe(sheet).to_csv(path, index=False, encoding="utf-8-sig")
    write_quarantine(inner, survey.all_ledgers)
    _write_geopackage(inner / "results.gpkg", study, survey, found, sheets)


def write_quarantine(folder: Path, ledgers: Mapping[str, Ledger]) -> None:
    """Write the rows of each table that were set apart, with the remedy."""
    for name, ledger in ledgers.items():
        if len(ledger.quarantine):
            (folder / "quarantine").mkdir(exist_ok=True)
            csv_safe(ledger.quarantine).to_csv(
                folder / "quarantine" / f"{name}.csv", index=False, encoding="utf-8-sig"
            )


def _write_geopackage(
    path: Path, study: Study, survey: Survey, found: Assessment, sheets: dict[str, pd.DataFrame]
) -> None:
    """Write layers that open in QGIS; the stamp inside is the date of the study."""
    pyogrio.set_gdal_config_options(
        {"OGR_CURRENT_DATE": f"{study.study.date.isoformat()}T00:00:00.000Z"}
    )
    layers = {
        "镇街": (towns_sheet(study, survey, found), survey.towns.geometry),
        "村社区": (sheets["places"], survey.demand.geometry),
        "设施": (venues_sheet(survey), survey.venues.geometry),
    }
    try:
        for name, (sheet, geometry) in layers.items():
            frame = GeoDataFrame(sheet, geometry=geometry.to_numpy(), crs=survey.towns.crs)
            frame.to_file(path, layer=name, driver="GPKG")
        for name, title in SHEET_TITLES.items():
            if name in sheets:
                pyogrio.write_dataframe(sheets[name], path, layer=title, driver="GPKG")
    except (DataSourceError, DataLayerError, FieldError) as error:
        raise OSError(str(error)) from error  # a full disk, told as such
