"""The blocks of a PBF by the thousand: what pyosmium reads one by one, and nothing else."""

from __future__ import annotations

import random
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np
import osmium
import pytest
from hypothesis import given
from hypothesis import strategies as st
from osmium.osm.mutable import Node, Relation, Way

from kepu.geo import gather as gathering
from kepu.geo.blocks import Nodes, blocks_of
from kepu.geo.gather import KIND_KEYS, Gathered, Kind, gather, joined
from kepu.geo.osm import _limits as limits
from kepu.geo.osm import read_osm
from kepu.geo.profile import MODES, default_profiles
from kepu.geo.tags import directions, surface_factor
from kepu.geo.ways import build
from kepu.geo.wire import UnusualError, varints

from .zoo import large

ROOT = Path(__file__).parents[1]
FIXTURES = ROOT.parent / "shared" / "fixtures"
FILES = [
    ROOT / "data/boundaries/roads.osm.pbf",
    FIXTURES / "osm_monaco/monaco.osm.pbf",
    FIXTURES / "osm_sao_paulo/spo_osm.pbf",
]
KEYS = ("highway", "name", "ref", "oneway", "barrier", "building", "waterway", "surface", "名称")
TEXTS = ("", "yes", "residential", "北江", "river", "-1", "gravel", "x" * 300)


def same(one: Gathered, other: Gathered) -> None:
    for name in ("node", "lon", "lat", "tagged", "way", "size", "ref"):
        a, b = (joined(getattr(found, name), int) for found in (one, other))
        np.testing.assert_array_equal(a, b, err_msg=name)
    assert one.barriers == other.barriers
    assert one.names == other.names
    said = [
        [found.kinds[number] for number in joined(found.kind, int).tolist()]
        for found in (one, other)
    ]
    assert said[0] == said[1]
    others = [np.sort(joined(found.others, int)) for found in (one, other)]
    np.testing.assert_array_equal(*others)


def both(path: Path) -> Gathered:
    """Read a file by its blocks, and one by one; both must be the same."""
    quick = Gathered()
    for block in blocks_of(path):
        gathering._add_block(quick, block)
    same(quick, gathering._one_by_one(path))
    return quick


def write(path: Path, nodes, ways, kind: str = "pbf") -> Path:
    path.unlink(missing_ok=True)
    writer = osmium.SimpleWriter(osmium.io.File(str(path), kind))
    for number, place, tags in nodes:
        writer.add_node(Node(id=number, location=place, tags=tags, version=3, changeset=2**31 - 9))
    for number, refs, tags in ways:
        writer.add_way(Way(id=number, nodes=refs, tags=tags, uid=7, user="某人"))
    writer.add_relation(Relation(id=1, members=[("w", 1, "outer")], tags={"type": "route"}))
    writer.close()
    return path


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_whole_files(path):
    if not path.is_file():
        pytest.skip("the fixtures are not here")
    found = both(path)
    assert len(found.names) > 500


TAGS = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(TEXTS), max_size=4)
NUMBER = st.integers(1, 2**40)
DEGREES = st.tuples(st.floats(-180, 180), st.floats(-90, 90))


@given(
    st.lists(st.tuples(st.integers(-(2**40), 2**40), DEGREES, TAGS), max_size=12),
    st.lists(st.tuples(NUMBER, st.lists(NUMBER, max_size=9), TAGS), max_size=12),
    st.sampled_from(["pbf", "pbf,add_metadata=false", "pbf,pbf_compression=none"]),
)
def test_whatever_is_written_is_read(tmp_path_factory, nodes, ways, kind):
    both(write(tmp_path_factory.mktemp("osm") / "any.osm.pbf", nodes, ways, kind))


def test_many_blocks(tmp_path):
    dice = random.Random(3)
    nodes = [(n, (113 + dice.random(), 23 + dice.random()), {}) for n in range(1, 12_000)]
    ways = [
        (n, dice.sample(range(1, 12_000), dice.randint(1, 30)), {"highway": dice.choice(TEXTS)})
        for n in range(1, 9_000)
    ]
    path = write(tmp_path / "many.osm.pbf", nodes, ways)
    assert sum(isinstance(part, Nodes) for block in blocks_of(path) for part in block.parts) == 2
    assert len(both(path).names) == sum(len(refs) > 1 for _, refs, _ in ways)


@pytest.mark.parametrize("kind", ["pbf,pbf_dense_nodes=false", "pbf,history=true"])
def test_what_is_unusual_is_left_to_pyosmium(tmp_path, kind):
    nodes = [(n, (113 + n / 1e3, 23.7), {}) for n in (1, 2, 3)]
    path = write(tmp_path / "odd.osm.pbf", nodes, [(1, [1, 2, 3], {"highway": "primary"})], kind)
    with pytest.raises(UnusualError):
        list(blocks_of(path))
    usual = write(tmp_path / "usual.osm.pbf", nodes, [(1, [1, 2, 3], {"highway": "primary"})])
    same(gather(path), both(usual))
    assert build(read_osm(path, default_profiles()).ways).edges == 1


def one_block(
    path: Path, *, lon: int = 1_130_000_000, said: bytes = b"", dense: bytes = b""
) -> Path:
    """Write a file of one node; `said` are further fields of its block, `dense` of its nodes."""
    field, turned = large.field, large.turned
    head = field(4, b"OsmSchema-V0.6") + field(4, b"DenseNodes")
    dense += field(1, turned(1)) + field(8, turned(237_000_000)) + field(9, turned(lon))
    body = field(1, field(1, b"")) + field(2, field(2, dense)) + said
    path.write_bytes(large.blob(b"OSMHeader", head) + large.blob(b"OSMData", body))
    return path


@pytest.mark.parametrize(("field", "usual"), [(17, 100), (19, 0), (20, 0)])
def test_other_units_and_origins_of_coordinates_are_left_to_pyosmium(field, usual, tmp_path):
    """Granularity and offsets: read as if they were usual, a place would stand elsewhere."""
    for value in (usual - 1, usual, usual + 1, 10 * usual + 7):
        if value < 0:
            continue
        said = large.varint(field << 3) + large.varint(value)
        path = one_block(tmp_path / "units.osm.pbf", said=said)
        if value == usual:
            assert joined(both(path).lon, int).tolist() == [1_130_000_000]
            continue
        with pytest.raises(UnusualError):
            list(blocks_of(path))
        same(gather(path), gathering._one_by_one(path))


@pytest.mark.parametrize("sign", [1, -1])
def test_coordinates_of_more_than_32_bits_are_left_to_pyosmium(sign, tmp_path):
    path = one_block(tmp_path / "far.osm.pbf", lon=sign * (2**31 - 1))
    assert [part.lon.tolist() for block in blocks_of(path) for part in block.parts] == [
        [sign * (2**31 - 1)]
    ]
    with pytest.raises(UnusualError):
        list(blocks_of(one_block(path, lon=sign * 2**31)))


@pytest.mark.parametrize("number", [1, 2, 8, 11])
def test_a_field_of_nodes_that_is_unknown_or_stands_twice_is_left_to_pyosmium(number, tmp_path):
    again = large.field(number, large.turned(5))
    with pytest.raises(UnusualError):
        list(blocks_of(one_block(tmp_path / "twice.osm.pbf", dense=again)))


@pytest.mark.parametrize("kind", ["pbf", "pbf,pbf_compression=none"])
def test_damage_is_never_read_as_something_else(tmp_path, kind):
    """Byte by byte: refused, or the same as pyosmium reads, if it reads it at all."""
    nodes = [(n, (113 + n / 1e3, 23.7), {"barrier": "gate"} if n == 2 else {}) for n in range(9)]
    ways = [(n, [n, n + 1, n + 2], {"highway": "primary", "name": "路"}) for n in range(1, 5)]
    whole = write(tmp_path / "whole.osm.pbf", nodes, ways, kind).read_bytes()
    path = tmp_path / "wrong.osm.pbf"
    for at in range(len(whole)):
        wrong = bytearray(whole)
        wrong[at] ^= 1 << (at % 8)
        path.write_bytes(wrong)
        try:
            quick = Gathered()
            for block in blocks_of(path):
                gathering._add_block(quick, block)
            slow = gathering._one_by_one(path)
        except (UnusualError, RuntimeError, ValueError, IndexError, OverflowError, zlib.error):
            continue
        same(quick, slow)


@given(st.lists(st.integers(0, 2**64 - 1), max_size=40))
def test_varints_by_hand(numbers):
    data, begins = b"", []
    for number in numbers:
        begins.append(len(data))
        while number > 127:
            data += bytes([number & 127 | 128])
            number >>= 7
        data += bytes([number])
    values, begin = varints(data)
    assert values.tolist() == numbers
    assert begin.tolist() == [*begins, len(data)]


@pytest.mark.parametrize("data", [b"\x80", b"\x01\xff", b"\xff" * 10 + b"\x01"])
def test_a_varint_that_does_not_end_is_unusual(data):
    with pytest.raises(UnusualError):
        varints(data)


class Curious(dict):
    """Tags that note what they were asked for."""

    asked: ClassVar[set[str]] = set()

    def get(self, key, default=None):
        self.asked.add(key)
        return super().get(key, default)


def test_nothing_is_asked_of_a_way_that_its_kind_does_not_say():
    """Else two ways of one kind could differ: every combination of asked tags is tried."""
    profiles: Mapping = default_profiles()
    dice = random.Random(1)
    words = ["yes", "no", "designated", "track", "ferry", "pier", "motorway", "grade1", "50", "-1"]
    for _ in range(4000):
        tags = Curious({key: dice.choice(words) for key in KIND_KEYS if dice.random() < 0.3})
        kind = Kind.of(tags)
        for mode in MODES:
            directions(profiles[mode], tags, kind.road or "")
        surface_factor(tags, kind.road or "")
        limits(tags)
    assert Curious.asked <= KIND_KEYS
    assert Curious.asked >= {"highway", "oneway:foot", "foot:backward", "maxspeed"}
