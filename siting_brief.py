"""What `kepu sites` says on a terminal of eighty columns: the answer, and the tables in short."""

from __future__ import annotations

import pandas as pd

from .coverage.siting.choices import NearBest
from .siting import Siting
from .siting_choices import Choices
from .siting_tables import counted, plan_sheet, price_sheet, regret_sheet, share_text
from .siting_words import MODEL_NAMES, RULE_NAMES, status_text

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


def headlines(found: Siting) -> list[str]:
    """Say what was asked, how good the answer is known to be, and whom it covers."""
    problem, asked, answer = found.problem, found.asked, found.answer
    unit, people = unit_of(found), problem.people
    marked = "（示意数据）" if problem.study.study.illustrative else ""
    goal = RULE_NAMES[asked.fair] if asked.fair else MODEL_NAMES[asked.model]
    lines = [f"{goal}：{'、'.join(standard.name for standard in problem.standards)}{marked}"]
    lines += ["人次：各条标准的人数相加，同属两条标准的人计两次"] if unit == "人次" else []
    lines += [
        f"判定：{status_text(answer.status, answer.gap)}{_meant(found)}，"
        f"用时 {answer.seconds:.2f} 秒；候选点 {int(problem.choosable.sum())} 处",
        f"覆盖：现状 {found.before:,} {unit}（{share_text(found.before, people)}）",
    ]
    built = int((found.plan["order"] == 0).sum())
    if built:
        lines.append(f"  → 已承诺（拟建）{built} 处建成后 {found.committed:,} {unit}")
    after = share_text(found.after, people)
    lines.append(f"  → 方案建成后 {found.after:,} {unit}（{after}），共 {people:,} {unit}")
    if found.limited:
        lines.append(
            f"按各处容量可服务 {int(answer.value):,} {unit}（上面的覆盖人口不计容量，"
            "下面的方案和 curve.csv 计容量）"
        )
    elif problem.room is not None:
        lines.append("本模型不计容量")
    if asked.model == "pdispersion":
        lines.append(f"新址彼此、与在用和拟建同类设施最近相距 {int(answer.value):,} 米（直线）")
    if asked.backup:
        lines.append(f"现状未覆盖而方案覆盖的人中，{found.second:,} 人有第二处可去")
    never = int(found.uncoverable["people"].sum())
    if never:
        lines.append(f"另有 {never:,} {unit}任何方案都覆盖不到，名单和原因见 uncoverable.csv")
    new = len(found.plan) - built
    return lines + ([_fewer(found, new)] if not new or (asked.count or 0) > new else [])


def unit_of(found: Siting) -> str:
    """Return what people are counted in: who is meant by two standards counts twice."""
    return "人" if len(found.problem.standards) == 1 else "人次"


def _meant(found: Siting) -> str:
    """Say what a proof or a bound means, and why the search ended before its end."""
    answer, asked = found.answer, found.asked
    stopped = {"time": "（到时间为止）", "user": "（按要求停止）", "": ""}[answer.stopped]
    if asked.fair and answer.status == "optimal":
        return f"（没有更公平的方案）{stopped}"
    if asked.model == "mclp" and answer.status == "within":
        return f"（任何方案不多于 {int(answer.bound):,} {unit_of(found)}）{stopped}"
    return stopped


def _fewer(found: Siting, new: int) -> str:
    """Say why there are fewer new sites than were allowed."""
    most = found.problem.people - int(found.uncoverable["people"].sum())
    why = "其余候选点受间距、预算、禁建等限制，或不再增加"
    if not found.problem.choosable.any():
        why = "没有可选的候选点：都在禁建范围、停用，或近于间距要求"
    elif found.asked.model in ("mclp", "lscp") and found.after == most:
        why = "能覆盖的人已全部覆盖，再多不增加"
    return f"新增 {new} 处（{why}）" if new else f"没有新增：{why}"


def closing(found: Siting, extra: Choices) -> list[str]:
    """Say how many plans are nearly as good, and what was not worked out to its end."""
    lines = []
    if extra.near is not None and (found.plan["order"] > 0).any():
        lines.append(_good_plans(found, extra.near))
    if extra.cut:
        lines.append("时间已到（或已停止）：曲线、公平的代价、稳健性没有算全；请加大 --seconds")
    return lines


def _good_plans(found: Siting, near: NearBest) -> str:
    """Say how many plans are nearly as good, and what they have in common."""
    core = int(near.core[found.answer.sites].sum()) - int((found.plan["order"] == 0).sum())
    share = f"{found.problem.study.sites.near:.0%}"
    word = "新增服务" if found.limited else "新增覆盖"
    good = {
        "lscp": "处数相同、覆盖同样多的方案",
        "pmedian": f"总时间比最优多 {share} 以内的好方案",
        "pcenter": f"最长时间比最优多 {share} 以内的好方案",
        "pdispersion": f"最近间距比最优少 {share} 以内的好方案",
    }.get(found.asked.model, f"{word}比本方案少 {share} 以内的好方案")
    more = "" if near.whole else "以上"
    return (
        f"{good} {near.plans} 个{more}；新址中 {core} 处在这些方案中都有，"
        "其余可换（未找到的方案不计），见 alternatives.csv"
    )
