"""What the page counts, by its own code under node, against what the analysis counts."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from kepu.assessment import Assessment, assess
from kepu.atlas_measures import further
from kepu.atlas_times import owns, reaches
from kepu.atlas_whatif import whatif
from kepu.coverage.overview import coverage_table
from kepu.coverage.question import Question
from kepu.coverage.share import REASONS, Standard, nearest, serving, standard_coverage
from kepu.layers.venues import venue_types
from kepu.maps.content import Measure
from kepu.maps.web import web_map
from kepu.measures import access_table, answers
from kepu.study import Survey, measure_times, times_for
from kepu.study_keys import PaceRules

from .illustrative import with_sites
from .test_page_code import HERE, node

PAGE_REASONS = ("", "not_connected", "no_venue", "beyond_horizon", "not_meant")
UNIONS = (
    ("room.community", "civic.party"),
    ("base.national", "base.provincial", "base.district"),
    ("rural.bookhouse", "rural.estation", "rural.agritech"),
)
MINUTES = (5.0, 7.5, 15.0, 30.0, 59.9)
GROUPS = ("people", "youth", "farmers", "elderly")
CHOICES = 300
"""Random ones, for access."""


def page_of(measured: Survey, found: Assessment) -> str:
    """Return the page of the illustrative district with nothing that only adorns it."""
    groups = [name for name in GROUPS if name in measured.demand]
    standards = pd.DataFrame([vars(standard) for standard in found.study.wanted]).set_index("key")
    venues = measured.venues.sort_index()
    square = gpd.GeoSeries([shapely.box(113, 23, 114, 24)] * len(measured.towns), crs=4326)
    towns = measured.towns[["name", "kind"]].set_geometry(square.to_numpy(), crs=4326)
    return web_map(
        title="",
        towns=towns,
        places=measured.demand[["name", "town", "rural", *groups, "geometry"]].to_crs(4326),
        venues=venues[["name", "type", "status", "outside", "targets", "geometry"]].to_crs(4326),
        types={key: kind.name for key, kind in venue_types().items()},
        groups={group: group for group in groups},
        standards=standards,
        reach=reaches(measured, venues),
        coverage=found.standards,
        own=owns(found.questions, measured, venues),
        flags=found.flags.iloc[:0],
        base={},
        facts=[],
        illustrative=True,
        # with nowhere to open a venue, so that nothing is searched for
        parts=[whatif(with_sites(found.study, places=False, hosts=()), measured, venues)],
    )


@pytest.fixture(scope="module")
def page(measured: Survey, assessed: Assessment) -> str:
    return page_of(measured, assessed)


def asked(page: str, choices: list[dict[str, Any]], folder: Path) -> dict[str, Any]:
    (folder / "page.html").write_text(page, encoding="utf-8", newline="\n")
    (folder / "choices.json").write_text(json.dumps(choices), encoding="utf-8")
    answer: dict[str, Any] = json.loads(
        node(HERE / "page" / "count.mjs", folder / "page.html", folder / "choices.json")
    )
    return answer


def test_the_page_counts_as_the_analysis_does(page: str, measured: Survey, tmp_path: Path) -> None:
    """Every type and some unions x mode x threshold x group, every scope, to the last person."""
    kinds = [(kind,) for kind in measured.venues["type"].unique()] + list(UNIONS)
    layers = (measured.venues, measured.demand, measured.towns)
    table = coverage_table(measured.times, *layers, kinds=kinds, thresholds=MINUTES)
    for (group, mode), own in measured.group_times.items():
        paced = coverage_table({mode: own}, *layers, kinds=kinds, thresholds=MINUTES)
        table = table[(table["group"] != group) | (table["mode"] != mode)]
        table = pd.concat([table, paced[paced["group"] == group]])
    choices, expected = [], []
    for (types, mode, minutes, group), rows in table.groupby(
        ["types", "mode", "minutes", "group"], sort=False
    ):
        if group not in GROUPS:
            continue
        choices.append(
            {"standard": "", "types": types.split(";"), "mode": mode, "minutes": minutes,
             "group": group, "area": "all"}
        )  # fmt: skip
        numbers = rows[["people", "covered", "not_connected"]].to_numpy().tolist()
        shares = [None if pd.isna(share) else float(share) for share in rows["share"]]
        expected.append([[*row, share] for row, share in zip(numbers, shares, strict=True)])
    assert len(choices) > 500
    answers = asked(page, choices, tmp_path)["answers"]
    wrong = [
        choice
        for choice, answer, right in zip(choices, answers, expected, strict=True)
        if answer["scopes"] != right
    ]
    assert wrong == []


def test_the_page_finds_the_same_venues_and_reasons(
    page: str, measured: Survey, tmp_path: Path
) -> None:
    cases = [(types, mode) for types in UNIONS for mode in measured.times]
    choices = [
        {"standard": "", "types": list(types), "mode": mode, "minutes": 15, "group": "people",
         "area": "all"}
        for types, mode in cases
    ]  # fmt: skip
    answers = asked(page, choices, tmp_path)["answers"]
    for (types, mode), answer in zip(cases, answers, strict=True):
        times = measured.times[mode]
        everybody = serving(measured.venues, types, "people")
        right = nearest(times, measured.venues, types, among=everybody)
        assert answer["venue"] == [times.venues[v] if v >= 0 else None for v in right.venue]
        assert [PAGE_REASONS[reason] for reason in answer["reason"]] == list(right.reason)
    assert set(REASONS) <= set(PAGE_REASONS)


def test_the_page_proves_its_standards(page: str, assessed: Assessment, tmp_path: Path) -> None:
    choices = [
        {"standard": s.key, "types": list(s.types), "mode": s.mode, "minutes": s.minutes,
         "group": s.group, "area": s.area}
        for s in assessed.study.wanted
    ]  # fmt: skip
    told = asked(page, choices, tmp_path)
    assert told["unproven"] == []
    for standard, answer in zip(assessed.study.wanted, told["answers"], strict=True):
        table = assessed.standards[assessed.standards["standard"] == standard.key]
        numbers = table[["people", "covered", "not_connected"]].to_numpy().tolist()
        assert [row[:3] for row in answer["scopes"]] == numbers


def test_the_page_ranks_as_the_analysis_does(
    page: str, assessed: Assessment, tmp_path: Path
) -> None:
    """Priority of a choice that is no standard, by the page, is that of the standard it equals."""
    plain = {s.key: s for s in assessed.study.wanted if s.count == 1 and not s.opening}
    told = [
        one
        for one in further(assessed.study, assessed, assessed.measured.demand)
        if one.key == "priority" and one.standard in plain
    ]
    choices = [
        {"standard": "", "types": list(s.types), "mode": s.mode, "minutes": s.minutes,
         "group": s.group, "area": s.area}
        for s in (plain[one.standard] for one in told)
    ]  # fmt: skip
    assert len(told) >= 7
    answers = asked(page, choices, tmp_path)["answers"]
    for one, answer in zip(told, answers, strict=True):
        mine = answer["priority"]
        assert mine["values"] == one.values.tolist(), one.standard
        assert mine["towns"] == one.towns.tolist(), one.standard
        assert mine["edges"] == list(one.edges), one.standard
        assert mine["summary"] == list(one.summary), one.standard


def any_standard(rng: np.random.Generator, kinds: list[str], number: int) -> Standard:
    """Whatever a reader may choose."""
    return Standard(
        key=f"k{number}", name="", goal=0.9,
        types=tuple(rng.choice(kinds, int(rng.integers(1, 5)), replace=False)),
        mode=str(rng.choice(["walk", "ebike", "car"])),
        minutes=float(rng.choice([1, 5, 7.5, 12.5, 15, 20, 30, 45, 59.9, 90, 120])),
        group=str(rng.choice(GROUPS)), area=str(rng.choice(["all", "urban", "rural"])),
    )  # fmt: skip


def access_of(measured: Survey, standards: list[Standard]) -> dict[str, Measure]:
    """Return access as the map would tell it if these were the standards of the study."""
    asks = [Question(one, times_for(measured, one), 1.0) for one in standards]
    table = access_table(answers(asks, measured.venues, measured.demand), measured.venues,
                         measured.demand)  # fmt: skip
    flags = pd.DataFrame(columns=["standard", "level"])
    found: Any = SimpleNamespace(questions=asks, access=table, flags=flags, measured=measured)
    study: Any = SimpleNamespace(wanted=standards)
    return {one.standard: one for one in further(study, found, measured.demand)}


def test_the_page_counts_access_as_the_analysis_does(
    page: str, measured: Survey, tmp_path: Path
) -> None:
    """Any types, mode, group, area and limit: every place, town, edge and printed figure."""
    rng = np.random.default_rng(20)
    kinds = sorted(map(str, measured.venues["type"].unique()))
    standards = [any_standard(rng, kinds, number) for number in range(CHOICES)]
    right = access_of(measured, standards)
    told = asked(page, [vars(one) | {"standard": ""} for one in standards], tmp_path)["answers"]
    for standard, answer in zip(standards, told, strict=True):
        mine = answer["access"]
        assert (mine is not None) == (standard.key in right), standard
        if mine is None:
            continue
        one = right[standard.key]
        assert mine["values"] == one.values.tolist(), standard
        assert mine["towns"] == one.towns.tolist(), standard
        assert mine["edges"] == mine["townEdges"] == one.edges == one.town_edges, standard
        assert mine["labels"] == list(one.labels), standard
        assert (mine["summary"], mine["unit"]) == (one.summary, one.unit), standard
        # each venue that anybody reaches is shared out to the last bit
        people = measured.demand[standard.group].where(one.values >= 0, 0)
        assert np.dot(mine["access"], people) / 10_000 == pytest.approx(mine["reached"], rel=1e-12)
    assert len(right) > CHOICES / 2
    assert {"walk", "ebike", "car"} == {
        standard.mode for standard in standards if standard.key in right
    }


def test_access_of_a_standard_is_that_of_the_choice_it_equals(
    page: str, assessed: Assessment, tmp_path: Path
) -> None:
    plain = [s for s in assessed.study.wanted if s.count == 1 and not s.opening]
    told = {
        one.standard: one
        for one in further(assessed.study, assessed, assessed.measured.demand)
        if one.key == "access"
    }
    counted = asked(page, [vars(one) | {"standard": ""} for one in plain], tmp_path)["answers"]
    assert len(plain) >= 7
    for standard, answer in zip(plain, counted, strict=True):
        assert answer["access"]["values"] == told[standard.key].values.tolist()
        assert answer["access"]["summary"] == told[standard.key].summary


def test_a_pace_that_no_standard_asks_for_counts_too(
    measured: Survey, assessed: Assessment, tmp_path: Path
) -> None:
    slow = PaceRules(group="elderly", mode="ebike", share=0.5, source="示例")
    about = assessed.study.study.model_copy(update={"land_points": 0})
    rules = {"study": about, "paces": (*assessed.study.paces, slow)}
    study = assessed.study.model_copy(update=rules)
    paced = measure_times(study, measured, measured.roads).group_times
    assert set(paced) == {("elderly", "walk"), ("elderly", "ebike")}
    slower = replace(measured, group_times=paced)
    asks = Standard(key="k", name="", types=("town.hall",), mode="ebike", minutes=20, goal=0.9,
                    group="elderly")  # fmt: skip
    page = page_of(slower, assess(study, slower))
    answer = asked(page, [vars(asks) | {"standard": ""}], tmp_path)["answers"][0]
    layers = (measured.venues, measured.demand, measured.towns)
    right, everybody = (
        standard_coverage(asks, times, *layers)[["people", "covered", "not_connected"]]
        for times in (paced["elderly", "ebike"], measured.times["ebike"])
    )
    assert [row[:3] for row in answer["scopes"]] == right.to_numpy().tolist()
    assert (right["covered"] < everybody["covered"]).any()
    assert answer["access"]["values"] == access_of(slower, [asks])["k"].values.tolist()


def test_a_page_that_counts_otherwise_says_so(
    measured: Survey, assessed: Assessment, tmp_path: Path
) -> None:
    changed = assessed.standards.copy()
    changed.loc[3, "covered"] += 1
    spoilt = assess(assessed.study, measured)
    vars(spoilt)["standards"] = changed
    told = asked(page_of(measured, spoilt), [], tmp_path)
    assert told["unproven"] == [assessed.study.wanted[0].key]
