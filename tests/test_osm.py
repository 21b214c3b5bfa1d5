"""Files of OpenStreetMap: what they hold is read, what they lost is noticed."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import random
from collections.abc import Iterable, Mapping
from dataclasses import fields
from itertools import accumulate
from pathlib import Path

import numpy as np
import osmium
import pytest
import shapely
from osmium.osm.mutable import Node, Way

from kepu.geo.errors import NetworkError
from kepu.geo.network import Network
from kepu.geo.osm import OsmData, read_osm
from kepu.geo.pbf import check_complete, check_digest
from kepu.geo.profile import MODES, default_profiles
from kepu.geo.ways import build

PROFILES = default_profiles()
MONACO = Path(__file__).parents[2] / "shared" / "fixtures" / "osm_monaco"
ROAD = {"highway": "residential"}

Nodes = Mapping[int, tuple[float, float] | tuple[float, float, dict[str, str]]]
WayList = Iterable[tuple[list[int], dict[str, str]]]


def write(path: Path, nodes: Nodes, ways: WayList) -> Path:
    """Write a file as pyosmium does, ways numbered from 1."""
    path.unlink(missing_ok=True)
    writer = osmium.SimpleWriter(str(path))
    for number, place in sorted(nodes.items()):
        writer.add_node(Node(id=number, location=place[:2], tags=dict(*place[2:])))
    for number, (refs, tags) in enumerate(ways, 1):
        writer.add_way(Way(id=number, nodes=refs, tags=tags))
    writer.close()
    return path


def row(count: int) -> Nodes:
    """Nodes 1 to count, a thousandth of a degree apart."""
    return {n: (113 + n / 1000, 23.7) for n in range(1, count + 1)}


def read(path: Path, nodes: Nodes, ways: WayList, **options) -> OsmData:
    return read_osm(write(path / "town.osm", nodes, ways), PROFILES, **options)


def codes(found: OsmData) -> list[str]:
    return [fault.code for fault in found.warnings]


def refused(path: Path) -> str | None:
    """The code with which a file is refused; None where it is read."""
    try:
        read_osm(path, PROFILES)
    except NetworkError as error:
        assert str(error)
        return error.faults[0].code
    return None


def assert_same(one: Network, other: Network) -> None:
    for item in fields(Network):
        a, b = getattr(one, item.name), getattr(other, item.name)
        if isinstance(a, Mapping):
            for mode in MODES:
                np.testing.assert_array_equal(a[mode], b[mode], err_msg=f"{item.name} {mode}")
        else:
            np.testing.assert_array_equal(a, b, err_msg=item.name)


def borders(raw: bytes) -> list[int]:
    """Where the blocks of a PBF end, read by hand: a varint follows the one-byte key of field 3."""
    ends, at = [], 0
    while at < len(raw):
        size = int.from_bytes(raw[at : at + 4], "big")
        header = raw[at + 4 : at + 4 + size]
        key = header.index(b"\x18", 2 + header[1])
        varint = header[key + 1 :]
        value = sum((byte & 127) << (7 * i) for i, byte in enumerate(varint))
        at += 4 + size + value
        ends.append(at)
    assert at == len(raw)
    return ends


@pytest.fixture(scope="module")
def large(tmp_path_factory) -> Path:
    """A district of 30,000 nodes and 13,500 roads: seven blocks and the header."""
    dice = random.Random(7)
    nodes = {n: (113 + dice.random() / 10, 23.6 + dice.random() / 10) for n in range(1, 30_001)}
    order = list(nodes)
    dice.shuffle(order)
    ends = list(accumulate(dice.choice((2, 2, 2, 3)) for _ in range(13_500)))
    spans = zip([0, *ends[:-1]], ends, strict=True)
    ways = [([*order[a:b], dice.choice(order)], ROAD) for a, b in spans if b <= len(order)]
    return write(tmp_path_factory.mktemp("osm") / "large.osm.pbf", nodes, ways)


def cuts(raw: bytes) -> list[int]:
    inside = random.Random(11).sample(range(1, len(raw)), 50)
    return sorted({
        cut for end in [0, *borders(raw)] for cut in (end, end + 1, end + 2, end + 4, end + 9)
        if cut < len(raw)
    } | set(inside))  # fmt: skip


def test_a_file_that_was_cut_anywhere_is_refused(large, tmp_path):
    raw = large.read_bytes()
    assert len(borders(raw)) >= 6
    cut = tmp_path / "cut.osm.pbf"
    found = {}
    for length in cuts(raw):
        cut.write_bytes(raw[:length])
        found[length] = refused(cut)
    assert len(found) >= 75
    assert None not in found.values(), [length for length, code in found.items() if code is None]
    at_borders = {found[end] for end in borders(raw)[:-1]}
    assert at_borders == {"E-OSM-NO-ROADS", "E-OSM-LOST-WAYS"}
    within = {code for length, code in found.items() if length not in borders(raw) and length}
    assert within == {"E-OSM-CUT"}


def test_monaco_cut_anywhere_is_refused_or_lost_nothing_that_we_read(tmp_path):
    if not MONACO.is_dir():
        pytest.skip("the fixtures are not here")
    raw = (MONACO / "monaco.osm.pbf").read_bytes()
    whole = build(read_osm(MONACO / "monaco.osm.pbf", PROFILES).ways)
    cut = tmp_path / "cut.osm.pbf"
    for length in cuts(raw):
        cut.write_bytes(raw[:length])
        if refused(cut) is None:
            assert length == borders(raw)[-2], "only the last block, which holds the relations"
            assert_same(build(read_osm(cut, PROFILES).ways), whole)


@pytest.mark.parametrize(("last", "code"), [(85, "E-OSM-LOST-WAYS"), (11, "W-OSM-LOST-WAYS")])
def test_a_last_block_of_few_ways_is_missed_or_warned_about(tmp_path, last, code):
    """From 21 loose nodes on; fewer stand loose in whole files, and only a digest can tell."""
    ways = [([2 * k + 1, 2 * k + 2], ROAD) for k in range(8000 + last)]
    path = write(tmp_path / "few.osm.pbf", row(2 * len(ways)), ways)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    check_digest(path, digest.upper())
    path.write_bytes(path.read_bytes()[: borders(path.read_bytes())[-2]])
    assert (refused(path) or codes(read_osm(path, PROFILES))[0]) == code
    with pytest.raises(NetworkError) as error:
        check_digest(path, digest)
    assert error.value.faults[0].code == "E-OSM-SHA256"


def flip_bytes(source: Path, flipped: Path, seed: int, flips: int) -> None:
    """The compressed blocks bear checksums; of what none guards every byte is needed."""
    raw = source.read_bytes()
    dice = random.Random(seed)
    headers = [end + i for end in [0, *borders(raw)[:-1]] for i in range(16)]
    for turn in range(flips):
        at = dice.choice(headers) if turn % 2 else dice.randrange(len(raw))
        wrong = bytearray(raw)
        wrong[at] ^= dice.randrange(1, 256)
        flipped.write_bytes(wrong)
        with pytest.raises(NetworkError):
            read_osm(flipped, PROFILES)


def test_a_flipped_byte_is_refused(large, tmp_path):
    flip_bytes(large, tmp_path / "flipped.osm.pbf", seed=1, flips=40)


@pytest.mark.slow
def test_so_are_many_flipped_bytes(large, tmp_path):
    flip_bytes(large, tmp_path / "flipped.osm.pbf", seed=2, flips=300)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("absent.osm.pbf", None, "E-FILE-MISSING"),
        ("empty.osm.pbf", b"", "E-OSM-CUT"),
        ("noise.osm.pbf", bytes(range(256)) * 40, "E-OSM-CUT"),
        ("endless.osm.pbf", b"\0\0\0\x0b\x18" + b"\xff" * 9 + b"\x01", "E-OSM-CUT"),
        ("text.osm", "这不是地图".encode(), "E-OSM-READ"),
        ("cut.osm", b"<osm version='0.6'><node id='1' lat='23' lon='113'/><way id", "E-OSM-READ"),
        ("empty.osm", b"<osm version='0.6'></osm>", "E-OSM-NO-ROADS"),
        ("cut.osm.gz", gzip.compress(b"<osm/>" + b" " * 99, mtime=0)[:-9], "E-OSM-READ"),
    ],
)
def test_what_is_no_map_is_refused_by_name(tmp_path, name, content, code):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    assert refused(path) == code


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(NetworkError) as error:
        check_complete(tmp_path)
    assert error.value.faults[0].code == "E-FILE-MISSING"


class TestFormats:
    nodes = row(5) | {3: (113.003, 23.7, {"barrier": "gate", "access": "no"})}
    ways = (
        ([1, 2, 3], {"highway": "primary", "maxspeed": "60", "name": "北江路"}),
        ([3, 4, 5, 1], {"highway": "residential", "oneway": "yes"}),
    )

    def test_every_format_gives_the_same_network(self, tmp_path):
        xml = write(tmp_path / "town.osm", self.nodes, self.ways)
        packed = [
            write(tmp_path / "town.osm.pbf", self.nodes, self.ways),
            tmp_path / "town.osm.gz",
            tmp_path / "town.osm.bz2",
        ]
        packed[1].write_bytes(gzip.compress(xml.read_bytes(), mtime=0))
        packed[2].write_bytes(bz2.compress(xml.read_bytes()))
        first = build(read_osm(xml, PROFILES).ways)
        assert first.edges == 2
        for path in packed:
            assert_same(build(read_osm(path, PROFILES).ways), first)

    def test_monaco_is_the_same_in_xml_and_pbf(self):
        if not MONACO.is_dir():
            pytest.skip("the fixtures are not here")
        one, other = (
            read_osm(MONACO / name, PROFILES) for name in ("monaco.osm.gz", "monaco.osm.pbf")
        )
        assert_same(build(one.ways), build(other.ways))
        assert one.background.equals(other.background)
        assert build(one.ways).edges > 1000


def test_what_a_way_says_is_kept(tmp_path):
    tags = {"highway": "tertiary", "maxspeed:forward": "40", "maxspeed": "50", "ref": "X1",
            "surface": "gravel", "bridge": "yes"}  # fmt: skip
    ways = read(tmp_path, row(2), [([1, 2], tags)]).ways
    assert ways.limit_kmh.tolist() == [[40.0, 50.0]]
    assert list(ways.names) == ["X1"]
    assert ways.factor.tolist() == [0.6]
    assert ways.structure.tolist() == [True]
    assert ways.identifier.tolist() == [1]


@pytest.mark.parametrize(
    ("refs", "expected"),
    [
        ([1, 2, 99, 3, 4], [[1, 2], [3, 4]]),
        ([99, 1, 2, 3], [[1, 2, 3]]),
        ([1, 2, 3, 99], [[1, 2, 3]]),
        ([1, 99, 2, 3, 98, 4], [[2, 3]]),
        ([99, 98, 1, 2, 97, 97, 3, 4, 5, 96], [[1, 2], [3, 4, 5]]),
    ],
)
def test_a_way_ends_where_its_nodes_are_not_in_the_file(tmp_path, refs, expected):
    found = read(tmp_path, row(9), [([6, 7], ROAD), (refs, ROAD), ([8, 9], ROAD)])
    ways = found.ways
    runs = [ways.ref[a:b].tolist() for a, b in zip(ways.first[:-1], ways.first[1:], strict=True)]
    assert runs == [[6, 7], *expected, [8, 9]]
    assert ways.identifier.tolist() == [1, *[2] * len(expected), 3]
    assert np.isfinite(ways.lon).all()
    assert codes(found) == ["W-OSM-NODES"]
    assert found.warnings[0].facts["count"] == sum(ref > 90 for ref in refs)


def test_a_file_without_nodes_has_no_roads(tmp_path):
    path = write(tmp_path / "ways.osm", {}, [([1, 2], ROAD)])
    assert refused(path) == "E-OSM-NO-ROADS"


def test_an_unknown_class_of_some_extent_is_refused_and_a_rare_one_is_said(tmp_path):
    odd = ([1, 2], {"highway": "hyperloop"})
    many = [([n, n + 1], ROAD) for n in range(2, 4001)]
    path = write(tmp_path / "town.osm", row(4), [odd, ([2, 3, 4], ROAD)])
    assert refused(path) == "E-OSM-CLASS"
    found = read(tmp_path, row(4001), [odd, *many])
    assert codes(found) == ["W-OSM-CLASS"]
    assert found.warnings[0].facts == {"classes": "hyperloop", "count": 2}
    assert 1 not in found.ways.ref


def test_building_sites_and_plans_are_known_and_no_roads(tmp_path):
    ways = [([1, 2], {"highway": kind}) for kind in ("construction", "proposed", "raceway")]
    found = read(tmp_path, row(3), [*ways, ([2, 3], ROAD)])
    assert found.warnings == ()
    assert found.ways.identifier.tolist() == [4]


class TestBarriers:
    def barred(self, tmp_path, **tags) -> dict[str, list[int]]:
        nodes = row(3) | {2: (113.002, 23.7, tags)}
        found = read(tmp_path, nodes, [([1, 2, 3], ROAD)])
        return {mode: refs.tolist() for mode, refs in found.ways.barred.items()}

    def test_bollards_stop_cars_only(self, tmp_path):
        found = self.barred(tmp_path, barrier="bollard")
        assert found == {"walk": [], "ebike": [], "car": [2]}

    def test_a_gate_is_open_until_it_says_otherwise(self, tmp_path):
        assert self.barred(tmp_path, barrier="gate") == {"walk": [], "ebike": [], "car": []}
        closed = self.barred(tmp_path, barrier="gate", access="private", foot="yes")
        assert closed == {"walk": [], "ebike": [2], "car": [2]}

    def test_a_bollard_may_be_let_down_for_cars(self, tmp_path):
        assert self.barred(tmp_path, barrier="bollard", motor_vehicle="yes")["car"] == []

    def test_arcs_stop_at_it(self, tmp_path):
        nodes = row(3) | {2: (113.002, 23.7, {"barrier": "bollard"})}
        network = build(read(tmp_path, nodes, [([1, 2, 3], ROAD)]).ways)
        assert network.edges == 2
        assert network.arcs(PROFILES["car"]).nnz == 0
        assert network.arcs(PROFILES["walk"]).nnz == 4


FERRY = {"route": "ferry"}


def test_ferries_only_where_the_study_wants_them(tmp_path):
    ways = [([1, 2], ROAD), ([2, 3], FERRY)]
    assert read(tmp_path, row(3), ways).ways.identifier.tolist() == [1]
    aboard = read(tmp_path, row(3), ways, ferries=True).ways
    assert list(aboard.classes) == ["residential", "ferry"]
    assert aboard.structure.tolist() == [False, True]


class TestBackground:
    square = (4, 5, 6, 7, 4)
    nodes = row(3) | {
        4: (113.0, 23.8), 5: (113.1, 23.8), 6: (113.1, 23.9), 7: (113.0, 23.9),
    }  # fmt: skip

    def drawn(self, tmp_path, refs, **tags):
        return read(tmp_path, self.nodes, [([1, 2, 3], ROAD), (refs, tags)]).background

    @pytest.mark.parametrize(
        ("tags", "kind"),
        [
            ({"waterway": "river"}, "river"),
            ({"waterway": "canal"}, "river"),
            ({"waterway": "stream"}, "stream"),
            ({"railway": "rail"}, "rail"),
        ],
    )
    def test_lines(self, tmp_path, tags, kind):
        found = self.drawn(tmp_path, [4, 5, 6, 7], name="北江", **tags)
        assert found["kind"].tolist() == [kind]
        assert found["name"].tolist() == ["北江"]
        assert found.geometry[0].equals(shapely.LineString(
            [(113.0, 23.8), (113.1, 23.8), (113.1, 23.9), (113.0, 23.9)]
        ))  # fmt: skip
        assert found.crs.to_epsg() == 4326

    def test_a_closed_water_is_an_area(self, tmp_path):
        found = self.drawn(tmp_path, self.square, natural="water")
        assert found.geometry[0].equals(shapely.box(113.0, 23.8, 113.1, 23.9))

    def test_an_area_that_lost_a_node_is_drawn_as_a_line(self, tmp_path):
        found = self.drawn(tmp_path, [4, 5, 99, 7, 4], natural="water")
        assert found.geometry[0].geom_type == "LineString"
        assert len(found.geometry[0].coords) == 4

    def test_a_water_that_crosses_itself_is_made_valid(self, tmp_path):
        found = self.drawn(tmp_path, [4, 6, 5, 7, 4], natural="water")
        assert found.geometry[0].is_valid

    @pytest.mark.parametrize(
        ("tags", "wall"),
        [
            ({"railway": "rail"}, True),
            ({"railway": "rail", "tunnel": "yes"}, False),
            ({"railway": "rail", "bridge": "viaduct"}, False),
            ({"railway": "rail", "bridge": "no"}, True),
            ({"waterway": "river"}, True),
            ({"waterway": "stream", "tunnel": "culvert"}, False),
            ({"natural": "water", "water": "river"}, True),
            ({"natural": "water", "water": "pond"}, False),
            ({"waterway": "riverbank"}, True),
        ],
    )
    def test_who_can_be_passed_under_or_over_is_no_wall(self, tmp_path, tags, wall):
        assert self.drawn(tmp_path, self.square, **tags)["wall"].tolist() == [wall]

    def test_nothing_drawn_is_an_empty_frame(self, tmp_path):
        found = self.drawn(tmp_path, [4, 5], building="yes")
        assert found.empty
        assert list(found.columns) == ["kind", "name", "wall", "geometry"]
