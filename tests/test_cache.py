"""The cache is believed only when every byte is right, and makes no difference but in time."""

from __future__ import annotations

import hashlib
import io
import random
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import osmium
import pytest
import shapely
from osmium.osm.mutable import Node, Way

from kepu.geo.cache import cache_key, load, store
from kepu.geo.errors import Fault
from kepu.geo.kept import DIGEST_BYTES
from kepu.geo.network import Network
from kepu.geo.profile import MODES, ClassSpeed, default_profiles
from kepu.layers.roads import Roads, read_roads

PROFILES = default_profiles()
DAMAGES = 500


@pytest.fixture
def source(tmp_path) -> Path:
    """A grid of streets with a river, a barrier and a way that lost a node."""
    path = tmp_path / "town.osm.pbf"
    writer = osmium.SimpleWriter(str(path))
    for n in range(100):
        tags = {"barrier": "bollard"} if n == 55 else {}
        place = (113 + n % 10 / 500, 23.7 + n // 10 / 500)
        writer.add_node(Node(id=n + 1, location=place, tags=tags))
    streets = [[10 * r + c + 1 for c in range(10)] for r in range(10)]
    streets += [[10 * r + c + 1 for r in range(10)] for c in range(0, 10, 3)]
    for number, refs in enumerate(streets, 1):
        tags = {"highway": "residential", "name": f"科普路{number}", "maxspeed": "30"}
        writer.add_way(Way(id=number, nodes=refs, tags=tags))
    writer.add_way(Way(id=90, nodes=[1, 12, 23], tags={"waterway": "river", "name": "北江"}))
    writer.add_way(Way(id=91, nodes=[5, 16, 999], tags={"highway": "track"}))
    writer.close()
    return path


def assert_same(one: Roads, other: Roads) -> None:
    for item in fields(Network):
        a, b = getattr(one.network, item.name), getattr(other.network, item.name)
        if item.name in ("open", "barred"):
            assert all(np.array_equal(a[mode], b[mode]) for mode in MODES), item.name
        elif isinstance(a, np.ndarray):
            np.testing.assert_array_equal(a, b, err_msg=item.name)
            assert a.dtype == b.dtype, item.name
        else:
            assert a == b, item.name
    for mode in MODES:
        arcs = [roads.network.arcs(PROFILES[mode]) for roads in (one, other)]
        assert (arcs[0] != arcs[1]).nnz == 0
    assert one.background.equals(other.background)
    assert one.background.crs == other.background.crs


def kept(folder: Path) -> Path:
    (path,) = folder.iterdir()
    return path


def test_warm_is_cold(source, tmp_path):
    folder = tmp_path / "cache"
    cold = read_roads(source, PROFILES, cache=folder)
    warm = read_roads(source, PROFILES, cache=folder)
    without = read_roads(source, PROFILES)
    assert [roads.cached for roads in (cold, warm, without)] == [False, True, False]
    assert_same(cold, warm)
    assert_same(cold, without)
    assert [fault.code for fault in warm.warnings] == ["W-OSM-NODES"]
    assert warm.warnings == cold.warnings
    assert cold.network.names[-1] == "科普路9"
    assert cold.background["name"].tolist() == ["北江"]


def test_nothing_but_the_finished_file_is_left_behind(source, tmp_path):
    folder = tmp_path / "cache"
    read_roads(source, PROFILES, cache=folder)
    read_roads(source, PROFILES, cache=folder, ferries=True)
    assert [path.suffix for path in folder.iterdir()] == [".roads"] * 2


def test_five_hundred_damages_are_all_noticed(source, tmp_path):
    folder = tmp_path / "cache"
    read_roads(source, PROFILES, cache=folder)
    path = kept(folder)
    raw, dice = path.read_bytes(), random.Random(5)
    for turn in range(DAMAGES):
        if turn % 3:
            wrong = bytearray(raw)
            wrong[dice.randrange(len(raw))] ^= dice.randrange(1, 256)
        else:
            wrong = raw[: turn // 3 if turn < 3 * 40 else dice.randrange(len(raw))]
        path.write_bytes(wrong)
        found = load(path)
        assert isinstance(found, Fault), turn
        assert found.code == "W-CACHE"
        assert found.file == path.name


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "longer", "digest"])
def test_a_damaged_file_is_made_again_and_said(source, tmp_path, damage):
    folder = tmp_path / "cache"
    cold = read_roads(source, PROFILES, cache=folder)
    path = kept(folder)
    raw = path.read_bytes()
    path.write_bytes({
        "flip": raw[:5000] + bytes([raw[5000] ^ 1]) + raw[5001:],
        "cut": raw[:-1],
        "empty": b"",
        "longer": raw + b"\0",
        "digest": bytes(DIGEST_BYTES) + raw[DIGEST_BYTES:],
    }[damage])  # fmt: skip
    again = read_roads(source, PROFILES, cache=folder)
    assert not again.cached
    assert [fault.code for fault in again.warnings] == ["W-OSM-NODES", "W-CACHE"]
    assert_same(cold, again)
    assert kept(folder).read_bytes()[:DIGEST_BYTES] != bytes(DIGEST_BYTES)
    mended = read_roads(source, PROFILES, cache=folder)
    assert mended.cached
    assert mended.warnings == cold.warnings
    assert_same(cold, mended)


@pytest.mark.parametrize("arrays", [{}, {"lon": np.zeros(3)}])
def test_a_whole_file_of_another_shape_is_damaged_too(tmp_path, arrays):
    body = io.BytesIO()
    np.savez(body, **arrays)
    path = tmp_path / "old.roads"
    path.write_bytes(hashlib.sha256(body.getvalue()).digest() + body.getvalue())
    assert isinstance(load(path), Fault)


def test_nothing_is_nothing(tmp_path):
    assert load(tmp_path / "absent.roads") is None


def test_the_key_is_the_content_and_the_options(source, tmp_path):
    key = cache_key(source, {"a": 1, "b": 2})
    other = tmp_path / "renamed.pbf"
    other.write_bytes(source.read_bytes())
    assert cache_key(other, {"b": 2, "a": 1}) == key
    other.write_bytes(source.read_bytes()[:-1] + b"x")
    keys = {key, cache_key(other, {"a": 1, "b": 2}), cache_key(source, {"a": 1, "b": 3}),
            cache_key(source, {"a": 1}), cache_key(source, {})}  # fmt: skip
    assert len(keys) == 5


def test_a_class_that_may_be_used_now_is_another_network(source, tmp_path):
    """Speeds are not kept, so other speeds may use the same file; other permissions may not."""
    folder = tmp_path / "cache"
    read_roads(source, PROFILES, cache=folder)
    car = PROFILES["car"]

    def with_class(name: str, speed: ClassSpeed) -> dict[str, object]:
        return {**PROFILES, "car": replace(car, speeds={**car.speeds, name: speed})}

    faster = with_class("residential", replace(car.speeds["residential"], kmh=33.0))
    assert read_roads(source, faster, cache=folder).cached
    opened = with_class("path", ClassSpeed(5.0, 5.0, True, True))
    closed = with_class("track", replace(car.speeds["track"], access=False))
    for profiles in (opened, closed):
        assert not read_roads(source, profiles, cache=folder).cached
    assert not read_roads(source, PROFILES, cache=folder, ferries=True).cached
    assert len(list(folder.iterdir())) == 4


def test_the_built_up_area_is_not_kept(source, tmp_path):
    folder, town = tmp_path / "cache", shapely.box(113.0, 23.7, 113.01, 23.71)
    assert not read_roads(source, PROFILES, cache=folder).network.built_up.any()
    warm = read_roads(source, PROFILES, cache=folder, built_up=town)
    assert warm.cached
    assert warm.network.built_up.any()
    np.testing.assert_array_equal(
        warm.network.built_up, read_roads(source, PROFILES, built_up=town).network.built_up
    )


def test_a_cache_that_cannot_be_written_costs_time_only(source, tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be", encoding="utf-8")
    roads = read_roads(source, PROFILES, cache=tmp_path / "cache")
    assert not roads.cached
    assert_same(roads, read_roads(source, PROFILES))


def test_an_empty_background_is_kept(source, tmp_path):
    roads = read_roads(source, PROFILES)
    store(tmp_path / "x.roads", roads.network, roads.background.iloc[:0])
    found = load(tmp_path / "x.roads")
    assert isinstance(found, tuple)
    assert found[1].empty
