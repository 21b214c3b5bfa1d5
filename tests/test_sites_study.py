"""`kepu sites` on the illustrative district: plans that coverage confirms, and the files."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from geopandas import GeoDataFrame
from typer.testing import CliRunner

from kepu import siting_candidates
from kepu.cli import app
from kepu.coverage.share import admitted, standard_coverage
from kepu.coverage.siting.answers import Watch
from kepu.coverage.siting.median import median
from kepu.coverage.times import travel_times
from kepu.geo.errors import LayerError, StudyError
from kepu.report_public import INTERNAL
from kepu.siting import covered_afresh, plan_sites, ready
from kepu.siting_brief import brief
from kepu.siting_choices import choices
from kepu.siting_keys import CostRules
from kepu.siting_models import Asked
from kepu.siting_problem import problem_of
from kepu.siting_tables import plan_sheet, price_sheet, summary
from kepu.siting_words import minutes_column, percent_up, status_text
from kepu.study import times_for

from .illustrative import DISTRICT, with_sites


@pytest.fixture(scope="module")
def rural(study, measured):
    problem = problem_of(study, measured, ["rural"])
    return plan_sites(problem, Asked(count=4), Watch())


def test_the_plan_is_worth_what_a_new_survey_says(rural, study, measured):
    standard = rural.problem.standards[0]
    new = rural.plan[~rural.plan["site"].isin(measured.venues.index)]
    added = GeoDataFrame(
        {"type": new["type"].to_numpy(), "status": "open", "name": new["name"].to_numpy()},
        index=[f"新{site}" for site in new["site"]], geometry=new.geometry.to_numpy(),
        crs=measured.demand.crs,
    )  # fmt: skip
    stood = measured.venues.copy()
    stood.loc[rural.plan["site"][rural.plan["site"].isin(stood.index)], "status"] = "open"
    venues = GeoDataFrame(pd.concat([stood, added]), crs=measured.demand.crs)
    times = travel_times(
        measured.roads.network, study.profile_of(standard), measured.demand, venues,
        horizon_minutes=120, barriers=measured.roads.barriers,
    )  # fmt: skip
    table = standard_coverage(standard, times, venues, measured.demand, measured.towns)
    assert int(table["covered"].iloc[0]) == rural.after == rural.answer.value
    assert rural.answer.status == "optimal"


def test_stages_add_up(rural):
    plan = rural.plan
    assert plan["added"].sum() + rural.before == rural.after
    assert plan["covered"].iloc[-1] == rural.after
    assert plan["order"].tolist() == [0] * int((plan["order"] == 0).sum()) + [1, 2, 3, 4]
    assert set(plan.loc[plan["order"] == 0, "site"]) == set(
        rural.problem.candidates.index[rural.problem.candidates["status"] == "committed"]
    )  # (61)
    assert rural.before <= rural.committed <= rural.after


def test_whom_nobody_can_reach_is_named(rural, measured):
    lost = rural.uncoverable
    assert len(lost)
    assert set(lost["reason"]) <= {"not_connected", "no_site"}
    times = rural.problem.times[0]
    apart = lost[lost["reason"] == "not_connected"]["place"]
    assert set(apart) == set(measured.demand.index[~times.connected]) & set(lost["place"])


def test_everything_beside_the_plan(rural):
    extra = choices(rural, Watch())
    assert extra.curve["covered"].is_monotonic_increasing
    asked = extra.curve.set_index("count").loc[4]
    assert asked["covered"] == rural.after == asked["staged"]
    assert (extra.curve["staged"].dropna() <= extra.curve["covered"][:4]).all()
    chosen = extra.alternatives[extra.alternatives["chosen"]]
    assert set(chosen["site"]) == set(rural.plan["site"][rural.plan["order"] > 0])
    assert (chosen["loss"].dropna() >= 0).all()
    assert (extra.price["price"] >= 0).all()
    assert (extra.price["covered"] + extra.price["price"] == extra.price["covered"].max()).all()
    assert extra.price["price"].iloc[0] == 0
    assert "even" in set(extra.price["rule"])
    assert extra.price["even_minutes"].notna().all()
    assert set(extra.regret["scenario"]) == {"slow", "fast", "imprecise"}
    assert (extra.regret["regret"] >= 0).all()
    assert summary(rural, extra)["status"] == "optimal"
    assert not extra.cut
    assert set(brief(rural, extra)) >= {"方案（按建设次序）", "稳健性（均已证明最优）"}
    assert price_sheet(rural, extra)["判定"].iloc[0] == "已证明最优"


def test_a_choice_of_two_is_two(study, measured):
    keys = {standard.key: standard for standard in study.standards}
    twice = keys["rural"].model_copy(update={"count": 2})
    changed = study.model_copy(update={"standards": (twice,)})
    found = plan_sites(problem_of(changed, measured, ["rural"]), Asked(count=3), Watch())
    assert found.answer.status == "optimal"
    assert found.before < found.after == found.answer.value
    standard = found.problem.standards[0]
    times, venues = times_for(measured, standard), measured.venues
    used = np.flatnonzero(admitted(venues, standard)[0])
    ours = found.problem.times[0].ticks[:, found.problem.number[found.answer.sites]]
    near = np.column_stack([times.ticks[:, used], ours]) <= standard.minutes * 600
    people = found.problem.meant(standard)
    assert int(people[near.sum(axis=1) >= 2].sum()) == found.after
    once = problem_of(study, measured, ["rural"])
    assert found.after <= once.cover.value(found.answer.sites)
    extra = choices(found, Watch())
    assert extra.curve.set_index("count").loc[3, "covered"] == found.after
    assert set(found.uncoverable["reason"]) <= {"not_connected", "few_sites"}
    everybody = plan_sites(found.problem, Asked(model="lscp"), Watch())
    assert everybody.after == found.problem.people - found.uncoverable["people"].sum()


def test_whom_only_forbidden_sites_reach_is_named(study, measured, tmp_path):
    problem = problem_of(study, measured, ["room"])
    spot = problem.candidates.geometry.to_crs(4326)
    box = shapely.box(spot.x.min() - 1, 0, spot.x.median(), 60)
    GeoDataFrame(geometry=[box], crs=4326).to_file(tmp_path / "禁建.geojson", driver="GeoJSON")
    rules = with_sites(study, exclusions=str(tmp_path / "禁建.geojson"))
    found = plan_sites(problem_of(rules, measured, ["room"]), Asked(model="lscp"), Watch())
    bare = plan_sites(problem, Asked(model="lscp"), Watch())
    lost = set(found.uncoverable["place"]) - set(bare.uncoverable["place"])
    assert lost
    assert found.after == found.problem.people - found.uncoverable["people"].sum()


def test_fairness_has_its_price_on_foot(study, measured):
    problem = problem_of(study, measured, ["room"])
    plain = plan_sites(problem, Asked(count=3), Watch())
    share = problem.cover.group_values(plain.answer.sites)[1] / problem.group_totals[1]
    fair = plan_sites(problem, Asked(count=3, floors={"rural": share + 0.01}), Watch())
    _, groups = covered_afresh(problem, fair.answer.sites)
    assert groups[1] >= (share + 0.01) * problem.group_totals[1]
    assert fair.after <= plain.after
    with pytest.raises(StudyError, match="E-SITES-FLOOR-HIGH"):
        plan_sites(problem, Asked(count=1, floors={"rural": 1.0}), Watch())


def test_every_row_of_the_price_of_equity_is_recounted(study, measured):
    problem = problem_of(study, measured, ["room"])
    plain = plan_sites(problem, Asked(count=3), Watch())
    share = problem.cover.group_values(plain.answer.sites)[1] / problem.group_totals[1]
    found = plan_sites(problem, Asked(count=3, floors={"rural": share + 0.01}), Watch())
    price = choices(found, Watch()).price
    assert set(price["rule"]) == {"plain", "asked", "floor", "gap", "maxmin", "even"}
    assert set(price["status"]) == {"optimal"}
    options = pd.Series(range(len(problem.options)), problem.options["site"])
    totals, committed = problem.group_totals, np.flatnonzero(problem.fixed)
    for row in price.to_dict("records"):
        plan = np.union1d(options[row["sites"].split(";")].to_numpy(), committed)
        people, groups = covered_afresh(problem, plan)
        shares = groups / totals
        assert row["covered"] == people
        assert row["price"] == plain.after - people
        assert (row["urban"], row["rural"]) == pytest.approx(shares[:2])
        assert row["worst"] == pytest.approx(shares[problem.towns].min())
        assert row["difference"] == pytest.approx(shares[0] - shares[1])
        if row["rule"] == "floor":
            assert groups[1] >= row["level"] * totals[1] - 1e-6
    rules = price.set_index("rule")
    floors = price[price["rule"] == "floor"]
    assert floors["level"].is_monotonic_increasing
    assert floors["covered"].is_monotonic_decreasing
    assert rules.loc["asked", "covered"] == found.after < plain.after
    assert rules.loc["asked", "rural"] >= share + 0.01
    assert rules.loc["maxmin", "worst"] == price["worst"].max()
    keep = found.before + int(0.9 * (plain.after - found.before))
    rich = price[price["covered"] >= keep]
    assert rules.loc["gap", "covered"] >= keep
    assert abs(rules.loc["gap", "difference"]) == pytest.approx(rich["difference"].abs().min())
    assert rules.loc["even", "even_minutes"] == price["even_minutes"].min()


def test_with_little_room_the_plan_counts_who_is_served(study, measured):
    costs = {"room.community": CostRules(build=60, upgrade=15, capacity=5000)}
    problem = problem_of(with_sites(study, costs=costs), measured, ["room"])
    found = plan_sites(problem, Asked(count=4), Watch())
    assert found.limited
    assert found.answer.status == "optimal"
    new = found.plan[found.plan["order"] > 0]
    assert found.plan["covered"].iloc[-1] == found.answer.value
    assert new["added"].between(0, 5000).all()
    assert new["added"].is_monotonic_decreasing
    assert found.plan["added"].sum() == found.answer.value - found.before
    assert found.stood <= found.committed <= found.after
    assert found.answer.value < found.after
    curve = choices(found, Watch()).curve.set_index("count")
    assert curve.loc[4, "covered"] == found.answer.value == curve.loc[4, "staged"]
    assert curve["covered"].is_monotonic_increasing
    assert (np.diff(curve["covered"]) <= 5000).all()
    sheet = brief(found, choices(found, Watch(0)))["方案（按建设次序；费用：万元）"]
    assert "服务人口" in sheet
    everybody = plan_sites(problem, Asked(model="lscp"), Watch())
    assert not everybody.limited


def test_the_curve_of_the_farthest_apart_is_its_own(study, measured):
    problem = problem_of(study, measured, ["hall"])
    found = plan_sites(problem, Asked("pdispersion", 3), Watch())
    curve = choices(found, Watch()).curve.set_index("count")
    assert curve["metres"].is_monotonic_decreasing
    assert curve.loc[3, "metres"] == found.answer.value
    assert curve.loc[3, "covered"] == found.after
    xy = shapely.get_coordinates(found.plan.geometry.to_numpy())
    metres = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    venues = measured.venues[measured.venues["type"] == "town.hall"]
    new = found.plan.geometry[found.plan["order"] > 0]
    stood = new.distance(venues.geometry[venues["status"] == "open"].union_all())
    least = min(metres[np.triu_indices(len(xy), 1)].min(), stood.min())
    assert found.answer.value <= least < found.answer.value + 1


def test_kernels_are_ready_before_the_time_runs(rural, monkeypatch):
    done = []
    for name in ("warm_covering", "warm_median"):
        monkeypatch.setattr(f"kepu.siting.{name}", lambda name=name: done.append(name))
    problem = rural.problem
    ready(problem, "pcenter", medians=True)
    ready(problem, "mclp", medians=False)
    assert done == []
    ready(problem, "mclp", medians=True)
    ready(problem, "pmedian", medians=False)
    assert done == ["warm_median"] * 2
    monkeypatch.setattr("kepu.siting.SMALL_ENTRIES", 0)
    ready(problem, "lscp", medians=False)
    assert done[2:] == ["warm_covering"]


def test_several_types_at_once_share_the_sites(study, measured):
    problem = problem_of(study, measured, ["room", "hall"])
    found = plan_sites(problem, Asked(count=4), Watch())
    new = found.plan[found.plan["order"] > 0]
    assert not new["site"].duplicated().any()
    assert set(new["type"]) <= {"room.community", "town.hall"}
    assert found.after == found.answer.value


def test_money_and_distance_are_kept(study, measured):
    costs = {"room.community": CostRules(build=30, upgrade=10)}
    rules = with_sites(study, costs=costs, spacing_metres=3000.0)
    problem = problem_of(rules, measured, ["room"])
    found = plan_sites(problem, Asked(budget=100), Watch())
    new = found.plan[found.plan["order"] > 0]
    assert new["cost"].sum() <= 100
    assert set(new["cost"]) <= {10, 30}
    assert ((new["cost"] == 10) == (new["action"] == "upgrade")).all()
    xy = shapely.get_coordinates(new.geometry.to_numpy())
    metres = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    assert metres[np.triu_indices(len(xy), 1)].min() >= 3000
    bare = problem_of(study, measured, ["room"])
    with pytest.raises(StudyError, match="E-SITES-COST"):
        plan_sites(bare, Asked(budget=100), Watch())


@pytest.mark.parametrize("model", ["lscp", "pmedian", "pcenter", "pdispersion"])
def test_the_other_models_answer(model, study, measured):
    problem = problem_of(study, measured, ["hall"])
    found = plan_sites(problem, Asked(model, None if model == "lscp" else 3), Watch())
    assert found.answer.status == "optimal"
    assert found.after >= found.before
    sheet = plan_sheet(found)
    if model == "lscp":
        assert found.after == found.problem.people - found.uncoverable["people"].sum()
    if model in ("pmedian", "pcenter"):
        assert sheet["分钟"].notna().all()
        assert sheet["分钟"].is_monotonic_decreasing


def test_exclusions_and_a_file_of_candidates(study, measured, tmp_path):
    problem = problem_of(study, measured, ["room"])
    best = plan_sites(problem, Asked(count=1), Watch()).plan.iloc[-1]
    area = GeoDataFrame(geometry=[best.geometry.buffer(200)], crs=measured.demand.crs)
    area.to_crs(4326).to_file(tmp_path / "禁建.geojson", driver="GeoJSON")
    rules = with_sites(study, exclusions=str(tmp_path / "禁建.geojson"))
    found = plan_sites(problem_of(rules, measured, ["room"]), Asked(count=1), Watch())
    assert found.plan.iloc[-1]["site"] != best["site"]
    assert found.problem.candidates.at[best["site"], "reason"] == "excluded"
    (tmp_path / "线.geojson").write_text(
        '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},'
        '"geometry":{"type":"LineString","coordinates":[[113,23],[113.1,23]]}}]}',
        "utf-8",
    )
    wrong = with_sites(study, exclusions=str(tmp_path / "线.geojson"))
    with pytest.raises(LayerError, match="E-SITES-AREA"):
        problem_of(wrong, measured, ["room"])
    spot = measured.demand.geometry.to_crs(4326).iloc[:2]
    rows = ["编号,名称,类型,状态,经度,纬度"]
    rows += [f"X{i},点{i},社区科普活动室,候选,{p.x:.6f},{p.y:.6f}" for i, p in enumerate(spot)]
    (tmp_path / "候选点.csv").write_text("\n".join(rows), "utf-8")
    own = with_sites(study, file=str(tmp_path / "候选点.csv"), datum="WGS84")
    listed = problem_of(own, measured, ["room"]).candidates
    assert set(listed.index[listed["status"] == "candidate"]) == {"X0", "X1"}


@pytest.mark.parametrize(("asked", "code"), [
    ((["none"], {}), "E-SITES-STANDARD"), ((["room"], {"types": ["town.hall"]}), "E-SITES-KIND"),
])  # fmt: skip
def test_what_cannot_be_is_said(asked, code, study, measured):
    with pytest.raises(StudyError, match=code):
        problem_of(study, measured, asked[0], **asked[1])
    known = problem_of(study, measured, ["room"])
    for wrong, said in ((Asked(), "COUNT"), (Asked(model="pmedian", budget=5), "COST"),
                        (Asked(count=1, floors={"moon": 0.5}), "FLOOR")):  # fmt: skip
        with pytest.raises(StudyError, match=f"E-SITES-{said}"):
            plan_sites(known, wrong, Watch())
    keys = {standard.key: standard for standard in study.standards}
    twice = keys["room"].model_copy(update={"count": 2})
    changed = study.model_copy(update={"standards": (twice,)})
    several = problem_of(changed, measured, ["room"])
    for model, count in (("pmedian", 2), ("pcenter", 2), ("lscp", None)):
        with pytest.raises(StudyError, match="E-SITES-SEVERAL"):
            plan_sites(several, Asked(model, count, backup=count is None), Watch())
    far = with_sites(study, spacing_metres=100_000.0)
    with pytest.raises(StudyError, match="E-SITES-SPACING"):
        plan_sites(problem_of(far, measured, ["hall"]), Asked("pdispersion", 3), Watch())


def test_a_second_site_is_counted_and_covering_all_loses_nobody(study, measured):
    problem = problem_of(study, measured, ["hall"])
    found = plan_sites(problem, Asked(model="lscp", backup=True), Watch())
    least = plan_sites(problem, Asked(model="lscp"), Watch())
    assert len(found.plan) == len(least.plan)
    assert found.after == least.after
    standard = problem.standards[0]
    near = problem.times[0].ticks[:, problem.number[found.answer.sites]] <= standard.minutes * 600
    new = problem.stand_now(standard) == 0
    told = int(problem.meant(standard)[new & (near.sum(axis=1) > 1)].sum())
    assert found.second == found.answer.value == told > 0
    swaps = choices(least, Watch()).alternatives
    swaps = swaps[(swaps["kept"] > 0) & ~swaps["chosen"]]
    assert len(swaps)
    assert (swaps["loss"].dropna() == 0).all()


def test_a_stop_before_everything_leaves_a_plan_and_claims_nothing(study, measured):
    rules = with_sites(study, spacing_metres=3000.0)
    problem = problem_of(rules, measured, ["hall"])
    for model in ("mclp", "pmedian", "pcenter", "lscp"):
        found = plan_sites(problem, Asked(model, None if model == "lscp" else 3), Watch())
        extra = choices(found, Watch(0))
        assert extra.cut
        assert extra.price.empty
        assert extra.regret.empty
        assert set(brief(found, extra)) == {"方案（按建设次序）"}


def test_the_fair_average_is_the_least_that_can_be(rural):
    # Swapping any site of the plan for any other does not bring it lower.
    scale = rural.even.scale()
    plan = median(scale, rural.rules, Watch())
    least = rural.even.minutes(plan.sites)
    assert least <= rural.even.minutes(rural.answer.sites) + 1e-9
    rng = np.random.default_rng(0)
    fixed, _ = rural.rules.settled(len(rural.problem.options))
    free = plan.sites[~fixed[plan.sites]]
    for _ in range(300):
        other = np.setdiff1d(plan.sites, rng.choice(free, 1))
        other = np.append(other, rng.integers(len(fixed)))
        assert rural.even.minutes(other) >= least - 1e-6


STOPPED = """
import os, signal, threading
import numpy as np
from kepu.commands_sites import stoppable
from kepu.coverage.siting.answers import Watch
from kepu.coverage.siting.cover import Cover
from kepu.coverage.siting.covering import maximal
from kepu.coverage.siting.rules import Rules

rng = np.random.default_rng(1)
one, two = rng.random((3000, 1, 2)), rng.random((1, 400, 2))
near = np.hypot(*(one - two).transpose(2, 0, 1)) < 0.1
cover = Cover.of(near, rng.integers(1, 100, 3000))
rules = Rules(count=60, cost=rng.integers(3, 9, 400), budget=100)

def told(value, bound):
    if not asked:
        asked.append(os.kill(os.getpid(), signal.SIGINT))

asked = []
watch = Watch(300, told)
with stoppable([watch]):
    found = maximal(cover, rules, watch)
assert found.stopped == "user", found
assert found.value == cover.value(found.sites) > 0
assert found.value < found.bound < float("inf")
print("best so far", found.status, found.gap)
"""


def test_ctrl_c_keeps_the_best_so_far():
    done = subprocess.run(
        [sys.executable, "-c", STOPPED], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert "best so far within" in done.stdout
    assert "停止搜索" in done.stderr


def test_the_command_leaves_its_files(tmp_path):
    folder = tmp_path / "区"
    shutil.copytree(DISTRICT, folder)
    words = ["sites", str(folder / "study.toml"), "--standard", "rural", "--count", "2", "--json"]
    done = CliRunner().invoke(app, [*words, "--out", str(tmp_path / "成果")])
    told = json.loads(done.stdout)
    assert told["status"] == "ok"
    assert told["proof"] == "optimal"
    assert told["gap"] == 0
    names = {Path(file["name"]).name for file in told["files"]}
    assert names == {"plan.csv", "curve.csv", "alternatives.csv", "price_of_equity.csv",
                     "regret.csv", "uncoverable.csv", "candidates.csv", "sites.gpkg"}  # fmt: skip
    plan = pd.read_csv(tmp_path / "成果" / "plan.csv")
    assert plan["累计覆盖人口"].iloc[-1] == told["after"]
    layers = pyogrio.list_layers(tmp_path / "成果" / "sites.gpkg")[:, 0]
    assert set(layers) == {"方案", "候选点", "够不到的地方"}
    manifest = json.loads((tmp_path / "成果" / "manifest.json").read_text("utf-8"))
    assert manifest["siting"]["status"] == "optimal"
    refused = CliRunner().invoke(app, [*words, "--floor", "rural", "--out", str(tmp_path / "x")])
    assert refused.exit_code == 3
    assert "E-SITES-FLOOR" in refused.stdout


def test_a_public_study_keeps_sites_and_places_apart(tmp_path, monkeypatch):
    monkeypatch.setattr(siting_candidates, "MOST_PLACES", 100)
    folder, out = tmp_path / "区", tmp_path / "成果"
    shutil.copytree(DISTRICT, folder)
    text = (folder / "study.toml").read_text("utf-8")
    (folder / "study.toml").write_text(f'{text}\n[map]\nmode = "public"\n', "utf-8")
    words = ["sites", str(folder / "study.toml"), "--standard", "rural", "--count", "2"]
    done = CliRunner().invoke(app, [*words, "--out", str(out)])
    assert done.exit_code == 0
    assert "公开版" in done.output.replace("\n", "")
    assert "W-SITES-PLACES" in done.output
    assert "W-NOT-CONNECTED" in done.output
    inner = {path.name for path in (out / INTERNAL).iterdir()}
    assert inner == {"plan.csv", "alternatives.csv", "price_of_equity.csv", "uncoverable.csv",
                     "candidates.csv", "sites.gpkg", "manifest.json"}  # fmt: skip
    outside = {path.name: path.read_text("utf-8-sig") for path in out.iterdir() if path.is_file()}
    assert set(outside) == {"curve.csv", "regret.csv", "manifest.json"}
    plan = pd.read_csv(out / INTERNAL / "plan.csv", dtype=str)
    for told in outside.values():
        assert not any(site in told for site in plan["编号"])
        assert not any(name in told for name in plan["名称"])
    assert "plan" not in json.loads(outside["manifest.json"])["siting"]
    whole = json.loads((out / INTERNAL / "manifest.json").read_text("utf-8"))
    assert [row["site"] for row in whole["siting"]["plan"]] == plan["编号"].tolist()


def test_print_says_how_sure_it_is():
    assert status_text("optimal", 0) == "已证明最优"
    assert status_text("within", 0.00123) == "距最优不超过 0.13%"
    assert status_text("heuristic", np.inf) == "启发式解，未证明"


def test_print_rounds_against_us(rural):
    minutes = minutes_column(pd.Series([5.61, 5.6, pd.NA], dtype="Float64"))
    assert minutes.tolist()[:2] == [5.7, 5.6]
    assert pd.isna(minutes[2])
    assert [percent_up(share) for share in (0.0, 0.0901, 0.09)] == [0.0, 9.1, 9.0]
    extra = choices(rural, Watch())
    told = brief(rural, extra)
    assert "稳健性（均已证明最优）" in told
    extra.regret.loc[1, "status"] = "heuristic"
    marked = brief(rural, extra)["稳健性（带 * 者未证明最优）"]["情形"]
    assert marked.str.endswith("*").tolist() == [False, True, False]
