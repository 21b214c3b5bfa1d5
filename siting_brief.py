"""What `kepu sites` shows on a terminal of eighty columns: the tables, with fewer words."""

from __future__ import annotations

import pandas as pd

from .siting import Siting
from .siting_choices import Choices
from .siting_tables import counted, plan_sheet, price_sheet, regret_sheet, status_text

RULES = {
    "plain": "不设公平要求",
    "asked": "本方案",
    "floor": "乡村下限",
    "gap": "城乡差距最小",
    "maxmin": "最差镇街最好",
    "even": "等效分钟最小",
}
SCENARIOS = {"slow": "速度慢 25%（近似）", "fast": "速度快 25%（近似）",
             "imprecise": "点位不准（十次最坏）"}  # fmt: skip
PRICE = {
    "公平要求": "公平要求", "覆盖人口": "覆盖人口", "城镇（%）": "城镇%", "乡村（%）": "乡村%",
    "最差镇街覆盖率（%）": "最差镇街%", "等效均等分钟数": "等效分钟",
    "公平的代价（少覆盖人口）": "代价（人）",
}  # fmt: skip
REGRET = {
    "情形": "情形", "该情形下最优": "该情形下最优", "后悔值占比（%）": "占%",
    "本方案覆盖人口": "本方案覆盖", "后悔值（少覆盖人口）": "少覆盖人口",
    "本方案总时间（人·小时）": "本方案人·小时", "后悔值（多用人·小时）": "多用人·小时",
    "本方案最长分钟": "本方案最长分钟", "后悔值（多用分钟）": "多用分钟",
}  # fmt: skip
PROVED = status_text("optimal", 0.0)


def brief(found: Siting, extra: Choices) -> dict[str, pd.DataFrame]:
    """Return what a terminal has room for, by title; sites that are committed are left out."""
    plan = _plan(found)
    unit = f"；费用：{found.problem.study.sites.unit}" if "费用" in plan else ""
    sheets = {f"方案（按建设次序{unit}）": plan} if len(plan) else {}
    if len(set(extra.price["sites"])) > 1:
        price = price_sheet(found, extra)
        level = price["下限（%）"].map(lambda share: "" if pd.isna(share) else f" {share:.1f}%")
        floor = extra.price["rule"].eq("floor").to_numpy()
        price["公平要求"] = extra.price["rule"].map(RULES) + level.where(floor, "")
        kept = "差距最小者保住九成新增；" if extra.price["rule"].eq("gap").any() else ""
        _add(sheets, f"公平的代价（与最优相比；{kept}", price, PRICE)
    if len(extra.regret) and len(plan):
        regret = regret_sheet(found, extra)
        regret["情形"] = extra.regret["scenario"].map(SCENARIOS)
        shown = {name: REGRET[name] for name in regret if name in REGRET}
        _add(sheets, "稳健性（", regret, shown)
    return {title: counted(found, sheet) for title, sheet in sheets.items()}


def _plan(found: Siting) -> pd.DataFrame:
    plan = plan_sheet(found)[(found.plan["order"] > 0).to_numpy()]
    plan["方式"] = found.plan.loc[plan.index, "action"].map({"build": "新建", "upgrade": "加挂"})
    columns = ["次序", "名称", "镇街", "方式", "新增覆盖人口", "累计覆盖率（%）"]
    columns[3:3] = ["拟设类型"] if len(set(plan["拟设类型"])) > 1 else []
    columns += ["分钟"] if plan["分钟"].notna().any() else []
    money = f"费用（{found.problem.study.sites.unit}）"
    columns += [money] if plan[money].any() else []
    minutes = "最长分钟" if found.asked.model == "pcenter" else "平均分钟"
    people, share = ("服务人口", "服务%") if found.limited else ("新增人口", "累计%")
    short = {"新增覆盖人口": people, "累计覆盖率（%）": share, "分钟": minutes, money: "费用"}
    shown: pd.DataFrame = plan[columns].rename(columns=short)
    return shown


def _add(
    sheets: dict[str, pd.DataFrame], title: str, sheet: pd.DataFrame, names: dict[str, str]
) -> None:
    """Say of all rows at once that they are proved, or mark who is not; leave out what is empty."""
    proved, first = sheet["判定"].eq(PROVED), next(iter(names))
    said = f"均{PROVED}" if proved.all() else "带 * 者未证明最优"
    sheet = sheet.assign(**{first: sheet[first] + proved.map({True: "", False: "*"})})
    shown = sheet[list(names)].rename(columns=names)
    sheets[f"{title}{said}）"] = shown.loc[:, shown.notna().any()]
