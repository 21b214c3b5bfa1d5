"""What the annex says in words: method, rules in force, dates, the passport."""

from __future__ import annotations

from typing import Any

import pandas as pd

from .assessment import Assessment
from .coverage.gaps import percent_down
from .maps.appendix import Listing
from .report_keys import review_line, sources
from .wording import GROUP_NAMES, MODE_NAMES

METHOD = (
    "出行时间。每种出行方式只计算一次居民点到设施的出行时间：居民点与设施接到最近道路上的最近点，"
    "沿道路按等级速度求最短时间，遵守单行线，两端路网外的步行（直线距离乘绕行系数）与停放时间一并计入。"
    "时间为整数，单位 0.1 秒；时限含端点，出行时间不超过时限即为覆盖。",
    "人口与覆盖率。人口按居民点计，不按多边形面积计。覆盖率为时限内可到达在用设施的人口与全部人口之比；"
    "未接入路网的居民点列出名称，仍计入分母。拟建、候选、停用的设施不计入。",
    "短板。居民点不在时限内、镇街覆盖率低于目标的列入短板，逐一写明原因与最近的改进办法；"
    "优先次序按人口与超出时限的程度排列。",
    "可达性与均衡。可达性按两步移动搜索（E2SFCA）计算：每处设施计 1，时限分三段，"
    "权数依次为 1、0.68、0.22，单位为处每万人；基尼系数与洛伦兹曲线按人口加权。",
    "误差。点位按精度等级在可能偏差的范围内移动，速度上下浮动，得到覆盖率的范围；"
    "目标落在范围之内的，结论写为“在误差范围内，不能断定”。",
    "取整。印出的百分数向下取到 0.1%，印出的分钟数向上取到 0.1 分钟，因此印出的数与判定一致；"
    "合计须为 100% 的占比按最大余数法取整；人数均为整数，各镇街之和等于全区。",
)


def rules_listing(facts: dict[str, Any]) -> Listing:
    """Return the rules of travel in force, by mode."""
    rows = [
        {
            "出行方式": MODE_NAMES[mode],
            "路网外步行（km/h）": rules["access_kmh"],
            "绕行系数": rules["detour"],
            "接入上限（米）": rules["snap_metres"],
            "到达附加（秒）": rules["arrival_seconds"],
            "未接入居民点（处）": rules["not_connected_places"],
            "未接入人口（人）": rules["not_connected_people"],
            "无限速标注里程（%）": float(percent_down(rules["assumed_speed_share"])),
        }
        for mode, rules in facts["modes"].items()
    ]
    frame = pd.DataFrame(rows)
    kinds = dict.fromkeys(frame.columns[1:], "number")
    kinds["未接入人口（人）"] = "count"
    return Listing("出行规则", "所用的出行规则与未接入情况", frame, kinds)  # type: ignore[arg-type]


def standards_rules(found: Assessment) -> Listing:
    """Return the standards that were asked."""
    rows = [
        {
            "标准": s.name,
            "人群": GROUP_NAMES[s.group],
            "出行方式": MODE_NAMES[s.mode],
            "时限（分钟）": s.minutes,
            "目标（%）": 100 * s.goal,
            "依据": s.basis or "未写明",
        }
        for s in found.study.wanted
    ]
    return Listing(
        "标准",
        "采用的标准及其依据",
        pd.DataFrame(rows),
        {"时限（分钟）": "number", "目标（%）": "percent"},
        widths=(6, 2.6, 3, 2, 2, 8),
        small=True,
    )


def assumptions(found: Assessment, facts: dict[str, Any]) -> list[str]:
    """Return the assumptions in force, a sentence each."""
    study, rules = found.study, facts["rules"]
    way = {"to_venue": "居民前往设施", "from_venue": "设施人员前往居民点"}[study.study.direction]
    lines = [
        f"出行方向为{way}。区外 {study.study.buffer_km:g} 公里以内的设施计入覆盖，不计入数量目标；"
        f"超过 {study.study.horizon_minutes:g} 分钟的路程不再计算。",
        f"误差范围按 {rules['bands']['draws']} 次抽样（随机种子 {rules['bands']['seed']}）与速度"
        f"上下浮动 {100 * rules['bands']['speed_change']:g}% 得出。",
    ]
    for pace in study.paces:
        lines.append(
            f"{GROUP_NAMES[pace.group]}{MODE_NAMES[pace.mode]}速度按 {pace.share:g} 倍计"
            f"（{pace.source}）。"
        )
    for rule in study.groups:
        lines.append(f"{GROUP_NAMES[rule.group]}人数为估算（{rule.source}）。")
    if study.control is not None:
        lines.append(f"各镇街人口调整到官方总数（{study.control.source}）。")
    for name, table in facts["tables"].items():
        title = {"venues": "设施表", "demand": "人口表"}.get(name, name)
        lines.append(
            f"{title}共 {table['rows_in']} 行：采用 {table['ok']}，隔离 {table['quarantined']}，"
            f"忽略 {table['ignored']}。"
        )
    return lines


def dates_listing(found: Assessment) -> Listing:
    """Return where each layer comes from and of when it is."""
    rows = [{"数据": name, "来源与日期": text} for name, text in sources(found.study)]
    rows.append({"数据": "分析日期", "来源与日期": found.study.study.date.isoformat()})
    rows.append({"数据": "地图审核", "来源与日期": review_line(found.study)})
    return Listing("数据日期", "数据来源与日期", pd.DataFrame(rows), widths=(3, 16))


def passport_listing(facts: dict[str, Any]) -> Listing:
    """Return what makes the results again: inputs by their digests, versions, the command."""
    rows = [
        {"项目": f"输入 {entry['file']}", "内容": f"SHA-256 {entry['sha256']}"}
        for entry in (*facts["inputs"], *facts["further_inputs"])
    ]
    rows += [
        {
            "项目": f"研究文件 {facts['study_file']['file']}",
            "内容": f"SHA-256 {facts['study_file']['sha256']}",
        },
        {"项目": "程序", "内容": f"kepu {facts['version']}，Python {facts['python']}"},
        {"项目": "坐标系", "内容": f"量算 {facts['crs']['metric']}，输出 {facts['crs']['output']}"},
        {"项目": "全区人口", "内容": f"{facts['people']:,} 人"},
        {"项目": "生成命令", "内容": facts["command"]},
    ]
    return Listing(
        "数据护照",
        "数据护照",
        pd.DataFrame(rows),
        widths=(4, 15),
        small=True,
        notes=("生成时间、全部参数与文件校验值见 manifest.json。",),
    )
