"""Who is left behind: every fact that a flag states leads back to the flag."""

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

from kepu.coverage.gaps import CAUSES, COLUMNS, FIXES, LEVELS, _ranked, flags, percent_down
from kepu.coverage.opening import CLOSED, OPEN, opening
from kepu.coverage.question import Question
from kepu.coverage.reach import reach
from kepu.coverage.share import Standard, standard_coverage
from kepu.coverage.times import Times, minutes_up
from kepu.geo.routing import UNREACHED
from kepu.geo.snap import NOWHERE, Doors, Snaps

HORIZON = 36_000
TOWNS = geopandas.GeoDataFrame(
    {"name": ["东城街道", "源潭镇", "石角镇"]}, index=["t0", "t1", "t2"],
    geometry=[shapely.Point(0, 0)] * 3, crs=4547,
)  # fmt: skip
TYPES = ("room", "station")
HOSTS = ("centre",)
GROUP_WORDS = {"people": "", "youth": "青少年"}
METRES = {"A": 0.0, "C": 120.0, "D": 480.0, "": 0.0}
PACE = 60.0
"""Straight metres in a minute."""
JOIN = 800.0
"""How far from a road a place may lie, metres."""


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
        status: Sequence[str] | None = None, at: Sequence[float] | None = None,
        grade: Sequence[str] | None = None, hours: Sequence[tuple[str, str]] | None = None,
        capacity: Sequence[float] | None = None, targets: Sequence[str] | None = None,
    ) -> None:  # fmt: skip
        count, width = len(people), len(types)
        table = np.array(ticks, np.uint32).reshape(count, width)
        table[list(apart)] = UNREACHED
        edge = [NOWHERE if i in apart else 0 for i in range(count)]
        self.demand = points(
            [f"p{i}" for i in range(count)], name=[f"村{i}" for i in range(count)],
            people=people, youth=[n // 2 for n in people], town=town, rural=rural,
            precision=grade or ["A"] * count,
        )  # fmt: skip
        self.venues = points(
            [f"v{j}" for j in range(width)], name=[f"馆{j}" for j in range(width)],
            type=types, status=status or ["open"] * width, precision=["A"] * width,
            days=[days for days, _ in hours or [("", "")] * width],
            hours=[text for _, text in hours or [("", "")] * width], town=["t1"] * width,
            capacity=capacity or [np.nan] * width, capacity_unit=["座"] * width,
            targets=targets or [""] * width,
        )  # fmt: skip
        if at is not None:
            self.venues = self.venues.set_geometry([shapely.Point(x, 0) for x in at], crs=4547)
        self.homes = self.demand.drop(columns="geometry").to_dict("records")
        self.offers = self.venues.drop(columns="geometry").to_dict("records")
        self.table = table.tolist()
        self.times = Times(
            "walk", self.demand.index, self.venues.index, table, HORIZON,
            doors(edge, [0.0] * count if walk is None else walk), doors([0] * width, [0.0] * width),
        )  # fmt: skip

    def asked(self, *standards: Standard) -> pd.DataFrame:
        layers = self.times, self.venues, self.demand
        return flags(
            [Question(standard, self.times, PACE, 0.0, JOIN) for standard in standards],
            pd.concat([reach(standard, *layers) for standard in standards], ignore_index=True),
            pd.concat([standard_coverage(standard, *layers, TOWNS) for standard in standards],
                      ignore_index=True),
            self.demand, TOWNS, self.venues, metres=METRES, hosts=HOSTS,
        )  # fmt: skip


def standard(key: str = "room", **changes: object) -> Standard:
    values = {"types": ("room",), "mode": "walk", "minutes": 15.0, "goal": 0.9}
    values |= {"capacity_unit": "座", **changes}
    return Standard(key, f"标准{key}", **values)


def one_place(
    tick: int, people: int = 100, *, walk: float = 0.0, metres: float = 9000, grade: str = "A",
    **changes: object,
) -> pd.DataFrame:  # fmt: skip
    case = Case([[tick]], [people], town=["t1"], rural=[True], walk=[walk], at=[metres],
                grade=[grade])  # fmt: skip
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

    @pytest.mark.parametrize(
        ("metres", "cause"), [(900, "slow_road"), (901, "far"), (0, "slow_road")]
    )
    def test_near_by_the_straight_line_the_road_is_slow(self, metres, cause):
        place = one_place(12_000, metres=metres).query("kind == 'place'").iloc[0]
        assert place["cause"] == cause
        assert (f"直线距离只有{metres}米" in place["sentence"]) is (cause == "slow_road")

    @pytest.mark.parametrize(
        ("tick", "cause"), [(9001, "imprecise"), (10_200, "imprecise"), (10_201, "far")]
    )
    def test_within_the_error_of_the_point_it_is_the_point(self, tick, cause):
        place = one_place(tick, grade="C").query("kind == 'place'").iloc[0]
        assert place["cause"] == cause
        assert (place["fix"] == "survey") is (cause == "imprecise")
        if cause == "imprecise":
            assert place["sentence"].endswith(
                "；但村0的点位精度为兴趣点级，可能偏差120米，实测后可能达标"
            )
            assert place["remedy"] == (
                "先实测村0的点位；仍不达标的，时限内没有候选、拟建或可拓展的设施，宜新选址或安排流动服务"
            )

    @pytest.mark.parametrize(
        ("tick", "grades", "said"),
        [
            (10_200, "CD", "馆0的点位精度为村级，可能偏差480米"),
            (13_800, "CD", "馆0的点位精度为村级，可能偏差480米"),
            (13_801, "CD", "馆0的点位精度为村级，村0的点位精度为兴趣点级，合计可能偏差600米"),
            (15_000, "DC", "村0的点位精度为村级，馆0的点位精度为兴趣点级，合计可能偏差600米"),
            (15_001, "DC", ""),
        ],
    )
    def test_both_points_are_surveyed_where_one_alone_is_not_enough(self, tick, grades, said):
        case = Case([[tick, 3000]], [70], town=["t1"], rural=[True], types=("room",) * 2,
                    status=["open", "planned"], at=[9000, 0], grade=[grades[0]])  # fmt: skip
        case.venues["precision"] = [grades[1], "A"]
        place = case.asked(standard()).query("kind == 'place'").iloc[0]
        assert (place["cause"] == "imprecise") is bool(said)
        if said:
            names = re.findall("(村0|馆0)的点位", said)
            assert place["sentence"].endswith(f"；但{said}，实测后可能达标")
            assert place["remedy"] == (
                f"先实测{'和'.join(names)}的点位；仍不达标的，建成拟建的馆1，此处降为5.0分钟，"
                "可增加覆盖70人"
            )
            assert (place["fix_venue"], place["fix_minutes"], place["fix_people"]) == ("v1", 5, 70)

    def test_a_venue_that_is_not_the_nearest_may_be_near_in_truth(self):
        case = Case([[12_000, 13_000]], [70], town=["t1"], rural=[True], types=("room",) * 2,
                    at=[9000, 9000])  # fmt: skip
        case.venues["precision"] = ["A", "D"]
        place = case.asked(standard()).query("kind == 'place'").iloc[0]
        assert (place["cause"], place["venue"]) == ("imprecise", "v0")
        assert place["sentence"].endswith("；但馆1的点位精度为村级，可能偏差480米，实测后可能达标")

    @pytest.mark.parametrize(("first", "cause"), [(9000, "imprecise"), (9001, "just_over")])
    def test_where_two_venues_are_lacking_no_survey_of_one_helps(self, first, cause):
        case = Case([[first, 9600]], [70], town=["t1"], rural=[True], types=("room",) * 2,
                    at=[9000, 9000])  # fmt: skip
        case.venues["precision"] = ["A", "D"]
        place = case.asked(standard(count=2)).query("kind == 'place'").iloc[0]
        assert place["cause"] == cause

    @pytest.mark.parametrize(("metres", "cause"), [(100, "imprecise"), (99, "slow_road")])
    def test_no_point_can_be_moved_nearer_than_there(self, metres, cause):
        place = one_place(9000 + 1000, grade="C", metres=metres).query("kind == 'place'").iloc[0]
        assert place["cause"] == cause

    @pytest.mark.parametrize(
        ("tick", "level"), [(18_000, "moderate"), (18_001, "severe"), (UNREACHED, "severe")]
    )
    def test_beyond_two_limits_it_is_severe(self, tick, level):
        assert one_place(tick).query("kind == 'place'")["level"].tolist() == [level]

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
            ([0], ("room",), "not_connected", "800米内没有可接入的道路"),
            ([], ("station",), "no_venue", "没有可到达的此类在用设施"),
            ([], ("room",), "beyond_horizon", "最近的设施超出计算时限（60分钟）"),
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


class TestFixes:
    def case(self, status, types=("room", "room"), ticks=(12_000, 3_000)):
        return Case([list(ticks)] * 2, [100, 50], town=["t1", "t1"], rural=[True, True],
                    types=types, status=["open", status], at=[9000, 9000])  # fmt: skip

    @pytest.mark.parametrize(
        ("status", "word"), [("candidate", "启用候选的"), ("planned", "建成拟建的")]
    )
    def test_what_could_open(self, status, word):
        found = self.case(status).asked(standard())
        place = found.query("id == 'p1'").iloc[0]
        assert tuple(place[["fix", "fix_venue", "fix_minutes", "fix_people"]]) == (
            "open", "v1", 5.0, 150
        )  # fmt: skip
        assert place["remedy"] == f"{word}馆1，此处降为5.0分钟，可增加覆盖150人"
        town = found.query("kind == 'town' and id == 't1'").iloc[0]
        assert town["fix_minutes"] == 5.0
        assert town["remedy"] == (
            f"{word}馆1，本镇街可增加覆盖150人（平均5.0分钟到达），覆盖率达到100.0%"
        )

    def test_what_could_take_the_function_on(self):
        place = self.case("open", ("room", "centre")).asked(standard()).query("id == 'p1'").iloc[0]
        assert place["fix"] == "extend"
        assert place["remedy"] == "在既有的馆1增加此项功能，此处降为5.0分钟，可增加覆盖150人"

    def test_nothing_in_time_is_said(self):
        found = self.case("candidate", ticks=(12_000, 9_060)).asked(standard())
        place = found.query("id == 'p1'").iloc[0]
        assert (place["fix"], place["fix_people"]) == ("new", 0)
        assert "最近的馆1需15.1分钟" in place["remedy"]
        assert found.query("kind == 'town' and id == 't1'")["fix"].tolist() == ["new"]

    def test_closed_venues_are_no_fix(self):
        place = self.case("closed").asked(standard()).query("id == 'p1'").iloc[0]
        assert place["fix"] == "new"
        assert pd.isna(place["fix_venue"])


class TestHours:
    def asked(self, days: str, hours: str) -> pd.DataFrame:
        case = Case([[12_000, 3_000]], [100], town=["t1"], rural=[True], types=("room", "room"),
                    hours=[("每天", "9:00-21:00"), (days, hours)], at=[9000, 9000])  # fmt: skip
        return case.asked(standard(opening="evening"))

    def test_a_venue_closed_then_is_named(self):
        place = self.asked("周一至周五", "9:00-17:00").query("kind == 'place'").iloc[0]
        assert place["cause"] == "closed_then"
        assert place["sentence"] == (
            "源潭镇村0（100人）时限内的馆1平日晚间（19–20时）不开放（开放日：周一至周五，"
            "时间：9:00-17:00），到最近的开放的馆0需20.0分钟（其中路网外步行0.0分钟），"
            "超出“标准room”15分钟的要求5.0分钟"
        )
        assert tuple(place[["fix", "fix_venue", "fix_people"]]) == ("hours", "v1", 100)

    def test_unknown_hours_are_not_open_and_not_judged(self):
        found = self.asked("", "")
        place = found.query("kind == 'place'").iloc[0]
        assert place["cause"] == "hours_unknown"
        town = found.query("kind == 'town' and id == 't1'").iloc[0]
        assert (town["cause"], town["level"]) == ("hours_unknown", "")
        assert "其中100人取决于开放时间不明的设施，无法判定" in town["sentence"]

    def test_an_open_one_covers(self):
        assert self.asked("每天", "18:00-22:00").query("id in ('p0', 't1')").empty


class TestOtherGroups:
    def place(self, group: str, ticks: Sequence[int] = (12_000, 3_000)) -> pd.Series:
        case = Case([list(ticks)], [100], town=["t1"], rural=[True], types=("room", "room"),
                    targets=["", "elderly;farmers"], at=[9000, 9000])  # fmt: skip
        return case.asked(standard(group=group)).query("kind == 'place'").iloc[0]

    def test_a_venue_for_others_is_named(self):
        place = self.place("people")
        assert tuple(place[["cause", "minutes", "venue"]]) == ("other_groups", 20.0, "v0")
        assert place["sentence"].startswith(
            "源潭镇村0（100人）时限内的馆1只面向老年人、农民，到最近的馆0需20.0分钟"
        )
        assert tuple(place[["fix", "fix_venue", "fix_minutes", "fix_people"]]) == (
            "audience", "v1", 5.0, 100
        )  # fmt: skip
        assert place["remedy"] == "馆1也向全体居民开放，此处降为5.0分钟，可增加覆盖100人"

    def test_the_group_is_named_whom_it_should_be_for(self):
        assert "也向青少年开放" in self.place("youth")["remedy"]

    def test_where_none_is_for_the_group_the_place_still_knows_which_is_near(self):
        place = self.place("people", (UNREACHED, 3_000))
        assert place["cause"] == "other_groups"
        assert pd.isna(place["minutes"])


class TestCrowds:
    def asked(self, capacity: float, **changes: object) -> pd.DataFrame:
        case = Case([[300, 400], [9001, 200]], [100, 70], town=["t1", "t1"], rural=[True, True],
                    types=("room", "room"), status=["open", changes.pop("status", "closed")],
                    capacity=[capacity, 10.0])  # fmt: skip
        return case.asked(standard(people_a_unit=5, **changes)).query("kind == 'venue'")

    def test_at_the_limit_there_is_no_flag(self):
        assert self.asked(20).empty

    def test_beyond_it_the_people_are_told(self):
        venue = self.asked(19).iloc[0]
        assert tuple(venue[["id", "cause", "level", "people", "uncovered"]]) == (
            "v0", "over_capacity", "moderate", 100, 5
        )  # fmt: skip
        assert venue["sentence"] == (
            "馆0（19座）按“标准room”就近服务100人，每座5.2人，超过每座5人的要求"
        )
        assert venue["remedy"] == "扩大到20座以上，或在附近增设"

    @pytest.mark.parametrize(("capacity", "level"), [(10, "moderate"), (9, "severe")])
    def test_twice_the_limit_is_severe(self, capacity, level):
        assert self.asked(capacity)["level"].tolist() == [level]

    @pytest.mark.parametrize(("people", "level"), [(230, None), (460, "moderate"), (461, "severe")])
    def test_limits_are_those_of_decimals(self, people, level):
        """2.3 people for each of 100 seats are 230, though 2.3 x 100 in doubles is less."""
        case = Case([[300]], [people], town=["t1"], rural=[True], types=("room",), capacity=[100.0])
        found = case.asked(standard(people_a_unit=2.3)).query("kind == 'venue'")
        assert found["level"].tolist() == ([level] if level else [])
        if people == 460:
            assert found["uncovered"].tolist() == [230]
            assert found["remedy"].tolist() == ["扩大到200座以上，或在附近增设"]

    def test_large_numbers_are_told_in_full(self):
        case = Case([[300]], [9_000_000], town=["t1"], rural=[True], types=("room",),
                    capacity=[1_333_333.5])  # fmt: skip
        venue = case.asked(standard(people_a_unit=5)).query("kind == 'venue'").iloc[0]
        assert venue["sentence"].startswith("馆0（1333333.5座）")
        assert venue["remedy"].startswith("扩大到1800000座以上")

    def test_unknown_capacity_is_not_judged(self):
        assert self.asked(np.nan).empty
        assert self.asked(0.0).empty
        assert self.asked(19, capacity_unit="平方米").empty


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


HOURS = [("", ""), ("每天", "9:00-21:00"), ("周一至周五", "9:00-17:00")]


@st.composite
def cases(draw: st.DrawFn) -> tuple[Case, list[Standard]]:
    """Mostly open venues of the type for everybody: else no venue is all that there is to say."""
    count, width = draw(st.integers(1, 6)), draw(st.sampled_from([0, 1, 2, 3, 4, 4]))
    near = [4000, 8999, 9000, 9001, 9060, 9899, 9900, 9901, 12_000]
    tick = st.one_of(st.integers(0, HORIZON), st.sampled_from([*near, UNREACHED]))

    def drawn(items: st.SearchStrategy, size: int) -> list:
        return draw(st.lists(items, min_size=size, max_size=size))

    case = Case(
        [drawn(tick, width) for _ in range(count)], drawn(st.integers(0, 90_000), count),
        town=drawn(st.sampled_from(TOWNS.index.tolist()), count),
        rural=drawn(st.booleans(), count),
        types=drawn(st.sampled_from([*["room"] * 4, *TYPES, *HOSTS]), width),
        apart=draw(st.lists(st.integers(0, count - 1), max_size=1)),
        walk=[metres * 1170.0 for metres in drawn(st.integers(0, 5), count)],
        status=drawn(
            st.sampled_from([*["open"] * 4, "candidate", "planned", "closed"]), width
        ),
        at=drawn(st.sampled_from([0, 100, 890, 910, 5000]), width),
        grade=drawn(st.sampled_from(["A", "C", ""]), count),
        hours=drawn(st.sampled_from(HOURS), width),
        capacity=drawn(st.sampled_from([np.nan, 0.0, 7.0, 300.0]), width),
        targets=drawn(
            st.sampled_from([*[""] * 4, "people;youth", "youth", "elderly"]), width
        ),
    )  # fmt: skip
    case.venues["precision"] = drawn(st.sampled_from(["A", "A", "A", "C", "D"]), width)
    return case, [
        standard(
            key, minutes=draw(st.sampled_from([5.0, 15.0, 7.5, 14.9, 30.0])),
            goal=draw(st.sampled_from([0.5, 0.899, 0.9, 0.95, 1.0])),
            group=draw(st.sampled_from(["people", "youth"])),
            types=draw(st.sampled_from([("room",), TYPES])),
            area=draw(st.sampled_from(["all", "urban", "rural"])),
            count=draw(st.sampled_from([1, 1, 1, 2])),
            opening=draw(st.sampled_from(["", "evening"])),
            people_a_unit=draw(st.sampled_from([0.0, 3.5, 40.0])),
        )
        for key in draw(st.sampled_from([("one",), ("one",), ("one", "two")]))
    ]  # fmt: skip


def is_for(venue: Mapping[str, object], asked: Standard) -> bool:
    """Whether a venue is for the group of a standard, or for everybody."""
    return venue["targets"] in ("", "people;youth", asked.group)


def counted(
    case: Case, asked: Standard, *, closed: bool = False, unknown: bool = False, all_: bool = False
) -> list[int]:
    """Numbers of the venues that count, those closed, of unknown hours, for others too if asked."""
    found = []
    for number, venue in enumerate(case.offers):
        if venue["type"] not in asked.types or venue["status"] != "open":
            continue
        if not all_ and not is_for(venue, asked):
            continue
        state = opening(venue["days"], venue["hours"]).at("evening")
        if not asked.opening or state == OPEN or (closed or (unknown and state != CLOSED)):
            found.append(number)
    return found


def kth(case: Case, place: int, numbers: list[int], count: int) -> int:
    ticks = sorted(case.table[place][number] for number in numbers)
    return ticks[count - 1] if len(ticks) >= count else int(UNREACHED)


def why(case: Case, asked: Standard, place: int) -> str:
    """The cause of a place that is not covered, told anew."""
    limit = round(asked.minutes * 600)
    known = counted(case, asked)
    ticks = kth(case, place, known, asked.count)
    if case.times.place_doors.snaps.edge[place] == NOWHERE:
        return "not_connected"
    if kth(case, place, counted(case, asked, unknown=True), asked.count) <= limit:
        return "hours_unknown"
    if kth(case, place, counted(case, asked, closed=True), asked.count) <= limit:
        return "closed_then"
    if kth(case, place, counted(case, asked, all_=True), asked.count) <= limit:
        return "other_groups"
    if ticks == UNREACHED:
        return "no_venue" if len(known) < asked.count else "beyond_horizon"
    at = min(j for j in sorted(known, key=lambda j: f"v{j}") if case.times.ticks[place, j] == ticks)
    if may_be_near(case, asked, place):
        return "imprecise"
    if ticks * 10 <= limit * 11:
        return "just_over"
    straight = case.venues.geometry.iloc[at].x
    return "slow_road" if straight / PACE <= asked.minutes else "far"


def may_be_near(case: Case, asked: Standard, place: int) -> list[int]:
    """Venues that may be within the limit though they seem beyond, where one is lacking."""
    limit, known = round(asked.minutes * 600), counted(case, asked)
    if sum(case.table[place][venue] <= limit for venue in known) != asked.count - 1:
        return []
    home, found = METRES[case.demand["precision"].iloc[place]], []
    for venue in known:
        goal = METRES[case.venues["precision"].iloc[venue]]
        slack = min(home + goal, case.venues.geometry.iloc[venue].x)
        if limit < case.table[place][venue] <= limit + slack * 600 / PACE:
            found.append(venue)
    return sorted(found, key=lambda venue: (case.table[place][venue], f"v{venue}"))


def gains(case: Case, asked: Standard, venue: int, town: str = "") -> int:
    """People covered once one more venue counts."""
    limit, known = round(asked.minutes * 600), counted(case, asked)
    total = 0
    for place, row in enumerate(case.homes):
        before = kth(case, place, known, asked.count) <= limit
        after = kth(case, place, [*known, venue], asked.count) <= limit
        if after and not before and meant(case, asked)[place] and town in ("", row["town"]):
            total += row[asked.group]
    return total


def options(case: Case, asked: Standard) -> list[int]:
    """Venues that could count: candidates and planned ones, open ones of other types."""
    return [
        number for number, venue in enumerate(case.offers)
        if is_for(venue, asked)
        and ((venue["type"] in asked.types and venue["status"] in ("candidate", "planned"))
             or (venue["type"] in HOSTS and venue["status"] == "open"))
    ]  # fmt: skip


def check_fix(row: Mapping[str, object], case: Case, asked: Standard, place: int) -> None:
    if row["cause"] == "not_connected":
        assert row["fix"] == "road"
        assert pd.isna(row["fix_venue"])
        return
    assert (row["fix"] == "survey") is (row["cause"] == "imprecise")
    if row["cause"] == "imprecise":
        names = re.findall("^先实测(.+)的点位；仍不达标的，", row["remedy"])[0].split("和")
        first = may_be_near(case, asked, place)[0]
        assert set(names) <= {row["name"], case.venues["name"].iloc[first]}
        late = case.table[place][first] - round(asked.minutes * 600)
        grades = [METRES[case.demand["precision"].iloc[place]],
                  METRES[case.venues["precision"].iloc[first]]]  # fmt: skip
        assert (len(names) == 1) is (late <= max(grades) * 600 / PACE)
    known, limit = counted(case, asked), round(asked.minutes * 600)
    venue = None if pd.isna(row["fix_venue"]) else case.venues.index.get_loc(row["fix_venue"])
    if row["cause"] in ("closed_then", "hours_unknown", "other_groups"):
        assert venue not in known
        assert case.times.ticks[place, venue] <= limit
        assert f"时限内的{case.venues['name'].iloc[venue]}" in row["sentence"]
    if row["cause"] in ("closed_then", "hours_unknown"):
        assert row["fix"] == "hours"
    elif row["cause"] == "other_groups":
        assert row["fix"] == "audience"
        assert not is_for(case.venues.iloc[venue], asked)
    else:
        own = {j: int(case.times.ticks[place, j]) for j in options(case, asked)}
        best = min(own.values(), default=int(UNREACHED))
        if venue is None:
            assert best == UNREACHED
            assert row["fix"] in ("new", "survey")
            assert "宜新选址" in row["remedy"]
            return
        assert own[venue] == best
        after = kth(case, place, [*known, venue], asked.count)
        opens = case.venues["status"].iloc[venue] == "open"
        then = ("extend" if opens else "open") if after <= limit else "new"
        assert row["fix"] in (then, "survey")
    if "宜新选址" in row["remedy"]:
        assert after > limit
        assert row["fix_minutes"] == minutes_up(case.times.ticks[place, venue])
        assert row["fix_people"] == 0
        assert "宜新选址" in row["remedy"]
        return
    after = kth(case, place, [*known, venue], asked.count)
    assert row["fix_people"] == gains(case, asked, venue)
    assert f"可增加覆盖{row['fix_people']:,}人" in row["remedy"]
    if after == UNREACHED:
        assert "仍到不了" in row["remedy"]
    else:
        assert row["fix_minutes"] == minutes_up(after)
        assert f"降为{row['fix_minutes']:.1f}分钟" in row["remedy"]


def check_place(row: Mapping[str, object], case: Case, asked: Standard) -> None:
    at = case.demand.index.get_loc(row["id"])
    place = case.demand.loc[row["id"]]
    assert row["people"] == row["uncovered"] == place[asked.group] > 0
    assert row["town"] == place["town"]
    assert row["cause"] == why(case, asked, at)
    ticks, limit = kth(case, at, counted(case, asked), asked.count), round(asked.minutes * 600)
    assert row["level"] == ("severe" if ticks > 2 * limit else "moderate")
    over = limit if ticks == UNREACHED else min(ticks - limit, limit)
    assert abs(row["score"] - Fraction(int(row["people"]) * over, limit)) <= Fraction(51, 1000)
    said = row["sentence"]
    assert f"{row['name']}（{GROUP_WORDS[asked.group]}{row['people']:,}人）" in said
    assert f"“{asked.name}”{asked.minutes:g}分钟的要求" in said
    if ticks == UNREACHED:
        assert pd.isna(row["minutes"])
    else:
        minutes, over_minutes = Fraction(str(row["minutes"])), Fraction(str(row["over_minutes"]))
        assert minutes - Fraction(str(asked.minutes)) == over_minutes > 0
        assert row["minutes"] == minutes_up(ticks)
        assert f"{case.venues.at[row['venue'], 'name']}需{row['minutes']:.1f}分钟" in said
        assert f"{row['walk_minutes']:.1f}分钟）" in said
        assert f"的要求{row['over_minutes']:.1f}分钟" in said
        venue = case.venues.index.get_loc(row["venue"])
        assert int(case.times.ticks[at, venue]) == ticks > limit
    check_fix(row, case, asked, at)


def check_venue(row: Mapping[str, object], case: Case, asked: Standard) -> None:
    at, limit = case.venues.index.get_loc(row["id"]), round(asked.minutes * 600)
    known, load = counted(case, asked), 0
    for place in range(len(case.demand)):
        order = sorted(known, key=lambda j, p=place: (case.times.ticks[p, j], f"v{j}"))
        if order and order[0] == at and case.times.ticks[place, at] <= limit:
            load += int(case.demand[asked.group].iloc[place]) * meant(case, asked)[place]
    capacity = Fraction(str(case.venues["capacity"].iloc[at]))
    most = Fraction(str(asked.people_a_unit)) * capacity
    assert row["people"] == load > most
    assert row["uncovered"] == load - int(most)
    assert row["level"] == ("severe" if load > 2 * most else "moderate")
    assert f"就近服务{load:,}人" in row["sentence"]


def check_town(row: Mapping[str, object], case: Case, asked: Standard) -> None:
    assert f"“{asked.name}”" in row["sentence"]
    if row["cause"] == "unknown":
        assert row["people"] == 0
        return
    said_share, said_goal = (Fraction(n) / 100 for n in re.findall(r"(\d+\.\d)%", row["sentence"]))
    people, uncovered = int(row["people"]), int(row["uncovered"])
    if row["cause"] == "low_share":
        assert row["level"] == ("severe" if uncovered * 4 >= people else "moderate")
        best = max((gains(case, asked, j, row["id"]) for j in options(case, asked)), default=0)
        assert row["fix_people"] == best
        assert (row["fix"] == "new") is (best == 0)
        if best:
            venue = case.venues.index.get_loc(row["fix_venue"])
            assert gains(case, asked, venue, row["id"]) == best
            known, limit = counted(case, asked), round(asked.minutes * 600)
            ticks = 0
            for place, home in enumerate(case.homes):
                after = kth(case, place, [*known, venue], asked.count)
                here = home["town"] == row["id"] and meant(case, asked)[place]
                if here and after <= limit < kth(case, place, known, asked.count):
                    ticks += home[asked.group] * after
            mean = Fraction(ticks, best * 600)
            assert 0 <= Fraction(str(row["fix_minutes"])) - mean <= Fraction(61, 600)
            assert row["fix_minutes"] <= asked.minutes
            assert f"人（平均{row['fix_minutes']:.1f}分钟到达）" in row["remedy"]
            assert f"可增加覆盖{best:,}人" in row["remedy"]
            after = re.findall(r"达到(\d+\.\d)%", row["remedy"])[0]
            share = Fraction(people - uncovered + best, people)
            assert 0 <= share - Fraction(after) / 100 < Fraction(1, 1000)
    assert said_share < said_goal == Fraction(str(asked.goal))
    assert 0 <= Fraction(people - uncovered, people) - said_share < Fraction(1, 1000)
    assert f"尚有{uncovered:,}人未覆盖" in row["sentence"]


@given(cases())
def test_the_stated_numbers_lead_back_to_the_flag(drawn):
    case, standards = drawn
    found = case.asked(*standards)
    flagged = {(row["standard"], row["kind"], row["id"]) for row in found.to_dict("records")}
    assert len(flagged) == len(found)
    assert set(found["cause"]) <= set(CAUSES)
    assert set(found["level"]) <= set(LEVELS)
    assert set(found["fix"]) <= set(FIXES)
    by_key = {asked.key: asked for asked in standards}
    checks = {"town": check_town, "place": check_place, "venue": check_venue}
    for row in found.to_dict("records"):
        checks[row["kind"]](row, case, by_key[row["standard"]])
    for _, kind in found[found["level"] != ""].groupby("kind"):
        order = kind.sort_values("priority")
        assert order["priority"].tolist() == list(range(1, len(order) + 1))
        assert order["score"].is_monotonic_decreasing
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
    known = counted(case, asked)
    ticks = [kth(case, place, known, asked.count) for place in range(len(case.demand))]
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


def ranked_row(name, score, people, level="severe"):
    return {"id": name, "score": float(score), "people": people, "level": level}


def test_priority_is_by_score_then_people_then_name():
    rows = [
        ranked_row("b", 5, 10),
        ranked_row("a", 5, 10),
        ranked_row("c", 5, 99),
        ranked_row("d", 7, 1),
        ranked_row("e", 0, 1000),
    ]
    ranked = {one["id"]: one["priority"] for one in _ranked(rows)}
    assert ranked == {"d": 1, "c": 2, "a": 3, "b": 4, "e": 5}


def test_what_cannot_be_judged_has_no_priority_and_keeps_its_place():
    rows = [ranked_row("x", 9, 9, ""), ranked_row("y", 1, 1, "moderate")]
    ranked = _ranked(rows)
    assert [one["id"] for one in ranked] == ["x", "y"]
    assert "priority" not in ranked[0]
    assert ranked[1]["priority"] == 1
