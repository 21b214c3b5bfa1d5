"""What a flag says in Chinese: the numbers that made it, and what would mend it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .share import Standard

GROUP_WORDS = {
    "people": "", "youth": "青少年", "farmers": "农民", "workers": "产业工人", "elderly": "老年人",
    "officials": "领导干部和公务员",
}  # fmt: skip
MOMENT_WORDS = {
    "evening": "平日晚间（19–20时）", "weekend": "周末", "term": "学期内", "holiday": "寒暑假",
}  # fmt: skip
GRADE_WORDS = {
    "A": "实测", "B": "门牌级", "C": "兴趣点级", "D": "村级", "E": "镇级", "": "未注明",
}  # fmt: skip
STATUS_WORDS = {"candidate": "启用候选的", "planned": "建成拟建的", "open": "在既有的"}

Facts = Mapping[str, Any]
Point = tuple[str, str, float]
"""Name, grade of precision, and how many metres it may be off."""


def place_sentence(standard: Standard, facts: Facts) -> str:
    """
    Say why a place is flagged.

    Parameters
    ----------
    standard
        What it falls short of.
    facts
        `town`, `name`, `people`, `cause`, `minutes` (None: not reached), `walk_minutes`, `venue`
        (name), `metres`, `join_metres`, `horizon` (minutes), `unsure` (`Point`s, where the cause
        is imprecise), `held` (name), `hours` (text), `held_for` (groups).
    """
    who = f"{facts['town']}{facts['name']}（{GROUP_WORDS[standard.group]}{facts['people']:,}人）"
    limit = f"“{standard.name}”{standard.minutes:g}分钟的要求"
    return f"{who}{_held(standard, facts)}{_trip(standard, facts, limit)}{_because(facts)}"


def _trip(standard: Standard, facts: Facts, limit: str) -> str:
    minutes = facts["minutes"]
    if minutes is None:
        why = {
            "not_connected": f"{facts['join_metres']:g}米内没有可接入的道路",
            "no_venue": "没有可到达的此类在用设施",
            "beyond_horizon": f"最近的设施超出计算时限（{facts['horizon']:g}分钟）",
        }
        return f"{why.get(facts['reason'], '')}，达不到{limit}"
    rank = "最近的" if standard.count == 1 else f"第{standard.count}近的"
    then = "开放的" if standard.opening else ""
    parking = "" if standard.mode == "walk" else "与停车"
    return (
        f"到{rank}{then}{facts['venue']}需{minutes:.1f}分钟"
        f"（其中路网外步行{parking}{facts['walk_minutes']:.1f}分钟），"
        f"超出{limit}{minutes - standard.minutes:.1f}分钟"
    )


def _held(standard: Standard, facts: Facts) -> str:
    """Say which venue lies within the limit but does not count: its hours, whom it is for."""
    if facts["cause"] == "other_groups":
        return f"时限内的{facts['held']}只面向{facts['held_for']}，"
    if facts["cause"] not in ("closed_then", "hours_unknown"):
        return ""
    state = "不开放" if facts["cause"] == "closed_then" else "是否开放不明"
    stated = f"（{facts['hours']}）" if facts["hours"] else ""
    return f"时限内的{facts['held']}{MOMENT_WORDS[standard.opening]}{state}{stated}，"


def _because(facts: Facts) -> str:
    if facts["cause"] == "imprecise":
        points = facts["unsure"]
        grades = "，".join(f"{name}的点位精度为{GRADE_WORDS[grade]}" for name, grade, _ in points)
        both = "合计" if len(points) > 1 else ""
        metres = sum(metres for _, _, metres in points)
        return f"；但{grades}，{both}可能偏差{metres:.0f}米，实测后可能达标"
    if facts["cause"] == "slow_road":
        return f"；直线距离只有{facts['metres']:.0f}米，属道路慢或绕行"
    return ""


def place_remedy(fix: str, facts: Facts) -> str:
    """
    Say what would mend a place.

    Parameters
    ----------
    fix
        open, extend, hours, audience, road, survey or new.
    facts
        `option` (name, "" for none), `status`, `after` (minutes, None where not reached),
        `gained`, `survey` (names of points), `then` (the fix if a survey changes nothing),
        `unsure`, `whom` (the standard is about).
    """
    option, gained = facts["option"], f"可增加覆盖{facts['gained']:,}人"
    if fix == "road":
        return "请核对点位或补充道路数据；确无道路的，宜安排流动服务"
    if fix == "survey":
        points = "和".join(facts["survey"])
        return f"先实测{points}的点位；仍不达标的，{place_remedy(facts['then'], facts)}"
    if fix == "hours":
        verb = "核实开放时间，确为开放则" if facts["unsure"] else "调整开放时间，"
        return f"{option}{verb}此处{_after(facts)}，{gained}"
    if fix == "audience":
        return f"{option}也向{facts['whom']}开放，此处{_after(facts)}，{gained}"
    if fix == "new":
        known = f"（最近的{option}需{facts['after']:.1f}分钟）" if option else ""
        return f"时限内没有候选、拟建或可拓展的设施{known}，宜新选址或安排流动服务"
    then = "增加此项功能" if fix == "extend" else ""
    return f"{STATUS_WORDS[facts['status']]}{option}{then}，此处{_after(facts)}，{gained}"


def _after(facts: Facts) -> str:
    return "仍到不了" if facts["after"] is None else f"降为{facts['after']:.1f}分钟"


def town_sentence(standard: Standard, name: str, facts: Facts) -> str:
    """
    Say why a town is flagged.

    Parameters
    ----------
    standard, name
        What, and who.
    facts
        `cause`, `share`, `goal` (percent as printed), `uncovered`, `hours_unknown`, `between`
        (percents between which errors of points and speeds put the share and the goal; None).
    """
    if facts["cause"] == "unknown":
        return f"{name}没有该群体人口数据，“{standard.name}”无法判定"
    below = f"{name}“{standard.name}”覆盖率{facts['share']}%，低于目标{facts['goal']}%"
    left = f"尚有{facts['uncovered']:,}人未覆盖"
    if facts["cause"] == "hours_unknown":
        return (
            f"{below}；{left}，其中{facts['hours_unknown']:,}人取决于开放时间不明的设施，无法判定"
        )
    if facts["between"]:
        low, high = facts["between"]
        return f"{below}，{left}；点位与速度的误差使覆盖率在{low}%至{high}%之间，尚不能断定未达标"
    return f"{below}，{left}"


def town_remedy(fix: str, facts: Facts) -> str:
    """
    Say which one venue helps a town most.

    Parameters
    ----------
    fix
        open, extend, hours or new.
    facts
        `option`, `status`, `gained`, `after` (mean minutes of those gained), `share_after`.
    """
    if fix == "new":
        return "候选、拟建和可拓展的设施都不能增加覆盖，宜新选址或安排流动服务"
    if fix == "hours":
        return "先核实设施的开放时间"
    then = "增加此项功能" if fix == "extend" else ""
    return (
        f"{STATUS_WORDS[facts['status']]}{facts['option']}{then}，"
        f"本镇街可增加覆盖{facts['gained']:,}人（平均{facts['after']:.1f}分钟到达），覆盖率达到{facts['share_after']}%"
    )


def _plain(number: float) -> str:
    """Return a number in full: of 1333333 square metres the plain format would keep six digits."""
    return f"{number:.12g}"


def venue_sentence(standard: Standard, facts: Facts) -> str:
    """Say that a venue serves too many: `name`, `capacity`, `unit`, `people`, `each`."""
    return (
        f"{facts['name']}（{_plain(facts['capacity'])}{facts['unit']}）按“{standard.name}”"
        f"就近服务{facts['people']:,}人，每{facts['unit']}{facts['each']:,.1f}人，"
        f"超过每{facts['unit']}{standard.people_a_unit:g}人的要求"
    )


def venue_remedy(fix: str, facts: Facts) -> str:
    """
    Say what would relieve a venue.

    Parameters
    ----------
    fix
        capacity, open or extend.
    facts
        `needed`, `unit`; of a relief `option`, `status`, `gained`, `left` (who still come here),
        `still` (too many), `theirs` (who would go there), `their_need`, `their_capacity` (None
        where it is not known).
    """
    if fix == "capacity":
        return f"扩大到{facts['needed']}{facts['unit']}以上，或在附近增设"
    then = "增加此项功能" if fix == "extend" else ""
    known, need = facts["their_capacity"], facts["their_need"]
    holds = "" if known is None else f"（{_plain(known)}{facts['unit']}）"
    ask = "容量足够" if known is not None and known >= need else f"须有{need}{facts['unit']}以上"
    return (
        f"{STATUS_WORDS[facts['status']]}{facts['option']}{then}，可分流{facts['gained']:,}人，"
        f"本处余{facts['left']:,}人{'，仍超过要求' if facts['still'] else ''}；"
        f"该处{holds}届时就近服务{facts['theirs']:,}人，{ask}；"
        f"也可将本处扩大到{facts['needed']}{facts['unit']}以上"
    )
