"""How a siting plan is put in words: names of models and rules, and numbers rounded against us."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from .geo.network import TICKS_A_MINUTE
from .wording import REASON_NAMES

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
