"""What `kepu sites` leaves: Chinese tables and a GeoPackage."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyogrio
from geopandas import GeoDataFrame

from .coverage.gaps import percent_down
from .geo.network import TICKS_A_MINUTE
from .layers.venues import venue_types
from .report_public import internal_folder
from .results import csv_safe
from .siting import Siting
from .siting_choices import Choices
from .wording import REASON_NAMES, percent_column

MODEL_NAMES = {
    "mclp": "最大覆盖",
    "lscp": "全部覆盖（最少设施）",
    "pmedian": "总出行时间最短（p-中位）",
    "pcenter": "最远者最近（p-中心）",
    "pdispersion": "设施最分散（p-分散）",
}
ACTION_NAMES = {"build": "新建", "upgrade": "加挂（升级）"}
ORIGIN_NAMES = {"place": "村（社区）", "host": "已有设施", "venue": "设施表", "file": "候选点表"}
SITE_NAMES = {"candidate": "可选", "committed": "已承诺（拟建）", "forbidden": "不可选"}
ROLE_NAMES = {"core": "找到的好方案都有", "swap": "可互换", "second": "备选（损失超过限度）"}
RULE_NAMES = {
    "plain": "不设公平要求（最优）",
    "asked": "本方案",
    "floor": "乡村覆盖下限",
    "gap": "城乡差距最小（保住九成新增）",
    "maxmin": "最差镇街最好",
    "even": "等效均等分钟数最小",
}
SCENARIO_NAMES = {
    "slow": "速度慢 25%（近似：时限 ×0.75）",
    "fast": "速度快 25%（近似：时限 ×1.25）",
    "imprecise": "点位不准（抽十次，最坏一次）",
}
TICKS = {"pmedian": 60 * TICKS_A_MINUTE, "pcenter": TICKS_A_MINUTE}
"""Of models that weigh time: so many ticks are an hour of one person, or a minute."""
LOSS_NAMES = {
    "pmedian": "替换后总时间多出（人·小时）",
    "pcenter": "替换后最长时间多出（分钟）",
    "pdispersion": "替换后最近间距少（米）",
}
REGRET_NAMES = {
    "mclp": ("本方案覆盖人口", "该情形下最优", "后悔值（少覆盖人口）"),
    "pmedian": ("本方案总时间（人·小时）", "该情形下最优", "后悔值（多用人·小时）"),
    "pcenter": ("本方案最长分钟", "该情形下最优", "后悔值（多用分钟）"),
}
SITE_REASONS = {
    **REASON_NAMES,
    "no_site": "没有候选点能在时限内到达",
    "few_sites": "时限内的候选点与现有设施不足所要求的处数",
    "excluded": "位于禁建范围",
    "too_near": "离在用同类设施近于间距要求",
    "for_others": "只服务其他人群",
    "unreached": "没有居民点能到达（未接入路网或超出计算时限）",
}


def status_text(status: str, gap: float) -> str:
    """Say how good an answer is known to be; a share is rounded up."""
    if status == "optimal":
        return "已证明最优"
    if status == "within" and np.isfinite(gap):
        return f"距最优不超过 {np.ceil(gap * 1e4) / 100:.2f}%"
    return "启发式解，未证明"


def minutes_column(minutes: pd.Series[Any]) -> pd.Series[Any]:
    """Return minutes for print, rounded up to a tenth; missing stays missing."""
    # Of nothing 0.0 is printed, not -0.0.
    up: pd.Series[Any] = np.ceil(minutes * 10 - 1e-9) / 10 + 0.0
    return up


def percent_up(share: float) -> float:
    """Return a share of what is lost as percent for print, rounded up to a tenth."""
    # Of equals the first: 0.0 is printed, not -0.0.
    return max(0.0, float(np.ceil(share * 1000 - 1e-9) / 10))


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
        "share_before": _share(found.before, people),
        "share_after": _share(found.after, people),
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


def _share(part: int, whole: int) -> str | None:
    return f"{percent_down(part / whole)}%" if whole else None
