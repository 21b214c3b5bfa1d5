"""A larger file is read only around the district, and no answer of the study changes."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import osmium
import pytest
import shapely
from geopandas import GeoDataFrame
from osmium.osm.mutable import Node, Way

from kepu import study as stages
from kepu.coverage.times import Times, travel_times, within
from kepu.geo.crs import metric_crs
from kepu.geo.errors import NetworkError
from kepu.geo.osm import read_osm
from kepu.geo.profile import MODES, default_profiles
from kepu.geo.ways import build
from kepu.inputs import read_layers
from kepu.layers.roads import read_roads
from kepu.reach import reach_metres, roads_box
from kepu.study import Survey, survey
from kepu.study_file import read_study

from .zoo import healthy

PROFILES = default_profiles()
BOX = (113.0, 23.7, 113.1, 23.8)
ROAD = {"highway": "residential"}
RIVER = {"waterway": "river", "name": "北江"}
FAR_DEGREES = 3.0


def write(path: Path, nodes: dict, ways: list) -> Path:
    path.unlink(missing_ok=True)
    with osmium.SimpleWriter(str(path)) as file:
        for number, place in sorted(nodes.items()):
            file.add_node(Node(id=number, location=place))
        for number, (refs, tags) in enumerate(ways, 1):
            file.add_way(Way(id=number, nodes=refs, tags=tags))
    return path


def test_ways_are_kept_whole_whose_box_meets_the_box(tmp_path):
    nodes = {
        1: (112.9, 23.75), 2: (113.2, 23.75),  # across, no node inside
        3: (112.9, 23.75), 4: (112.999, 23.75),  # just outside
        5: (112.9, 23.8), 6: (113.0, 23.8),  # touches a corner
        7: (113.05, 23.75), 8: (113.05, 25.0), 9: (114.0, 25.0),  # leaves it, and stays whole
        10: (113.05, 23.81), 11: (113.06, 23.9),  # north of it
        12: (113.05, 23.60), 13: (113.06, 23.69),  # south of it
    }  # fmt: skip
    chains = ([1, 2], [3, 4], [5, 6], [7, 8, 9], [10, 11], [12, 13], [1, 99], [99, 2])
    ways = [(refs, {**ROAD, "name": f"路{k}"}) for k, refs in enumerate(chains, 1)]
    ways += [(refs, RIVER) for refs in ([10, 11], [7, 8])]
    for name in ("town.osm.pbf", "town.osm"):
        found = read_osm(write(tmp_path / name, nodes, ways), PROFILES, box=BOX)
        assert found.ways.identifier.tolist() == [1, 3, 4]
        assert list(found.ways.names) == ["路1", "路3", "路4"]
        assert found.ways.ref.tolist() == [1, 2, 5, 6, 7, 8, 9]
        assert [len(shape.coords) for shape in found.background.geometry] == [2]
        assert found.background.total_bounds[3] == 25.0
        assert [fault.code for fault in found.warnings] == []
        whole = read_osm(tmp_path / name, PROFILES)
        assert [fault.code for fault in whole.warnings] == ["W-OSM-NODES"]
        assert len(whole.ways.identifier) == 6


def test_roads_of_another_place_are_said_to_be(tmp_path):
    far = write(tmp_path / "far.osm.pbf", {1: (100.0, 30.0), 2: (100.1, 30.0)}, [([1, 2], ROAD)])
    with pytest.raises(NetworkError) as error:
        read_osm(far, PROFILES, box=BOX)
    assert error.value.faults[0].code == "E-ROADS-ELSEWHERE"
    none = write(tmp_path / "none.osm.pbf", {1: (113.0, 23.7), 2: (113.1, 23.7)},
                 [([1, 2], {"building": "yes"})])  # fmt: skip
    with pytest.raises(NetworkError) as error:
        read_osm(none, PROFILES, box=BOX)
    assert error.value.faults[0].code == "E-OSM-NO-ROADS"


def test_a_cut_file_is_noticed_though_what_it_lost_lies_outside(tmp_path):
    """Decision 11 is asked of the whole file: what else is lost, nobody can tell."""
    nodes = {n: (113.05 + n / 10_000, 23.75) for n in range(1, 101)}
    nodes |= {n: (100 + n / 10_000, 30.0) for n in range(101, 201)}
    path = write(tmp_path / "cut.osm.pbf", nodes, [(list(range(1, 101)), ROAD)])
    with pytest.raises(NetworkError) as error:
        read_osm(path, PROFILES, box=BOX)
    assert error.value.faults[0].code == "E-OSM-LOST-WAYS"


def test_unknown_classes_far_away_stop_nobody(tmp_path):
    nodes = {1: (113.0, 23.7), 2: (113.1, 23.7), 3: (100.0, 30.0), 4: (100.1, 30.0)}
    ways = [([1, 2], ROAD), ([3, 4], {"highway": "teleport"})]
    path = write(tmp_path / "town.osm.pbf", nodes, ways)
    assert read_osm(path, PROFILES, box=BOX).warnings == ()
    with pytest.raises(NetworkError, match="teleport"):
        read_osm(path, PROFILES)


def test_the_box_is_part_of_the_key_of_the_cache(tmp_path):
    nodes = {1: (113.0, 23.7), 2: (113.1, 23.7), 3: (115.0, 23.7)}
    path = write(tmp_path / "town.osm.pbf", nodes, [([1, 2], ROAD), ([2, 3], ROAD)])
    west, wide = (112.0, 23.0, 113.05, 24.0), (112.0, 23.0, 116.0, 24.0)
    folder = tmp_path / "cache"
    edges = [
        read_roads(path, PROFILES, box=box, cache=folder).network.edges
        for box in (west, wide, None, west, wide, None)
    ]
    assert edges == [1, 2, 2] * 2
    assert len(list(folder.iterdir())) == 3


@pytest.fixture
def files() -> Any:
    return healthy.healthy()


def with_neighbours(files: Any) -> Any:
    """Surround the study with the roads of another district, and join the two by a road."""
    far = healthy.healthy().nodes
    nodes = dict(files.nodes)
    ways = dict(files.ways)
    for number, (x, y, tags) in far.items():
        nodes[100_000 + number] = (x + FAR_DEGREES, y, tags)
    for number, (refs, tags) in files.ways.items():
        ways[100_000 + number] = ([100_000 + ref for ref in refs], tags)
    last = healthy.node_id(max(healthy.COLUMNS), 5)
    ways[200_000] = ([last, 100_000 + healthy.node_id(0, 5)], {"highway": "motorway"})
    ways[200_001] = (ways[200_000][0][::-1], {"highway": "motorway"})
    return replace(files, nodes=nodes, ways=ways)


def measured(files: Any, folder: Path) -> Survey:
    study = read_study(files.write(folder))
    return survey(study, read_layers(study))


def test_a_larger_file_changes_no_number(files, tmp_path, monkeypatch):
    alone = measured(files, tmp_path / "alone")
    clipped = measured(with_neighbours(files), tmp_path / "clipped")
    monkeypatch.setattr(stages, "roads_box", lambda study, layers: None)
    whole = measured(with_neighbours(files), tmp_path / "whole")
    assert whole.roads.network.edges > 1.9 * alone.roads.network.edges
    assert clipped.roads.network.edges == alone.roads.network.edges + 2
    for mode in MODES:
        for other in (clipped, whole):
            np.testing.assert_array_equal(alone.times[mode].ticks, other.times[mode].ticks)
            one, two = alone.times[mode].place_doors, other.times[mode].place_doors
            np.testing.assert_array_equal(one.snaps.metres, two.snaps.metres)


def test_the_box_by_hand(files, tmp_path):
    """30 min at 90 km/h and a buffer of 9 km: (45 + 9) / 2 = 27 km beyond the towns."""
    files.say("buffer_km = 2", "buffer_km = 9")
    study = read_study(files.write(tmp_path))
    assert reach_metres(study) == pytest.approx(27_000)
    west, south, east, north = roads_box(study, read_layers(study))
    about = 27 * 1.01 / 111.2
    assert west == pytest.approx(113.015 - about / 0.9157, abs=0.012)
    assert east == pytest.approx(113.115 + about / 0.9157, abs=0.012)
    assert south == pytest.approx(23.675 - about, abs=0.012)
    assert north == pytest.approx(23.745 + about, abs=0.012)


@pytest.mark.parametrize(
    ("old", "new", "metres"),
    [
        ("buffer_km = 2", "buffer_km = 30", 37_500),  # (45 + 30) / 2
        ("buffer_km = 2", "buffer_km = 60", 61_600),  # the buffer, and a venue's way to the road
        ("thresholds = [5, 15, 30]", "thresholds = [5, 60]", 46_000),
        ("thresholds = [5, 15, 30]", "thresholds = [5]", 25_000),  # the least
        ("buffer_km = 2", "buffer_km = 7", 26_000),  # a standard of 30 minutes, not the 15
    ],
)
def test_what_the_reach_hangs_on(files, tmp_path, old, new, metres):
    files.say(old, new)
    assert reach_metres(read_study(files.write(tmp_path))) == pytest.approx(metres)


def test_the_usual_minutes_of_a_type_and_of_a_tour_are_limits_too(files, tmp_path):
    """Without standards of 30 minutes these come back with the types, 60 with a tour."""
    plain = files.toml.replace("minutes = 30", "minutes = 15").replace("[5, 15, 30]", "[5]")
    study = read_study(replace(files, toml=plain).write(tmp_path / "plain"))
    assert reach_metres(study) == 25_000
    assert reach_metres(study, ["room.community"]) == 25_000
    far = study.model_copy(update={"study": study.study.model_copy(update={"buffer_km": 9})})
    assert reach_metres(far, ["room.community", "town.hall", "civic.library"]) == 27_000
    served = plain + SERVICE.format(minutes=60)
    toured = read_study(replace(files, toml=served).write(tmp_path / "toured"))
    assert reach_metres(toured) == pytest.approx(46_000)
    served = plain + SERVICE.format(minutes=600)
    beyond = read_study(replace(files, toml=served).write(tmp_path / "beyond"))
    assert reach_metres(beyond) == pytest.approx((120 / 60 * 90_000 + 2_000) / 2)


SERVICE = """
[[tour.services]]
kind = "mobile.van"
lacks = ["room"]
mode = "walk"
minutes = {minutes}
"""


def test_faster_roads_reach_farther(files, tmp_path):
    changed = replace(files, toml=files.toml + "\n[speeds.car]\nmotorway = 120\n")
    assert reach_metres(read_study(changed.write(tmp_path))) == pytest.approx(31_000)


LIMIT_MINUTES = 3.0
REACH_METRES = 1250
"""3 minutes at 50 km/h, out and back."""
HALF_DEGREES = 0.02


def test_who_is_within_the_limit_is_told_alike(tmp_path):
    """The rule of `reach_metres` on roads at random, slow in the district and fast around it."""
    assert sum(longer_trips_differ(tmp_path / "town.osm.pbf", seed) for seed in range(8)) >= 4


def longer_trips_differ(path: Path, seed: int) -> bool:
    dice = random.Random(seed)
    nodes = {n: (113 + dice.uniform(-0.1, 0.1), 23.7 + dice.uniform(-0.1, 0.1))
             for n in range(1, 900)}  # fmt: skip
    spots = np.array(list(nodes.values()))
    ways = []
    for n, place in nodes.items():
        near = np.argsort(((spots - place) ** 2).sum(axis=1))[1:6] + 1
        inside = np.abs(np.subtract(place, (113, 23.7))).max() < HALF_DEGREES
        kind = {"highway": "service" if inside else "primary"}
        ways += [([n, int(m)], kind) for m in dice.sample(list(near), 3)]
    write(path, nodes, ways)
    half = HALF_DEGREES
    lon_room, lat_room = REACH_METRES / 101_900 * 1.02, REACH_METRES / 110_700 * 1.02
    box = (113 - half - lon_room, 23.7 - half - lat_room,
           113 + half + lon_room, 23.7 + half + lat_room)  # fmt: skip
    crs = metric_crs(113, 23.7)
    points = [shapely.Point(113 + dice.uniform(-half, half), 23.7 + dice.uniform(-half, half))
              for _ in range(80)]  # fmt: skip
    layer = GeoDataFrame(geometry=points, crs=4326).to_crs(crs)

    def timed(kept) -> Times:
        network = build(read_osm(path, PROFILES, box=kept).ways)
        assert network.crs == crs
        car = replace(PROFILES["car"], arrival_seconds=0.0)
        return travel_times(network, car, layer.iloc[:60], layer.iloc[60:], horizon_minutes=60)

    whole, clipped = timed(None), timed(box)
    near = whole.ticks <= LIMIT_MINUTES * 600
    np.testing.assert_array_equal(within(clipped.ticks, LIMIT_MINUTES),
                                  within(whole.ticks, LIMIT_MINUTES))  # fmt: skip
    np.testing.assert_array_equal(clipped.ticks[near], whole.ticks[near])
    return bool((clipped.ticks != whole.ticks).any())
