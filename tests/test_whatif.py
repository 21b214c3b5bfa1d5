"""Scenarios: never another answer than counting from scratch, and never only the balance."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas import GeoDataFrame
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from kepu.cli import app
from kepu.coverage.reach import reach
from kepu.coverage.scenario import Tally
from kepu.coverage.scenario_compare import (
    delays,
    everybody,
    flags_moved,
    people_moved,
    places_hit,
    places_moved,
    standards_beside,
)
from kepu.coverage.share import Standard, admitted, standard_coverage
from kepu.coverage.times import Times
from kepu.geo.crs import WGS84, transform
from kepu.geo.errors import KepuError, StudyError
from kepu.geo.routing import UNREACHED
from kepu.inputs import read_layers
from kepu.scenario_file import checked, read_scenario, scenario_text
from kepu.scenario_keys import Scenario
from kepu.scenario_options import from_options
from kepu.scenario_results import Comparison
from kepu.scenario_sheets import people_sheet, write_comparison
from kepu.scenarios import Outcome, apply, baseline
from kepu.study import measure_times

from .given_doors import doors
from .illustrative import DISTRICT
from .illustrative import without_land as measured

STUDY = DISTRICT / "study.toml"


def outcome(*options: tuple[str, str], name: str = "情景", resnap: bool = False) -> Outcome:
    return apply(*measured(), from_options(options, name=name, resnap=resnap))


@dataclass
class Small:
    """Some places and venues with times between them, and a standard."""

    times: Times
    venues: GeoDataFrame
    demand: GeoDataFrame
    towns: GeoDataFrame
    standard: Standard

    def counted(self, venues: GeoDataFrame) -> pd.DataFrame:
        return standard_coverage(self.standard, self.times, venues, self.demand, self.towns)

    def tally(self) -> Tally:
        among, _ = admitted(self.venues, self.standard)
        return Tally.of(self.standard, self.times, among, self.demand, self.towns.index)

    def with_open(self, numbers: set[int]) -> GeoDataFrame:
        status = ["open" if i in numbers else "closed" for i in range(len(self.venues))]
        return self.venues.assign(status=status)


@st.composite
def smalls(draw: st.DrawFn) -> Small:
    places, venues = draw(st.integers(1, 9)), draw(st.integers(1, 7))
    ticks = st.one_of(st.integers(0, 12).map(lambda n: n * 100), st.just(UNREACHED))
    cells = draw(st.lists(ticks, min_size=places * venues, max_size=places * venues))
    table = np.array(cells, np.uint32).reshape(places, venues)
    tied = np.array(draw(st.lists(st.booleans(), min_size=places, max_size=places)))
    table[~tied] = UNREACHED
    names = draw(st.permutations([f"V{i}" for i in range(venues)]))
    rural = draw(st.lists(st.booleans(), min_size=places, max_size=places))
    town = draw(st.lists(st.sampled_from(["A", "B"]), min_size=places, max_size=places))
    people = draw(st.lists(st.integers(0, 2**31), min_size=places, max_size=places))
    point = [shapely.Point(0, 0)]
    crs = "EPSG:4547"
    index = pd.Index([f"p{i}" for i in range(places)], name="place")
    demand = GeoDataFrame(
        {"name": index, "town": town, "rural": rural, "people": people},
        index=index, geometry=point * places, crs=crs,
    )  # fmt: skip
    status = draw(st.lists(st.sampled_from(["open", "closed"]), min_size=venues, max_size=venues))
    layer = GeoDataFrame(
        {"type": "room", "status": status}, index=pd.Index(names, name="venue"),
        geometry=point * venues, crs=crs,
    )  # fmt: skip
    standard = Standard(
        "s", "s", ("room",), "walk", draw(st.sampled_from([0.5, 1.0])), 0.5,
        area=draw(st.sampled_from(["all", "urban", "rural"])),
    )  # fmt: skip
    apart = np.flatnonzero(~tied)
    times = Times(
        "walk", index, layer.index, table, 10**6, doors(places, apart=apart), doors(venues)
    )
    towns = GeoDataFrame({"name": ["甲", "乙"]}, index=["A", "B"], geometry=point * 2, crs=crs)
    return Small(times, layer, demand, towns, standard)


def same(tally: Tally, counted: pd.DataFrame) -> None:
    columns = ["people", "covered", "not_connected", "share"]
    pd.testing.assert_frame_equal(tally.table(), counted[columns])


@given(smalls(), st.data())
def test_opening_and_closing_equal_counting_from_scratch(small, data):
    """Also invariants 16 to 18: opening only covers more, closing less, and back is back."""
    start = small.tally()
    same(start, small.counted(small.venues))
    wanted = data.draw(st.sets(st.integers(0, len(small.venues) - 1)))
    mask = np.isin(np.arange(len(small.venues)), list(wanted))
    found = start.changed(mask)
    same(found, small.counted(small.with_open(wanted)))
    scratch = replace(small, venues=small.with_open(wanted)).tally()
    np.testing.assert_array_equal(found.ticks, scratch.ticks)
    np.testing.assert_array_equal(found.venue, scratch.venue)
    more = found.opened(range(len(small.venues)))
    assert (more.ticks <= found.ticks).all()
    assert (more.covered >= found.covered).all()
    fewer = found.closed(np.flatnonzero(mask)[:1])
    assert (fewer.ticks >= found.ticks).all()
    assert (fewer.covered <= found.covered).all()
    back = found.changed(start.among)
    for name in ("ticks", "venue", "covered", "among"):
        np.testing.assert_array_equal(getattr(back, name), getattr(start, name))


@given(smalls())
def test_a_twin_changes_nothing_and_a_longer_threshold_covers_no_less(small):
    """Invariants 19 and 20."""
    start = small.tally()
    column = small.times.ticks[:, 0]
    if start.among[0]:
        # of equally near venues the lowest name wins: A before all, W behind them
        for name, wins in (("A", True), ("W", False)):
            twin = start.with_site(column, name)
            np.testing.assert_array_equal(twin.ticks, start.ticks)
            np.testing.assert_array_equal(twin.covered, start.covered)
            tied = (column == start.ticks) & (column != UNREACHED)
            new = np.where(tied & wins, len(small.venues), start.venue)
            np.testing.assert_array_equal(twin.venue, new)
    longer = replace(small, standard=replace(small.standard, minutes=1.5)).tally()
    assert (longer.covered >= start.covered).all()


def test_a_time_at_the_threshold_is_covered():
    exact = np.array([[600], [601], [UNREACHED]], np.uint32)
    crs = "EPSG:4547"
    point = [shapely.Point(0, 0)]
    demand = GeoDataFrame(
        {"name": list("abc"), "town": "A", "rural": False, "people": [1, 2, 4]},
        index=list("abc"), geometry=point * 3, crs=crs,
    )  # fmt: skip
    times = Times(
        "walk", demand.index, pd.Index(["v"]), exact, 9**9, doors(3), doors(1),
    )  # fmt: skip
    standard = Standard("s", "s", ("room",), "walk", 1.0, 0.5)
    tally = Tally.of(standard, times, np.array([False]), demand, pd.Index(["A"]))
    assert tally.table()["covered"].tolist() == [0, 0, 0, 0]
    assert tally.opened([0]).table()["covered"].tolist() == [1, 1, 0, 1]


def test_the_empty_scenario_is_the_present_byte_for_byte(tmp_path):
    asked, now = measured()
    empty = apply(asked, now, Scenario(name="空"))
    for mode, times in now.times.items():
        assert empty.survey.times[mode] is times
    write_comparison(tmp_path, Comparison([baseline(asked, now), empty]))
    names = sorted(path.name for path in (tmp_path / "0").iterdir())
    assert names == ["coverage.csv", "flags.csv", "places.csv"]
    for name in names:
        assert (tmp_path / "0" / name).read_bytes() == (tmp_path / "1" / name).read_bytes()
    moved = people_sheet(Comparison([baseline(asked, now), empty]))
    assert not moved[["新覆盖", "失去覆盖", "不再可达", "变近（覆盖不变）"]].to_numpy().any()


EDITS = (
    ("open", "V165"), ("close", "V001,V002"), ("add", "room.community@113.05,23.68"),
    ("move", "V001@113.05,23.7"), ("upgrade", "V300=room.community"), ("capacity", "V001=60"),
    ("hours", "V001=08:30-21:00"), ("add-people", "3000@113.05,23.68"),
    ("close-road", "北江一桥"), ("close-road", "北江二桥"), ("speed", "car.secondary=30"),
    ("speed", "ebike.tertiary=9"),
    ("add-road", "secondary@113.0121,23.6838;113.0243,23.7155"),
)  # fmt: skip


def usable(option: tuple[str, str]) -> tuple[str, str]:
    """An edit that applies to the data as they are."""
    if option[0] == "open":
        venues = measured()[1].venues
        return "open", str(venues.index[venues["status"] == "planned"][0])
    return option


@pytest.mark.parametrize(
    "seed", [1, 3, *(pytest.param(n, marks=pytest.mark.slow) for n in (0, 2, 4, 5))]
)
def test_what_is_kept_equals_measuring_from_scratch(seed):
    """Any edits: the times of a search of everything on the edited study, to the tick.

    Not of a new road, nor of a closed one with points held where they were: there a fresh
    look snaps some points to another road.
    """
    rng = np.random.default_rng(seed)
    picked = sorted(rng.choice(len(EDITS) - 1, 4, replace=False))
    chosen = [usable(EDITS[i]) for i in picked]
    closed = {name for option, text in chosen if option == "close" for name in text.split(",")}
    chosen = [c for c in chosen if c[0] == "close" or not (closed & {c[1][:4]})]
    shut = any(option == "close-road" for option, _ in chosen)
    found = outcome(*chosen, resnap=shut or bool(seed % 2))
    scratch = measure_times(found.study, found.survey, found.survey.roads)
    for mode, times in found.survey.times.items():
        assert list(times.venues) == list(found.survey.venues.index)
        assert list(times.places) == list(found.survey.demand.index)
        np.testing.assert_array_equal(times.ticks, scratch.times[mode].ticks)
    asked, now = measured()
    assert list(now.venues.index) == list(read_layers(asked).venues.index)


def test_closing_what_was_opened_is_the_start():
    """Invariant 18, through the whole study."""
    planned = usable(("open", ""))[1]
    _, now = measured()
    there_and_back = outcome(
        ("add", "room.community@113.05,23.68"), ("open", planned), ("close", "NEW1"),
        ("close", planned),
    )  # fmt: skip
    pd.testing.assert_frame_equal(there_and_back.survey.venues, now.venues)
    for mode, times in now.times.items():
        assert there_and_back.survey.times[mode] is times


def test_a_bridge_closed_lengthens_trips_and_shortens_none():
    """Invariants 6 and 7 on the district, and nobody is lost on the way."""
    asked, now = measured()
    shut = outcome(("close-road", "北江一桥"))
    for mode, times in now.times.items():
        after = shut.survey.times[mode].ticks
        assert (after >= times.ticks).all()
        assert (after > times.ticks).any()
    faster = outcome(("speed", "car.secondary=90"))
    assert (faster.survey.times["car"].ticks <= now.times["car"].ticks).all()
    found = Comparison([baseline(asked, now), shut])
    people = found.people
    assert (people["gained"] == 0).all()
    assert people["lost"].sum() > 0
    whole = people[(people["scope"] == "district") & people["own"]]
    assert whole["people"].sum() > 0


def test_the_balance_is_told_by_its_parts():
    """Covered after is before with its gains, losses, comers and goers: everywhere, for all."""
    asked, now = measured()
    first = now.venues.index[(now.venues["type"] == "room.community")][0]
    estate = ("add-people", "3000@113.05,23.68")
    found = Comparison(
        [
            baseline(asked, now),
            outcome(("close", str(first)), ("add-people", "12000@113.1,23.7"), name="甲"),
            outcome(estate, ("add", "room.community@113.0501,23.6801"), name="乙"),
            outcome(estate, name="丙"),
        ]
    )  # fmt: skip
    people = found.people
    assert list(dict.fromkeys(zip(people["before"], people["after"], strict=True))) == [
        ("现状", "甲"), ("现状", "乙"), ("现状", "丙"), ("甲", "乙"), ("甲", "丙"), ("乙", "丙"),
    ]  # fmt: skip
    sums = people["covered_before"] + people["gained"] - people["lost"]
    sums += people["arrived_covered"] - people["departed_covered"]
    assert (people["covered_after"] == sums).all()
    towns = people[people["scope"] == "town"].groupby(
        ["before", "after", "standard", "group"], sort=False
    )
    whole = people[people["scope"] == "district"]
    for column in ("gained", "lost", "cut_off", "nearer", "farther", "arrived", "people"):
        assert (towns[column].sum().to_numpy() == whole[column].to_numpy()).all()
    beside = found.standards.set_index(["state", "standard", "scope", "code"])
    own = whole[whole["own"]]
    arrived = own[own["standard"] == "room"].set_index(["before", "after"])
    assert arrived.loc[("甲", "乙"), ["arrived", "departed"]].tolist() == [3000, 12000]
    assert arrived.loc[("乙", "丙"), ["arrived", "departed", "lost"]].tolist() == [0, 0, 3000]
    for row in own.to_dict("records"):
        covered = [
            beside.loc[(row[side], row["standard"], "district", ""), "covered"]
            for side in ("before", "after")
        ]
        assert [row["covered_before"], row["covered_after"]] == covered
    flags = found.flags
    assert set(flags["change"]) <= {"gone", "new"}
    rows = [row for row in found.headline if row["scenario"] == "甲" and row["standard"] == "room"]
    assert rows[0]["lost"] > 0
    assert rows[0]["gained"] == 0


KINDS = ("same", "gained", "lost", "cut_off", "nearer", "farther", "arrived", "departed")
MINUTES = ((5, 5), (20, 10), (10, 20), (10, None), (None, 20), (20, 25), (None, 10), (9, None))


def reach_of(side: int, names: pd.Index) -> pd.DataFrame:
    taken = pd.array([MINUTES[KINDS.index(n)][side] for n in names], dtype="Float64")
    return pd.DataFrame(
        {"standard": "s", "place": names, "minutes": taken, "venue": "v",
         "covered": (pd.Series(taken) <= 15).fillna(False).to_numpy(bool), "reason": ""}
    )  # fmt: skip


def eight() -> GeoDataFrame:
    """One place of each kind; a power of two of people says which."""
    return GeoDataFrame(
        {"name": KINDS, "town": "A", "rural": True, "people": [2**i for i in range(8)],
         "elderly": [1] * 8},
        index=pd.Index(KINDS), geometry=[shapely.Point(0, 0)] * 8, crs=4547,
    )  # fmt: skip


def test_kinds_of_change_by_hand():
    before, after = eight().drop("arrived"), eight().drop("departed")
    both = everybody(before, after)
    standard = Standard("s", "s", ("room",), "walk", 15.0, 0.5)
    reach = (reach_of(0, before.index), reach_of(1, after.index))
    moved = places_moved(standard, both, *reach)
    assert dict(zip(moved["place"], moved["kind"], strict=True)) == {kind: kind for kind in KINDS}
    towns = GeoDataFrame({"name": ["甲"]}, index=["A"], geometry=[shapely.Point(0, 0)], crs=4547)
    table = people_moved(moved, standard, both.demand, towns).set_index(["group", "scope"])
    row, old = table.loc[("people", "district")], table.loc[("elderly", "district")]
    for i, kind in enumerate(KINDS[1:], 1):
        assert row[kind] == 2**i + (2**3 if kind == "lost" else 0)
    assert (row["people"], row["departed_covered"], row["arrived_covered"]) == (127, 128, 64)
    assert (row["covered_before"], row["covered_after"]) == (1 + 4 + 8 + 128, 1 + 2 + 64)
    # 4 people take 10 minutes longer and lose coverage, 32 take 5 and had none
    assert (row["delayed"], row["delay_most"]) == (36, 10.0)
    assert row["delay_mean"] == pytest.approx((4 * 10 + 32 * 5) / 36)
    assert (old["delayed"], old["delay_mean"], old["delay_most"]) == (2, 7.5, 10.0)
    assert pd.isna(table.loc[("people", "urban"), "delay_mean"])
    assert delays(moved)[moved["kind"] == "lost"] == [100]
    hit = places_hit(moved)
    assert list(hit.index) == ["cut_off", "lost", "farther"]
    assert hit[["cut_off", "lost"]].to_numpy().tolist() == [
        [("s",), ()], [(), ("s",)], [(), ()]
    ]  # fmt: skip
    assert hit["delay_most"].tolist()[1:] == [10.0, 5.0]
    assert pd.isna(hit["delay_most"].iloc[0])
    assert hit["delay_standard"].tolist() == ["", "s", "s"]
    urban = replace(standard, area="urban")  # meant for none of these villages
    elsewhere = places_moved(urban, both, *reach)
    nobody = people_moved(elsewhere, urban, both.demand, towns)
    assert not nobody[["people", "gained", "departed"]].to_numpy().any()
    assert places_hit(elsewhere).empty


def test_a_place_of_one_name_with_other_people_or_elsewhere_is_another():
    plain = eight()
    assert not everybody(plain, plain.copy()).arrived.any()
    for other in (
        plain.assign(people=plain["people"] + (plain.index == "lost")),
        plain.assign(elderly=plain["elderly"] + (plain.index == "lost")),
        plain.set_geometry(
            [shapely.Point(int(name == "lost"), 0) for name in plain.index], crs=plain.crs
        ),
    ):
        both = everybody(plain, other)
        assert list(both.demand.index[both.arrived]) == ["lost"]
        assert list(both.demand.index[both.departed]) == ["lost"]
        assert len(both.demand) == 9


State = tuple[GeoDataFrame, pd.DataFrame]


@st.composite
def two_states(draw: st.DrawFn) -> tuple[State, State]:
    """Some of six places, here or there, of few people; most stay, but get there in other times."""
    place = st.tuples(*(st.integers(0, 2) for _ in range(3)))
    minutes = st.sampled_from([None, 5.0, 14.9, 15.0, 15.1, 40.0])
    first = draw(st.dictionaries(st.sampled_from("abcdef"), place, max_size=6))
    second = draw(st.dictionaries(st.sampled_from("abcdef"), place, max_size=2))
    gone = draw(st.sets(st.sampled_from("abcdef"), max_size=2))
    second = {name: first[name] for name in first if name not in gone} | second
    return tuple(
        (state_of(places), answers_of({name: draw(minutes) for name in places}))
        for places in (first, second)
    )


def state_of(places: dict[str, tuple[int, int, int]]) -> GeoDataFrame:
    rows = list(places.values())
    return GeoDataFrame(
        {"name": list(places), "town": ["A" if x else "B" for x, *_ in rows],
         "rural": [bool(x) for x, *_ in rows], "people": [many for _, many, _ in rows],
         "elderly": [min(many, old) for _, many, old in rows]},
        index=pd.Index(list(places), dtype=object),
        geometry=[shapely.Point(x, 0) for x, *_ in rows], crs=4547,
    )  # fmt: skip


def answers_of(minutes: dict[str, float | None]) -> pd.DataFrame:
    return pd.DataFrame({
        "standard": "s", "place": list(minutes), "venue": "v", "reason": "",
        "minutes": pd.array(list(minutes.values()), dtype="Float64"),
        "covered": [m is not None and m <= 15 for m in minutes.values()],
    })  # fmt: skip


def longer(first: State, second: State) -> dict[str, int]:
    """How many tenths of a minute more each place takes that is the same and gets there still."""
    (then, was), (now, takes) = first, second
    columns = ["town", "rural", "people", "elderly"]
    found = {}
    for name in then.index.intersection(now.index):
        before, after = (table.set_index("place")["minutes"][name] for table in (was, takes))
        same = then.loc[name, columns].tolist() == now.loc[name, columns].tolist()
        same = same and then.geometry[name] == now.geometry[name]
        if same and not pd.isna(before) and not pd.isna(after) and after > before:
            found[name] = round(10 * after) - round(10 * before)
    return found


@given(two_states(), st.sampled_from(["all", "urban", "rural"]))
def test_two_states_of_any_places_balance_to_the_last_person(both_states, area):
    """What either state counts by itself is what the pair begins and ends with."""
    first, second = both_states
    standard = Standard("s", "s", ("room",), "walk", 15.0, 0.5, area=area)
    both = everybody(first[0], second[0])
    moved = places_moved(standard, both, first[1], second[1])
    towns = GeoDataFrame(
        {"name": ["甲", "乙"]}, index=["A", "B"], geometry=[shapely.Point(0, 0)] * 2, crs=4547
    )
    table = people_moved(moved, standard, both.demand, towns)
    slower = longer(first, second)
    for row in table.to_dict("records"):
        sums = []
        for demand, known in (first, second):
            rural, town = demand["rural"].to_numpy(bool), demand["town"].to_numpy(object)
            mine = {"all": rural | True, "urban": ~rural, "rural": rural}[area]
            mine = mine & {
                "district": rural | True, "urban": ~rural, "rural": rural,
                "town": town == row["code"],
            }[row["scope"]]  # fmt: skip
            people = demand[row["group"]].to_numpy(np.int64) * mine
            sums += [int(people.sum()), int((people * known["covered"].to_numpy(bool)).sum())]
        people_then, covered_then, people_now, covered_now = sums
        assert (row["covered_before"], row["covered_after"]) == (covered_then, covered_now)
        assert row["people"] == people_now == people_then + row["arrived"] - row["departed"]
        assert covered_now == (
            covered_then + row["gained"] - row["lost"] + row["arrived_covered"]
            - row["departed_covered"]
        )  # fmt: skip
        delayed = {name: int(n) for name, n in zip(demand.index, people, strict=True) if n}
        delayed = {name: n for name, n in delayed.items() if name in slower}
        assert row["delayed"] == sum(delayed.values())
        if delayed:
            mean = sum(n * slower[name] for name, n in delayed.items()) / row["delayed"] / 10
            assert row["delay_mean"] == pytest.approx(mean)
            assert row["delay_most"] == max(slower[name] for name in delayed) / 10
        else:
            assert pd.isna(row["delay_mean"])
            assert pd.isna(row["delay_most"])


def test_flags_and_shares_beside_each_other_by_hand():
    flags = pd.DataFrame({"kind": "place", "id": list("ab"), "standard": "s"})
    told = flags_moved(flags, flags.assign(id=list("bc")))
    assert dict(zip(told["id"], told["change"], strict=True)) == {"a": "gone", "c": "new"}
    table = pd.DataFrame(
        {"standard": "s", "scope": "district", "code": "", "covered": [5],
         "share": pd.array([0.5], dtype="Float64")}
    )  # fmt: skip
    beside = standards_beside({"a": table, "b": table.assign(covered=7, share=0.75)})
    assert beside["more"].tolist() == [0, 2]
    assert beside["points"].tolist() == [0.0, 25.0]


def test_an_upgrade_keeps_the_house_and_its_times():
    asked, now = measured()
    library = str(now.venues.index[now.venues["type"] == "civic.library"][0])
    found = outcome(("upgrade", f"{library}=room.community"))
    twin = f"{library}+room.community"
    times = found.survey.times["walk"]
    at = [list(times.venues).index(name) for name in (library, twin)]
    np.testing.assert_array_equal(times.ticks[:, at[0]], times.ticks[:, at[1]])
    assert found.survey.venues.at[library, "type"] == "civic.library"
    assert found.survey.venues.at[twin, "status"] == "open"
    plain = reach(asked.wanted[0], times, found.survey.venues, found.survey.demand)
    assert len(plain) == len(now.demand)


def test_a_new_estate_counts_in_its_town():
    _, now = measured()
    found = outcome(("add-people", "3000@113.05,23.68"))
    demand = found.survey.demand
    assert demand["people"].sum() == now.demand["people"].sum() + 3000
    point = transform(np.array([113.05]), np.array([23.68]), WGS84, now.towns.crs)
    inside = now.towns.geometry.contains(shapely.Point(point[0][0], point[1][0]))
    assert demand.at["NEW1", "town"] == now.towns.index[inside][0]
    assert [fault.code for fault in found.warnings] == ["W-EDIT-GROUPS"]
    assert demand.dtypes.equals(now.demand.dtypes)
    assert 0 < demand.at["NEW1", "elderly"] < 3000


@pytest.mark.parametrize(
    ("option", "text", "code"),
    [
        ("open", "V9999", "E-EDIT-NOTHING"),
        ("open", "V001", "E-EDIT-NO-CHANGE"),
        ("close", "V001,V9999", "E-EDIT-NOTHING"),
        ("add", "room.communty@113.05,23.68", "E-EDIT-TYPE"),
        ("add", "room.community@120.0,23.68", "E-EDIT-OUTSIDE"),
        ("upgrade", "V001=room.community", "E-EDIT-NO-CHANGE"),
        ("move", "V9999@113.05,23.68", "E-EDIT-NOTHING"),
        ("close-road", "北江十桥", "E-EDIT-NOTHING"),
        ("close-road", "999999999999", "E-EDIT-NOTHING"),
        ("close-area", "没有.geojson", "E-FILE-MISSING"),
        ("speed", "car.nothing=30", "E-EDIT-NOTHING"),
        ("add-road", "secondary@100.0,23.68;100.1,23.7", "E-EDIT-ROAD-LOOSE"),
        ("add-people", "5@120.0,23.68", "E-EDIT-OUTSIDE"),
        ("add-people", "many@113.05,23.68", "E-SCENARIO-OPTION"),
        ("capacity", "V001", "E-SCENARIO-OPTION"),
        ("hours", "V001=", "E-SCENARIO-OPTION"),
        ("add", "room.community@23.68,113.05", "E-STUDY-VALUE"),
    ],
)
def test_an_edit_that_matches_or_changes_nothing_is_an_error(option, text, code):
    with pytest.raises(KepuError) as error:
        outcome((option, text))
    assert error.value.faults[0].code == code


def test_all_that_is_wrong_is_told_at_once():
    with pytest.raises(StudyError) as error:
        outcome(("open", "V9999"), ("close", "V8888"))
    assert [fault.column for fault in error.value.faults] == [
        "edits[1] open_venue", "edits[2] close_venue",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ({"name": "x", "edit": []}, "E-SCENARIO-KEY"),
        ({"name": "x", "edits": [{"do": "open_venues", "venue": ["a"]}]}, "E-SCENARIO-DO"),
        ({"name": "x", "edits": [{"do": "open_venue", "venues": ["a"]}]}, "E-SCENARIO-MISSING"),
        ({"name": "x", "edits": [{"do": "close_roads"}]}, "E-STUDY-VALUE"),
        ({"name": "x", "edits": [{"do": "close_roads", "way": 1, "name": "a"}]}, "E-STUDY-VALUE"),
        ({"edits": []}, "E-SCENARIO-MISSING"),
    ],
)
def test_a_file_that_says_what_none_may_say(content, code):
    with pytest.raises(StudyError) as error:
        checked(content, "情景.toml")
    assert code in {fault.code for fault in error.value.faults}


def test_a_scenario_written_is_read_back(tmp_path):
    found = from_options(EDITS, name='方案“甲”"', resnap=True)
    path = tmp_path / "a.toml"
    path.write_text(scenario_text(found), encoding="utf-8")
    assert read_scenario(path) == found
    assert tomllib.loads(scenario_text(found))["name"] == found.name


def test_options_and_file_say_the_same(tmp_path):
    by_option = outcome(("close", "V001"), ("close-road", "北江一桥"))
    path = tmp_path / "a.toml"
    path.write_text(scenario_text(by_option.scenario), encoding="utf-8")
    by_file = apply(*measured(), read_scenario(path))
    for mode, times in by_option.survey.times.items():
        np.testing.assert_array_equal(times.ticks, by_file.survey.times[mode].ticks)
    pd.testing.assert_frame_equal(by_option.assessment.standards, by_file.assessment.standards)


def flooded(out: str, *options: str) -> tuple[CliRunner, object]:
    """Run the command; an area is closed and a venue, or what the options say instead."""
    area = Path("淹没.geojson").absolute()
    area.write_text(shapely.to_geojson(shapely.box(113.0, 23.66, 113.06, 23.72)), "utf-8")
    said = options or ("--close-area", str(area), "--close", "V001", "--name", "汛期")
    runner = CliRunner()
    return runner, runner.invoke(
        app, ["whatif", str(STUDY), *said, "--no-figures", "--out", out, "--json"]
    )


def test_the_command_tells_gains_and_losses(tmp_path):
    runner, done = flooded("w")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert {row["scenario"] for row in told["changes"]} == {"汛期"}
    assert any(row["cut_off"] > 0 for row in told["changes"])
    assert len(told["scenarios"][0]["did"]) == 2
    again = (Path("w") / "1" / "scenario.toml").read_text("utf-8")
    assert str(tmp_path) not in again
    assert read_scenario(Path("w/1/scenario.toml")).name == "汛期"
    assert runner.invoke(app, ["whatif", str(STUDY)]).exit_code == 3


@pytest.mark.slow
def test_the_scenario_that_is_left_gives_the_same_tables_and_pictures(tmp_path):
    flooded("w")
    runner = CliRunner()
    twice = runner.invoke(
        app, ["whatif", str(STUDY), "-s", "w/1/scenario.toml", "--out", "x", "--close", "V002"]
    )
    assert twice.exit_code == 0, twice.output
    assert "汛期" in twice.output
    first, second = (pd.read_csv(Path(out) / "changes.csv", dtype=str) for out in ("w", "x"))
    pair = (second["由"] == "现状") & (second["到"] == "汛期")
    pd.testing.assert_frame_equal(first, second[pair].reset_index(drop=True))
    assert (Path("w/1/places.csv")).read_bytes() == Path("x/1/places.csv").read_bytes()
    assert {"1-room.png", "2-room.svg", "1-2-room.png", "states.png"} <= {
        path.name for path in Path("x/figures").iterdir()
    }
