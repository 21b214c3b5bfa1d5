"""What the Word annex says, chapter by chapter."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from .assessment import Assessment
from .maps.appendix import NUMERALS, Annex, Chapter, Heading, Matter, Plate
from .report_keys import Part
from .report_public import hidden_places
from .report_tables import covered_listing, sentences_listings, standards_listing, towns_listing
from .report_targets import leader_listing, targets_summary, unjudged_text
from .report_text import (
    METHOD,
    assumptions,
    dates_listing,
    passport_listing,
    rules_listing,
    standards_rules,
)
from .report_venues import venues_by_town_listing, venues_listing

MOST_WARNINGS = 20
CODE = re.compile(r"^\[[A-Z0-9-]+\] ")
TARGETS = "规划目标"
Parts = tuple[Matter, ...]


def annex(
    found: Assessment,
    facts: dict[str, Any],
    plates: Sequence[Plate],
    planned: Sequence[tuple[Part, Sequence[Plate]]] = (),
) -> Annex:
    """
    Return the annex: results, targets, figures, plans, those left behind, method, rules, passport.

    Parameters
    ----------
    plates
        The figures that every study has, in the order of their numbers.
    planned
        What could be, each with its figures; their numbers go on.
    """
    about = found.study.study
    lines = [f"分析日期：{about.date.isoformat()}"]
    if about.illustrative:
        lines.append("示意数据，不能用于决策")
    chapters: list[tuple[str, Parts]] = [
        ("覆盖情况", _coverage(found)),
        ("设施现状", _venues(found)),
        (TARGETS, _targets(found)),
        ("图件", tuple(plates)),
        ("规划方案与情景", tuple(part for pair in planned for part in _planned(*pair))),
        ("短板清单", tuple(sentences_listings(found))),
        ("方法说明", METHOD),
        ("标准与假定", (standards_rules(found), rules_listing(facts), *assumptions(found, facts),
                        *_warnings(found, facts))),
        ("数据与来源", (dates_listing(found), passport_listing(facts))),
    ]  # fmt: skip
    kept = [(title, parts) for title, parts in chapters if parts]
    return Annex(
        f"{about.name}\n附录",
        tuple(lines),
        tuple(
            Chapter(f"{numeral}、{title}", parts, own_page=title == TARGETS)
            for numeral, (title, parts) in zip(NUMERALS, kept, strict=False)
        ),
    )


def _coverage(found: Assessment) -> Parts:
    people = int(found.measured.demand["people"].sum())
    opening = (
        f"本附录由科普设施覆盖分析得出：{len(found.measured.towns)} 个镇街、"
        f"{len(found.measured.demand)} 处居民点、{people:,} 人，各项数字与地图、表格同出一源。"
    )
    return opening, standards_listing(found), towns_listing(found), covered_listing(found)


def _venues(found: Assessment) -> Parts:
    told = "科普资源名录（按类型、镇街、服务对象）见附表与 resources.csv。"
    return venues_listing(found), venues_by_town_listing(found), told


def _targets(found: Assessment) -> Parts:
    counts = targets_summary(found)
    told = (
        f"规划目标共 {len(found.targets)} 项："
        f"达到 {counts['达到']} 项，未达到 {counts['未达到']} 项，"
        f"无法判定 {counts['无法判定']} 项。{unjudged_text(found)}现状只计区内在用的设施，"
        "拟建、候选的不计。各项的基线、来源与覆盖见附表“目标台账”。"
    )
    return (replace(leader_listing(found), title="规划目标台账", notes=(told,)),)


def _planned(part: Part, plates: Sequence[Plate]) -> Parts:
    told: Parts = (part.told,) if part.told else ()
    return Heading(part.title), *told, *part.listings, *plates


def _warnings(found: Assessment, facts: dict[str, Any]) -> tuple[str, ...]:
    """Return the warnings, in a public study without those that name a hidden place."""
    every = [CODE.sub("", warning["zh"]) for warning in facts["warnings"]]
    if not every:
        return ("运行没有警告。",)
    demand = found.measured.demand
    hidden = demand["name"][hidden_places(found.study, demand)]
    told = [text for text in every if not any(name in text for name in hidden)][:MOST_WARNINGS]
    rest = len(every) - len(told)
    more = (f"另有 {rest} 条，见 manifest.json。",) if rest else ()
    counted = (f"{at}. {text}" for at, text in enumerate(told, 1))
    return (f"运行给出 {len(every)} 条警告：", *counted, *more)
