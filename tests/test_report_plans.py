"""Scenarios and tours in the appendix: the numbers of `kepu whatif` and `kepu tour`, no others."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from functools import cache
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from typer.testing import CliRunner

from kepu.assessment import Assessment, assess
from kepu.cli import app
from kepu.coverage.gaps import percent_down
from kepu.folder import publish
from kepu.geo.errors import StudyError
from kepu.maps.figures.text import texts_of
from kepu.passport import passport
from kepu.report_ground import Ground
from kepu.report_plans import further
from kepu.report_public import INTERNAL, internal_folder, keep_passport, published
from kepu.report_scenarios import (
    PLANNED,
    all_planned,
    changes_listing,
    difference_picture,
    present,
    scenario_part,
    towns_listing,
)
from kepu.report_tour import MORE_POINTS, STOP_POINTS, hosts_listing, stops_listing, tour_part
from kepu.report_tour_plan import LAYERS, NAMELESS, Tour, read_tour, told_apart, tour_manifest
from kepu.scenario_file import read_scenarios
from kepu.scenario_results import Comparison
from kepu.scenarios import apply, baseline
from kepu.study_keys import Study

from .illustrative import DISTRICT, without_land

STUDY = DISTRICT / "study.toml"
CLOSE = """
name = "关闭两处"
[[edits]]
do = "close_venue"
venue = ["{first}"]
[[edits]]
do = "add_road"
line = [[113.012180, 23.683803], [113.024292, 23.715499]]
highway = "secondary"
join_metres = 2000
"""


@cache
def found() -> Assessment:
    return assess(*without_land())


@cache
def facts():
    answers = found()
    return passport(answers.study, answers.measured, answers, command="kepu", created="now")


@cache
def ground() -> Ground:
    return Ground(found().measured)


@cache
def compared() -> Comparison:
    venues = found().measured.venues
    rooms = venues.index[(venues["type"] == "room.community") & (venues["status"] == "open")]
    path = Path("scenario.toml")
    kind = rooms if len(rooms) else venues.index[venues["status"] == "open"]
    path.write_text(CLOSE.format(first=kind[0]), encoding="utf-8")
    scenario = read_scenarios([path])[0]
    answers = found()
    return Comparison([present(answers), apply(answers.study, answers.measured, scenario)])


def test_a_scenario_tells_the_numbers_of_whatif():
    answers, after = found(), compared().outcomes[1]
    whatif = Comparison(
        [baseline(answers.study, answers.measured),
         apply(answers.study, answers.measured, after.scenario)]
    ).headline  # fmt: skip
    sheet = changes_listing(compared(), 1).frame
    assert len(sheet) == len(whatif) == len(answers.study.wanted)
    for row, told in zip(whatif, sheet.to_dict("records"), strict=True):
        names = {"gained": "新覆盖", "lost": "失去覆盖", "cut_off": "不再可达", "nearer": "变近",
                 "farther": "变远", "covered_after": "情景覆盖人口"}  # fmt: skip
        assert {key: told[name] for key, name in names.items()} == {key: row[key] for key in names}
        shares = [row["share_before"], row["share_after"]]
        shown = [told["现状（%）"], told["情景（%）"]]
        assert [f"{one:.1f}" for one in shown] == [percent_down(one) for one in shares]


def test_towns_of_a_scenario_add_up_and_figure_and_table_agree():
    told = max(compared().headline, key=lambda row: row["lost"])
    assert told["lost"] > 0
    listing = towns_listing(compared(), told, 1)
    for name, kind in listing.kinds.items():
        *parts, whole = listing.frame[name]
        assert (kind, sum(parts)) == ("count", whole), name
    assert listing.frame["失去覆盖"].iloc[-1] == told["lost"]
    picture = difference_picture(ground(), compared(), told, "scenario-1", 7)
    texts = " ".join(texts_of(picture.draw("portrait")))
    assert f"失去 {told['lost']:,} 人" in texts
    assert f"{percent_down(told['share_before'])}% → {percent_down(told['share_after'])}%" in texts
    assert "关闭的设施（1 处）" in texts
    assert "新建道路" in texts


def test_the_figure_is_of_the_standard_under_which_most_people_move():
    outcomes = compared().outcomes
    part = scenario_part(ground(), outcomes[0], outcomes[1], 3)
    most = max(row["gained"] + row["lost"] + row["cut_off"] for row in compared().headline)
    title = part.listings[1].title.split("：")[1]
    standard = next(s for s in found().study.wanted if s.name == title)
    row = next(r for r in compared().headline if r["standard"] == standard.key)
    assert row["gained"] + row["lost"] + row["cut_off"] == most
    assert {listing.key for listing in part.listings} == {"情景3", "情景3分镇街"}
    assert part.facts["scenario"]["name"] == "关闭两处"
    assert "关闭" in part.told


def test_two_scenarios_of_one_name_are_refused(tmp_path: Path):
    for name, text in (("a", "甲"), ("b", "甲"), ("c", PLANNED)):
        body = f'name = "{text}"\n[[edits]]\ndo = "close_venue"\nvenue = ["x"]\n'
        (tmp_path / f"{name}.toml").write_text(body, encoding="utf-8")
    for names in ("ab", "c"):
        with pytest.raises(StudyError, match="E-SCENARIO-TWICE"):
            read_scenarios([tmp_path / f"{name}.toml" for name in names], taken=("现状", PLANNED))


def test_all_that_is_planned_is_opened_and_nothing_else():
    answers = found()
    venues = answers.measured.venues
    (scenario,) = all_planned(answers)
    meant = {kind for standard in answers.study.wanted for kind in standard.types}
    planned = venues[(venues["status"] == "planned") & venues["type"].isin(meant)]
    assert sorted(scenario.edits[0].venue) == sorted(map(str, planned.index))
    assert len(planned)


def stops_of(rows) -> gpd.GeoDataFrame:
    columns = ["单位", "编号", "种类", "开始日期", "结束日期", "当天第几站", "停靠点编号", "停靠点",
               "镇街", "可服务人口", "开放天数", "每人来一次时每天人数"]  # fmt: skip
    frame = pd.DataFrame(rows, columns=columns)
    frame["每天接待能力"] = pd.array([None] * len(frame), dtype="Int64")
    frame["经度"], frame["纬度"] = 113.0, 23.7
    centre = found().measured.towns.geometry.iloc[0].representative_point()
    points = [shapely.Point(centre.x + 300 * n, centre.y) for n in range(len(frame))]
    return gpd.GeoDataFrame(frame, geometry=points, crs=found().measured.towns.crs)


SETS, VAN = ("甲馆", 1, "流动科技馆"), ("乙车", 1, "科普大篷车")


def small_tour() -> Tour:
    stops = stops_of([
        (*SETS, "2027-01-04", "2027-02-20", 1, "s1", "东城小学", "东城", 900, 40, 23),
        (*SETS, "2027-02-24", "2027-04-01", 1, "s2", "氹塱中学", "石角", 700, 30, 24),
        (*VAN, "2027-01-05", "2027-01-05", 1, "p1", "黄溪村委会", "石角", 300, 1, 300),
        (*VAN, "2027-01-05", "2027-01-05", 2, "p2", "沙田村委会", "石角", 200, 1, 200),
        (*VAN, "2027-03-09", "2027-03-09", 1, "p1", "黄溪村委会", "石角", 300, 1, 300),
    ])  # fmt: skip
    way = shapely.LineString(list(stops.geometry.iloc[2:4]))
    legs = gpd.GeoDataFrame(
        {"单位": ["乙车"], "编号": [1], "公里": [1.2]}, geometry=[way], crs=stops.crs
    )
    reach = pd.DataFrame({
        "种类": ["流动科技馆"], "范围": ["全区"], "人口": [5000], "有固定设施": [3400],
        "缺少固定设施": [1600], "目标次数": [1], "巡回达到目标": [900],
        "仅固定设施（%）": [68.0], "固定加流动（%）": [86.0],
    })  # fmt: skip
    told = {"first": "2027-01-04", "last": "2027-04-01", "proof": "optimal", "stops": 5,
            "proof_zh": "已证明最优", "kilometres": 12.3, "further_visits": "optimal",
            "kilometres_proof": "within", "shortfalls": {"rural": 10},
            "over_capacity": 2}  # fmt: skip
    return Tour(stops, legs, reach, told)


def written(folder: Path, tour: Tour, **other) -> Path:
    """Write a tour as `kepu tour` leaves it."""

    def write(new: Path) -> None:
        for layer, frame in zip(LAYERS, (tour.stops, tour.legs), strict=True):
            frame.to_file(new / "tour.gpkg", layer=layer, driver="GPKG")
        tour.reach.to_csv(new / "reach.csv", index=False, encoding="utf-8-sig")

    publish(folder, write, {**facts(), "tour": tour.facts, **other})
    return folder


def test_a_finished_tour_is_drawn_and_told(tmp_path: Path):
    tour = read_tour(written(tmp_path / "巡回", small_tour()), facts())
    part = tour_part(found(), ground(), tour)
    route, calendar = (make(at) for at, make in enumerate(part.makers, 20))
    sizes = [list(one.size) for one in route.draw.keywords["layers"] if "停靠点" in one.label]
    assert sizes == [[STOP_POINTS] * 2, [STOP_POINTS + MORE_POINTS, STOP_POINTS]]
    texts = " ".join(texts_of(route.draw("portrait")))
    assert "科普大篷车停靠点（2 处 3 次）" in texts
    assert "流动科技馆停靠点（2 处 2 次）" in texts
    assert "科普大篷车行车路线" in texts
    keys = {key.label: key.size**2 for key in route.draw.keywords["heads"]}
    assert keys == pytest.approx(
        {"大小：2 次": STOP_POINTS + MORE_POINTS, "大小：1 次": STOP_POINTS}
    )
    assert "停靠 5 次，行驶 12.3 公里；已证明最优，里程未证明最优" in texts
    assert "氹塱中学" in texts
    days = texts_of(calendar.draw("landscape"))
    assert {"甲馆1号", "乙车1号", "停留（写明停靠点）", "2月\n2027年", "3月"} <= set(days)
    assert "东城小学" in "".join(days).replace("\n", "")
    assert "1 项服务下限没有达到，2 次停靠超过每天接待能力" in part.told
    hosts = hosts_listing(tour).frame.set_index("停靠点")
    days = hosts["日期（2027年）"]
    assert (hosts.at["黄溪村委会", "次数"], days["黄溪村委会"]) == (2, "1月5日、3月9日")
    assert days["东城小学"] == "1月4日至2月20日"
    longer = replace(tour, facts={**tour.facts, "last": "2028-01-31"})
    days = hosts_listing(longer).frame.set_index("停靠点")["日期"]
    assert days["东城小学"] == "2027年1月4日至2027年2月20日"
    assert len(stops_listing(tour).frame) == 5
    assert part.listings[0].frame["巡回达到目标"].tolist() == [900]


def test_a_tour_of_a_public_study_is_read_with_its_internal_files_alone(tmp_path: Path):
    folder, tour = tmp_path / "巡回", small_tour()
    told = published(facts() | {"tour": tour.facts}, publicly())

    def write(new: Path) -> None:
        inner = internal_folder(new, publicly())
        for layer, frame in zip(LAYERS, (tour.stops, tour.legs), strict=True):
            frame.to_file(inner / "tour.gpkg", layer=layer, driver="GPKG")
        tour.reach.to_csv(new / "reach.csv", index=False, encoding="utf-8-sig")
        keep_passport(new, publicly(), facts() | {"tour": tour.facts})

    publish(folder, write, told)
    assert len(read_tour(folder, facts()).stops) == 5
    whole = (folder / INTERNAL / "manifest.json").read_text("utf-8")
    (folder / INTERNAL / "manifest.json").write_text(whole + " ", "utf-8")
    with pytest.raises(StudyError, match=r"E-REPORT-TOUR\b"):
        tour_manifest(folder)
    shutil.rmtree(folder / INTERNAL)
    with pytest.raises(StudyError, match=r"E-REPORT-TOUR\b"):
        tour_manifest(folder)


def publicly() -> Study:
    study = found().study
    return study.model_copy(update={"map": study.map.model_copy(update={"mode": "public"})})


def test_a_public_appendix_names_and_draws_no_stop_at_a_place_of_few():
    demand = found().measured.demand.copy()
    place, other = demand.index[:2]
    demand.loc[place, "people"] = 3
    tour = small_tour()
    stops = tour.stops.assign(
        停靠点编号=tour.stops["停靠点编号"].replace({"p1": place, "p2": other})
    )
    way = shapely.LineString(list(stops.geometry.iloc[[4, 3]]))
    legs = gpd.GeoDataFrame(
        {"单位": "乙车", "编号": 1, "公里": 1.2,
         "从": ["黄溪村委会", "馆"], "到": ["馆", "沙田村委会"]},
        geometry=[way, way], crs=stops.crs,
    )  # fmt: skip
    tour = replace(tour, stops=stops, legs=legs)
    inside, outside = (
        assess(study, replace(found().measured, demand=demand))
        for study in (found().study, publicly())
    )
    assert told_apart(inside, tour) is tour
    part = tour_part(outside, ground(), tour)
    route, calendar = (make(at) for at, make in enumerate(part.makers, 20))
    said = [*texts_of(route.draw("portrait")), *texts_of(calendar.draw("landscape"))]
    said += [str(one.frame.to_numpy().tolist()) for one in (*part.listings, *part.sheets)]
    text = "".join(said).replace("\n", "")
    assert "黄溪" not in text
    assert str(place) not in text
    assert "沙田" in text
    assert "科普大篷车停靠点（2 处 3 次）" in text
    layers = {one.label: one for one in route.draw.keywords["layers"]}
    assert len(layers["科普大篷车停靠点（2 处 3 次）"].shapes) == 1
    assert len(layers["科普大篷车行车路线"].shapes) == 1
    hosts = hosts_listing(told_apart(outside, tour)).frame.set_index("停靠点")
    assert hosts.at[NAMELESS, "次数"] == 2


def test_a_tour_of_other_data_is_refused(tmp_path: Path):
    inputs = [{**one, "sha256": "0"} for one in facts()["inputs"]]
    other = dict(facts()["study"], tour={**facts()["study"]["tour"], "town_visits": 9})
    stops = [{"layer": "tour", "file": "停靠点.csv", "sha256": "0"}]
    cases = {"inputs": {"inputs": inputs}, "study": {"study": other}, "people": {"people": 1},
             "tour.file": {"further_inputs": stops}}  # fmt: skip
    for part, changed in cases.items():
        folder = written(tmp_path / part, small_tour(), **changed)
        with pytest.raises(StudyError, match="E-REPORT-TOUR-OTHER") as error:
            read_tour(folder, facts())
        assert part in str(error.value)


def test_what_says_nothing_about_a_tour_may_differ(tmp_path: Path):
    other = json.loads(json.dumps(facts()["study"], default=str))
    other["map"] = {**other["map"], "mode": "public"}
    other["study"] = {**other["study"], "review": "粤S(2026)001号"}
    assert (
        read_tour(written(tmp_path / "t", small_tour(), study=other), facts()).facts["stops"] == 5
    )


@pytest.mark.parametrize("harm", ["no folder", "no tour", "changed", "lost", "no json"])
def test_what_is_no_tour_is_refused(tmp_path: Path, harm: str):
    folder = tmp_path / "巡回"
    if harm != "no folder":
        written(folder, small_tour())
    if harm == "no tour":
        manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
        del manifest["tour"]
        (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    if harm == "changed":
        (folder / "reach.csv").write_text("种类\n", encoding="utf-8")
    if harm == "lost":
        (folder / "tour.gpkg").unlink()
    if harm == "no json":
        (folder / "manifest.json").write_text("[", encoding="utf-8")
    with pytest.raises(StudyError, match=r"E-REPORT-TOUR\b"):
        tour_manifest(folder)


def test_the_command_refuses_before_it_works(tmp_path: Path):
    options = ["report", str(STUDY), "--out", str(tmp_path / "x"), "--json"]
    for more in (["--tour", str(tmp_path)], ["--scenario", str(tmp_path / "no.toml")]):
        done = CliRunner().invoke(app, [*options, *more])
        assert done.exit_code == 3
        code = json.loads(done.stdout)["faults"][0]["code"]
        assert code in ("E-REPORT-TOUR", "E-FILE-MISSING")
    assert not (tmp_path / "x").exists()


def test_the_illustrative_appendix_has_scenario_and_tour_of_its_own(monkeypatch):
    from kepu import report_plans

    monkeypatch.setattr(report_plans, "tour_planned", lambda *_: small_tour())
    parts = further(found(), facts(), sites=0)
    stems = [make(9).stem for part in parts for make in part.makers]
    assert stems == ["scenario-1", "tour", "tour-calendar"]
    keys = [listing.key for part in parts for listing in (*part.listings, *part.sheets)]
    assert len(keys) == len(set(keys))
