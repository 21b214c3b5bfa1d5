"""Sites for some groups only (服务对象): they cover these groups, and no plan counts on others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from kepu.coverage.audience import serves
from kepu.coverage.siting.answers import Watch
from kepu.coverage.times import travel_times, within
from kepu.geo.routing import UNREACHED
from kepu.siting import covered_afresh, plan_sites
from kepu.siting_models import Asked
from kepu.siting_problem import problem_of
from kepu.study import times_for

from .illustrative import with_sites

CARE = "civic.elderly_care"
HEADER = "编号,名称,类型,经度,纬度,状态,服务对象\n"
TARGETS = {
    "": "",
    "老年人": "elderly",
    "青少年；农民": "youth;farmers",
    "全体；青少年": "people;youth",
}


def test_a_house_for_the_old_is_a_site_for_the_old_alone(study, measured):
    houses = measured.venues[
        (measured.venues["type"] == CARE) & (measured.venues["status"] == "open")
    ]
    assert set(houses["targets"]) == {"elderly"}
    asked = with_sites(study, hosts=(CARE,))
    for key, reached in (("room", False), ("room-elderly", True)):
        problem = problem_of(asked, measured, [key])
        theirs = problem.candidates["host"].isin(houses.index).to_numpy()
        assert theirs.sum() == len(houses)
        assert (problem.times[0].ticks[:, theirs] != UNREACHED).any() == reached
        assert (problem.times[0].ticks[:, ~theirs] != UNREACHED).any()
        options = problem.candidates["host"].isin(houses.index).to_numpy()[problem.number]
        covers = np.asarray(problem.reach()[0].sum(axis=0)).ravel()
        assert (covers[options] > 0).any() == reached
        assert (covers[~options] > 0).any()


@pytest.fixture(scope="module")
def filed(study, measured, tmp_path_factory):
    """Forty places in turn as sites for everybody, the old, pupils and farmers, all and pupils."""
    path = tmp_path_factory.mktemp("sites") / "candidates.csv"
    points = measured.demand.geometry.to_crs(4326).iloc[::4]
    told = list(TARGETS)
    rows = [
        f"C{n},点{n},room.community,{point.x:.6f},{point.y:.6f},候选,{told[n % len(told)]}"
        for n, point in enumerate(points)
    ]
    path.write_text(HEADER + "\n".join(rows) + "\n", "utf-8-sig")
    return with_sites(study, file=str(path), datum="WGS84")


@pytest.mark.parametrize("group", ["people", "elderly", "youth", "farmers"])
def test_sites_of_a_file_cover_whom_they_are_for(filed, measured, group):
    """Every option by plain loops, and a plan by counting the district afresh."""
    standards = tuple(
        standard.model_copy(update={"group": group}) if standard.key == "room" else standard
        for standard in filed.standards
    )
    asked = filed.model_copy(update={"standards": standards})
    problem = problem_of(asked, measured, ["room"])
    candidates = problem.candidates[problem.candidates["origin"] == "file"]
    assert set(candidates["targets"]) == set(TARGETS.values())
    timed = travel_times(
        measured.roads.network, asked.profile_of(problem.standards[0]), measured.demand, candidates,
        horizon_minutes=120, barriers=measured.roads.barriers,
    )  # fmt: skip
    near = dict(zip(candidates.index, within(timed.ticks, 15).T, strict=True))
    table = problem.reach()[0].toarray()
    for option, site in enumerate(problem.options["site"]):
        if site in near:
            suits = serves(str(candidates.at[site, "targets"]), group)
            np.testing.assert_array_equal(table[:, option], near[site] & suits)
    plan = plan_sites(problem, Asked(count=3), Watch())
    chosen = [site for site in plan.plan["site"] if site in candidates.index]
    assert chosen
    assert all(serves(str(candidates.at[site, "targets"]), group) for site in chosen)
    assert (
        plan.plan["covered"].iloc[-1] == covered_afresh(problem, plan.plan["option"].to_numpy())[0]
    )


def test_what_stands_for_others_leaves_people_uncovered(study, measured):
    """All community rooms for pupils alone: for everybody nothing stands, and every site gains."""
    venues = measured.venues.copy()
    rooms = venues["type"] == "room.community"
    venues.loc[rooms, "targets"] = "youth"
    narrowed = replace(measured, venues=venues)
    before, after = (problem_of(study, one, ["room"]) for one in (measured, narrowed))
    assert before.cover.base > after.cover.base == 0
    standard = before.standards[0]
    used = (rooms & (venues["status"] == "open")).to_numpy()
    near = within(times_for(measured, standard).ticks[:, used], standard.minutes).any(axis=1)
    people = measured.demand["people"].to_numpy()
    assert before.cover.base == people[near].sum()
