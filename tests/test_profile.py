"""What tags mean: who may go, which way, how fast; and what the speed tables promise."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kepu.geo.errors import StudyError
from kepu.geo.profile import MODES, default_profiles, known_classes, with_speeds
from kepu.geo.tags import (
    ACCESS_KEYS,
    CLOSED,
    OPEN,
    blocks,
    directions,
    maxspeed_kmh,
    road_class,
    surface_factor,
)

PROFILES = default_profiles()
DATA = Path(__file__).parents[1] / "data"
NEITHER, FORWARD, BACKWARD, BOTH = (False, False), (True, False), (False, True), (True, True)


def table(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def ways(mode: str, **tags: str) -> tuple[bool, bool]:
    tags = {key.replace("__", ":"): value for key, value in tags.items()}
    tags.setdefault("highway", "residential")
    return directions(PROFILES[mode], tags, road_class(tags) or "")


@pytest.mark.parametrize(
    ("text", "kmh"),
    [
        ("50", 50.0),
        ("50 km/h", 50.0),
        ("50kmh", 50.0),
        ("50 KPH", 50.0),
        ("30 mph", 48.28032),
        ("50;80", 50.0),
        ("80|50|60", 50.0),
        ("５０", 50.0),
        ("７０；５０", 50.0),
        ("7.5", 7.5),
        ("0", None),
        ("50;0", None),
        ("", None),
        (None, None),
        ("none", None),
        ("signals", None),
        ("CN:urban", None),
        ("50;none", None),
        ("walk", None),
        ("-50", None),
        ("5000", None),
        ("1e2", None),
        ("inf", None),
        ("nan", None),
        ("50 @ (22:00-06:00)", None),
    ],
)
def test_speed_limits(text, kmh):
    assert maxspeed_kmh(text) == (None if kmh is None else pytest.approx(kmh))


@given(st.text(max_size=12))
def test_no_text_makes_a_limit_that_is_no_speed(text):
    kmh = maxspeed_kmh(text)
    assert kmh is None or 0 < kmh < 1610


@pytest.mark.parametrize(
    ("tags", "name"),
    [
        ({"highway": "primary"}, "primary"),
        ({"highway": "track"}, "track"),
        ({"highway": "track", "tracktype": "grade1"}, "track:grade1"),
        ({"highway": "track", "tracktype": "grade3"}, "track"),
        ({"highway": "track", "tracktype": "grade5"}, "track:grade4"),
        ({"route": "ferry"}, "ferry"),
        ({"man_made": "pier"}, "pier"),
        ({"railway": "rail"}, None),
        ({}, None),
    ],
)
def test_the_class_of_a_road(tags, name):
    assert road_class(tags) == name


@pytest.mark.parametrize(
    ("mode", "tags", "expected"),
    [
        ("car", {"access": "no"}, NEITHER),
        ("car", {"access": "no", "motorcar": "yes"}, BOTH),
        ("car", {"access": "yes", "motor_vehicle": "private"}, NEITHER),
        ("car", {"motor_vehicle": "destination"}, BOTH),
        ("car", {"foot": "no"}, BOTH),
        ("car", {"access": "unknown"}, BOTH),
        ("car", {"access": "agricultural"}, NEITHER),
        ("car", {"highway": "pedestrian"}, NEITHER),
        ("car", {"highway": "pedestrian", "motor_vehicle": "yes"}, BOTH),
        ("car", {"highway": "footway", "motor_vehicle": "yes"}, NEITHER),
        ("car", {"area": "yes"}, NEITHER),
        ("walk", {"area": "yes"}, BOTH),
        ("walk", {"access": "private"}, NEITHER),
        ("walk", {"access": "private", "foot": "permissive"}, BOTH),
        ("walk", {"highway": "motorway"}, NEITHER),
        ("walk", {"highway": "motorway", "foot": "yes"}, BOTH),
        ("walk", {"highway": "primary", "motorroad": "yes"}, NEITHER),
        ("walk", {"highway": "primary", "motorroad": "yes", "foot": "yes"}, BOTH),
        ("car", {"highway": "primary", "motorroad": "yes"}, BOTH),
        ("walk", {"highway": "construction", "foot": "yes"}, NEITHER),
        ("ebike", {"highway": "motorway"}, NEITHER),
        ("ebike", {"highway": "cycleway"}, BOTH),
        ("ebike", {"highway": "footway"}, NEITHER),
        ("ebike", {"highway": "footway", "bicycle": "yes"}, BOTH),
        ("ebike", {"bicycle": "no"}, NEITHER),
        ("ebike", {"bicycle": "no", "electric_bicycle": "yes"}, BOTH),
        ("ebike", {"highway": "steps"}, NEITHER),
    ],
)
def test_the_most_special_key_decides_who_may_go(mode, tags, expected):
    assert ways(mode, **tags) == expected


@pytest.mark.parametrize(
    ("mode", "tags", "expected"),
    [
        ("car", {"oneway": "yes"}, FORWARD),
        ("car", {"oneway": "-1"}, BACKWARD),
        ("car", {"oneway": "reversible"}, NEITHER),
        ("car", {"oneway": "maybe"}, BOTH),
        ("car", {"junction": "roundabout"}, FORWARD),
        ("car", {"junction": "roundabout", "oneway": "-1"}, BACKWARD),
        ("car", {"junction": "circular"}, FORWARD),
        ("walk", {"oneway": "yes"}, BOTH),
        ("walk", {"junction": "roundabout"}, BOTH),
        ("walk", {"oneway__foot": "yes"}, FORWARD),
        ("ebike", {"oneway": "yes"}, FORWARD),
        ("ebike", {"oneway": "yes", "oneway__bicycle": "no"}, BOTH),
        ("ebike", {"highway": "cycleway", "junction": "roundabout"}, FORWARD),
        ("car", {"motor_vehicle__forward": "no"}, BACKWARD),
        ("car", {"access__backward": "no"}, FORWARD),
        ("car", {"oneway": "yes", "access__forward": "no"}, NEITHER),
    ],
)
def test_one_way_streets(mode, tags, expected):
    assert ways(mode, **tags) == expected


@given(
    st.sampled_from(MODES),
    st.sampled_from(sorted(known_classes())),
    st.dictionaries(
        st.sampled_from(sorted({key for keys in ACCESS_KEYS.values() for key in keys})),
        st.sampled_from([*sorted(OPEN | CLOSED), "", "unknown", "??"]),
    ),
)
def test_the_first_key_that_says_something_decides(mode, highway, tags):
    """Whatever the more general keys say after it; the most general one closes, opens nothing."""
    key = next((k for k in ACCESS_KEYS[mode] if tags.get(k, "") in OPEN | CLOSED), None)
    found = directions(PROFILES[mode], {"highway": highway, **tags}, highway)
    speed = PROFILES[mode].speeds.get(highway)
    decides = key is not None and (tags[key] in CLOSED or key != "access")
    usable = speed is not None and (tags[key] in OPEN if decides else speed.access)
    assert any(found) is usable


@pytest.mark.parametrize(
    ("tags", "stopped"),
    [
        ({}, ()),
        ({"barrier": "gate"}, ()),
        ({"barrier": "gate", "access": "no"}, MODES),
        ({"barrier": "gate", "access": "no", "foot": "yes"}, ("ebike", "car")),
        ({"barrier": "bollard"}, ("car",)),
        ({"barrier": "bollard", "motor_vehicle": "yes"}, ()),
        ({"barrier": "stile"}, ("ebike", "car")),
        ({"barrier": "wall"}, MODES),
        ({"barrier": "kerb"}, ()),
        ({"barrier": "toll_booth"}, ()),
        ({"access": "no"}, ()),
    ],
)
def test_barriers(tags, stopped):
    assert tuple(mode for mode in MODES if blocks(mode, tags)) == stopped


@pytest.mark.parametrize(
    "gate", "gate lift_gate swing_gate sliding_gate hampshire_gate chain bump_gate".split()
)
def test_gates_stand_open(gate):
    assert not any(blocks(mode, {"barrier": gate}) for mode in MODES)


@pytest.mark.parametrize(
    ("tags", "name", "factor"),
    [
        ({}, "primary", 1.0),
        ({}, "unclassified", 0.9),
        ({}, "track:grade4", 0.9),
        ({"surface": "asphalt"}, "track", 1.0),
        ({"surface": "gravel"}, "primary", 0.6),
        ({"surface": "concrete:lanes"}, "track", 1.0),
    ],
)
def test_surfaces(tags, name, factor):
    assert surface_factor(tags, name) == factor


def test_other_speeds_for_some_classes():
    car = with_speeds(PROFILES["car"], {"primary": 12.5})
    assert (car.speeds["primary"].kmh, car.speeds["primary"].built_up_kmh) == (12.5, 12.5)
    assert car.speeds["trunk"] == PROFILES["car"].speeds["trunk"]
    assert PROFILES["car"].speeds["primary"].kmh == 50.0
    with pytest.raises(StudyError) as error:
        with_speeds(PROFILES["car"], {"primary": 10, "footway": 4})
    assert error.value.faults[0].code == "E-SPEED-CLASS"
    assert error.value.faults[0].value == "footway"


def test_a_kilometre_of_walking_by_gb_50180_is_fifteen_minutes():
    walk = replace(PROFILES["walk"], detour=1.0)
    assert walk.access_milliseconds(1000.0) == 15 * 60_000


class TestTables:
    """The data that every result rests on: complete, in range, sourced."""

    speeds = table("speeds.csv")

    def test_all_modes_are_there_and_read_as_written(self):
        assert tuple(PROFILES) == MODES
        for row in table("modes.csv"):
            profile = PROFILES[row["mode"]]
            assert profile.snap_metres == float(row["snap_metres"]) > 0
            assert 1 <= profile.detour < 2
            assert 3 <= profile.access_kmh <= 5
            assert 0 <= profile.maxspeed_share <= 1
            assert row["source"]

    def test_every_row_has_a_source_and_a_speed_in_range(self):
        ranges = {"walk": (3, 10), "ebike": (8, 20), "car": (5, 90)}
        for row in self.speeds:
            assert row["source"], row
            if row["mode"] == "none":
                assert not row["speed_kmh"]
                continue
            low, high = ranges[row["mode"]]
            built_up, rural = float(row["built_up_kmh"]), float(row["speed_kmh"])
            assert low <= built_up <= rural <= high, row

    def test_no_class_stands_twice_in_a_mode(self):
        keys = [(row["mode"], row["highway"]) for row in self.speeds]
        assert len(keys) == len(set(keys))

    def test_a_class_is_usable_by_somebody_or_named_as_no_road(self):
        named = {row["highway"] for row in self.speeds if row["mode"] == "none"}
        used = {row["highway"] for row in self.speeds if row["mode"] != "none"}
        assert not named & used
        assert known_classes() == {name.partition(":")[0] for name in named | used}

    def test_nobody_joins_a_motorway_a_link_or_a_ferry(self):
        for profile in PROFILES.values():
            for name, speed in profile.speeds.items():
                if name.startswith("motorway") or name.endswith("_link") or name == "ferry":
                    assert not speed.snap, name

    def test_better_roads_are_not_slower_for_cars(self):
        order = ["motorway", "trunk", "primary", "secondary", "tertiary", "unclassified"]
        kmh = [PROFILES["car"].speeds[name].kmh for name in order]
        assert kmh == sorted(kmh, reverse=True)
