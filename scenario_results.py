"""What `kepu whatif` leaves: the states beside each other, who gains and who loses, in tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import shapely

from .coverage.scenario_compare import (
    flags_moved,
    pairs,
    people_moved,
    places_moved,
    standards_beside,
)
from .results import coverage_sheet, csv_safe, flags_sheet, places_sheet
from .scenario_file import scenario_text
from .scenario_keys import CloseRoads, Edit, Scenario
from .scenario_roads import area_of
from .scenarios import Outcome
from .wording import CAUSE_NAMES, GROUP_NAMES, KIND_NAMES, REASON_NAMES, SCOPE_NAMES, percent_column

CHANGE_NAMES = {
    "gained": "新覆盖",
    "lost": "失去覆盖",
    "cut_off": "不再可达",
    "nearer": "变近",
    "farther": "变远",
    "arrived": "新增居民点",
    "same": "不变",
}
SEVERED = "道路中断：无路可达或超出计算时限"


@dataclass(frozen=True, eq=False)
class Comparison:
    """
    States of one study beside each other; the first is the present.

    Parameters
    ----------
    outcomes
        From `scenarios`, two or more, under different names.
    """

    outcomes: Sequence[Outcome]

    @property
    def pairs(self) -> list[tuple[Outcome, Outcome]]:
        """Return the present with every scenario, and these with each other."""
        known = {outcome.scenario.name: outcome for outcome in self.outcomes}
        return [(known[a], known[b]) for a, b in pairs(known)]

    @cached_property
    def standards(self) -> pd.DataFrame:
        """How far each standard is met in each state."""
        return standards_beside({o.scenario.name: o.assessment.standards for o in self.outcomes})

    @cached_property
    def places(self) -> pd.DataFrame:
        """What becomes of each place, by pair (`before`, `after`) and standard."""
        parts = []
        for before, after in self.pairs:
            sides = [(o.assessment.reach, o.survey.demand) for o in (before, after)]
            for standard in after.study.wanted:
                part = places_moved(standard, sides[0], sides[1])
                part.insert(0, "after", after.scenario.name)
                part.insert(0, "before", before.scenario.name)
                parts.append(part)
        return pd.concat(parts, ignore_index=True)

    @cached_property
    def people(self) -> pd.DataFrame:
        """People of each kind, by pair, standard, scope and group."""
        parts = []
        by_pair = dict(iter(self.places.groupby(["before", "after", "standard"], sort=False)))
        for before, after in self.pairs:
            names = (before.scenario.name, after.scenario.name)
            for standard in after.study.wanted:
                moved = by_pair[(*names, standard.key)]
                towns = after.survey.towns
                part = people_moved(moved, standard, after.survey.demand, towns)
                part.insert(0, "after", names[1])
                part.insert(0, "before", names[0])
                parts.append(part)
        return pd.concat(parts, ignore_index=True)

    @cached_property
    def flags(self) -> pd.DataFrame:
        """Flags that went and came, by pair."""
        parts = []
        for before, after in self.pairs:
            part = flags_moved(before.assessment.flags, after.assessment.flags)
            part.insert(0, "after", after.scenario.name)
            part.insert(0, "before", before.scenario.name)
            parts.append(part)
        return pd.concat(parts, ignore_index=True)

    @cached_property
    def indicators(self) -> pd.DataFrame:
        """The indicators (access, equity, the gap between town and country) of every state."""
        parts = []
        for outcome in self.outcomes:
            part = outcome.assessment.indicators.copy()
            part.insert(0, "state", outcome.scenario.name)
            parts.append(part)
        return pd.concat(parts, ignore_index=True)

    @property
    def headline(self) -> list[dict[str, Any]]:
        """Return what each scenario does to each standard in the whole district."""
        people = self.people
        first = self.outcomes[0].scenario.name
        whole = people[(people["scope"] == "district") & people["own"]]
        beside = self.standards.set_index(["state", "standard", "scope"])
        rows = []
        for row in whole[whole["before"] == first].to_dict("records"):
            states = (row["before"], row["after"])
            shares = [beside.loc[(s, row["standard"], "district"), "share"] for s in states]
            keys = ("covered_before", "covered_after", "gained", "lost", "cut_off", "nearer")
            shown = [None if pd.isna(share) else float(share) for share in shares]
            rows.append(
                {
                    "scenario": row["after"],
                    "standard": row["standard"],
                    **{key: int(row[key]) for key in (*keys, "farther", "arrived")},
                    "share_before": shown[0],
                    "share_after": shown[1],
                }
            )
        return rows


def comparison_sheet(found: Comparison) -> pd.DataFrame:
    """Return the states beside each other, for print."""
    table, first = found.standards, found.outcomes[0]
    titles = {s.key: s.name for s in first.study.wanted}
    met = table["met"].map({True: "达标", False: "未达标"}).fillna("无法判定")
    return pd.DataFrame(
        {
            "情景": table["state"],
            "标准": table["standard"].map(titles),
            "范围": table["scope"].map(SCOPE_NAMES),
            "镇街": table["code"].map(first.survey.towns["name"]).fillna(""),
            "人口": table["people"],
            "覆盖人口": table["covered"],
            "未接入路网人口": table["not_connected"],
            "覆盖率（%）": percent_column(table["share"]),
            "判定": met,
            "比现状多覆盖人口": table["more"],
            "比现状（百分点）": table["points"].astype("Float64").round(2),
        }
    )


def people_sheet(found: Comparison) -> pd.DataFrame:
    """Return who gains and who loses, for print."""
    table, first = found.people, found.outcomes[0]
    titles = {s.key: s.name for s in first.study.wanted}
    return pd.DataFrame(
        {
            "由": table["before"],
            "到": table["after"],
            "标准": table["standard"].map(titles),
            "范围": table["scope"].map(SCOPE_NAMES),
            "镇街": table["code"].map(first.survey.towns["name"]).fillna(""),
            "人群": table["group"].map(GROUP_NAMES),
            "标准所指人群": table["own"].map({True: "是", False: ""}),
            "人口": table["people"],
            "原覆盖": table["covered_before"],
            "新覆盖": table["gained"],
            "失去覆盖": table["lost"],
            "新增居民点已覆盖": table["arrived_covered"],
            "现覆盖": table["covered_after"],
            "不再可达": table["cut_off"],
            "变近（覆盖不变）": table["nearer"],
            "变远（覆盖不变）": table["farther"],
            "新增居民点人口": table["arrived"],
        }
    )


def moved_sheet(found: Comparison) -> pd.DataFrame:
    """Return the places of which anything becomes, for print."""
    first = found.outcomes[0]
    table = found.places[(found.places["kind"] != "same") & found.places["meant"]]
    titles = {s.key: s.name for s in first.study.wanted}
    severed = (table["kind"] == "cut_off") & (table["reason"] == "beyond_horizon")
    names: dict[str, str] = {}
    for outcome in found.outcomes:
        names |= outcome.survey.venues["name"].to_dict()
    return pd.DataFrame(
        {
            "由": table["before"],
            "到": table["after"],
            "标准": table["standard"].map(titles),
            "代码": table["place"],
            "名称": table["name"],
            "镇街": table["town"].map(first.survey.towns["name"]),
            "城乡": table["rural"].map({True: "乡村", False: "城镇"}),
            "人口（标准所指人群）": table["people"],
            "变化": table["kind"].map(CHANGE_NAMES),
            "原分钟": table["minutes_before"],
            "现分钟": table["minutes_after"],
            "增减（分钟）": table["change"],
            "原最近设施": table["venue_before"].map(names).fillna(""),
            "现最近设施": table["venue_after"].map(names).fillna(""),
            "原已覆盖": table["covered_before"].map({True: "是", False: "否"}),
            "现已覆盖": table["covered_after"].map({True: "是", False: "否"}),
            "现不可达的原因": table["reason"].map(REASON_NAMES).fillna("").mask(severed, SEVERED),
        }
    )


def flag_changes_sheet(found: Comparison) -> pd.DataFrame:
    """Return the flags that went and came, for print."""
    table, first = found.flags, found.outcomes[0]
    titles = {s.key: s.name for s in first.study.wanted}
    return pd.DataFrame(
        {
            "由": table["before"],
            "到": table["after"],
            "变化": table["change"].map({"gone": "解除", "new": "新增"}),
            "对象": table["kind"].map(KIND_NAMES),
            "代码": table["id"],
            "名称": table["name"],
            "标准": table["standard"].map(titles),
            "原因": table["cause"].map(CAUSE_NAMES),
            "人口": table["people"],
            "未覆盖人口": table["uncovered"],
            "说明": table["sentence"],
        }
    )


def indicators_sheet(found: Comparison) -> pd.DataFrame:
    """Return the indicators of every state side by side, for print."""
    table, first = found.indicators, found.outcomes[0]
    keys = ["indicator", "standard", "scope", "code"]
    wide = table.pivot_table(index=keys, columns="state", values="value", sort=False, dropna=False)
    wide = wide.loc[wide.notna().any(axis=1)].reset_index()
    titles = {s.key: s.name for s in first.study.wanted}
    names = table.drop_duplicates("indicator").set_index("indicator")
    states = [outcome.scenario.name for outcome in found.outcomes]
    return pd.DataFrame(
        {
            "指标": wide["indicator"].map(names["name"]),
            "标准": wide["standard"].map(titles).fillna(""),
            "范围": wide["scope"].map(SCOPE_NAMES),
            "镇街": wide["code"].map(first.survey.towns["name"]).fillna(""),
            "单位": wide["indicator"].map(names["unit"]),
            **{state: wide[state].round(6) for state in states if state in wide},
        }
    )


def write_comparison(folder: Path, found: Comparison) -> None:
    """Write the tables of a comparison, and the tables and the file of every state."""
    sheets = {
        "comparison": comparison_sheet,
        "changes": people_sheet,
        "places_changed": moved_sheet,
        "flags_changed": flag_changes_sheet,
        "indicators": indicators_sheet,
    }
    for name, sheet in sheets.items():
        _write(folder / f"{name}.csv", sheet(found))
    for number, outcome in enumerate(found.outcomes):
        own = folder / f"{number}"
        own.mkdir()
        asked = (outcome.study, outcome.survey, outcome.assessment)
        _write(own / "coverage.csv", coverage_sheet(*asked))
        _write(own / "places.csv", places_sheet(*asked))
        _write(own / "flags.csv", flags_sheet(*asked))
        if number:
            text = scenario_text(_portable(outcome.scenario, own))
            (own / "scenario.toml").write_text(text, encoding="utf-8", newline="\n")


def _portable(scenario: Scenario, folder: Path) -> Scenario:
    """Write the areas that a scenario takes from files beside it, and name these."""
    edits: list[Edit] = []
    for number, edit in enumerate(scenario.edits, 1):
        if isinstance(edit, CloseRoads) and edit.area_file is not None:
            name = f"area-{number}.geojson"
            shape = shapely.to_geojson(area_of(edit))
            (folder / name).write_text(shape + "\n", encoding="utf-8", newline="\n")
            edits.append(
                edit.model_copy(update={"area_file": name, "datum": "WGS84", "accept_datum": False})
            )
        else:
            edits.append(edit)
    return scenario.model_copy(update={"edits": tuple(edits)})


def _write(path: Path, sheet: pd.DataFrame) -> None:
    csv_safe(sheet).to_csv(path, index=False, encoding="utf-8-sig")
