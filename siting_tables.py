"""What `kepu sites` leaves: Chinese tables and a GeoPackage."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyogrio
from geopandas import GeoDataFrame

from .coverage.gaps import percent_down
from .layers.venues import venue_types
from .report_public import internal_folder
from .results import csv_safe
from .siting import Siting
from .siting_choices import Choices
from .siting_words import (
    ACTION_NAMES,
    LOSS_NAMES,
    ORIGIN_NAMES,
    REGRET_NAMES,
    ROLE_NAMES,
    RULE_NAMES,
    SCENARIO_NAMES,
    SITE_NAMES,
    SITE_REASONS,
    TICKS,
    minutes_column,
    percent_up,
    status_text,
)
from .wording import percent_column


def _towns(found: Siting, codes: pd.Series[Any]) -> pd.Series[Any]:
    return codes.map(found.problem.measured.towns["name"]).fillna("")


def counted(found: Siting, table: pd.DataFrame) -> pd.DataFrame:
    """Say what is counted: who is meant by two standards twice; with little room who is served."""
    words = [] if len(found.problem.standards) == 1 else [("人口", "人次"), ("（人）", "（人次）")]
    if found.limited:
        words += [
            ("少覆盖人", "少服务人"), ("覆盖人", "按容量服务人"), ("方案覆盖", "方案服务"),
            ("覆盖率", "服务率"),
        ]  # fmt: skip

    def said(name: object) -> str:
        text = str(name)
        for old, new in words:
            text = text.replace(old, new)
        return text

    return table.rename(columns=said)


def plan_sheet(found: Siting) -> pd.DataFrame:
    """Return the plan in build order."""
    plan = found.plan
    types = {key: kind.name for key, kind in venue_types().items()}
    points = plan.geometry.to_crs(4326)
    return pd.DataFrame(
        {
            "次序": plan["order"].map(lambda n: "已承诺" if n == 0 else str(n)),
            "编号": plan["site"],
            "名称": plan["name"],
            "镇街": _towns(found, plan["town"]),
            "拟设类型": plan["type"].map(types),
            "方式": plan["action"].map(ACTION_NAMES),
            f"费用（{found.problem.study.sites.unit}）": plan["cost"],
            "新增覆盖人口": plan["added"],
            "累计覆盖人口": plan["covered"],
            "累计覆盖率（%）": percent_column(plan["share"]),
            "分钟": minutes_column(plan["minutes"]),
            "经度": points.x.round(6),
            "纬度": points.y.round(6),
        }
    )


def curve_sheet(found: Siting, extra: Choices) -> pd.DataFrame:
    """Return coverage against number or money."""
    curve = extra.curve
    apart = {"最近两处间距（米）": curve["metres"]} if found.asked.model == "pdispersion" else {}
    return pd.DataFrame(
        {
            "新增设施数": curve["count"],
            f"预算（{found.problem.study.sites.unit}）": curve["budget"],
            "覆盖人口": curve["covered"],
            "覆盖率（%）": percent_column(curve["share"]),
            "按建设次序到此阶段的覆盖人口": curve["staged"],
            "平均或最长分钟": minutes_column(curve["minutes"]),
            **apart,
            "判定": [status_text(s, g) for s, g in zip(curve["status"], curve["gap"], strict=True)],
        }
    )


def alternatives_sheet(found: Siting, table: pd.DataFrame) -> pd.DataFrame:
    """Return sites of the good plans."""
    names = found.problem.candidates["name"]
    mates = table["instead_of"].map(
        lambda ids: "、".join(str(names[one]) for one in ids.split(";") if one)
    )
    lost, loss = LOSS_NAMES.get(found.asked.model, "替换损失人口"), table["loss"]
    if found.asked.model in TICKS:
        loss = minutes_column(loss.astype("Float64") / TICKS[found.asked.model])
    return pd.DataFrame(
        {
            "编号": table["site"],
            "名称": table["name"],
            "镇街": _towns(found, table["town"]),
            "在本方案中": table["chosen"].map({True: "是", False: "否"}),
            "出现在找到的好方案中（%）": percent_column(table["kept"].astype("Float64")),
            "角色": table["role"].map(ROLE_NAMES),
            "可替换": mates,
            "替换后覆盖人口": table["covered"],
            lost: loss,
        }
    )


def price_sheet(found: Siting, extra: Choices) -> pd.DataFrame:
    """Return the price of equity."""
    price = extra.price
    rules = {**RULE_NAMES, "floor": "乡村服务下限"} if found.limited else RULE_NAMES
    towns = found.problem.measured.towns["name"]
    points = [
        None if pd.isna(d) else round(float(d) * 100, 1) for d in price["difference"].tolist()
    ]
    return pd.DataFrame(
        {
            "公平要求": price["rule"].map(rules),
            "下限（%）": percent_column(price["level"].astype("Float64")),
            "覆盖人口": price["covered"],
            "覆盖率（%）": percent_column(price["share"].astype("Float64")),
            "城镇（%）": percent_column(price["urban"].astype("Float64")),
            "乡村（%）": percent_column(price["rural"].astype("Float64")),
            "城乡差距（百分点）": pd.array(points, dtype="Float64"),
            "最差镇街": price["worst_town"].map(towns).fillna(""),
            "最差镇街覆盖率（%）": percent_column(price["worst"].astype("Float64")),
            "等效均等分钟数": minutes_column(price["even_minutes"].astype("Float64")),
            "公平的代价（少覆盖人口）": price["price"],
            "判定": [status_text(s, g) for s, g in zip(price["status"], price["gap"], strict=True)],
            "选址": price["sites"],
        }
    )


def regret_sheet(found: Siting, extra: Choices) -> pd.DataFrame:
    """Return what the plan loses when the world is otherwise."""
    table, model = extra.regret, found.asked.model
    values = [table[key] for key in ("ours", "best", "regret")]
    if model in TICKS:
        values = [minutes_column(one.astype("Float64") / TICKS[model]) for one in values]
    names = REGRET_NAMES.get(model, REGRET_NAMES["mclp"])
    return pd.DataFrame(
        {
            "情形": table["scenario"].map(SCENARIO_NAMES),
            **dict(zip(names, values, strict=True)),
            "后悔值占比（%）": [percent_up(share) for share in table["regret_share"]],
            "判定": [status_text(s, g) for s, g in zip(table["status"], table["gap"], strict=True)],
        }
    )


def uncoverable_sheet(found: Siting) -> pd.DataFrame:
    """Return whom no candidate covers."""
    table = found.uncoverable
    titles = {standard.key: standard.name for standard in found.problem.standards}
    return pd.DataFrame(
        {
            "标准": table["standard"].map(titles),
            "代码": table["place"],
            "名称": table["name"],
            "镇街": _towns(found, table["town"]),
            "人口": table["people"],
            "原因": table["reason"].map(SITE_REASONS),
        }
    )


def candidates_sheet(found: Siting) -> pd.DataFrame:
    """Return all candidates."""
    table, free = found.problem.candidates, found.problem.choosable
    points = table.geometry.to_crs(4326)
    near = (table["status"] == "candidate").to_numpy() & ~free
    status = np.where(near, "forbidden", table["status"])
    ours = np.where(found.problem.reached, "too_near", "unreached")
    ours = np.where(found.problem.meant_for_us, ours, "for_others")
    reason = np.where(near, ours, table["reason"])
    return pd.DataFrame(
        {
            "编号": table.index,
            "名称": table["name"].to_numpy(),
            "镇街": _towns(found, table["town"]).to_numpy(),
            "来源": table["origin"].map(ORIGIN_NAMES).to_numpy(),
            "状态": [SITE_NAMES[one] for one in status],
            "原因": [SITE_REASONS.get(one) for one in reason],
            "经度": points.x.round(6).to_numpy(),
            "纬度": points.y.round(6).to_numpy(),
        }
    )


OF_NO_PLACE = ("curve", "regret")
"""Tables that tell of no single site or place: they may go out with a public study."""


def write_siting(folder: Path, found: Siting, extra: Choices) -> None:
    """
    Write the tables and `sites.gpkg`.

    In a public study what tells of single sites and places lies in a folder of its own.
    """
    inner = internal_folder(folder, found.problem.study)
    sheets = {
        "plan": plan_sheet(found),
        "curve": curve_sheet(found, extra),
        "alternatives": alternatives_sheet(found, extra.alternatives),
        "price_of_equity": price_sheet(found, extra),
        "regret": regret_sheet(found, extra),
        "uncoverable": uncoverable_sheet(found),
        "candidates": candidates_sheet(found),
    }
    for name in ("plan", "curve", "alternatives", "price_of_equity", "regret"):
        sheets[name] = counted(found, sheets[name])
    for name, sheet in sheets.items():
        path = (folder if name in OF_NO_PLACE else inner) / f"{name}.csv"
        csv_safe(sheet).to_csv(path, index=False, encoding="utf-8-sig")
    date = found.problem.study.study.date.isoformat()
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": f"{date}T00:00:00.000Z"})
    demand = found.problem.measured.demand
    lost = sheets["uncoverable"]
    layers = {
        "方案": (sheets["plan"], found.plan.geometry),
        "候选点": (sheets["candidates"], found.problem.candidates.geometry),
        "够不到的地方": (lost, demand.geometry.loc[found.uncoverable["place"]]),
    }
    for layer, (sheet, geometry) in layers.items():
        frame = GeoDataFrame(sheet, geometry=geometry.to_numpy(), crs=demand.crs)
        frame.to_file(inner / "sites.gpkg", layer=layer, driver="GPKG")


def summary(found: Siting, extra: Choices) -> dict[str, Any]:
    """Return the answer for JSON and for the manifest."""
    answer, people = found.answer, found.problem.people
    return {
        "model": found.asked.model,
        "standards": [standard.key for standard in found.problem.standards],
        "count": found.asked.count,
        "budget": found.asked.budget,
        "fair": found.asked.fair or None,
        "status": answer.status,
        "value": answer.value,
        "bound": answer.bound if np.isfinite(answer.bound) else None,
        "gap": answer.gap if np.isfinite(answer.gap) else None,
        "seconds": round(answer.seconds, 3),
        "stopped": answer.stopped,
        "people": people,
        "before": found.before,
        "committed": found.committed,
        "after": found.after,
        "share_before": share_text(found.before, people),
        "share_after": share_text(found.after, people),
        "candidates": int(found.problem.choosable.sum()),
        "left_out": [dict(fault.facts) for fault in found.problem.left_out],
        "rows_merged": [len(found.problem.cover.row), int(found.problem.cover.reach.shape[0])],
        "uncoverable_people": int(found.uncoverable["people"].sum()),
        "choices_cut": extra.cut,
        "good_plans": extra.near.plans if extra.near is not None else None,
        "plan": [
            {key: row[key] for key in ("order", "site", "name", "type", "action", "cost", "added")}
            for row in found.plan.drop(columns="geometry").to_dict("records")
        ],
    }


def share_text(part: int, whole: int) -> str | None:
    """Return a share in percent, rounded down; None of nobody."""
    return f"{percent_down(part / whole)}%" if whole else None
