"""Every key and word of a tag that decides about a road: what it does, that it is read at all."""

from __future__ import annotations

import itertools

import pytest

from kepu.geo.gather import Kind
from kepu.geo.osm import _limits
from kepu.geo.profile import MODES, at_pace, default_profiles
from kepu.geo.tags import (
    ROAD_KEYS,
    UNPAVED_FACTOR,
    blocks,
    directions,
    maxspeed_kmh,
    road_class,
    surface_factor,
)

PROFILES = default_profiles()
BOTH, ONWARD, BACK, NEITHER = (True, True), (True, False), (False, True), (False, False)


class Asked(dict):
    """Tags that remember which keys were asked for."""

    def __init__(self, tags):
        super().__init__(tags)
        self.keys_asked = set()

    def get(self, key, default=None):
        self.keys_asked.add(key)
        return super().get(key, default)


def ways(mode, **tags):
    tags = {"highway": "residential", **{key.replace("__", ":"): v for key, v in tags.items()}}
    return directions(PROFILES[mode], tags, road_class(tags))


def test_ways_that_are_taken_for_alike_agree_in_all_that_is_asked():
    """The meaning of tags is asked once for all ways that agree in `ROAD_KEYS`."""
    asked = set()
    for highway, mode in itertools.product(["residential", "track", None, "motorway"], MODES):
        tags = Asked({"highway": highway} if highway else {})
        name = road_class(tags) or "residential"
        directions(PROFILES[mode], tags, name)
        surface_factor(tags, name)
        _limits(tags)
        asked |= tags.keys_asked
    kind = Asked({"highway": "residential"})
    Kind.of(kind)
    of_shapes = {"waterway", "railway", "natural", "water"}
    assert asked | (kind.keys_asked - of_shapes) == ROAD_KEYS


@pytest.mark.parametrize(
    ("value", "expected"),
    [("yes", ONWARD), ("true", ONWARD), ("1", ONWARD), ("-1", BACK), ("reverse", BACK),
     ("no", BOTH), ("false", BOTH), ("0", BOTH), ("alternating", BOTH), ("reversible", NEITHER),
     ("unheard-of", BOTH)],
)  # fmt: skip
def test_words_of_one_way_streets(value, expected):
    assert ways("car", oneway=value) == expected
    assert ways("walk", oneway=value) == BOTH
    assert ways("walk", oneway__foot=value) == expected


@pytest.mark.parametrize(
    ("mode", "keys"),
    [("walk", ["oneway:foot"]),
     ("ebike", ["oneway:electric_bicycle", "oneway:bicycle", "oneway:vehicle", "oneway"]),
     ("car", ["oneway:motorcar", "oneway:motor_vehicle", "oneway:vehicle", "oneway"])],
)  # fmt: skip
def test_the_more_special_one_way_key_decides(mode, keys):
    for special, general in itertools.pairwise(keys):
        tags = {"highway": "residential", special: "-1", general: "yes"}
        assert directions(PROFILES[mode], tags, "residential") == BACK, special


@pytest.mark.parametrize(
    ("mode", "keys"),
    [("walk", ["foot", "access"]),
     ("ebike", ["electric_bicycle", "bicycle", "vehicle", "access"]),
     ("car", ["motorcar", "motor_vehicle", "vehicle", "access"])],
)  # fmt: skip
def test_the_more_special_access_key_decides(mode, keys):
    for special, general in itertools.pairwise(keys):
        for one, other, expected in (("yes", "no", BOTH), ("no", "yes", NEITHER)):
            tags = {"highway": "residential", special: one, general: other}
            assert directions(PROFILES[mode], tags, "residential") == expected, special
    for key in keys:
        for side, expected in ((":forward", BACK), (":backward", ONWARD)):
            tags = {"highway": "residential", key + side: "no"}
            assert directions(PROFILES[mode], tags, "residential") == expected, key


@pytest.mark.parametrize("value", "no private agricultural forestry military emergency permit "
                         "residents restricted psv".split())  # fmt: skip
def test_words_that_close(value):
    assert ways("walk", access=value) == NEITHER
    assert blocks("walk", {"barrier": "gate", "access": value})


@pytest.mark.parametrize("value", "yes permissive designated official destination customers "
                         "delivery public".split())  # fmt: skip
def test_words_that_open(value):
    """What is closed in general is open to those who are named."""
    assert ways("walk", access="no", foot=value) == BOTH
    assert not blocks("walk", {"barrier": "wall", "foot": value})


@pytest.mark.parametrize(
    ("value", "expected"),
    [("agricultural;forestry", NEITHER), ("forestry; private", NEITHER), ("no;nonsense", NEITHER),
     ("agricultural;destination", BOTH), ("private;customers", BOTH), ("unknown;", BOTH)],
)  # fmt: skip
def test_of_several_words_any_that_lets_in_does(value, expected):
    for mode in MODES:
        assert ways(mode, access=value) == expected
    assert ways("car", motor_vehicle=value) == expected


EVERYBODY = "wall fence".split()
OF_CARS = "bollard block cycle_barrier motorcycle_barrier jersey_barrier log debris planter".split()
OF_WHEELS = "stile turnstile kissing_gate full-height_turnstile".split()
OF_FEET = "hedge retaining_wall city_wall".split()
OF_NOBODY = "gate lift_gate swing_gate sliding_gate chain bump_gate kerb".split()


@pytest.mark.parametrize(
    ("words", "stopped"),
    [(EVERYBODY, MODES), (OF_CARS, ("car",)), (OF_WHEELS, ("ebike", "car")), (OF_FEET, ("walk",)),
     (OF_NOBODY, ())],
)  # fmt: skip
def test_barriers_stop_whom_they_stop(words, stopped):
    for word in words:
        assert tuple(mode for mode in MODES if blocks(mode, {"barrier": word})) == stopped, word


def test_a_slower_pace_is_slower_everywhere():
    """Half the pace: twice the time on each class, off the roads and under a limit."""
    car, half = PROFILES["car"], at_pace(PROFILES["car"], 0.5)
    assert half.access_kmh == car.access_kmh / 2
    assert half.maxspeed_share == car.maxspeed_share / 2
    assert half.access_milliseconds(100) == 2 * car.access_milliseconds(100)
    for name, speed in car.speeds.items():
        assert half.speeds[name].kmh == speed.kmh / 2
        assert half.speeds[name].built_up_kmh == speed.built_up_kmh / 2
        assert (half.speeds[name].access, half.speeds[name].snap) == (speed.access, speed.snap)
    assert (half.arrival_seconds, half.detour) == (car.arrival_seconds, car.detour)


@pytest.mark.parametrize(
    "surface",
    "unpaved gravel fine_gravel pebblestone rock dirt earth ground mud sand grass compacted clay "
    "soil woodchips".split(),
)
def test_every_unpaved_surface_slows_whatever_is_said_after_it(surface):
    for text in (surface, f"{surface}:lanes", f"asphalt;{surface}", f"{surface}; asphalt"):
        assert surface_factor({"surface": text}, "primary") == UNPAVED_FACTOR


def test_the_slowest_signed_speed_is_a_speed_and_nought_is_none():
    assert maxspeed_kmh("1") == 1.0
    assert maxspeed_kmh("30;0.5") == 0.5
    assert maxspeed_kmh("0") is None
