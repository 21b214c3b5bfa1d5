"""What `kepu whatif` leaves: tables for print, and the tables and the file of every state."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import shapely

from .coverage.scenario_compare import TENTHS, delays
from .report_public import internal_folder
from .results import coverage_sheet, csv_safe, flags_sheet, places_sheet
from .scenario_file import scenario_text
from .scenario_keys import CloseRoads, Edit, Scenario
from .scenario_results import CHANGE_NAMES, Comparison
from .scenario_roads import area_of
from .scenarios import Outcome
from .wording import CAUSE_NAMES, GROUP_NAMES, KIND_NAMES, REASON_NAMES, SCOPE_NAMES, percent_column

MOST_NAMES = 4
DEPARTED = "仅前者有的居民点"
SEVERED = "道路中断：无路可达或超出计算时限"


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
            f"{DEPARTED}人口": table["departed"],
            f"{DEPARTED}已覆盖": table["departed_covered"],
            "仍可达但变远": table["delayed"],
            "平均多用（分钟）": table["delay_mean"].round(1),
            "最多多用（分钟）": table["delay_most"],
        }
    )


def moved_sheet(found: Comparison) -> pd.DataFrame:
    """Return the places of which anything becomes, for print."""
    first = found.outcomes[0]
    table = found.places[(found.places["kind"] != "same") & found.places["meant"]]
    titles = {s.key: s.name for s in first.study.wanted}
    severed = (table["kind"] == "cut_off") & (table["reason"] == "beyond_horizon")
    # By state: two scenarios may give one identifier to venues of their own.
    names = {
        (outcome.scenario.name, venue): name
        for outcome in found.outcomes
        for venue, name in outcome.survey.venues["name"].items()
    }

    def named(state: str, side: str) -> list[str]:
        return [names.get(key, "") for key in zip(table[state], table[side], strict=True)]

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
            "变化": table["kind"].map({**CHANGE_NAMES, "departed": DEPARTED}),
            "原分钟": table["minutes_before"],
            "现分钟": table["minutes_after"],
            "增减（分钟）": table["change"],
            "原最近设施": named("before", "venue_before"),
            "现最近设施": named("after", "venue_after"),
            "原已覆盖": table["covered_before"].map({True: "是", False: "否"}),
            "现已覆盖": table["covered_after"].map({True: "是", False: "否"}),
            "现不可达的原因": table["reason"].map(REASON_NAMES).fillna("").mask(severed, SEVERED),
        }
    )


def hit_sheet(found: Comparison) -> pd.DataFrame:
    """Return by place what it no longer reaches and how much longer it takes, for print."""
    table, first = found.hit, found.outcomes[0]
    titles = {s.key: s.name for s in first.study.wanted}

    def named(keys: tuple[str, ...]) -> str:
        return "、".join(titles[key] for key in keys)

    return pd.DataFrame(
        {
            "由": table["before"],
            "到": table["after"],
            "代码": table["place"],
            "名称": table["name"],
            "镇街": table["town"].map(first.survey.towns["name"]),
            "城乡": table["rural"].map({True: "乡村", False: "城镇"}),
            "常住人口": table["residents"],
            "不再可达": table["cut_off"].map(named),
            "仍可达但失去覆盖": table["lost"].map(named),
            "最多多用（分钟）": table["delay_most"],
            "多用最多的标准": table["delay_standard"].map(titles).fillna(""),
        }
    )


def hit_lines(found: Comparison, outcome: Outcome) -> list[str]:
    """Say which places a scenario cuts off from what, and how much longer the others take."""
    table, first = found.places, found.outcomes[0].scenario.name
    rows = table[(table["before"] == first) & (table["after"] == outcome.scenario.name)]
    rows = rows[rows["meant"] & (rows["people"] > 0)]
    rows = rows.assign(delay=delays(rows)).sort_values("people", ascending=False, kind="stable")
    lines = []
    for standard in outcome.study.wanted:
        mine = rows[rows["standard"] == standard.key]
        apart, later = mine[mine["kind"] == "cut_off"], mine[mine["delay"] > 0]
        said = []
        if len(apart):
            names = "、".join(apart["name"].iloc[:MOST_NAMES])
            more = "等" if len(apart) > MOST_NAMES else ""
            said.append(f"不再可达 {len(apart):,} 处 {apart['people'].sum():,} 人（{names}{more}）")
        if len(later):
            mean = (later["people"] * later["delay"]).sum() / later["people"].sum() / TENTHS
            worst = later.iloc[int(later["delay"].to_numpy().argmax())].to_dict()
            said.append(
                f"仍可达但变远 {len(later):,} 处 {later['people'].sum():,} 人，"
                f"平均多用 {mean:.1f} 分钟，最多 {worst['change']:.1f} 分钟（{worst['name']} "
                f"{worst['minutes_before']:.1f} → {worst['minutes_after']:.1f}）"
            )
        if said:
            lines.append(f"{standard.name}：{'；'.join(said)}")
    return lines


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
    keys = ["indicator", "name", "standard", "scope", "code", "unit"]
    wide = table.pivot_table(index=keys, columns="state", values="value", sort=False).reset_index()
    titles = {s.key: s.name for s in first.study.wanted}
    states = [outcome.scenario.name for outcome in found.outcomes]
    return pd.DataFrame(
        {
            "指标": wide["name"],
            "标准": wide["standard"].map(titles).fillna(""),
            "范围": wide["scope"].map(SCOPE_NAMES),
            "镇街": wide["code"].map(first.survey.towns["name"]).fillna(""),
            "单位": wide["unit"],
            **{state: wide[state].round(6) for state in states if state in wide},
        }
    )


BY_PLACE = ("places_changed", "access_lost", "flags_changed")
"""Tables that tell of single places: a public study keeps them apart."""


def write_comparison(folder: Path, found: Comparison) -> None:
    """
    Write the tables of a comparison, and the tables and the file of every state.

    In a public study what tells of single places lies in a folder of its own.
    """
    inner = internal_folder(folder, found.outcomes[0].study)
    sheets = {
        "comparison": comparison_sheet,
        "changes": people_sheet,
        "places_changed": moved_sheet,
        "access_lost": hit_sheet,
        "flags_changed": flag_changes_sheet,
        "indicators": indicators_sheet,
    }
    for name, sheet in sheets.items():
        _write((inner if name in BY_PLACE else folder) / f"{name}.csv", sheet(found))
    for number, outcome in enumerate(found.outcomes):
        for place in {folder, inner}:
            (place / f"{number}").mkdir()
        own = inner / f"{number}"
        asked = (outcome.study, outcome.survey, outcome.assessment)
        _write(folder / f"{number}" / "coverage.csv", coverage_sheet(*asked))
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
