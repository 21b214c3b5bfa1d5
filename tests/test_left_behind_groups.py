"""What keeps a place from its venues: the words for it, their order, and that it is one thing."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from kepu.coverage.left_behind import PLACE_CAUSES, cause_of
from kepu.coverage.reach import HELD_BACK, reach
from kepu.coverage.share import REASONS, Standard
from kepu.geo.routing import UNREACHED

from . import test_gaps as gaps

ALWAYS, BY_DAY, UNSAID = ("每天", "9:00-21:00"), ("周一至周五", "9:00-17:00"), ("", "")


def held(
    hours: tuple[str, str], targets: str, *, opening: str = "evening", far: int = 12_000
) -> tuple[str, str, str]:
    """A room for everybody, always open and 20 minutes away; another one next door."""
    case = gaps.Case(
        [[far, 3_000]], [100], town=["t1"], rural=[True], types=("room", "room"),
        hours=[ALWAYS, hours], targets=["", targets], at=[9000, 9000],
    )  # fmt: skip
    asked = gaps.standard(opening=opening)
    told = reach(asked, case.times, case.venues, case.demand).iloc[0]
    place = case.asked(asked).query("kind == 'place'").iloc[0]
    return told["held_back"], told["held_venue"], place["cause"]


def test_every_word_for_what_holds_back_occurs():
    words = [held(UNSAID, ""), held(BY_DAY, ""), held(ALWAYS, "elderly")]
    assert words == [
        ("hours_unknown", "v1", "hours_unknown"),
        ("closed_then", "v1", "closed_then"),
        ("other_groups", "v1", "other_groups"),
    ]
    assert ("", *(word for word, _, _ in words)) == HELD_BACK
    assert set(HELD_BACK[1:]) < set(PLACE_CAUSES)


@pytest.mark.parametrize("hours", [UNSAID, BY_DAY])
def test_two_obstacles_are_not_told_as_one(hours):
    """For others, and not known to be open: to admit everybody would not be enough."""
    told, _, cause = held(hours, "elderly")
    assert (told, cause) == ("", "far")


def test_without_a_moment_hours_hold_nobody_back():
    told, venue, cause = held(UNSAID, "elderly", opening="")
    assert (told, venue, cause) == ("other_groups", "v1", "other_groups")


FAR = {"reason": "", "held_back": "", "metres": 9000.0}
ASK = SimpleNamespace(
    standard=Standard("s", "标准", ("room",), "walk", 15.0, 0.5), metres_a_minute=60.0,
    fixed_minutes=0.0,
)  # fmt: skip
CASES = [
    ("not_connected", UNREACHED, {"reason": "not_connected", "held_back": "closed_then"}, False),
    ("closed_then", 9_100, {"held_back": "closed_then", "metres": 10.0}, True),
    ("hours_unknown", UNREACHED, {"reason": "no_venue", "held_back": "hours_unknown"}, False),
    ("other_groups", UNREACHED, {"reason": "beyond_horizon", "held_back": "other_groups"}, False),
    ("no_venue", UNREACHED, {"reason": "no_venue"}, True),
    ("beyond_horizon", UNREACHED, {"reason": "beyond_horizon"}, True),
    ("imprecise", 9_100, {"metres": 10.0}, True),
    ("just_over", 9_100, {"metres": 10.0}, False),
    ("slow_road", 12_000, {"metres": 10.0}, False),
    ("far", 12_000, {}, False),
]


@pytest.mark.parametrize(("cause", "ticks", "told", "may_be_near"), CASES)
def test_the_first_cause_that_holds_is_told(cause, ticks, told, may_be_near):
    assert cause_of(ASK, int(ticks), FAR | told, may_be_near=may_be_near) == cause


def test_causes_are_listed_in_the_order_in_which_they_are_asked():
    assert tuple(cause for cause, *_ in CASES) == PLACE_CAUSES
    assert set(REASONS[1:]) < set(PLACE_CAUSES)
