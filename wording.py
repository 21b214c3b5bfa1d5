"""What keys are called in Chinese, in tables and on the map."""

from __future__ import annotations

from math import ceil, floor
from typing import Any

import pandas as pd

from .coverage.gaps import percent_down
from .coverage.share import GROUPS

GROUP_NAMES = dict(
    zip(
        GROUPS,
        ("常住人口", "青少年", "农民", "产业工人", "老年人", "领导干部和公务员"),
        strict=True,
    )
)
SCOPE_NAMES = {"district": "全区", "urban": "城镇", "rural": "乡村", "town": "镇街"}
MODE_NAMES = {"walk": "步行", "ebike": "电动自行车", "car": "驾车"}
STATUS_NAMES = {"open": "在用", "planned": "拟建", "closed": "停用", "candidate": "候选"}
AREA_NAMES = {"all": "全部", "urban": "城镇", "rural": "乡村"}
REASON_NAMES = {
    "": "",
    "not_connected": "未接入路网",
    "no_venue": "无可到达的此类设施",
    "beyond_horizon": "超出计算时限",
}
CAUSE_NAMES = {
    **REASON_NAMES,
    "closed_then": "时段内不开放",
    "hours_unknown": "开放时间不明",
    "other_groups": "不面向该人群",
    "imprecise": "点位精度不足",
    "just_over": "略超标准",
    "slow_road": "道路慢或绕行",
    "far": "距离远",
    "over_capacity": "容量不足",
    "low_share": "覆盖率低于目标",
    "unknown": "无法判定",
}
LEVEL_NAMES = {"severe": "严重", "moderate": "中度", "": ""}
KIND_NAMES = {"town": "镇街", "place": "村（社区）", "venue": "设施"}
FIX_NAMES = {
    "open": "启用候选或建成拟建",
    "extend": "既有设施增加功能",
    "hours": "调整或核实开放时间",
    "audience": "扩大服务对象",
    "road": "核对点位或道路",
    "survey": "实测点位",
    "capacity": "扩大容量",
    "new": "新选址或流动服务",
    "": "",
}
TIER_NAMES = {
    "district": "区级",
    "town": "镇级",
    "community": "社区级",
    "village": "村级",
    "school": "学校",
    "mobile": "流动",
}
CONDITION_NAMES = {
    "choice2": "有两处可选",
    "choice3": "有三处可选",
    "evening": "平日晚间开放（19–20时）",
    "weekend": "周末开放",
    "term": "学期内开放",
    "holiday": "寒暑假开放",
}
ROAD_NAMES = {
    "all": "全部道路",
    "main": "高速、国道、省道",
    "middle": "县道、乡道",
    "small": "其他道路",
}
VERDICT_NAMES = {
    "met": "达标",
    "not_met": "未达标",
    "unsure": "在误差范围内，不能断定",
    "unknown": "无法判定",
}


def band_text(low: float, high: float) -> str:
    """Return whole percents that hold a band of shares, its ends rounded outwards: 68–74."""
    return f"{floor(100 * low + 1e-9)}–{ceil(100 * high - 1e-9)}"


def percent_column(share: pd.Series[Any]) -> pd.Series[Any]:
    """Return shares as percent for print, rounded down; missing stays missing."""
    return share.map(lambda s: None if pd.isna(s) else float(percent_down(float(s)))).astype(
        "Float64"
    )
