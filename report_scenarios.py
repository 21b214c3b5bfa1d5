"""Scenarios in the appendix: who gains and who loses, as `kepu whatif` works it out."""

from __future__ import annotations

from functools import partial
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from .assessment import Assessment
from .coverage.gaps import percent_down
from .geo.crs import to_wgs84
from .maps.appendix import Kind, Listing
from .maps.figures.about import Picture
from .maps.figures.map import Layer
from .maps.style import FLAG, INK
from .maps.whatif_figure import CLOSED, LOOKS
from .report_ground import PEOPLE_KEY, Ground, size_keys, sizes
from .report_keys import Part, around
from .report_public import HIDDEN, hidden_places
from .scenario_figures import closed_stretches
from .scenario_keys import AddRoad, OpenVenues, Scenario
from .scenario_results import CHANGE_NAMES, Comparison
from .scenarios import Outcome, baseline
from .wording import percent_column

PLANNED = "拟建设施全部建成"
MOVED = {kind: name for kind, name in CHANGE_NAMES.items() if kind != "same"}
LONGEST_NOTE = 160
Told = dict[str, Any]


def all_planned(found: Assessment) -> list[Scenario]:
    """Return the scenario in which all that is planned stands, if anything is."""
    venues = found.measured.venues
    types = {kind for s in found.study.wanted for kind in s.types}
    planned = venues[(venues["status"] == "planned") & venues["type"].isin(types)].index
    if planned.empty:
        return []
    edit = OpenVenues(do="open_venue", venue=tuple(map(str, planned)))
    return [Scenario(name=PLANNED, edits=(edit,))]


def present(found: Assessment) -> Outcome:
    """Return the present as an outcome."""
    return baseline(found.study, found.measured)


def scenario_part(ground: Ground, before: Outcome, after: Outcome, number: int) -> Part:
    """Return figure and tables of a scenario, number `number` of the appendix."""
    compared = Comparison([before, after])
    told = _most_moved(compared)
    notes = _short("；".join(after.notes))
    return Part(
        f"情景：{after.scenario.name}",
        (partial(difference_picture, ground, compared, told, f"scenario-{number}"),),
        (changes_listing(compared, number), towns_listing(compared, told, number)),
        told=f"情景“{after.scenario.name}”：{notes}。" if notes else "",
        facts={
            "scenario": after.scenario.model_dump(mode="json", exclude_defaults=True),
            "did": after.notes,
        },
        warnings=after.warnings,
    )


def _short(text: str) -> str:
    """Return the first of a long list, whose whole stands in the manifest."""
    if len(text) <= LONGEST_NOTE:
        return text
    head = text[:LONGEST_NOTE].rpartition("、")[0] or text[:LONGEST_NOTE]
    return f"{head}等（全部见 manifest.json）"


def _most_moved(compared: Comparison) -> Told:
    """Return the headline of the standard under which most people gain or lose."""
    return max(
        compared.headline,
        key=lambda row: (
            row["gained"] + row["lost"] + row["cut_off"] + row["arrived"],
            row["nearer"] + row["farther"],
        ),
    )


def changes_listing(compared: Comparison, number: int) -> Listing:
    """Return what a scenario does to every standard in the whole district."""
    after = compared.outcomes[1]
    names = {standard.key: standard.name for standard in after.study.wanted}
    rows = compared.headline
    frame = pd.DataFrame(
        {
            "标准": [names[row["standard"]] for row in rows],
            "现状覆盖人口": [row["covered_before"] for row in rows],
            "情景覆盖人口": [row["covered_after"] for row in rows],
            "现状（%）": percent_column(_shares(rows, "share_before")),
            "情景（%）": percent_column(_shares(rows, "share_after")),
            **{name: [row[key] for row in rows] for key, name in MOVED.items()},
        }
    )
    percents: dict[str, Kind] = {"现状（%）": "percent", "情景（%）": "percent"}
    counts: dict[str, Kind] = {"现状覆盖人口": "count", "情景覆盖人口": "count"}
    return Listing(
        f"情景{number}",
        f"情景与现状比较：{after.scenario.name}",
        frame,
        {**counts, **percents, **dict.fromkeys(MOVED.values(), "count")},
        "人、%",
        (
            "“失去覆盖”含不再可达中原已覆盖的，“不再可达”含原来就在时限以外的；“变近”“变远”为覆盖不变而时间改变的。百分数向下取。",
        ),
        widths=(6, 2.6, 2.6, 2, 2, 2.3, 2.3, 2.3, 2.3, 2.3, 2.3),
        small=True,
    )


def _shares(rows: list[Told], name: str) -> pd.Series[Any]:
    return pd.Series(pd.array([row[name] for row in rows], dtype="Float64"))


def towns_listing(compared: Comparison, told: Told, number: int) -> Listing:
    """Return who gains and who loses by town under one standard; the towns add up."""
    after, people = compared.outcomes[1], compared.people
    standard = next(s for s in after.study.wanted if s.key == told["standard"])
    own = people[(people["standard"] == standard.key) & people["own"]]
    towns = after.survey.towns["name"]
    by_town = own[own["scope"] == "town"].set_index("code").reindex(towns.index)
    whole = own[own["scope"] == "district"].iloc[0]
    columns = {"people": "人口", "covered_before": "原覆盖", **MOVED, "covered_after": "现覆盖"}
    frame = pd.DataFrame({"镇街": [*towns, "全区"]})
    for key, name in columns.items():
        frame[name] = [*map(int, by_town[key]), int(whole[key])]
    return Listing(
        f"情景{number}分镇街",
        f"情景“{after.scenario.name}”各镇街得失：{standard.name}",
        frame,
        dict.fromkeys(columns.values(), "count"),
        "人",
        ("各镇街之和等于全区。",),
        total=True,
        small=True,
    )


def difference_picture(
    ground: Ground, compared: Comparison, told: Told, stem: str, number: int
) -> Picture:
    """Return who gains and who loses under one standard."""
    before, after = compared.outcomes
    standard = next(s for s in after.study.wanted if s.key == told["standard"])
    gained = _gained(told)
    hidden = bool(hidden_places(after.study, after.survey.demand).any())
    about = around(
        after.study,
        after.survey,
        number,
        f"情景比较：{after.scenario.name}",
        f"{standard.name}，与现状相比{gained}",
        remarks=(f"{PEOPLE_KEY}。{_both(compared, standard.key)}", *([HIDDEN] if hidden else [])),
    )
    layers = [*_works(after), *_moved(compared, standard.key), *_venues(before, after, standard)]
    rows = compared.places[(compared.places["standard"] == standard.key) & compared.places["meant"]]
    draw = ground.draws(about, layers, heads=size_keys(rows["people"]))
    return Picture(stem, about, draw, f"{standard.name}：{gained}。")


def _gained(told: Told) -> str:
    said = f"新覆盖 {told['gained']:,} 人，失去 {told['lost']:,} 人"
    if told["cut_off"]:
        said += f"，不再可达 {told['cut_off']:,} 人"
    shares = [told["share_before"], told["share_after"]]
    if None not in shares:
        said += f"；覆盖率 {percent_down(shares[0])}% → {percent_down(shares[1])}%"
    return said


def _both(compared: Comparison, key: str) -> str:
    """Return who is in two counts: covered before, and cut off."""
    rows = compared.places[(compared.places["standard"] == key) & compared.places["meant"]]
    both = rows[(rows["kind"] == "cut_off") & rows["covered_before"]]["people"].sum()
    return f"失去的人口含“不再可达”中原已覆盖的 {int(both):,} 人。" if both else ""


def _moved(compared: Comparison, key: str) -> list[Layer]:
    """Return the places by what becomes of them; the label counts all, hidden ones too."""
    after = compared.outcomes[1]
    rows = compared.places[(compared.places["standard"] == key) & compared.places["meant"]]
    rows = rows.set_index("place")
    points = after.survey.demand.geometry.reindex(rows.index)
    area = pd.Series(sizes(rows["people"]), rows.index)
    shown = ~hidden_places(after.study, after.survey.demand).reindex(rows.index)
    layers = []
    for kind, (colour, form, name) in LOOKS.items():
        part = rows["kind"] == kind
        counted = int(rows.loc[part, "people"].sum())
        label = f"{name}（{part.sum():,} 处 {counted:,} 人）"
        part &= shown
        layers.append(Layer(points[part], label, form, colour, "white", 0.5, area[part].to_numpy()))
    return layers


def _works(after: Outcome) -> list[Layer]:
    """Return the roads that are closed and those that are new."""
    crs = after.survey.towns.crs
    lines = []
    for edit in after.scenario.edits:
        if isinstance(edit, AddRoad):
            x, y = np.transpose(edit.line)
            lines.append(shapely.linestrings(*to_wgs84(x, y, edit.datum)))
    new = gpd.GeoSeries(lines, crs=4326).to_crs(crs)
    return [
        Layer(closed_stretches(after), "封闭的道路", "line", CLOSED, width=2.4),
        Layer(new, "新建道路", "line", INK, width=2.0, dash=(0, (4, 1.5))),
    ]


def _venues(before: Outcome, after: Outcome, standard: Any) -> list[Layer]:
    """Return the venues of a standard that opened and closed."""
    was, now = before.survey.venues, after.survey.venues
    meant = now["type"].isin(standard.types)
    opened = now[meant & (now["status"] == "open")]
    opened = opened[~opened.index.isin(_in_use(was, standard))]
    left = was.loc[_in_use(was, standard)]
    left = left[~left.index.isin(_in_use(now, standard))]
    label = f"启用或新增的设施（{len(opened):,} 处）"
    return [
        Layer(opened.geometry, label, "o", "none", FLAG, 1.3, 96.0),
        Layer(left.geometry, f"关闭的设施（{len(left):,} 处）", "X", "none", INK, 1.0, 80.0),
    ]


def _in_use(venues: gpd.GeoDataFrame, standard: Any) -> list[str]:
    used = venues["type"].isin(standard.types) & (venues["status"] == "open")
    return list(venues.index[used])
