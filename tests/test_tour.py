"""`kepu tour` on the illustrative study: dates, ways, people, files; and its text formats."""

from __future__ import annotations

import datetime
import json
from dataclasses import replace
from itertools import pairwise
from math import inf
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from geopandas import GeoDataFrame
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from typer.testing import CliRunner

from kepu import commands_tour
from kepu.cli import app
from kepu.coverage.siting.answers import Watch
from kepu.coverage.times import travel_times
from kepu.coverage.touring.master import _nothing
from kepu.geo.errors import StudyError
from kepu.report_public import INTERNAL
from kepu.study_keys import Study
from kepu.touring import Touring, plan_tour
from kepu.touring_calendar import clock, escaped, folded, ics_text
from kepu.touring_choices import TourChoices, marginal, tour_choices
from kepu.touring_crews import Crew, crews_of, rows_of
from kepu.touring_hosts import check_tour
from kepu.touring_keys import TourRules
from kepu.touring_plan import _loose_bound, _solve, best_goals, parts_of
from kepu.touring_scene import Scene, scene_of
from kepu.touring_tables import marginal_sheet, reach_sheet, summary, write_tour

from .illustrative import DISTRICT
from .illustrative import without_land as measured

STUDY = DISTRICT / "study.toml"
SPRING = {"first": datetime.date(2027, 3, 1), "last": datetime.date(2027, 7, 31)}


def changed(study: Study, **rules: object) -> Study:
    return study.model_copy(update={"tour": study.tour.model_copy(update=rules)})


@pytest.fixture(scope="module")
def scene() -> Scene:
    study, layers = measured()
    units = tuple(
        unit.model_copy(update={"count": 2 if unit.kind == "mobile.museum" else 1})
        for unit in study.tour.units
    )
    services = tuple(
        service.model_copy(update={"visits": 1, "more_visits": 1})
        for service in study.tour.services
    )
    return scene_of(changed(study, **SPRING, units=units, services=services), layers)


@pytest.fixture(scope="module")
def found(scene: Scene) -> Touring:
    return plan_tour(scene, Watch(600))


def test_it_is_proved(found: Touring) -> None:
    planned = found.planned
    assert planned.status == "optimal" and planned.value == planned.bound > 0


def test_no_stop_on_a_closed_date(found: Touring) -> None:
    scene = found.scene
    rules = scene.study.tour
    schools = scene.hosts["type"].isin(rules.schools)
    units = {unit.name: unit for unit in scene.units}
    for row in found.stops.itertuples():
        unit = units[row.unit]
        dates = pd.date_range(row.first, row.last).date
        works = [
            day for day in dates
            if day.isoweekday() in unit.weekdays
            and not any(a <= day <= b for a, b in rules.holidays)
        ]  # fmt: skip
        assert works and len(works) == row.days
        assert SPRING["first"] <= row.first <= row.last <= SPRING["last"]
        for day in works:
            assert not schools[row.host] or any(a <= day <= b for a, b in rules.terms)
            for flood in rules.floods:
                assert row.town not in flood.towns or not flood.first <= day <= flood.last


def test_a_day_goes_there_and_back_within_its_hours(found: Touring) -> None:
    """Timed anew by the travel-time code, leg by leg, from points and roads alone."""
    scene, legs = found.scene, found.legs
    crs = scene.points.crs
    starts = GeoDataFrame(geometry=scene.points.geometry.iloc[legs["origin"]].to_numpy(), crs=crs)
    goals = GeoDataFrame(geometry=scene.points.geometry.iloc[legs["goal"]].to_numpy(), crs=crs)
    roads = scene.measured.roads
    times = travel_times(roads.network, scene.study.profiles["car"], starts, goals,
                         horizon_minutes=120, barriers=roads.barriers)  # fmt: skip
    assert (np.diagonal(times.ticks) == legs["ticks"]).all()
    van = next(unit for unit in scene.units if unit.kind == "mobile.van")
    trips = legs[legs["kind"] == "mobile.van"].groupby("trip")
    for _, trip in trips:
        assert trip["origin"].iloc[0] == trip["goal"].iloc[-1] >= len(scene.hosts)
        assert all(a == b for a, b in pairwise_of(trip))
        minutes = trip["ticks"].sum() / 600 + van.stop_minutes * (len(trip) - 1)
        assert minutes <= van.hours * 60 and len(trip) - 1 <= van.most_stops
    assert legs.loc[legs["kind"] == "mobile.van", "metres"].sum() <= van.km * 1000


def pairwise_of(trip: pd.DataFrame):
    return zip(trip["goal"].iloc[:-1], trip["origin"].iloc[1:], strict=True)


def test_metres_are_those_of_the_drawn_way(found: Touring) -> None:
    drawn = found.legs.geometry.length
    assert np.allclose(drawn, found.legs["metres"], rtol=2e-3, atol=5)


def test_units_are_in_one_place_at_a_time(found: Touring) -> None:
    for _, own in found.stops.groupby(["unit", "vehicle"]):
        spans = sorted(set(zip(own["first"], own["last"], strict=True)))
        assert all(b < c for (_, b), (c, _) in pairwise(spans))
    often = found.stops.groupby(["unit", "host"]).size()
    most = {unit.name: unit.most_visits for unit in found.scene.units}
    assert all(count <= most[unit] for (unit, _), count in often.items())


def test_people_add_up_and_fixed_stays_apart_from_mobile(found: Touring) -> None:
    reach = found.reach
    visits = reach.filter(like="visits_")
    assert (visits.sum(axis=1) == reach["lacking"]).all()
    assert (reach["fixed"] + reach["lacking"] == reach["people"]).all()
    assert (reach["with_tour"] == reach["fixed"] + reach["reached"]).all()
    for _, kind in reach.groupby("kind"):
        whole = kind[kind["scope"] == "district"].iloc[0]
        for scopes in (["urban", "rural"], ["town"]):
            parts = kind[kind["scope"].isin(scopes)]
            assert (parts[visits.columns].sum() == whole[visits.columns]).all()


def test_visits_are_counted_by_hand(found: Touring) -> None:
    """A plain loop over dates and stops."""
    scene = found.scene
    for service in scene.services:
        kind = service.rules.kind
        own = found.stops[found.stops["kind"] == kind]
        limit = service.rules.minutes * 600
        for place in range(0, len(scene.measured.demand), 7):
            near = set(scene.hosts.index[service.ticks[place] <= limit])
            dates = {row.first for row in own.itertuples() if row.host in near}
            assert found.visits[kind][place] == len(dates)


@pytest.fixture(scope="module")
def extra(found: Touring) -> TourChoices:
    return tour_choices(found, Watch(8))


def test_a_public_study_keeps_its_stops_apart(
    found: Touring, extra: TourChoices, tmp_path: Path
) -> None:
    study = found.scene.study
    study = study.model_copy(update={"map": study.map.model_copy(update={"mode": "public"})})
    write_tour(tmp_path, replace(found, scene=replace(found.scene, study=study)), extra)
    inner = tmp_path / INTERNAL
    outside = {path.name for path in tmp_path.iterdir()} - {INTERNAL}
    assert outside == {"reach.csv", "marginal.csv", "ledger.csv"}
    assert {path.name for path in inner.iterdir()} == (
        {"stops.csv", "calendar.xlsx", "calendar.ics", "alternatives.csv", "routes.csv"}
        | {"tour.gpkg", "tour.png"}
    )
    text = "".join((tmp_path / name).read_text("utf-8-sig") for name in outside)
    assert not any(name in text for name in found.scene.hosts["name"])


def test_files_and_choices(found: Touring, extra: TourChoices, tmp_path: Path) -> None:
    write_tour(tmp_path, found, extra)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"stops.csv", "calendar.xlsx", "calendar.ics", "reach.csv", "marginal.csv",
            "alternatives.csv", "ledger.csv", "routes.csv", "tour.gpkg", "tour.png"}  # fmt: skip
    book = load_workbook(tmp_path / "calendar.xlsx")
    assert "示意数据" in book["日历"]["A1"].value
    assert book["日历"].max_row == 2 + 153
    facts = json.loads(json.dumps(summary(found, extra), default=str))
    assert facts["proof"] == "optimal" and facts["stops"] == len(found.stops)
    signs = extra.marginal["change"].str.endswith("less")
    assert (extra.marginal.loc[~signs, "difference"] >= 0).all()
    assert (extra.marginal.loc[signs, "difference"] <= 0).all()
    assert (extra.marginal["difference"] <= extra.marginal["bound"]).all()
    json.loads(json.dumps(facts["marginal"], allow_nan=False))
    assert set(extra.alternatives["host"]) == set(found.stops["host"])
    sheet = reach_sheet(found)
    assert (sheet["固定加流动（%）"] >= sheet["仅固定设施（%）"]).all()


def test_the_calendar_reads_as_icalendar(found: Touring) -> None:
    text = ics_text(found)
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    lines = text.replace("\r\n ", "").split("\r\n")
    assert lines[0] == "BEGIN:VCALENDAR" and lines[-2:] == ["END:VCALENDAR", ""]
    assert lines.count("BEGIN:VEVENT") == lines.count("END:VEVENT") == len(found.stops)
    uids = [line for line in lines if line.startswith("UID:")]
    assert len(uids) == len(set(uids))
    assert not any("\n" in line for line in lines)


@given(text=st.text(max_size=200))
def test_folding_and_escaping_can_be_undone(text: str) -> None:
    kept = "".join(c for c in text.replace("\r\n", "\n") if c.isprintable() or c in "\n\t")
    line = folded("X:" + escaped(kept))
    assert all(len(part.encode()) <= 75 for part in line.split("\r\n"))
    value = line.replace("\r\n ", "")[2:]
    plain, at = "", 0
    while at < len(value):
        step = 2 if value[at] == "\\" else 1
        plain += (
            {"\\n": "\n"}.get(value[at : at + 2], value[at + step - 1]) if step == 2 else value[at]
        )
        at += step
    assert plain == kept


def test_clock_told_by_hand() -> None:
    assert clock("08:30", 0) == datetime.time(8, 30)
    assert clock("08:30", 30.1) == datetime.time(9, 1)
    assert clock("08:30", 210) == datetime.time(12, 0)


@pytest.mark.slow
def test_a_floor_that_cannot_be_kept_says_by_how_much() -> None:
    study, layers = measured()
    units = [u for u in study.tour.units if u.kind == "mobile.van"]
    few = changed(
        study, first=datetime.date(2027, 3, 1), last=datetime.date(2027, 3, 31), units=tuple(units),
        services=tuple(s for s in study.tour.services if s.kind == "mobile.van"),
        floors={"rural": 1.0}, town_visits=0,
    )  # fmt: skip
    found = plan_tour(scene_of(few, layers), Watch(30))
    reach = found.reach[found.reach["scope"] == "rural"].iloc[0]
    assert found.planned.status == "infeasible"
    assert found.planned.shortfalls == {"mobile.van:rural": reach["lacking"] - reach["reached"]}


@pytest.mark.slow
def test_packing_more_stops_than_are_listed_keeps_a_true_bound(scene: Scene, monkeypatch) -> None:
    """With so few trips allowed that days of two stops are not listed, the bound still holds."""
    rows = rows_of(scene)
    whole = crews_of(scene, rows)
    van = next(n for n, crew in enumerate(whole) if crew.rules.kind == "mobile.van")
    monkeypatch.setattr("kepu.touring_crews.MOST_TRIPS", len(scene.hosts) + 1)
    cut = crews_of(scene, rows)
    assert cut[van].cut == 1
    assert not whole[van].cut

    def solved(crews: list[Crew]):
        part = next(p for p in parts_of(scene, rows, crews) if van in p.crews)
        return part, _solve(part, crews, Watch(30))

    part, loose = solved(cut)
    _, exact = solved(whole)
    assert loose.first.value <= exact.first.value <= loose.bound
    assert _loose_bound(part, cut, Watch(30)) == loose.bound


def test_floors_in_doubt_leave_nothing_proved(scene: Scene, monkeypatch) -> None:
    """What floors lack is fined by millions: a bound less the fine had passed for a proof."""
    rows = rows_of(scene)
    crews = crews_of(scene, rows)
    part = parts_of(scene, rows, crews)[0]
    told = _nothing(-2e10, Watch(1))
    monkeypatch.setattr("kepu.touring_plan.plan", lambda *_, **__: told)
    assert best_goals(part, part.fleets, Watch(1)).bound == inf
    assert _solve(part, crews, Watch(1)).bound == inf
    told = replace(told, bound=0.0, status="infeasible", shortfalls=(5,) * len(part.floors))
    assert _solve(part, crews, Watch(1)).first.status == "infeasible"
    cut = [replace(crew, cut=1) for crew in crews]
    solved = _solve(part, cut, Watch(1))
    assert (solved.first.status, solved.bound) == ("heuristic", inf)


def test_what_less_would_lose_is_not_told_where_no_plan_was_found(
    found: Touring, extra: TourChoices, monkeypatch
) -> None:
    nothing = _nothing(inf, Watch(1))
    monkeypatch.setattr("kepu.touring_choices.best_goals", lambda *_: nothing)
    table = marginal(found, Watch(1))
    less = table["change"].str.endswith("less")
    assert table.loc[less, "difference"].isna().all()
    assert (table.loc[~less, "difference"] == 0).all()
    assert not table["proved"].any()
    told = summary(found, replace(extra, marginal=table))["marginal"]
    assert "NaN" not in json.dumps(told)
    assert marginal_sheet(replace(extra, marginal=table))["增减的上界"].isna().all()


def test_no_number_is_printed_over_two_lines(found: Touring, extra: TourChoices, capsys) -> None:
    commands_tour._print(found, extra, summary(found, extra), Path("a"), Path("b"))
    told = capsys.readouterr().out
    some = found.reach[found.reach["scope"] != "town"]
    for number in (*some["people"], *some["lacking"]):
        assert f"{number:,}" in told


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ({"units": ()}, "E-TOUR-NONE"),
        ({"floors": {"nowhere": 0.5}}, "E-TOUR-FLOOR"),
        ({"floods": TourRules.model_validate({"floods": [
            {"first": SPRING["first"], "last": SPRING["last"], "towns": ["x"]}]}).floods},
         "E-TOUR-FLOOD"),
        ({"holidays": ((SPRING["last"], SPRING["first"]),)}, "E-TOUR-SPAN"),
        ({"floods": TourRules.model_validate({"floods": [
            {"first": SPRING["last"], "last": SPRING["first"]}]}).floods}, "E-TOUR-SPAN"),
        ({"schools": (), "halls": (), "places": "none"}, "E-TOUR-HOSTS"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(rules: dict[str, object], code: str) -> None:
    study, layers = measured()
    with pytest.raises(StudyError) as error:
        scene_of(changed(study, **rules), layers)
    assert error.value.faults[0].code == code


def test_units_and_services_that_would_mislead_are_refused() -> None:
    study, layers = measured()
    sets, van = study.tour.units
    one, two = study.tour.services
    later = van.model_copy(update={"start": "16:00", "hours": 9.0})
    lacking = replace(layers, demand=layers.demand.drop(columns="officials"))
    for code, known, rules in (
        ("E-TOUR-TWICE", layers, {"units": (sets, van, van.model_copy(update={"count": 2}))}),
        ("E-TOUR-MIDNIGHT", layers, {"units": (sets, later)}),
        ("E-STANDARD-HORIZON", layers,
         {"services": (one, two.model_copy(update={"minutes": 120.1}))}),
        ("E-GROUP-MISSING", lacking,
         {"services": (one, two.model_copy(update={"group": "officials"}))}),
    ):  # fmt: skip
        with pytest.raises(StudyError) as error:
            check_tour(changed(study, **rules), known)
        assert [fault.code for fault in error.value.faults] == [code]
        assert all(fault.zh.isprintable() and fault.en for fault in error.value.faults)
    until = van.model_copy(update={"start": "16:00", "hours": 8.0})
    check_tour(changed(study, units=(sets, until)), layers)


def test_unknown_depot_and_missing_service() -> None:
    study, layers = measured()
    unit = study.tour.units[0]
    with pytest.raises(StudyError, match="E-TOUR-DEPOT"):
        scene_of(changed(study, units=(unit.model_copy(update={"depot": "?"}),)), layers)
    services = tuple(s for s in study.tour.services if s.kind != unit.kind)
    with pytest.raises(StudyError, match="E-TOUR-SERVICE"):
        scene_of(changed(study, services=services), layers)


def test_nobody_lacks_anything(scene: Scene) -> None:
    none = [replace(s, lacking=np.zeros_like(s.lacking)) for s in scene.services]
    with pytest.raises(StudyError, match="E-TOUR-EMPTY"):
        plan_tour(replace(scene, services=tuple(none)), Watch(10))


@pytest.mark.slow
def test_the_command_plans_the_year(tmp_path: Path) -> None:
    out = tmp_path / "tour"
    result = CliRunner().invoke(app, ["tour", str(STUDY), "--out", str(out), "--json"])
    assert result.exit_code == 0, result.output
    facts = json.loads(result.stdout)
    assert facts["status"] == "ok" and facts["first"] == "2027-01-01"
    assert json.loads((out / "manifest.json").read_text("utf-8"))["tour"]["value"] == facts["value"]


def test_what_was_not_proved_in_time_is_printed_as_a_dash():
    told = [commands_tour._cell(one) for one in (pd.NA, None, float("nan"), "甲", 1234, 0.25)]
    assert told == ["—", "—", "—", "甲", "1,234", "0.2"]
