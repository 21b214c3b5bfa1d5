"""
Groups: the five groups of people that a plan speaks of, as columns.

What a table does not say is estimated by a rule that the study states, with its source; every
estimated column is listed so that outputs can say so. Groups overlap (a farmer may be old): they do
not add up to the people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd
from geopandas import GeoDataFrame

from ..geo.errors import Fault, StudyError
from .control import largest_remainder, rounded
from .demand import GROUPS

Group = Literal["youth", "farmers", "workers", "elderly", "officials"]
Basis = Literal["share", "total"]

LABELS = {
    "youth": "青少年",
    "farmers": "农民",
    "workers": "产业工人",
    "elderly": "老年人",
    "officials": "领导干部和公务员",
}


@dataclass(frozen=True)
class GroupRule:
    """
    How a group that the table lacks is estimated.

    Parameters
    ----------
    group
        A key of `LABELS`.
    basis
        "share": this share of the people of every place. "total": a published total of the
        district, spread over the places in proportion to their people.
    urban, rural
        For "share" the shares in urban and in rural places, 0 to 1. For "total" the weights of a
        person there: 1 and 0 spread the total over urban places alone.
    total
        People of the group in the district, for "total" alone.
    source
        Where the figures are from; must be said.
    """

    group: Group
    basis: Basis
    urban: float
    rural: float
    total: int | None = None
    source: str = ""

    @property
    def zh(self) -> str:
        """The rule in Chinese."""
        urban, rural = self._figures()
        if self.basis == "share":
            if urban == rural:
                return f"人口的 {urban}"
            return f"城镇人口的 {urban}、乡村人口的 {rural}"
        spread = "" if urban == rural else f"（权重：城镇 {urban}、乡村 {rural}）"
        return f"全区 {self.total} 人按各地人口分摊{spread}"

    @property
    def en(self) -> str:
        """The rule in English."""
        urban, rural = self._figures()
        if self.basis == "share":
            if urban == rural:
                return f"{urban} of the people"
            return f"{urban} of urban and {rural} of rural people"
        spread = "" if urban == rural else f" (weights: urban {urban}, rural {rural})"
        return f"{self.total} in the district, spread by people{spread}"

    def _figures(self) -> tuple[str, str]:
        if self.basis == "share":
            return f"{100 * self.urban:.6g} %", f"{100 * self.rural:.6g} %"
        return f"{self.urban:g}", f"{self.rural:g}"


def _exact(figure: float) -> Fraction:
    """Return the decimal number that was written, not the nearest binary one."""
    return Fraction(repr(float(figure)))


def estimate_groups(
    demand: GeoDataFrame, rules: Sequence[GroupRule]
) -> tuple[GeoDataFrame, pd.DataFrame]:
    """
    Add the groups that rules are given for.

    Whole numbers by largest remainder, ties by id: for "share" they sum to the rounded sum of the
    exact shares, for "total" to the total; never more than the people of a place.

    Parameters
    ----------
    demand
        From `read_demand` or `read_population`, after `control`.
    rules
        At most one for a group.

    Returns
    -------
    GeoDataFrame
        As `demand`, with a column for every rule.
    DataFrame
        Index `group`; `label`, `people` (their sum), `basis`, `urban`, `rural`, `total`, `source`,
        `rule_zh`, `rule_en`: what outputs must say.

    Raises
    ------
    StudyError
        E-GROUP-RULE, a rule is not what it must be; E-GROUP-TWICE, the table or another rule gives
        the group already; E-GROUP-TOTAL, the total is larger than the people it is spread over.
    """
    _check_rules(rules, list(demand.columns))
    added: dict[str, npt.NDArray[np.int64]] = {}
    rows = []
    for rule in rules:
        added[rule.group] = _spread(demand, rule)
        rows.append({
            "label": LABELS[rule.group],
            "people": int(added[rule.group].sum()),
            "basis": rule.basis,
            "urban": rule.urban,
            "rural": rule.rural,
            "total": rule.total,
            "source": rule.source,
            "rule_zh": rule.zh,
            "rule_en": rule.en,
        })  # fmt: skip
    columns = ("label", "people", "basis", "urban", "rural", "total", "source", "rule_zh",
               "rule_en")  # fmt: skip
    names = pd.Index([rule.group for rule in rules], name="group", dtype=str)
    report = pd.DataFrame(rows, names, list(columns))
    return _in_order(demand.assign(**added)), report.astype({"total": "Int64"})


def _in_order(demand: GeoDataFrame) -> GeoDataFrame:
    """Put the groups behind the people, as `read_demand` does."""
    groups = [name for name in GROUPS if name in demand.columns]
    others = [name for name in demand.columns if name not in groups]
    behind = others.index("people") + 1
    return demand[[*others[:behind], *groups, *others[behind:]]]


def _spread(demand: GeoDataFrame, rule: GroupRule) -> npt.NDArray[np.int64]:
    urban, rural = _exact(rule.urban), _exact(rule.rural)
    people = demand["people"].tolist()
    is_rural = demand["rural"].tolist()
    shares = [n * (rural if away else urban) for n, away in zip(people, is_rural, strict=True)]
    if rule.basis == "share":
        total = rounded(sum(shares, Fraction()))
    else:
        total = int(rule.total or 0)
        room = sum(n for n, share in zip(people, shares, strict=True) if share)
        if total > room:
            raise StudyError(_fault("E-GROUP-TOTAL", rule, total, people=room))
    return largest_remainder(shares, total, keys=demand.index.tolist(), most=people)


def _check_rules(rules: Sequence[GroupRule], columns: Sequence[Any]) -> None:
    faults = []
    taken = list(columns)
    for rule in rules:
        if rule.group in taken:
            faults.append(_fault("E-GROUP-TWICE", rule, rule.group))
        taken.append(rule.group)
        faults += [_fault("E-GROUP-RULE", rule, value) for value in _wrong(rule)]
    if faults:
        raise StudyError(*faults)


def _wrong(rule: GroupRule) -> list[str]:
    """Return what of a rule is not what it must be."""
    share = rule.basis == "share"
    figures = {"urban": rule.urban, "rural": rule.rural}
    top = 1.0 if share else float("inf")
    wrong = [f"{name} = {figure}" for name, figure in figures.items()
             if not (0 <= figure <= top and figure < float("inf"))]  # fmt: skip
    if share != (rule.total is None) or (rule.total is not None and rule.total < 0):
        wrong.append(f"total = {rule.total}")
    if not share and not any(figures.values()):
        wrong.append("urban = rural = 0")
    if rule.group not in get_args(Group):
        wrong.append(f"group = {rule.group}")
    if rule.basis not in get_args(Basis):
        wrong.append(f"basis = {rule.basis}")
    if not rule.source.strip():
        wrong.append("source")
    return wrong


def _fault(code: str, rule: GroupRule, value: object, **facts: object) -> Fault:
    return Fault(code, column=f"groups.{rule.group}", value=str(value), facts=facts)


def estimate_faults(report: pd.DataFrame) -> list[Fault]:
    """
    Say of every estimated column by which rule it was made.

    Parameters
    ----------
    report
        From `estimate_groups`.
    """
    return [
        Fault(
            "W-GROUP-ESTIMATED",
            column=GROUPS[str(group)][0],
            facts={
                "people": row["people"],
                "zh": row["rule_zh"],
                "en": row["rule_en"],
                "source": row["source"],
            },
        )
        for group, row in report.iterrows()
    ]
