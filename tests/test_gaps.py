"""Who is left behind: every number that a flag states leads back to the flag."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction

import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kepu.coverage.gaps import CAUSES, COLUMNS, flags, percent_down
from kepu.coverage.share import Standard, nearest, reach, standard_coverage
from kepu.coverage.times import Times
from kepu.geo.routing import UNREACHED
from kepu.geo.snap import NOWHERE, Doors, Snaps

HORIZON = 36_000
TOWNS = geopandas.GeoDataFrame(
    {"name": ["东城街道", "源潭镇", "石角镇"]}, index=["t0", "t1", "t2"],
    geometry=[shapely.Point(0, 0)] * 3, crs=4547,
)  # fmt: skip
TYPES = ("room", "station")


def doors(edge: Sequence[int], walk: Sequence[float]) -> Doors:
    size = len(edge)
    zero = np.zeros((size, 2), np.int64)
    snaps = Snaps(np.array(edge, np.int64), np.zeros(size), np.zeros(size), np.zeros(size, bool))
    return Doors(snaps, zero, zero, zero == 0, np.array(walk, float))


def points(index: Sequence[str], **columns: Sequence[object]) -> geopandas.GeoDataFrame:
    place = [shapely.Point(0, 0)] * len(index)
    return geopandas.GeoDataFrame(columns, index=list(index), geometry=place, crs=4547)


class Case:
    """Places, venues, the times between them, and the flags that come of it."""

    def __init__(
        self, ticks: Sequence[Sequence[int]], people: Sequence[int], *,
        town: Sequence[str], rural: Sequence[bool], types: Sequence[str] = ("room",),
        apart: Sequence[int] = (), walk: Sequence[float] | None = None,
    ) -> None:  # fmt: skip
        count, width = len(people), len(types)
        table = np.array(ticks, np.uint32).reshape(count, width)
        table[list(apart)] = UNREACHED
        edge = [NOWHERE if i in apart else 0 for i in range(count)]
        self.demand = points(
            [f"p{i}" for i in range(count)], name=[f"村{i}" for i in range(count)],
            people=people, youth=[n // 2 for n in people], town=town, rural=rural,
        )  # fmt: skip
        self.venues = points(
            [f"v{j}" for j in range(width)], name=[f"馆{j}" for j in range(width)],
            type=types, status=["open"] * width,
        )  # fmt: skip
        self.times = Times(
            "walk", self.demand.index, self.venues.index, table, HORIZON,
            doors(edge, [0.0] * count if walk is None else walk), doors([0] * width, [0.0] * width),
        )  # fmt: skip

    def asked(self, *standards: Standard) -> pd.DataFrame:
        layers = self.times, self.venues, self.demand
        return flags(
            {standard.key: standard for standard in standards},
            pd.concat([reach(standard, *layers) for standard in standards], ignore_index=True),
            pd.concat([standard_coverage(standard, *layers, TOWNS) for standard in standards],
                      ignore_index=True),
            self.demand, TOWNS, self.venues,
        )  # fmt: skip


def standard(key: str = "room", **changes: object) -> Standard:
    values = {"types": ("room",), "mode": "walk", "minutes": 15.0, "goal": 0.9, **changes}
    return Standard(key, f"标准{key}", **values)


def one_place(
    tick: int, people: int = 100, *, walk: float = 0.0, **changes: object
) -> pd.DataFrame:
    case = Case([[tick]], [people], town=["t1"], rural=[True], walk=[walk])
    return case.asked(standard(**changes))


class TestOnePlace:
    @pytest.mark.parametrize(
        ("tick", "cause", "minutes", "over"),
        [
            (9001, "just_over", 15.1, 0.1),
            (9900, "just_over", 16.5, 1.5),
            (9901, "far", 16.6, 1.6),
            (36_000, "far", 60.0, 45.0),
        ],
    )
    def test_beyond_the_threshold(self, tick, cause, minutes, over):
        found = one_place(tick)
        place = found[found["kind"] == "place"].iloc[0]
        assert tuple(place[["cause", "minutes", "over_minutes"]]) == (cause, minutes, over)
        assert place["sentence"] == (
            f"源潭镇村0（100人）到最近的馆0需{minutes}分钟（其中路网外步行0.0分钟），"
            f"超出“标准room”15分钟的要求{over}分钟"
        )

    @pytest.mark.parametrize("tick", [0, 8999, 9000])
    def test_at_the_threshold_there_is_no_flag(self, tick):
        assert one_place(tick).query("id in ('p0', 't1')").empty

    def test_where_nobody_of_the_group_lives_no_place_is_flagged(self):
        found = one_place(20_000, people=1, group="youth")
        assert found["kind"].tolist() == ["town"] * len(found)

    def test_a_standard_for_urban_places_says_nothing_of_a_village(self):
        assert "place" not in one_place(20_000, area="urban")["kind"].tolist()

    def test_the_walk_off_the_road_is_said(self):
        found = one_place(9060, walk=150_000.0)
        place = found[found["kind"] == "place"].iloc[0]
        assert place["walk_minutes"] == 2.5
        assert "路网外步行2.5分钟" in place["sentence"]

    @pytest.mark.parametrize(
        ("apart", "types", "cause", "why"),
        [
            ([0], ("room",), "not_connected", "附近没有可接入的道路"),
            ([], ("station",), "no_venue", "没有可到达的此类在用设施"),
            ([], ("room",), "beyond_horizon", "最近的设施超出计算时限"),
        ],
    )
    def test_without_a_time_the_reason_is_said(self, apart, types, cause, why):
        case = Case([[UNREACHED]], [7], town=["t1"], rural=[True], types=types, apart=apart)
        place = case.asked(standard()).query("kind == 'place'").iloc[0]
        assert place["cause"] == cause
        assert pd.isna(place["minutes"])
        assert pd.isna(place["over_minutes"])
        assert pd.isna(place["venue"])
        assert place["sentence"] == f"源潭镇村0（7人）{why}，达不到“标准room”15分钟的要求"


class TestTowns:
    def test_below_the_goal(self):
        case = Case([[0], [9001]], [899, 101], town=["t1", "t1"], rural=[True, True])
        town = case.asked(standard(goal=0.9)).query("kind == 'town' and id == 't1'").iloc[0]
        assert town["cause"] == "low_share"
        assert town["share"] == 0.899
        assert town["uncovered"] == 101
        assert town["sentence"] == "源潭镇“标准room”覆盖率89.9%，低于目标90.0%，尚有101人未覆盖"

    def test_at_the_goal_there_is_no_flag(self):
        case = Case([[0], [9001]], [900, 100], town=["t1", "t1"], rural=[True, True])
        assert case.asked(standard(goal=0.9)).query("kind == 'town' and id == 't1'").empty

    def test_a_town_of_which_nothing_is_known_is_listed(self):
        case = Case([[0]], [5], town=["t1"], rural=[True])
        towns = case.asked(standard()).query("kind == 'town'").set_index("id")
        assert towns["cause"].to_dict() == {"t0": "unknown", "t2": "unknown"}
        assert towns.at["t0", "sentence"] == "东城街道没有该群体人口数据，“标准room”无法判定"
        assert towns["share"].isna().all()

    def test_a_town_without_places_that_a_standard_is_meant_for_is_not(self):
        case = Case([[0]], [5], town=["t1"], rural=[True])
        assert case.asked(standard(area="rural")).empty


def test_nothing_wrong_is_an_empty_table_of_the_same_columns():
    case = Case([[0]] * 3, [1, 2, 3], town=["t0", "t1", "t2"], rural=[True] * 3)
    found = case.asked(standard())
    assert found.empty
    assert tuple(found.columns) == COLUMNS


def test_towns_come_first_then_places_by_standard_and_people():
    case = Case([[20_000]] * 4, [5, 50, 50, 7], town=["t0", "t1", "t1", "t2"], rural=[True] * 4)
    found = case.asked(standard("b"), standard("a"))
    towns = found[found["kind"] == "town"]
    assert found["kind"].tolist() == ["town"] * 6 + ["place"] * 8
    assert towns["standard"].tolist() == ["b"] * 3 + ["a"] * 3
    places = found[found["kind"] == "place"]
    assert places["standard"].tolist() == ["b"] * 4 + ["a"] * 4
    assert places["id"].tolist() == ["p1", "p2", "p3", "p0"] * 2


@st.composite
def cases(draw: st.DrawFn) -> tuple[Case, list[Standard]]:
    count, width = draw(st.integers(1, 6)), draw(st.integers(0, 3))
    near = [8999, 9000, 9001, 9060, 9899, 9900, 9901]
    tick = st.one_of(st.integers(0, HORIZON), st.sampled_from(near), st.just(UNREACHED))

    def drawn(items: st.SearchStrategy, size: int) -> list:
        return draw(st.lists(items, min_size=size, max_size=size))

    case = Case(
        [drawn(tick, width) for _ in range(count)], drawn(st.integers(0, 90_000), count),
        town=drawn(st.sampled_from(TOWNS.index.tolist()), count),
        rural=drawn(st.booleans(), count), types=drawn(st.sampled_from(TYPES), width),
        apart=draw(st.lists(st.integers(0, count - 1), max_size=1)),
        walk=[metres * 1170.0 for metres in drawn(st.integers(0, 5), count)],
    )  # fmt: skip
    return case, [
        standard(
            key, minutes=draw(st.sampled_from([5.0, 15.0, 7.5, 14.9, 30.0])),
            goal=draw(st.sampled_from([0.5, 0.899, 0.9, 0.95, 1.0])),
            group=draw(st.sampled_from(["people", "youth"])),
            types=draw(st.sampled_from([("room",), TYPES])),
            area=draw(st.sampled_from(["all", "urban", "rural"])),
        )
        for key in ("one", "two")
    ]  # fmt: skip


def check_place(row: Mapping[str, object], case: Case, asked: Standard) -> None:
    place = case.demand.loc[row["id"]]
    assert row["people"] == row["uncovered"] == place[asked.group] > 0
    assert row["town"] == place["town"]
    numbers = [float(n) for n in re.findall(r"\d+(?:\.\d+)?", row["sentence"])]
    assert f"{row['name']}（{row['people']}人）" in row["sentence"]
    if row["cause"] in ("just_over", "far"):
        minutes, over = Fraction(str(row["minutes"])), Fraction(str(row["over_minutes"]))
        limit = Fraction(str(asked.minutes))
        assert minutes - limit == over > 0
        assert (row["cause"] == "just_over") is (minutes <= limit * 11 / 10)
        assert row["walk_minutes"] <= row["minutes"]
        said = [row["minutes"], row["walk_minutes"], asked.minutes, row["over_minutes"]]
        assert numbers[-4:] == said
        at = case.venues.index.get_loc(row["venue"])
        tick = int(case.times.ticks[case.demand.index.get_loc(row["id"]), at])
        assert tick > asked.minutes * 600
        assert case.venues.at[row["venue"], "name"] in row["sentence"]
    else:
        assert pd.isna(row["minutes"])
        assert numbers[-1] == asked.minutes


def check_town(row: Mapping[str, object], case: Case, asked: Standard) -> None:
    assert f"“{asked.name}”" in row["sentence"]
    if row["cause"] == "unknown":
        assert row["people"] == 0
        return
    said_share, said_goal = (Fraction(n) / 100 for n in re.findall(r"(\d+\.\d)%", row["sentence"]))
    people, uncovered = int(row["people"]), int(row["uncovered"])
    assert said_share < said_goal == Fraction(str(asked.goal))
    assert 0 <= Fraction(people - uncovered, people) - said_share < Fraction(1, 1000)
    assert f"尚有{uncovered}人未覆盖" in row["sentence"]


@given(cases())
@settings(max_examples=100, deadline=None)
def test_the_stated_numbers_lead_back_to_the_flag(drawn):
    case, standards = drawn
    found = case.asked(*standards)
    flagged = {(row["standard"], row["kind"], row["id"]) for row in found.to_dict("records")}
    assert len(flagged) == len(found)
    assert set(found["cause"]) <= set(CAUSES)
    by_key = {asked.key: asked for asked in standards}
    for row in found.to_dict("records"):
        check = check_place if row["kind"] == "place" else check_town
        check(row, case, by_key[row["standard"]])
    for asked in standards:
        assert {i for key, kind, i in flagged if (key, kind) == (asked.key, "place")} == (
            left_behind(case, asked)
        )
        assert {i for key, kind, i in flagged if (key, kind) == (asked.key, "town")} == (
            below_the_goal(case, asked)
        )


def meant(case: Case, asked: Standard) -> list[bool]:
    rural = case.demand["rural"].tolist()
    return [asked.area == "all" or here == (asked.area == "rural") for here in rural]


def left_behind(case: Case, asked: Standard) -> set[str]:
    ticks = nearest(case.times, case.venues, asked.types).ticks.tolist()
    people = case.demand[asked.group].tolist()
    return {
        name for name, tick, count, here in zip(
            case.demand.index, ticks, people, meant(case, asked), strict=True
        )
        if here and count and tick > round(asked.minutes * 600)
    }  # fmt: skip


def below_the_goal(case: Case, asked: Standard) -> set[str]:
    behind, found = left_behind(case, asked), set()
    here = case.demand[meant(case, asked)]
    for town in TOWNS.index:
        people = here.loc[here["town"] == town, asked.group]
        total = int(people.sum())
        missed = sum(int(count) for name, count in people.items() if name in behind)
        if total == 0:
            found |= {town} if asked.area == "all" else set()
        elif Fraction(total - missed, total) < Fraction(str(asked.goal)):
            found.add(town)
    return found


@given(st.integers(1, 2_000_000_000), st.data(), st.integers(0, 1000))
@settings(max_examples=500)
def test_a_printed_share_reaches_the_printed_goal_only_when_it_is_met(people, data, thousandths):
    near = people * thousandths // 1000
    covered = data.draw(st.one_of(
        st.integers(0, people), st.sampled_from([max(near - 1, 0), near, min(near + 1, people)])
    ))  # fmt: skip
    goal = thousandths / 1000
    met = covered * 1000 >= thousandths * people
    assert (covered / people >= goal) is met
    assert (float(percent_down(covered / people)) >= float(percent_down(goal))) is met


@given(st.integers(0, 10**9), st.integers(1, 10**9))
@example(999_999_999, 1_000_000_000)
@example(1, 1)
def test_percent_is_rounded_down(covered, people):
    covered = min(covered, people)
    assert Fraction(percent_down(covered / people)) == Fraction(covered * 1000 // people, 10)


def test_a_tenth_of_a_percent_is_printed_as_it_is():
    for tenths in range(1001):
        assert percent_down(tenths / 1000) == f"{tenths // 10}.{tenths % 10}"
