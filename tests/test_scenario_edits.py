"""The edits of a scenario one by one, on the small study of the zoo; every sum is told by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from kepu import scenario_figures
from kepu.cli import app
from kepu.coverage.scenario import Tally
from kepu.coverage.share import admitted, standard_coverage
from kepu.geo.crs import WGS84, transform, wgs84_to_gcj02
from kepu.geo.errors import KepuError, StudyError
from kepu.geo.routing import UNREACHED
from kepu.inputs import read_layers
from kepu.report_public import INTERNAL
from kepu.scenario_file import checked
from kepu.scenario_keys import Scenario
from kepu.scenario_options import from_options
from kepu.scenario_results import Comparison
from kepu.scenario_sheets import (
    comparison_sheet,
    flag_changes_sheet,
    hit_lines,
    hit_sheet,
    indicators_sheet,
    moved_sheet,
    people_sheet,
    write_comparison,
)
from kepu.scenarios import Outcome, apply, baseline
from kepu.study import Survey, measure_times, survey, times_for
from kepu.study_file import read_study
from kepu.study_keys import ModeRules, Study

from .zoo import healthy

INSIDE = (113.05, 23.68)
CLOSED, CANDIDATE, PLANNED, OUTSIDE, HALL, BOOK = (
    "013041", "013042", "013043", "013044", "013045", "013049",
)  # fmt: skip


@cache
def measured() -> tuple[Study, Survey]:
    with TemporaryDirectory() as folder:
        asked = read_study(healthy.healthy().write(Path(folder)))
        return asked, survey(asked, read_layers(asked))


def outcome(*edits: dict[str, Any], name: str = "情景", resnap: bool = False) -> Outcome:
    content = {"name": name, "edits": list(edits), "resnap": resnap}
    return apply(*measured(), checked(content, "f"))


def typed(*options: tuple[str, str], **how: Any) -> Outcome:
    return apply(*measured(), from_options(options, name="情景", **how))


def refusal(*edits: dict[str, Any]) -> list[tuple[str, str | None]]:
    with pytest.raises(StudyError) as error:
        outcome(*edits)
    assert all(fault.zh.isprintable() and fault.en for fault in error.value.faults)
    return [(fault.code, fault.value) for fault in error.value.faults]


def changed_rows(found: Outcome) -> dict[str, dict[str, Any]]:
    """What became of the venues of the table, by identifier and column."""
    before, after = measured()[1].venues, found.survey.venues
    same = before.index
    told: dict[str, dict[str, Any]] = {}
    for column in before.columns:
        old, new = before[column], after.loc[same, column]
        for name in same[~((old == new) | (old.isna() & new.isna())).to_numpy(bool)]:
            told.setdefault(str(name), {})[str(column)] = new[name]
    return told


# Venues


def test_opening_says_open_and_nothing_else():
    for name in (CLOSED, CANDIDATE, PLANNED):
        found = outcome({"do": "open_venue", "venue": [name]})
        assert changed_rows(found) == {name: {"status": "open"}}
    title = measured()[1].venues.at[PLANNED, "name"]
    assert found.notes == (f"启用 {title}（{PLANNED}）",)
    assert refusal({"do": "open_venue", "venue": [PLANNED, HALL]}) == [("E-EDIT-NO-CHANGE", HALL)]


def test_closing_says_closed_and_undoes_what_the_scenario_opened():
    found = outcome({"do": "close_venue", "venue": [HALL, BOOK]})
    assert changed_rows(found) == {HALL: {"status": "closed"}, BOOK: {"status": "closed"}}
    for name in (CLOSED, CANDIDATE, PLANNED):
        assert refusal({"do": "close_venue", "venue": [name]}) == [("E-EDIT-NO-CHANGE", name)]
        back = outcome(
            {"do": "open_venue", "venue": [name]}, {"do": "close_venue", "venue": [name]}
        )
        assert changed_rows(back) == {}
    twice = outcome(
        {"do": "close_venue", "venue": [HALL]}, {"do": "open_venue", "venue": [HALL, HALL]}
    )
    assert changed_rows(twice) == {}
    assert len(twice.notes) == 2


def test_a_new_venue_is_open_where_it_is_said_to_be():
    lon, lat = INSIDE
    edit = {"do": "add_venue", "id": "N", "type": "社区科普活动室", "lon": lon, "lat": lat}
    found = outcome(edit)
    _, now = measured()
    row = found.survey.venues.loc["N"]
    assert list(found.survey.venues.index) == [*now.venues.index, "N"]
    assert found.survey.venues.dtypes.equals(now.venues.dtypes)
    x, y = transform(np.array([lon]), np.array([lat]), WGS84, now.towns.crs)
    assert row["geometry"].distance(shapely.Point(x[0], y[0])) < 1e-6
    told = row.drop("geometry").to_dict()
    assert np.isnan(told.pop("capacity"))
    assert told.pop("town") in now.towns.index
    assert told | {"source": "情景：情景"} == told
    keys = ("name", "type", "type_name", "status", "public", "outside")
    assert {key: told[key] for key in keys} == {
        "name": "新增社区科普活动室（N）", "type": "room.community", "type_name": "社区科普活动室",
        "status": "open", "public": True, "outside": False,
    }  # fmt: skip
    assert {told[key] for key in ("capacity_unit", "days", "hours", "groups", "address")} == {""}
    assert found.notes == ("新增社区科普活动室（N）",)
    rich = outcome(edit | {"name": "新馆", "capacity": 30.0, "capacity_unit": "座", "days": "每天",
                           "hours": "全天"})  # fmt: skip
    told = rich.survey.venues.loc["N"].to_dict()
    assert [told[key] for key in ("name", "capacity", "capacity_unit", "days", "hours")] == [
        "新馆", 30.0, "座", "每天", "全天",
    ]  # fmt: skip
    assert rich.notes == ("新增 新馆",)
    assert refusal(edit | {"id": HALL}) == [("E-EDIT-ID", HALL)]
    assert refusal(edit, edit) == [("E-EDIT-ID", "N")]
    assert refusal(edit | {"type": "rom.community"}) == [("E-EDIT-TYPE", "rom.community")]


def test_a_new_venue_in_the_buffer_is_outside_and_beyond_it_refused():
    """The buffer of the study is 2 km; a hundredth of a degree is 1.0 km here."""
    west = measured()[1].towns.to_crs(WGS84).total_bounds[0]
    near = outcome({"do": "add_venue", "id": "N", "type": "town.hall", "lon": west - 0.015,
                    "lat": 23.68})  # fmt: skip
    assert near.survey.venues.at["N", "outside"]
    assert near.survey.venues.at["N", "town"] == ""
    beyond = {"do": "add_venue", "id": "N", "type": "town.hall", "lon": west - 0.025, "lat": 23.68}
    with pytest.raises(StudyError, match=r"本区 2\.\d 公里"):
        outcome(beyond)
    people = {"do": "add_people", "id": "P", "people": 9, "lon": west - 0.001, "lat": 23.68}
    with pytest.raises(StudyError, match=r"本区 0\.1 公里"):
        outcome(people)


def test_the_datum_of_a_point_counts():
    edit = {"do": "add_venue", "id": "N", "type": "town.hall", "lon": 113.05, "lat": 23.68}
    plain, mars, baidu = (
        outcome(edit | {"datum": datum}).survey.venues.geometry["N"]
        for datum in ("WGS84", "GCJ02", "BD09")
    )
    assert 400 < plain.distance(mars) < 700
    assert 700 < plain.distance(baidu) < 1500
    assert refusal(edit | {"datum": "MARS"}) == [("E-DATUM", "MARS")]


def test_moving_moves_the_point_and_says_how_far():
    venues = measured()[1].venues
    lon, lat = INSIDE
    found = outcome({"do": "move_venue", "venue": HALL, "lon": lon, "lat": lat})
    assert set(changed_rows(found)) == {HALL}
    assert set(changed_rows(found)[HALL]) == {"geometry", "town"}
    assert found.survey.venues.at[HALL, "town"] == "441802902"
    away = found.survey.venues.geometry[HALL].distance(venues.geometry[HALL])
    assert found.notes == (f"迁移 {venues.at[HALL, 'name']}（{HALL}）（直线{away:.0f}米）",)
    inside = outcome({"do": "move_venue", "venue": OUTSIDE, "lon": lon, "lat": lat})
    assert not inside.survey.venues.at[OUTSIDE, "outside"]
    again = {"do": "move_venue", "venue": HALL, "lon": lon, "lat": lat}
    assert refusal(again, again) == [("E-EDIT-NO-CHANGE", HALL)]
    fresh = typed(("add", f"town.hall@{lon},{lat}"), ("move", f"{HALL}@{lon},{lat}"))
    for times in fresh.survey.times.values():
        at = [list(times.venues).index(name) for name in ("NEW1", HALL)]
        np.testing.assert_array_equal(times.ticks[:, at[0]], times.ticks[:, at[1]])
        assert (times.ticks[:, at[0]] != UNREACHED).any()


def test_an_upgrade_stands_beside_or_instead():
    _, now = measured()
    edit = {"do": "upgrade_venue", "venue": HALL, "type": "room.community"}
    beside, twin = outcome(edit), f"{HALL}+room.community"
    hall = now.venues.loc[HALL]
    assert changed_rows(beside) == {}
    row = beside.survey.venues.loc[twin]
    assert row["name"] == f"{hall['name']}（加挂社区科普活动室）"
    assert (row["type"], row["type_name"], row["status"]) == (
        "room.community", "社区科普活动室", "open",
    )  # fmt: skip
    assert (row["capacity"], row["town"], row["geometry"]) == (40.0, hall["town"], hall["geometry"])
    assert beside.notes == (f"{hall['name']}（{HALL}） 加挂社区科普活动室",)
    held = outcome(edit | {"capacity": 7.0, "capacity_unit": "人次"}).survey.venues.loc[twin]
    assert (held["capacity"], held["capacity_unit"]) == (7.0, "人次")
    instead = outcome(edit | {"keep": False})
    assert changed_rows(instead) == {
        HALL: {"type": "room.community", "type_name": "社区科普活动室"}
    }
    assert instead.notes == (f"{hall['name']}（{HALL}） 改为社区科普活动室",)
    assert list(instead.survey.venues.index) == list(now.venues.index)
    opened = outcome(edit | {"venue": CANDIDATE, "type": "town.hall", "keep": False})
    assert changed_rows(opened)[CANDIDATE]["status"] == "open"
    assert refusal(edit, edit) == [("E-EDIT-ID", twin)]
    assert refusal(edit | {"type": "town.hall"}) == [("E-EDIT-NO-CHANGE", HALL)]


def test_who_a_venue_is_for_is_its_house_s_word_or_the_scenario_s():
    new = {"do": "add_venue", "id": "N", "type": "town.hall", "lon": 113.05, "lat": 23.68}
    assert outcome(new).survey.venues.at["N", "targets"] == ""
    house = new | {"serves": ["youth"]}
    assert outcome(house).survey.venues.at["N", "targets"] == "youth"
    edit = {"do": "upgrade_venue", "venue": "N", "type": "room.community"}
    for said, targets, words in (
        ({}, "youth", "青少年"),
        ({"serves": []}, "", ""),
        ({"serves": ["elderly", "workers"]}, "elderly;workers", "老年人、产业工人"),
    ):
        row = outcome(house, edit | said).survey.venues.loc["N+room.community"]
        assert (row["targets"], row["groups"]) == (targets, words)


def test_capacity_changes_by_number_and_by_unit():
    edit: dict[str, Any] = {"do": "change_capacity", "venue": HALL}
    found = outcome(edit | {"capacity": 60.0})
    assert changed_rows(found) == {HALL: {"capacity": 60.0}}
    assert found.notes[0].endswith(f"（{HALL}） 容量改为 60")
    both = outcome(edit | {"capacity": 60.0, "capacity_unit": "人次"})
    assert changed_rows(both) == {HALL: {"capacity": 60.0, "capacity_unit": "人次"}}
    none = outcome(edit | {"capacity": 40.0, "capacity_unit": ""})
    assert changed_rows(none) == {HALL: {"capacity_unit": ""}}
    unit = outcome(edit | {"capacity": 40.0, "capacity_unit": "人次"})
    assert changed_rows(unit) == {HALL: {"capacity_unit": "人次"}}
    for same in ({"capacity": 40.0}, {"capacity": 40.0, "capacity_unit": "座"}):
        assert refusal(edit | same) == [("E-EDIT-NO-CHANGE", HALL)]


def test_hours_change_and_must_be_understood():
    edit: dict[str, Any] = {"do": "change_hours", "venue": HALL}
    found = outcome(edit | {"days": "周二至周日", "hours": "09:00-17:00"})
    assert changed_rows(found) == {HALL: {"days": "周二至周日", "hours": "09:00-17:00"}}
    assert found.notes[0].endswith("开放时间改为 周二至周日 09:00-17:00")
    one = outcome(edit | {"hours": "全天"})
    assert changed_rows(one) == {HALL: {"hours": "全天"}}
    more = outcome(edit | {"days": "每天"}, edit | {"days": "每天", "hours": "全天"})
    assert changed_rows(more) == {HALL: {"days": "每天", "hours": "全天"}}
    cleared = outcome(edit | {"hours": "全天"}, edit | {"hours": ""})
    assert changed_rows(cleared) == {}
    assert cleared.notes[1].endswith("开放时间改为 不明")
    assert refusal(edit | {"hours": ""}) == [("E-EDIT-NO-CHANGE", HALL)]
    assert refusal(edit | {"days": "每天", "hours": "25:00-99:00"}) == [
        ("E-EDIT-HOURS", "25:00-99:00")
    ]
    assert refusal(edit | {"days": "x", "hours": "有时"}) == [
        ("E-EDIT-HOURS", "x"), ("E-EDIT-HOURS", "有时"),
    ]  # fmt: skip
    lon, lat = INSIDE
    new = {"do": "add_venue", "id": "N", "type": "town.hall", "lon": lon, "lat": lat}
    assert refusal(new | {"days": "x"}) == [("E-EDIT-HOURS", "x")]


def test_unknown_venues_are_named_with_the_nearest():
    with pytest.raises(StudyError) as error:
        outcome({"do": "close_venue", "venue": ["13045", "V1", HALL]})
    assert [fault.value for fault in error.value.faults] == ["13045", "V1"]
    assert "0130" in error.value.faults[0].zh
    assert error.value.faults[0].facts["near"] == HALL
    many = [f"X{n}" for n in range(400)]
    assert len(refusal({"do": "open_venue", "venue": many})) == 50


# People


def test_people_are_added_with_the_groups_of_their_like():
    """Of 1,000 people in a village 600 are farmers and 200 are old, so of 101 it is 61 and 20."""
    lon, lat = INSIDE
    edit = {"do": "add_people", "id": "P", "people": 101, "lon": lon, "lat": lat}
    found = outcome(edit)
    _, now = measured()
    row = found.survey.demand.loc["P"]
    assert now.towns.at[row["town"], "kind"] == "rural"
    assert (row["people"], row["farmers"], row["elderly"], row["rural"]) == (101, 61, 20, True)
    assert row["name"] == "新增居民点（P）"
    assert found.notes == ("新增居民点（P） 101人",)
    assert found.survey.demand.dtypes.equals(now.demand.dtypes)
    (warning,) = found.warnings
    assert "农民 61、老年人 20" in warning.reason_zh or "老年人 20、农民 61" in warning.reason_zh
    assert "farmers 61" in warning.reason_en
    given_ = outcome(edit | {"name": "新村", "groups": {"farmers": 5, "elderly": 101}})
    told = given_.survey.demand.loc["P"]
    assert (told["name"], told["farmers"], told["elderly"]) == ("新村", 5, 101)
    assert given_.warnings == ()
    assert given_.notes == ("新增 新村 101人",)
    half = outcome(edit | {"groups": {"farmers": 0}})
    assert half.survey.demand.at["P", "farmers"] == 0
    assert half.survey.demand.at["P", "elderly"] == 20
    assert outcome(edit | {"people": 5_000}).notes == ("新增居民点（P） 5,000人",)
    assert refusal(edit | {"groups": {"youth": 1}}) == [("E-EDIT-GROUP", "youth")]
    for wrong in (-1, 102):
        assert refusal(edit | {"groups": {"farmers": wrong}}) == [("E-EDIT-GROUP-COUNT", "P")]
    assert refusal(edit | {"id": str(now.demand.index[0])}) == [
        ("E-EDIT-ID", str(now.demand.index[0]))
    ]


def test_people_said_to_be_urban_take_the_shares_of_townspeople():
    """The villages' town has no townspeople: then the shares of the whole district count."""
    lon, lat = INSIDE
    edit = {"do": "add_people", "id": "P", "people": 1000, "lon": lon, "lat": lat, "rural": False}
    found = outcome(edit)
    _, now = measured()
    row, people = found.survey.demand.loc["P"], now.demand["people"].sum()
    assert not row["rural"]
    assert row["farmers"] == round(1000 * now.demand["farmers"].sum() / people)
    table = found.assessment.standards.set_index(["standard", "scope", "code"])
    before = baseline(*measured()).assessment.standards.set_index(["standard", "scope", "code"])
    for scope, code, more in (
        ("district", "", 1000), ("urban", "", 1000), ("rural", "", 0), ("town", row["town"], 1000),
    ):  # fmt: skip
        now_, then = (t.loc[("room", scope, code), "people"] for t in (table, before))
        assert now_ - then == more


# Roads and speeds


def test_roads_are_closed_by_name_way_and_area_to_the_modes_that_are_said():
    _, now = measured()
    network = now.roads.network
    named = network.name == network.names.index("横3路")
    way = int(network.way[np.flatnonzero(named)[0]])
    for edit, chosen in (({"name": "横3路"}, named), ({"way": way}, network.way == way)):
        found = outcome({"do": "close_roads", **edit})
        cuts = found.works.cuts
        for mode in ("walk", "ebike", "car"):
            np.testing.assert_array_equal(np.isfinite(cuts[mode][:, 0]), chosen)
            assert (found.survey.times[mode].ticks >= now.times[mode].ticks).all()
        km = float(network.length[chosen].sum()) / 1000
        assert found.notes[0].endswith(f"{int(chosen.sum())}段 {km:.1f}公里：横3路")
    car = outcome({"do": "close_roads", "name": "横3路", "modes": ["car"]})
    np.testing.assert_array_equal(car.survey.times["walk"].ticks, now.times["walk"].ticks)
    assert (car.survey.times["car"].ticks > now.times["car"].ticks).any()
    again = {"do": "close_roads", "name": "横3路"}
    assert refusal(again, again) == [("E-EDIT-NO-CHANGE", "横3路")]
    assert refusal({"do": "close_roads", "name": "横33路"}) == [("E-EDIT-NOTHING", "横33路")]
    assert refusal({"do": "close_roads", "way": 99_999}) == [("E-EDIT-NOTHING", "99999")]
    more = outcome({"do": "close_roads", "name": "横3路", "modes": ["car"]}, again)
    assert np.isfinite(more.works.cuts["walk"][named]).all()


def test_an_area_closes_what_it_covers_and_no_more():
    """A strip from 40 % to 60 % of the middle of the district, over the roads that run east."""
    _, now = measured()
    west, south, east, north = now.towns.to_crs(WGS84).total_bounds
    strip = [(west + (east - west) * a, south + (north - south) * b)
             for a, b in ((0.45, 0.3), (0.55, 0.3), (0.55, 0.7), (0.45, 0.7))]  # fmt: skip
    found = outcome({"do": "close_roads", "area": [list(p) for p in strip]})
    cut = found.works.cuts["car"]
    part = np.isfinite(cut[:, 0])
    assert 0 < part.sum() < now.roads.network.edges / 2
    shares = (cut[part, 1] - cut[part, 0]) * now.roads.network.length[part]
    assert f"{shares.sum() / 1000:.1f}公里" in found.notes[0]
    assert "所画范围" in found.notes[0]
    for mode, times in found.survey.times.items():
        assert (times.ticks >= now.times[mode].ticks).all()
    assert any((t.ticks > now.times[m].ticks).any() for m, t in found.survey.times.items())
    car = outcome({"do": "close_roads", "area": [list(p) for p in strip], "modes": ["car"]})
    np.testing.assert_array_equal(car.survey.times["walk"].ticks, now.times["walk"].ticks)
    far = [[west - 3, south], [west - 2.9, south], [west - 2.9, south + 0.1]]
    assert refusal({"do": "close_roads", "area": far}) == [("E-EDIT-AREA-EMPTY", "所画范围")]


def test_bridges_stay_open_where_the_edit_says_so():
    asked, now = measured()
    network = now.roads.network
    high = replace(network, structure=np.ones(network.edges, bool))
    on_stilts = replace(now, roads=replace(now.roads, network=high))
    west, south, east, north = now.towns.to_crs(WGS84).total_bounds
    area = [[west, south], [east, south], [east, north], [west, north]]
    for bridges in (True, False):
        edit = {"do": "close_roads", "area": area, "bridges": bridges}
        scenario = checked({"name": "x", "edits": [edit]}, "f")
        if bridges:
            assert "其中桥隧轮渡" in apply(asked, on_stilts, scenario).notes[0]
            continue
        with pytest.raises(StudyError, match="E-EDIT-NO-CHANGE"):
            apply(asked, on_stilts, scenario)


def test_an_area_typed_is_of_the_datum_that_is_typed(tmp_path):
    """An area drawn on a map of GCJ-02 lies where it was drawn, and not 600 m beside."""
    _, now = measured()
    network = now.roads.network
    edge = int(np.argmax(network.length))
    ball = network.lines_wgs84[edge].interpolate(0.5, normalized=True).buffer(0.001)
    shifted = shapely.transform(
        ball, lambda at: np.column_stack(wgs84_to_gcj02(at[:, 0], at[:, 1]))
    )
    for name, shape in (("true", ball), ("shifted", shifted), ("far", shapely.box(1, 1, 2, 2))):
        (tmp_path / f"{name}.geojson").write_text(shapely.to_geojson(shape), "utf-8")
    files = {name: str(tmp_path / f"{name}.geojson") for name in ("true", "shifted", "far")}
    plain = typed(("close-area", files["true"])).works.cuts["car"]
    told = typed(("close-area", files["shifted"]), datum="GCJ02").works.cuts["car"]
    own = typed(("close-area", f"{files['shifted']} datum=GCJ02")).works.cuts["car"]
    np.testing.assert_allclose(told, plain, atol=1e-6)
    np.testing.assert_array_equal(own, told)
    assert np.isfinite(plain[edge]).all()
    try:
        wrong = typed(("close-area", files["shifted"])).works.cuts["car"]
    except StudyError:
        pass  # nothing lies there
    else:
        assert not np.array_equal(np.isfinite(wrong), np.isfinite(plain))
    with pytest.raises(StudyError) as error:
        typed(("close-area", files["far"]))
    assert [(f.code, f.value) for f in error.value.faults] == [
        ("E-EDIT-AREA-EMPTY", "far.geojson")
    ]  # fmt: skip


def test_speeds_change_in_one_mode_and_class():
    asked, now = measured()
    found = outcome({"do": "change_speed", "mode": "car", "highway": "secondary", "kmh": 30.0})
    assert found.notes == ("驾车速度：secondary 道路改为 30 km/h",)
    assert found.study.speeds["car"]["secondary"] == 30.0
    assert asked.speeds == {}
    slow = found.study.profiles["car"].speeds["secondary"]
    assert (slow.kmh, slow.built_up_kmh) == (30.0, 30.0)
    assert found.study.profiles["walk"] == asked.profiles["walk"]
    np.testing.assert_array_equal(found.survey.times["ebike"].ticks, now.times["ebike"].ticks)
    scratch = measure_times(found.study, found.survey, found.survey.roads)
    for mode, times in found.survey.times.items():
        np.testing.assert_array_equal(times.ticks, scratch.times[mode].ticks)
    both = typed(("speed", "car.secondary=30"), ("speed", "car.primary=40"),
                 ("speed", "walk.secondary=3"))  # fmt: skip
    assert both.study.speeds == {
        "car": {"secondary": 30.0, "primary": 40.0}, "walk": {"secondary": 3.0},
    }  # fmt: skip
    same = {"do": "change_speed", "mode": "car", "highway": "secondary", "kmh": 30.0}
    assert refusal(same, same) == [("E-EDIT-NO-CHANGE", "secondary")]
    assert refusal(same | {"highway": "secondry"}) == [("E-EDIT-NOTHING", "secondry")]
    # A unit mistaken: no study may say so, and no scenario.
    assert refusal(same | {"mode": "walk", "kmh": 30.0}) == [("E-STUDY-VALUE", "30")]
    assert refusal(same | {"kmh": 2.0}) == [("E-STUDY-VALUE", "2")]


def test_a_new_road_joins_what_is_there_and_leads_somewhere():
    _, now = measured()
    network = now.roads.network
    edges = [
        int(np.flatnonzero(network.name == network.names.index(n))[3]) for n in ("横2路", "横7路")
    ]
    middles = [network.lines_wgs84[e].interpolate(0.4, normalized=True) for e in edges]
    line = [[p.x, p.y] for p in middles]
    found = outcome({"do": "add_road", "line": line, "highway": "primary", "name": "新路"})
    assert found.notes == ("新建primary道路 新路",)
    assert found.works.standing.edges == network.edges + 5
    for mode, times in found.survey.times.items():
        assert (times.ticks <= now.times[mode].ticks).all()
    assert (found.survey.times["car"].ticks < now.times["car"].ticks).any()
    plain = {"do": "add_road", "line": line, "highway": "primary"}
    for worse in ({"oneway": True}, {"limit_kmh": 20.0}):
        other = outcome(plain | worse)
        assert other.notes == ("新建primary道路",)
        assert (other.survey.times["car"].ticks >= found.survey.times["car"].ticks).all()
        assert (other.survey.times["car"].ticks > found.survey.times["car"].ticks).any()
    beside = [[x, y + 0.001] for x, y in line]  # 110 m
    assert refusal(plain | {"line": beside})[0][0] == "E-EDIT-ROAD-LOOSE"
    assert outcome(plain | {"line": beside, "join_metres": 150.0}).works.pieces
    point = f"{line[0][0]:.6f},{line[0][1]:.6f}"
    loop = {"do": "add_road", "line": [line[0], line[0]], "highway": "primary"}
    assert refusal(loop)[0][0] in ("E-EDIT-ROAD-LOOP",)
    assert refusal(loop)[0][1] == point
    loose = {"do": "add_road", "line": [[113.0, 23.0], line[1]], "highway": "primary"}
    assert refusal(loose)[0][0] == "E-EDIT-ROAD-LOOSE"
    assert refusal(loose | {"line": line, "highway": "prim"})[0][0] == "E-EDIT-CLASS"


def test_all_faults_are_told_at_once_and_with_their_number():
    with pytest.raises(StudyError) as error:
        typed(("open", HALL), ("close", HALL), ("speed", "car.x=30"))
    assert [(f.column, f.code) for f in error.value.faults] == [
        ("edits[1] open_venue", "E-EDIT-NO-CHANGE"), ("edits[3] change_speed", "E-EDIT-NOTHING"),
    ]  # fmt: skip


def test_what_no_road_reaches_is_told():
    """Nobody walks more than 10 m to a road here; a venue lies farther, by foot alone."""
    asked, now = measured()
    rules = ModeRules(snap_metres=10.0)
    near = asked.model_copy(update={"modes": {"walk": rules}})
    x, y = transform([113.0537], [23.6837], WGS84, now.roads.network.crs)
    away = shapely.distance(shapely.Point(x[0], y[0]), now.roads.network.lines).min()
    assert 10 < away < 900
    for option, name in (("add", "town.hall"), ("move", HALL), ("add-people", "30")):
        edits = [(option, f"{name}@113.0537,23.6837")]
        found = apply(near, now, from_options(edits, name="x"))
        told = [fault for fault in found.warnings if fault.code == "W-EDIT-NOT-CONNECTED"]
        assert len(told) == 1
        assert "步行" in told[0].zh
        assert (HALL if option == "move" else "NEW1") in told[0].zh
        plain = apply(asked, now, from_options(edits, name="x")).warnings
        assert "W-EDIT-NOT-CONNECTED" not in {fault.code for fault in plain}


# Whole scenarios


MOVES = st.lists(
    st.sampled_from(["open", "close", "add", "move", "upgrade", "people", "road", "speed"]),
    min_size=1, max_size=4,
)  # fmt: skip


def some_edit(kind: str, rng: np.random.Generator, number: int) -> dict[str, Any]:
    """An edit of a kind somewhere in the district; it may be refused."""
    venues = [str(name) for name in measured()[1].venues.index]
    lon, lat = 113.02 + 0.07 * rng.random(), 23.65 + 0.06 * rng.random()
    one = str(rng.choice(venues))
    edits: dict[str, dict[str, Any]] = {
        "open": {"do": "open_venue", "venue": [str(rng.choice(venues[40:43]))]},
        "close": {"do": "close_venue", "venue": [one]},
        "add": {"do": "add_venue", "id": f"N{number}", "lon": lon, "lat": lat,
                "type": str(rng.choice(["room.community", "town.hall", "rural.bookhouse"]))},
        "move": {"do": "move_venue", "venue": one, "lon": lon, "lat": lat},
        "upgrade": {"do": "upgrade_venue", "venue": one, "type": "room.community"},
        "people": {"do": "add_people", "id": f"P{number}", "people": int(rng.integers(1, 900)),
                   "lon": lon, "lat": lat},
        "road": {"do": "close_roads", "name": f"横{rng.integers(1, 9)}路"},
        "speed": {"do": "change_speed", "mode": "car", "highway": "secondary",
                  "kmh": float(rng.integers(10, 60))},
    }  # fmt: skip
    return edits[kind]


def tried(kinds: list[str], seed: int) -> Outcome | None:
    rng = np.random.default_rng(seed)
    try:
        return outcome(*(some_edit(kind, rng, n) for n, kind in enumerate(kinds)), resnap=True)
    except KepuError:
        return None


@given(MOVES, st.integers(0, 10**6))
def test_any_edits_give_the_times_of_a_search_from_scratch(kinds, seed):
    found = tried(kinds, seed)
    if found is None:
        return
    bare = found.study.study.model_copy(update={"land_points": 0})
    asked = found.study.model_copy(update={"study": bare})
    scratch = measure_times(asked, found.survey, found.survey.roads)
    for mode, times in found.survey.times.items():
        np.testing.assert_array_equal(times.ticks, scratch.times[mode].ticks)
        assert list(times.venues) == list(found.survey.venues.index)
        assert list(times.places) == list(found.survey.demand.index)


@pytest.mark.parametrize("resnap", [True, False])
def test_also_where_the_venues_come_to_the_people(resnap):
    """The other direction: times from venues, over roads of which some are closed."""
    asked, now = measured()
    about = asked.study.model_copy(update={"direction": "from_venue"})
    asked = asked.model_copy(update={"study": about})
    now = replace(now, times=measure_times(asked, now, now.roads).times)
    options = [("add", "town.hall@113.0537,23.6837"), ("add-people", "30@113.0437,23.6937")]
    options += [("close-road", "横3路")] if resnap else [("speed", "car.secondary=30")]
    found = apply(asked, now, from_options(options, name="x", resnap=resnap))
    scratch = measure_times(found.study, found.survey, found.survey.roads)
    for mode, times in found.survey.times.items():
        np.testing.assert_array_equal(times.ticks, scratch.times[mode].ticks)


@given(st.lists(st.sampled_from(["open", "close", "add"]), min_size=1, max_size=4),
       st.integers(0, 10**6))  # fmt: skip
def test_venues_that_come_or_go_are_told_from_the_known_times(kinds, seed):
    """`Tally` answers what counting the whole study answers; invariants 16 and 17."""
    asked, now = measured()
    found = tried(kinds, seed)
    if found is None:
        return
    for standard in asked.wanted:
        times = times_for(found.survey, standard)
        among, _ = admitted(found.survey.venues, standard)
        counted = standard_coverage(
            standard, times, found.survey.venues, found.survey.demand, now.towns
        )
        tally = Tally.of(standard, times, among & False, now.demand, now.towns.index)
        told = tally.changed(among).table()
        pd.testing.assert_frame_equal(told, counted[list(told)])
        before = standard_coverage(
            standard, times_for(now, standard), now.venues, now.demand, now.towns
        )
        if "close" not in kinds:
            assert (counted["covered"] >= before["covered"]).all()
        if set(kinds) == {"close"}:
            assert (counted["covered"] <= before["covered"]).all()


def test_several_scenarios_at_once_are_each_alone(tmp_path):
    """Invariant 62: the folder of a state is the same beside others and on its own."""
    edits = {
        "甲": [("close", HALL)],
        "乙": [("close-road", "横3路"), ("add-people", "300@113.05,23.68")],
        "丙": [("add", "town.hall@113.05,23.68")],
    }
    asked = {name: from_options(each, name=name) for name, each in edits.items()}
    whole = tmp_path / "whole"
    whole.mkdir()
    start = baseline(*measured())
    together = Comparison([start, *(apply(*measured(), each) for each in asked.values())])
    write_comparison(whole, together)
    for number, (name, scenario) in enumerate(asked.items(), 1):
        alone = tmp_path / name
        alone.mkdir()
        single = Comparison([baseline(*measured()), apply(*measured(), scenario)])
        write_comparison(alone, single)
        for ours, theirs in ((f"{number}", "1"), ("0", "0")):
            for path in (alone / theirs).iterdir():
                assert path.read_bytes() == (whole / ours / path.name).read_bytes(), path.name
        for table in ("changes", "places_changed", "flags_changed"):
            mine = pd.read_csv(alone / f"{table}.csv", dtype=str)
            all_ = pd.read_csv(whole / f"{table}.csv", dtype=str)
            pair = all_[(all_["由"] == "现状") & (all_["到"] == name)].reset_index(drop=True)
            pd.testing.assert_frame_equal(mine, pair)


def test_the_sheets_say_what_the_tables_hold():
    found = Comparison([
        baseline(*measured()),
        outcome({"do": "close_venue", "venue": [HALL]}, {"do": "close_roads", "name": "横3路"}),
    ])  # fmt: skip
    table, sheet = found.standards, comparison_sheet(found)
    assert sheet["覆盖人口"].tolist() == table["covered"].tolist()
    assert sheet["比现状多覆盖人口"].tolist() == table["more"].tolist()
    assert set(sheet["判定"]) <= {"达标", "未达标", "无法判定"}
    met = table["met"].map({True: "达标", False: "未达标"}).fillna("无法判定")
    assert sheet["判定"].tolist() == met.tolist()
    assert (sheet[sheet["情景"] == "现状"]["比现状多覆盖人口"] == 0).all()
    assert sheet["未接入路网人口"].tolist() == table["not_connected"].tolist()
    people, moved = people_sheet(found), moved_sheet(found)
    for column, key in (
        ("人口", "people"), ("原覆盖", "covered_before"), ("新覆盖", "gained"),
        ("失去覆盖", "lost"), ("新增居民点已覆盖", "arrived_covered"), ("现覆盖", "covered_after"),
        ("不再可达", "cut_off"), ("变近（覆盖不变）", "nearer"), ("变远（覆盖不变）", "farther"),
        ("新增居民点人口", "arrived"),
    ):  # fmt: skip
        assert people[column].tolist() == found.people[key].tolist()
    assert set(people["标准所指人群"]) == {"是", ""}
    assert (people["标准所指人群"] == "是").tolist() == found.people["own"].tolist()
    some = found.places[(found.places["kind"] != "same") & found.places["meant"]]
    assert moved["代码"].tolist() == some["place"].tolist()
    assert set(moved["变化"]) <= {"失去覆盖", "不再可达", "变远", "变近", "新覆盖"}
    assert (moved["城乡"] == "乡村").tolist() == some["rural"].tolist()
    farther = moved[moved["变化"] == "变远"]
    assert len(farther)
    assert (farther["增减（分钟）"] > 0).all()
    check_hit(found)
    flags = flag_changes_sheet(found)
    assert set(flags["变化"]) <= {"新增", "解除"}
    named = found.flags["change"].map({"new": "新增", "gone": "解除"})
    assert flags["变化"].tolist() == named.tolist()
    assert "新增" in set(named)
    wide = indicators_sheet(found)
    assert {"现状", "情景", "指标", "范围", "单位"} <= set(wide)
    headline = {row["standard"]: row for row in found.headline}
    assert headline["hall"]["lost"] + headline["hall"]["farther"] > 0
    whole = table[table["scope"] == "district"].set_index(["state", "standard"])
    assert len(headline) == len(found.headline) == len(measured()[0].wanted)
    for row in found.headline:
        for side, state in (("before", "现状"), ("after", "情景")):
            told = whole.loc[(state, row["standard"])]
            assert row[f"share_{side}"] == told["share"]
            assert row[f"covered_{side}"] == told["covered"]
        assert row["covered_after"] == row["covered_before"] + row["gained"] - row["lost"]


def test_a_venue_bears_the_name_that_its_own_scenario_gives_it():
    add = {"do": "add_venue", "id": "NEW1", "type": "town.hall", "lat": INSIDE[1]}
    first = outcome(add | {"name": "甲馆", "lon": INSIDE[0]}, name="甲")
    second = outcome(add | {"name": "乙馆", "lon": INSIDE[0] - 0.005}, name="乙")
    table = moved_sheet(Comparison([baseline(*measured()), first, second]))
    for before, after in (("现状", "甲"), ("现状", "乙"), ("甲", "乙")):
        rows = table[(table["由"] == before) & (table["到"] == after)]
        for column, state in (("原最近设施", before), ("现最近设施", after)):
            new = {name for name in rows[column] if name in ("甲馆", "乙馆")}
            assert new == ({f"{state}馆"} if state != "现状" else set()), (before, after, column)


def test_indicators_bear_the_name_of_their_own_standard():
    asked, now = measured()
    closed = apply(*measured(), from_options([("close", HALL)], name="甲"))
    found = Comparison([baseline(asked, now), closed])
    told = {(n, s) for n, s in indicators_sheet(found)[["指标", "标准"]].to_numpy() if s}
    for standard in asked.wanted:
        names = {name for name, title in told if title == standard.name}
        name = standard.indicator or f"{standard.name}覆盖率"
        assert names in ({name}, {name, f"{standard.name}面积覆盖率"})


@pytest.mark.parametrize(
    ("options", "idle"),
    [
        (["--datum", "GCJ02"], "--datum"),
        (["--resnap"], "--resnap"),
        (["--name", "甲", "--datum", "GCJ02"], "--name、--datum"),
    ],
)
def test_an_option_that_no_file_hears_is_refused(options, idle, tmp_path):
    path = tmp_path / "a.toml"
    path.write_text('name = "甲"\n', "utf-8")
    study = healthy.healthy().write(tmp_path)
    done = CliRunner().invoke(app, ["whatif", str(study), "-s", str(path), *options])
    assert done.exit_code == 3
    assert f"[E-SCENARIO-UNUSED] 值“{idle}”" in done.output


def check_hit(found: Comparison) -> None:
    """By village and by standard, the same people and minutes as in the table of places."""
    places, after = found.places, found.outcomes[1]
    some = places[places["meant"] & (places["people"] > 0)]
    later = some[some["kind"].isin(["lost", "farther"]) & (some["change"] > 0)]
    cut = some[some["kind"] == "cut_off"]
    sheet, names = hit_sheet(found), {s.name: s.key for s in after.study.wanted}
    assert set(sheet["代码"]) == {
        *later["place"],
        *cut["place"],
        *some.query("kind == 'lost'")["place"],
    }
    for column, kind in (("不再可达", "cut_off"), ("仍可达但失去覆盖", "lost")):
        told = {
            (place, names[title])
            for place, titles in zip(sheet["代码"], sheet[column], strict=True)
            for title in filter(None, titles.split("、"))
        }
        rows = some[some["kind"] == kind]
        assert told == set(zip(rows["place"], rows["standard"], strict=True))
    longest = later.groupby("place")["change"].max()
    with_delay = sheet[sheet["最多多用（分钟）"].notna()].set_index("代码")
    assert with_delay["最多多用（分钟）"].to_dict() == longest.to_dict()
    lines = hit_lines(found, after)
    assert len(lines) == later["standard"].nunique()
    for line in lines:
        mine = later[later["standard"] == names[line.partition("：")[0]]]
        mean = (mine["people"] * mine["change"]).sum() / mine["people"].sum()
        assert (
            f"仍可达但变远 {len(mine)} 处 {mine['people'].sum():,} 人，平均多用 {mean:.1f} 分钟"
            in line
        )
        assert f"最多 {mine['change'].max():.1f} 分钟" in line


def test_a_public_study_keeps_what_a_scenario_does_to_single_places_apart(tmp_path):
    asked, now = measured()
    asked = asked.model_copy(update={"map": asked.map.model_copy(update={"mode": "public"})})
    shut = apply(
        asked, now, checked({"name": "甲", "edits": [{"do": "close_venue", "venue": [HALL]}]}, "f")
    )
    write_comparison(tmp_path, Comparison([baseline(asked, now), shut]))
    inner = tmp_path / INTERNAL
    files = [path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()]
    outside = {str(path) for path in files if path.parts[0] != INTERNAL}
    assert outside == {
        "changes.csv", "comparison.csv", "indicators.csv",
        *(str(Path(n) / "coverage.csv") for n in "01"),
    }  # fmt: skip
    assert (inner / "1" / "scenario.toml").is_file()
    for text in (path.read_text("utf-8") for path in map(tmp_path.joinpath, outside)):
        assert not any(name in text for name in now.demand["name"])


def test_the_command_of_a_public_study_names_no_place_outside(tmp_path):
    path = healthy.healthy().write(tmp_path)
    path.write_text(path.read_text("utf-8") + '\n[map]\nmode = "public"\n', "utf-8")
    options = [
        "--close",
        HALL,
        "--add-people",
        f"300@{INSIDE[0]},{INSIDE[1]} name=新村",
        "--no-figures",
    ]
    out = tmp_path / "out"
    done = CliRunner().invoke(app, ["whatif", str(path), *options, "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert "公开版" in done.output
    told = json.loads((out / "manifest.json").read_text("utf-8"))
    assert told["scenarios"] == ["情景"]
    whole = json.loads((out / INTERNAL / "manifest.json").read_text("utf-8"))
    assert len(whole["scenarios"][0]["did"]) == 2
    for file in (each for each in out.rglob("*") if each.is_file() and INTERNAL not in each.parts):
        assert "新村" not in file.read_text("utf-8"), file


def test_all_states_and_each_pair_that_changes_are_drawn(tmp_path, monkeypatch):
    monkeypatch.setattr(scenario_figures, "ENDINGS", (".svg",))
    shut = outcome({"do": "close_venue", "venue": [HALL]}, name="甲")
    same = apply(*measured(), Scenario(name="乙"))
    found = Comparison([baseline(*measured()), shut, same])
    written = scenario_figures.write_figures(tmp_path, found)
    names = ["states.svg", "1-hall.svg", "1-2-hall.svg"]
    assert [path.name for path in written] == names
    assert sorted(path.name for path in (tmp_path / "figures").iterdir()) == sorted(names)
    sizes = [path.stat().st_size for path in written]
    assert min(sizes) > 10_000


def test_an_empty_scenario_is_the_present():
    asked, now = measured()
    empty = apply(asked, now, Scenario(name="空"))
    assert empty.survey.venues.equals(now.venues)
    assert empty.notes == ()
    for mode, times in now.times.items():
        assert empty.survey.times[mode] is times
    found = Comparison([baseline(asked, now), empty])
    assert (found.places["kind"] == "same").all()
    assert not len(found.flags)
    assert (found.standards["more"] == 0).all()
