"""What one venue more would do: the second nearest, equally near options, who is relieved."""

from __future__ import annotations

import pytest

from kepu.coverage.fixes import fixes
from kepu.coverage.question import Question
from kepu.coverage.share import Standard
from kepu.geo.routing import UNREACHED

from . import test_gaps as gaps
from . import test_share as share


@pytest.mark.parametrize(
    ("option", "after", "gained"),
    [(50, 100, 7), (500, 500, 7), (9000, 9000, 7), (9001, 9001, 0), (20_000, 9500, 0),
     (UNREACHED, 9500, 0)],
)  # fmt: skip
def test_the_second_nearest_by_hand(option, after, gained):
    """Two open ones at 100 and 9500 ticks, a candidate; the limit is 9000."""
    times = share.table_times([[100, 9500, option]])
    venues = share.plain_venues(["room"] * 3)
    venues["status"] = ["open", "open", "candidate"]
    standard = Standard("s", "标准", ("room",), "walk", 15.0, 0.5, count=2)
    demand = share.plain_demand([7], [0], [False])
    found = fixes(Question(standard, times, 60.0, 0.0), venues, demand, [])
    assert found.options.tolist() == [2]
    assert found.after.tolist() == [[after]]
    assert found.flips.tolist() == [[gained]]


def test_where_three_are_asked_one_more_is_not_enough():
    times = share.table_times([[100, 9500, 200]])
    venues = share.plain_venues(["room"] * 3)
    venues["status"] = ["open", "open", "candidate"]
    standard = Standard("s", "标准", ("room",), "walk", 15.0, 0.5, count=3)
    demand = share.plain_demand([7], [0], [False])
    found = fixes(Question(standard, times, 60.0, 0.0), venues, demand, [])
    assert found.flips.tolist() == [[0]]
    assert found.after.tolist() == [[9500]]


def test_of_equally_near_options_the_one_of_most_gain_is_the_fix():
    """Two sites ten minutes from the first village; the second of them covers the next one too."""
    case = gaps.Case(
        [[20_000, 6000, 6000], [20_000, UNREACHED, 6000], [20_000, UNREACHED, UNREACHED],
         [600, UNREACHED, UNREACHED]],
        [10, 70, 30, 5], town=["t1"] * 4, rural=[True] * 4, types=("room",) * 3,
        status=["open", "candidate", "candidate"], at=[90_000] * 3,
    )  # fmt: skip
    asked = gaps.standard()
    could = fixes(Question(asked, case.times, 60.0), case.venues, case.demand, ())
    assert could.options.tolist() == [1, 2]
    assert could.gain.tolist() == [10, 80]
    assert could.nearest.tolist() == [1, 1, -1, -1]
    assert could.enough.tolist() == [True, True, False, False]
    assert could.minutes.tolist() == [10.0, 10.0, pytest.approx(33.4), 1.0]
    found = case.asked(asked).query("kind == 'place'").set_index("id")
    assert found["fix_venue"].fillna("").to_dict() == {"p0": "v2", "p1": "v2", "p2": ""}
    assert found.loc[["p0", "p1"], "fix_people"].tolist() == [80, 80]


def test_who_turns_to_another_venue_relieves_the_crowded_one():
    """Of three villages around a room of one seat two are nearer to the site that is planned."""
    case = gaps.Case(
        [[3000, 2000], [3000, 2999], [3000, 3000]], [100, 200, 400], town=["t1"] * 3,
        rural=[True] * 3, types=("room",) * 2, status=["open", "planned"], capacity=[1.0, 1.0],
        at=[0.0, 0.0],
    )  # fmt: skip
    venue = case.asked(gaps.standard(people_a_unit=300.0)).query("kind == 'venue'").iloc[0]
    assert (venue["id"], venue["fix_venue"], venue["fix_people"]) == ("v0", "v1", 300)
    assert venue["remedy"] == (
        "建成拟建的馆1，可分流300人，本处余400人，仍超过要求；该处（1座）届时就近服务300人，容量足够；"
        "也可将本处扩大到3座以上"
    )


@pytest.mark.parametrize(
    ("types", "capacity", "said"),
    [
        (("room", "room"), [1.0, 1.0], "该处（1座）届时就近服务900人，须有3座以上"),
        (("room", "room"), [1.0, 3.0], "该处（3座）届时就近服务900人，容量足够"),
        (("room", "room"), [1.0, float("nan")], "该处届时就近服务900人，须有3座以上"),
        (("room", "centre"), [1.0, 900.0], "该处届时就近服务900人，须有3座以上"),
    ],
)
def test_a_crowd_that_only_moves_is_told(types, capacity, said):
    """Who goes nowhere in time today comes to the new venue too."""
    case = gaps.Case(
        [[3000, 2000], [9001, 9000]], [301, 599], town=["t1"] * 2, rural=[True] * 2, types=types,
        status=["open", "planned" if types[1] == "room" else "open"], capacity=capacity,
        at=[0.0, 0.0],
    )  # fmt: skip
    venue = case.asked(gaps.standard(people_a_unit=300.0)).query("kind == 'venue'").iloc[0]
    assert (venue["people"], venue["fix_people"]) == (301, 301)
    assert venue["remedy"].endswith(f"可分流301人，本处余0人；{said}；也可将本处扩大到2座以上")
