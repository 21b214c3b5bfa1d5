"""What a planner asks `kepu sites`: fair plans, floors by group, spacing, numbers beyond use."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from shapely.affinity import translate
from typer.testing import CliRunner

from kepu import siting_candidates, siting_points
from kepu.cli import app
from kepu.commands_sites import _print
from kepu.console import report
from kepu.coverage.gaps import percent_down
from kepu.coverage.siting.answers import Watch
from kepu.coverage.siting.capacity import most_of, most_people
from kepu.coverage.siting.center import longest
from kepu.coverage.siting.choices import by_longest, by_spacing, by_time, near_best
from kepu.coverage.siting.cover import Cover
from kepu.coverage.siting.fairness import group_people
from kepu.coverage.siting.median import median
from kepu.coverage.siting.median_program import Distances
from kepu.coverage.siting.rules import Rules
from kepu.coverage.siting.service import served
from kepu.geo.errors import StudyError
from kepu.geo.routing import UNREACHED
from kepu.report_sites import _labels
from kepu.siting import covered_afresh, plan_sites
from kepu.siting_choices import alternatives_of, choices, curve_of, near_of
from kepu.siting_keys import CostRules
from kepu.siting_models import Asked, rules_of
from kepu.siting_points import elsewhere
from kepu.siting_price import price_of
from kepu.siting_problem import problem_of
from kepu.siting_regret import regret_of
from kepu.siting_tables import (
    alternatives_sheet,
    candidates_sheet,
    counted,
    price_sheet,
    regret_sheet,
    summary,
)
from kepu.siting_words import percent_up

from .illustrative import DISTRICT, with_sites


@pytest.fixture(scope="module")
def hall(study, measured):
    return problem_of(study, measured, ["hall"])


@pytest.fixture(scope="module")
def room(study, measured):
    return problem_of(study, measured, ["room"])


@pytest.mark.parametrize("seed", range(8))
def test_medians_nearly_as_good_are_all_found(seed):
    rng = np.random.default_rng(seed)
    table = Distances(
        rng.integers(1, 40, (12, 6)).astype(np.uint32), np.full(12, 60), rng.integers(1, 9, 12)
    )
    rules, cover = Rules(count=2), Cover.of(np.zeros((1, 6), bool), [0])
    best = median(table, rules, Watch())
    near = near_best(cover, rules, best.sites, 10**9, Watch(), by_time(table))
    assert (near.plans, near.whole) == (math.comb(6, 2), True)
    for out, into in near.replacement.items():
        kept = best.sites[best.sites != out]
        others = [j for j in range(6) if j not in best.sites]
        told = {j: table.value([*kept, j]) - best.value for j in others}
        assert near.loss[out] == told[into] == min(told.values())
    few = near_best(cover, rules, best.sites, int(best.value * 0.1), Watch(), by_time(table))
    good = [p for p in itertools.combinations(range(6), 2) if table.value(p) <= best.value * 1.1]
    assert few.plans <= len(good)


@pytest.mark.parametrize("seed", range(8))
def test_centers_and_dispersed_plans_nearly_as_good_are_all_found(seed):
    rng = np.random.default_rng(seed)
    table = Distances(
        rng.integers(1, 40, (12, 6)).astype(np.uint32), rng.integers(30, 60, 12),
        rng.integers(0, 9, 12),
    )  # fmt: skip
    at = rng.integers(0, 100, (6, 2))
    apart = np.rint(np.hypot(*(at[:, None] - at).transpose(2, 0, 1))).astype(np.int64)
    stood, fixed = rng.integers(20, 200, 6), np.arange(6) == 3
    rules, cover = Rules(count=3, fixed=fixed), Cover.of(np.zeros((1, 6), bool), [0])
    every = [np.array([a, b, 3]) for a, b in itertools.combinations([0, 1, 2, 4, 5], 2)]

    def least(plan):
        new = [j for j in plan if j != 3]
        return min([*(apart[a, b] for a in new for b in plan if a != b), *stood[new]])

    told = {
        by_longest(table): {tuple(sorted(p)): -longest(table, p) for p in every},
        by_spacing(apart, stood, fixed): {tuple(sorted(p)): int(least(p)) for p in every},
    }
    for scale, values in told.items():
        best = max(values, key=values.get)
        near = near_best(cover, rules, np.array(best), 10**9, Watch(), scale)
        assert (near.plans, near.whole) == (len(every), True)
        for out, into in near.replacement.items():
            others = {
                j: values[tuple(sorted({*best, j} - {out}))] for j in range(6) if j not in best
            }
            assert near.loss[out] == values[best] - max(others.values())
            assert others[into] == max(others.values())


def test_regret_of_models_of_time_is_told_in_time(hall):
    for model in ("pmedian", "pcenter"):
        found = plan_sites(hall, Asked(model, 3), Watch())
        table = regret_of(found, Watch())
        (row,) = table.to_dict("records")
        assert (row["scenario"], row["status"]) == ("imprecise", "optimal")
        assert row["regret"] == row["ours"] - row["best"] >= 0
        # Points elsewhere change the sum of times; whom nobody is near stays the farthest.
        assert model == "pcenter" or row["ours"] != found.answer.value
        sheet = regret_sheet(found, choices(found, Watch()))
        unit = {"pmedian": 36_000, "pcenter": 600}[model]
        assert sheet.iloc[0, 1] == pytest.approx(row["ours"] / unit, abs=0.1)
        assert sheet.iloc[0, 1] >= row["ours"] / unit
        assert "-0.0" not in sheet.astype(str).to_numpy()


def test_regret_of_covering_all_counts_who_is_lost(hall):
    found = plan_sites(hall, Asked("lscp"), Watch())
    table = regret_of(found, Watch()).set_index("scenario")
    slow = hall.cover_at(0.75)
    assert table.at["slow", "ours"] == slow.value(found.answer.sites) < found.after
    rules = replace(found.rules, count=len(found.answer.sites))
    assert table.at["slow", "best"] == most_people(slow, rules, Watch()).value


def test_new_sites_keep_the_spacing_from_what_stands(study, measured, hall):
    rules = with_sites(study, spacing_metres=3000.0)
    problem = problem_of(rules, measured, ["hall"])
    venues = measured.venues
    stand = venues[(venues["type"] == "town.hall") & (venues["status"] == "open")].geometry
    found = plan_sites(problem, Asked(count=6), Watch())
    new = found.plan[found.plan["order"] > 0]
    assert len(new) == 6
    assert min(stand.distance(point).min() for point in new.geometry) >= 3000
    near = [
        j for j, point in enumerate(problem.candidates.geometry)
        if stand.distance(point).min() < 3000 and problem.reached[j] and not problem.fixed[j]
    ]  # fmt: skip
    assert near
    assert problem.forbidden[near].all()
    assert (hall.forbidden == ~hall.reached[hall.number]).all()
    listed = candidates_sheet(found).iloc[near]
    assert set(listed["状态"]) == {"不可选"}
    assert set(listed["原因"]) == {"离在用同类设施近于间距要求"}
    alone = candidates_sheet(plan_sites(hall, Asked(count=1), Watch())).set_index("编号")
    assert alone.at["441802103222", "原因"].startswith("没有居民点能到达")  # 洞尾村, no road
    others = alone[alone["原因"] == "只服务其他人群"].index
    kinds = set(measured.venues.loc[others, "type"])
    assert "school.featured" in kinds
    assert not kinds & {"civic.party", "civic.practice", "civic.library"}
    free = (alone["状态"] == "可选").sum()
    assert free == hall.choosable.sum() == len(alone) - alone["原因"].fillna("").ne("").sum() - 1


def test_dispersed_sites_keep_away_from_open_and_planned_venues(measured, hall, room):
    for problem, types in ((hall, {"town.hall"}), (room, {"room.community"})):
        found = plan_sites(problem, Asked("pdispersion", 3), Watch())
        new = found.plan[found.plan["order"] > 0].geometry
        venues = measured.venues[measured.venues["type"].isin(types)]
        stand = venues[venues["status"].isin(["open", "planned"])].geometry
        told = [stand.distance(point).min() for point in new]
        told += [a.distance(b) for a, b in itertools.combinations(new, 2)]
        assert found.answer.value == math.floor(min(told)) > 500
        assert problem.reached[problem.number[found.answer.sites]].all()
    assert plan_sites(hall, Asked("pdispersion", 1), Watch()).answer.status == "optimal"


def test_a_number_beyond_use_builds_no_idle_site(room):
    found = plan_sites(room, Asked(count=5000), Watch())
    new = found.plan[found.plan["order"] > 0]
    assert found.after == room.people - found.uncoverable["people"].sum()
    assert len(new) < 50
    fixed = found.answer.sites[room.fixed[found.answer.sites]]
    for site in np.setdiff1d(found.answer.sites, fixed):
        assert room.cover.value(np.setdiff1d(found.answer.sites, site)) < found.after
    curve = curve_of(found, Watch())
    assert curve["count"].tolist() == list(range(1, len(new) + 1))
    assert curve["covered"].iloc[-1] == found.after
    assert curve["covered"].is_monotonic_increasing


def test_the_whole_curve_goes_on_to_all_that_can_be_covered(hall):
    found = plan_sites(hall, Asked(count=2), Watch())
    curve = curve_of(found, Watch())
    everybody = plan_sites(hall, Asked(model="lscp"), Watch())
    assert curve["covered"].iloc[-1] == everybody.after
    assert curve["count"].iloc[-1] == len(everybody.plan[everybody.plan["order"] > 0])
    assert set(curve["status"]) == {"optimal"}


@pytest.mark.parametrize("fair", ["gap", "maxmin", "even"])
def test_a_fair_plan_is_the_one_that_the_price_names(fair, room):
    found = plan_sites(room, Asked(count=3, fair=fair), Watch())
    assert found.answer.status == "optimal"
    told, groups = covered_afresh(room, found.answer.sites)
    assert told == found.after == found.answer.value
    price = price_of(found, Watch()).set_index("rule")
    assert price.at["asked", "covered"] == price.at[fair, "covered"] == found.after
    assert price.at["plain", "covered"] >= found.after
    measure = {"gap": lambda row: abs(row["difference"]), "maxmin": lambda row: -row["worst"],
               "even": lambda row: row["even_minutes"]}[fair]  # fmt: skip
    rows = price.loc[["plain", "asked"]].to_dict("records")
    assert measure(rows[1]) <= measure(rows[0]) + 1e-9
    share = groups / room.group_totals
    assert price.at["asked", "difference"] == pytest.approx(share[0] - share[1])


def test_floors_are_for_towns_by_name_and_for_groups_of_people(room):
    asked = Asked(count=3, floors={"石角镇": 0.5, "elderly": 0.93, "rural": 0.86})
    found = plan_sites(room, asked, Watch())
    _, groups = covered_afresh(room, found.answer.sites)
    names = {code or scope: at for at, (scope, code) in enumerate(room.group_names)}
    old = room.measured.demand["elderly"]
    assert room.group_totals[names["elderly"]] == old.sum()
    assert groups[names["elderly"]] >= 0.93 * old.sum()
    assert groups[names["rural"]] >= 0.86 * room.group_totals[names["rural"]]
    code = room.measured.towns.index[room.measured.towns["name"] == "石角镇"][0]
    by_code = rules_of(room, Asked(count=3, floors={code: 0.999}))
    by_name = rules_of(room, Asked(count=3, floors={"石角镇": 0.999}))
    assert [least for _, least in by_code.floors] == [least for _, least in by_name.floors]


def test_a_floor_too_high_is_named_with_what_can_be_reached(study, measured, room):
    for asked in (Asked(count=2, floors={"rural": 0.99}), Asked("lscp", floors={"rural": 0.99})):
        with pytest.raises(StudyError) as error:
            plan_sites(room, asked, Watch())
        fault = error.value.faults[0]
        assert (fault.code, fault.value) == ("E-SITES-FLOOR-HIGH", "rural=0.99")
        most = float(fault.facts["most"].rstrip("%")) / 100
        found = plan_sites(room, Asked(asked.model, asked.count, floors={"rural": most}), Watch())
        assert found.answer.found
    costs = {"room.community": CostRules(build=10, capacity=3000)}
    little = problem_of(with_sites(study, costs=costs), measured, ["room"])
    with pytest.raises(StudyError, match="E-SITES-FLOOR-HIGH"):
        plan_sites(little, Asked(count=2, floors={"rural": 0.99}), Watch())
    # Each by itself can be kept; both together cannot.
    towns = {"石角镇": 0.88, "源潭镇": 0.885, "龙塘镇": 0.9, "飞来峡镇": 0.87}
    with pytest.raises(StudyError, match="E-SITES-INFEASIBLE"):
        plan_sites(room, Asked(count=1, floors=towns), Watch())


@pytest.mark.parametrize(("asked", "said"), [
    (Asked(count=2, backup=True), "--backup"),
    (Asked("lscp", count=2), "--count"),
    (Asked("pmedian", count=2, fair="gap"), "--fair"),
    (Asked(count=2, fair="even", floors={"rural": 0.86}), "--fair"),
])  # fmt: skip
def test_no_option_is_ignored_in_silence(asked, said, room):
    with pytest.raises(StudyError, match="E-SITES-UNUSED") as error:
        plan_sites(room, asked, Watch())
    assert said in error.value.faults[0].value


def test_what_is_planned_needs_no_price(study, measured):
    costs = {"rural.agritech": CostRules(build=30, upgrade=10)}
    problem = problem_of(with_sites(study, costs=costs), measured, ["rural"])
    assert set(problem.options["type"][problem.fixed]) - set(costs)
    found = plan_sites(problem, Asked(budget=60), Watch())
    assert 0 < found.plan["cost"].sum() <= 60


def test_more_types_than_standards_are_refused(study, measured):
    with pytest.raises(StudyError, match="E-SITES-UNUSED"):
        problem_of(study, measured, ["room"], types=["room.community", "town.hall"])


def test_a_candidate_elsewhere_is_nearer_on_one_side(hall):
    # By e-bike 250 m are a minute: straight towards a place it is so much nearer, never below 0.
    at = hall.measured.demand.geometry
    sites = hall.candidates.geometry
    place, reached = 0, hall.times[0].ticks[0].astype(float)
    site = int(np.argmax(np.where(reached < 2**32 - 1, reached, 0)))
    way = np.array([at.iloc[place].x - sites.iloc[site].x, at.iloc[place].y - sites.iloc[site].y])
    moved = np.zeros((len(sites), 2))
    moved[site] = way / np.hypot(*way) * 250
    ticks = hall.times[0].ticks
    other = elsewhere(ticks, at, sites, moved, 15.0)
    assert int(ticks[place, site]) - int(other[place, site]) == 600
    rest = np.arange(len(sites)) != site
    assert (other[:, rest] == ticks[:, rest]).all()
    assert ((other == 2**32 - 1) == (ticks == 2**32 - 1)).all()
    assert hall.cover_at(1.0, np.zeros((len(sites), 2))).value([site]) == hall.cover.value([site])


def test_stand_ins_are_told_for_medians_and_for_sites_with_room(study, measured, hall):
    found = plan_sites(hall, Asked("pmedian", 3), Watch())
    table = alternatives_of(found, near_of(found, Watch()))
    sheet = alternatives_sheet(found, table)
    more = sheet["替换后总时间多出（人·小时）"].dropna()
    assert len(more)
    assert (more >= 0).all()
    costs = {"town.hall": CostRules(build=10, capacity=50_000)}
    little = problem_of(with_sites(study, costs=costs), measured, ["hall"])
    limited = plan_sites(little, Asked(count=2), Watch())
    table = alternatives_of(limited, near_of(limited, Watch()))
    own = table[table["chosen"]]
    assert set(own["site"]) == set(limited.plan["site"][limited.plan["order"] > 0])
    kept = table["covered"] + table["loss"]
    assert (kept.dropna() == limited.reached).all()


@pytest.fixture(scope="module")
def little(study, measured):
    costs = {"room.community": CostRules(build=30, upgrade=10, capacity=3000)}
    return problem_of(with_sites(study, costs=costs), measured, ["room"])


@pytest.mark.parametrize("fair", ["gap", "maxmin"])
def test_with_little_room_a_fair_plan_tells_who_is_served(fair, little):
    found = plan_sites(little, Asked(count=3, fair=fair), Watch())
    assert found.answer.status == "optimal"
    assert found.reached == served(little.cover, little.room, found.answer.sites) < found.after
    table = price_of(found, Watch())
    price = table.set_index("rule")
    assert price.at["asked", "covered"] == price.at[fair, "covered"] == found.reached
    assert price.at[fair, "price"] == price.at["plain", "covered"] - found.reached >= 0
    rows = price.loc[["plain", fair]].to_dict("records")
    measure = {"gap": lambda row: abs(row["difference"]), "maxmin": lambda row: -row["worst"]}[fair]
    assert measure(rows[1]) <= measure(rows[0]) + 1e-6
    # Who is served lives in town or in the country, and no other town is worse off than the worst.
    urban, rural = little.group_totals[:2]
    for row in table.to_dict("records"):
        assert row["urban"] * urban + row["rural"] * rural == pytest.approx(row["covered"], abs=0.1)
        assert row["worst"] <= row["share"]
    assert table["even_minutes"].isna().all()
    floors = table[table["rule"] == "floor"]
    assert len(floors)
    assert (floors["rural"] >= floors["level"] - 1e-6).all()
    assert floors["covered"].is_monotonic_decreasing
    sheet = counted(found, price_sheet(found, choices(found, Watch())))
    assert {"按容量服务人口", "公平的代价（少服务人口）", "最差镇街服务率（%）"} <= set(sheet)
    assert set(sheet["公平要求"]) >= {"乡村服务下限", "本方案"}


def test_with_little_room_a_row_is_of_town_or_of_country(study, measured, hall):
    costs = {"town.hall": CostRules(build=30, capacity=3000)}
    crowded = problem_of(with_sites(study, costs=costs), measured, ["hall"]).cover
    # Where there is room for all, places of one reach are one row, in town and in the country.
    assert (hall.cover.groups[:, 0] * hall.cover.groups[:, 1]).any()
    assert not (crowded.groups[:, 0] * crowded.groups[:, 1]).any()
    assert ((crowded.groups[:, hall.towns] > 0).sum(axis=1) <= 1).all()
    assert crowded.weight.sum() == hall.cover.weight.sum()


def test_with_little_room_a_floor_counts_who_is_served(little):
    rural = little.group_totals[1]
    most = most_of(little.cover, little.rules(count=3, budget=None, crowded=True), 1, Watch())
    high = (little.cover.base_groups[1] + most.value) / rural
    level = math.floor(high * 1000) / 1000
    found = plan_sites(little, Asked(count=3, floors={"rural": level}), Watch())
    shared = group_people(
        little.cover, found.rules, little.group_totals, (0, 1), found.answer.sites
    )
    assert shared[1] >= level * rural - 1e-3
    assert shared[:2].sum() == pytest.approx(found.reached, abs=1e-3)
    # More than that are within reach, and cannot be served.
    assert little.cover.group_values(found.answer.sites)[1] > (level + 0.02) * rural
    with pytest.raises(StudyError, match="E-SITES-FLOOR-HIGH") as error:
        plan_sites(little, Asked(count=3, floors={"rural": level + 0.01}), Watch())
    assert error.value.faults[0].facts["most"] == f"{percent_down(float(high))}%"


def test_with_little_room_regret_counts_who_is_served(little):
    found = plan_sites(little, Asked(count=3), Watch())
    table = regret_of(found, Watch()).set_index("scenario")
    slow = little.cover_at(0.75)
    assert table.at["slow", "ours"] == served(slow, little.room, found.answer.sites)
    best = most_people(slow, found.rules, Watch())
    assert table.at["slow", "best"] == best.value >= table.at["slow", "ours"]
    assert (table["status"] == "optimal").all()
    with pytest.raises(StudyError, match="E-SITES-UNUSED"):
        plan_sites(little, Asked(count=3, fair="even"), Watch())


def test_no_idle_site_where_there_is_little_room(study, measured):
    costs = {"town.hall": CostRules(build=10, capacity=500_000)}
    problem = problem_of(with_sites(study, costs=costs), measured, ["hall"])
    found = plan_sites(problem, Asked(count=40), Watch())
    new = found.plan[found.plan["order"] > 0]
    assert (new["added"] > 0).all()
    assert found.reached == found.answer.value == found.plan["covered"].iloc[-1]


def test_labels_of_a_long_curve_leave_room(hall):
    plan = plan_sites(hall, Asked(count=3), Watch())
    told = _labels([str(at) for at in range(20)], plan)
    assert [text for text in told if text] == "0 1 2 3 5 7 9 11 13 15 17 19".split()


def test_an_unproved_plan_is_printed_with_its_bound(hall, capsys):
    found = plan_sites(hall, Asked(count=2), Watch())
    extra = choices(found, Watch(0))
    _print(found, extra, Path("out"))
    assert "不多于" not in capsys.readouterr().out
    answer = replace(found.answer, status="within", bound=found.answer.value + 1234, stopped="user")
    _print(replace(found, answer=answer), extra, Path("out"))
    told = capsys.readouterr().out
    assert f"（任何方案不多于 {found.after + 1234:,} 人）（按要求停止）" in told.replace("\n", "")
    assert "已证明最优" not in told.partition("用时")[0]


def test_nothing_lost_is_not_below_nothing():
    assert str(percent_up(0.0)) == "0.0"


def test_the_command_says_why_nothing_is_built(tmp_path):
    text = (DISTRICT / "study.toml").read_text("utf-8")
    for name in ("towns.geojson", "venues.csv", "demand.csv", "roads.osm.pbf"):
        text = text.replace(f'"{name}"', f"'{DISTRICT / name}'")
    text += '\n[sites.costs."room.community"]\nbuild = 30\n'
    (tmp_path / "study.toml").write_text(text, "utf-8")
    words = ["sites", str(tmp_path / "study.toml"), "--standard", "room", "--out"]
    done = CliRunner().invoke(app, [*words, str(tmp_path / "a"), "--budget", "0"])
    assert done.exit_code == 0, done.output
    assert "没有新增：其余候选点受间距、预算、禁建等限制" in done.output
    assert "公平的代价" not in done.output
    done = CliRunner().invoke(app, [*words, str(tmp_path / "b"), "--count", "40"])
    assert "能覆盖的人已全部覆盖，再多不增加" in done.output
    assert "时间已到" not in done.output


def test_places_that_are_too_many_leave_one_to_a_square(study, measured, hall, monkeypatch, capsys):
    assert hall.left_out == []
    monkeypatch.setattr(siting_candidates, "MOST_PLACES", 40)
    few = problem_of(study, measured, ["hall"])
    listed = few.candidates[few.candidates["origin"] == "place"]
    demand = measured.demand
    assert 30 < len(listed) <= 40
    # The most populous of all would be the streets of the town alone.
    assert demand.loc[listed.index, "rural"].mean() > 0.35
    assert demand.nlargest(len(listed), "people")["rural"].mean() < 0.2
    rest = demand[~demand.index.isin(listed.index)].geometry
    away = max(min(point.distance(site) for site in listed.geometry) for point in rest)
    (fault,) = few.left_out
    assert (fault.code, dict(fault.facts)) == (
        "W-SITES-PLACES",
        {"total": len(demand), "count": len(listed), "metres": math.ceil(away)},
    )
    found = plan_sites(few, Asked(count=2), Watch())
    assert summary(found, choices(found, Watch(0)))["left_out"] == [dict(fault.facts)]
    report(few.left_out)
    assert f"至多 {math.ceil(away)} 米" in capsys.readouterr().err.replace("\n", "")


def test_candidates_are_moved_in_parts_as_they_are_one_by_one(hall, monkeypatch):
    monkeypatch.setattr(siting_points, "AT_ONCE", 7)
    moved = np.random.default_rng(3).normal(0, 400, (len(hall.candidates), 2))
    ticks, sites = hall.times[0].ticks, hall.candidates.geometry
    places = hall.measured.demand.geometry
    there = elsewhere(ticks, places, sites, moved, 15.0)
    for j, (site, (east, north)) in enumerate(zip(sites, moved, strict=True)):
        nearer = places.distance(site) - places.distance(translate(site, east, north))
        told = np.maximum(np.rint(ticks[:, j] - 2.4 * nearer.to_numpy()), 0)
        reached = ticks[:, j] != UNREACHED
        assert (there[reached, j] == told[reached]).all()
        assert (there[~reached, j] == UNREACHED).all()
    site = range(len(hall.number))
    parts = hall.cover_at(1.0, moved)
    assert [parts.value([j]) for j in site] != [hall.cover.value([j]) for j in site]
